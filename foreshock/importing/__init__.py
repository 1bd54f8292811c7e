"""A company's own export, row by row, made into events by a declarative mapping."""
