"""Alerts, their transitions and the course of risk in a database: SQLite on one machine, PostgreSQL in production."""
