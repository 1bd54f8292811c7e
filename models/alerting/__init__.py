"""Probability and stage to alerts: what supports them, what becomes of them, and who is told."""
