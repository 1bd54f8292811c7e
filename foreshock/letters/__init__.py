"""Dead letters: read from their topic, and sent back."""
