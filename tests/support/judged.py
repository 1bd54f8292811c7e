"""Judged predictions made up by chance: the champion is right, the challenger sees through noise."""

from __future__ import annotations

import random

from models.quality import Judged

NOBODY = ("phone", False, "zh")
"""A cohort for predictions about nobody in particular."""


def judged(count: int, seed: int = 1, noise: float = 0.0, weighted: bool = False) -> list[Judged]:
    """Make predictions that come true as often as they say; with `weighted` some stand for three."""
    chance = random.Random(seed)
    rows = []
    for _ in range(count):
        probability = round(chance.betavariate(0.6, 6), 6)
        challenger = min(1.0, max(0.0, probability + noise * chance.gauss(0, 1)))
        weight = chance.choice([1.0, 3.0]) if weighted else 1.0
        rows.append(Judged(probability, challenger, chance.random() < probability, weight, probability > 0.2, NOBODY))
    return rows
