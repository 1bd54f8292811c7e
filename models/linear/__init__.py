"""Sparse linear learners for rare labels: what River has not, as River estimators."""
