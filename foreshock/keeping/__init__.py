"""Keeping: what is on the topics, written to a folder, and put back from there."""
