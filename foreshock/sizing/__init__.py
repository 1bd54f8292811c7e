"""Sizing: from how much comes to how much is needed, by constants that were measured."""
