"""Alerts about many customers, for people at a terminal."""
