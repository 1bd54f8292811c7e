"""How messages get from a topic to one sink."""
