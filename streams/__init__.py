"""How messages flow: the thin shell that carries them to the core and its outcomes away."""
