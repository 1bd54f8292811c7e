"""Models: what is kept of them, shown, chosen between, and learned from history."""
