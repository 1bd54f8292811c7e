"""Simulated people who answer alerts: what they are like, what they plan, and how a replay lets them act."""
