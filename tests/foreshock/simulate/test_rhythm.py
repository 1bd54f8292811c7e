"""The rhythm of a week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from foreshock.simulate.rhythm import DAY, HOUR, WEEK, Rhythm, at_waking_hours

# A Monday at midnight in China.
MIDNIGHT = datetime(2026, 1, 4, 16, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("peak", [1.0, 2.8, 6.5])
def test_the_busiest_quarter_hour_is_the_peak_and_the_mean_of_a_week_is_one(peak: float) -> None:
    rhythm = Rhythm(peak)

    quarters = [rhythm.intensity(MIDNIGHT + 900 * quarter) for quarter in range(672)]
    assert max(quarters) == pytest.approx(peak, rel=1e-6)
    assert sum(quarters) / 672 == pytest.approx(1.0)


def test_monday_morning_is_the_busiest_and_the_night_the_quietest() -> None:
    rhythm = Rhythm(2.8)

    monday_at_ten = rhythm.intensity(MIDNIGHT + 10 * HOUR)
    assert monday_at_ten > 2.5
    assert rhythm.intensity(MIDNIGHT + 3 * HOUR) < 0.2
    assert rhythm.intensity(MIDNIGHT + 6 * DAY + 10 * HOUR) < monday_at_ten / 1.5


def test_moments_follow_the_rhythm_and_keep_the_mean_gap() -> None:
    rhythm, chance, gap = Rhythm(4.0), Random(1), 600.0
    weeks = 20
    counts = dict.fromkeys(("night", "morning"), 0)
    moment, total = MIDNIGHT, 0
    while True:
        following = rhythm.after(moment, gap, chance)
        assert following >= moment
        moment = following
        if moment >= MIDNIGHT + weeks * WEEK:
            break
        total += 1
        hour = (moment - MIDNIGHT) % DAY / HOUR
        counts["night"] += 1 <= hour < 4
        counts["morning"] += 9 <= hour < 12

    # 20,160 expected; four standard errors of a Poisson count.
    assert abs(total - weeks * WEEK / gap) < 4 * (weeks * WEEK / gap) ** 0.5
    assert counts["morning"] > 50 * counts["night"]


def test_people_call_when_they_are_up() -> None:
    chance = Random(2)
    for hour in range(24):
        moment = MIDNIGHT + hour * HOUR
        awake = at_waking_hours(moment, chance)
        local = datetime.fromtimestamp(awake, UTC) + timedelta(hours=8)
        assert local.hour >= 8
        assert awake == moment if hour >= 8 else awake > moment
