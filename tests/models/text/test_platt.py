"""The threshold that follows from calibrated scores."""

from __future__ import annotations

import random

from models.log_odds import probability_of
from models.text.platt import Platt, best_threshold


def test_no_scores_give_no_threshold() -> None:
    assert best_threshold([], Platt()) == 0.0


def test_the_threshold_is_where_half_the_best_f1_is_probable() -> None:
    platt = Platt()
    chance = random.Random(20261122)
    scores = [chance.gauss(-0.5, 0.6) for _ in range(3000)]
    threshold = best_threshold(scores, platt)

    chances = [probability_of(platt.slope * score + platt.offset) for score in scores]
    found = [chance for score, chance in zip(scores, chances, strict=True) if score > threshold]
    f1 = 2.0 * sum(found) / (len(found) + sum(chances))
    assert abs(probability_of(platt.slope * threshold + platt.offset) - f1 / 2.0) < 0.01


def test_calibration_survives_plain_numbers() -> None:
    platt = Platt()
    platt.learn(0.5, True, 1.0)

    assert Platt.from_plain(platt.to_plain()).to_plain() == platt.to_plain()
