"""Drift monitors fire when the world moves, not when the week turns."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from math import exp, log, sin
from statistics import median
from typing import NamedTuple

import orjson
import pytest

from models.drift import Drift, HealthAlert
from models.monitor import KEPT, WARM_UP, Monitor

DAY = 86_400
FIRST = 20_454
"""A Thursday, in days since 1970."""
DAYS = 120
"""Four weeks to learn what is normal, and three months to watch."""
SEEDS = 50
BUSY, QUIET = 60, 30
"""Predictions on a weekday and on a day of the weekend."""
UNNOTICED_DAYS = 28
"""After so long somebody notices without a monitor, or the drift was missed."""
NAMES = ("calls", "waiting")


@dataclass(slots=True)
class Example:
    """A risk example as far as drift reads it."""

    phase: str
    released_at: datetime
    dense: tuple[float, ...]
    probability_30d: float
    label: bool | None = None
    probability_7d: float = 0.01
    horizons: tuple[int, ...] = (30,)
    weight: float = 1.0


class World(NamedTuple):
    """What changes from `at` on, in days; by weekday, hour and chance everything moves all the time."""

    at: int = DAYS
    calls: float = 0.0
    score: float = 0.0
    rate: float = 1.0


DRIFTS = {
    "input": World(calls=0.5),
    "score": World(score=0.5),
    "label": World(rate=2.0),
}
"""Half a standard deviation between customers, half a unit of log-odds, twice as many complaints."""


def _probability(log_odds: float) -> float:
    return 1.0 / (1.0 + exp(-log_odds))


def _examples(world: World, seed: int, days: int) -> Iterator[tuple[int, Example]]:
    """Predictions and final labels of a company's days, whose own ups and downs last from one day to the next."""
    chance = random.Random(seed)
    weekdays = [chance.gauss(0, 0.5) for _ in range(7)]
    mood = 0.0
    for day in range(days):
        midnight = (FIRST + day) * DAY
        moved = day >= world.at
        mood = 0.3 * mood + chance.gauss(0, 0.1)
        usual = weekdays[day % 7] + mood
        volume = QUIET if (FIRST + day) % 7 in (2, 3) else BUSY
        for number in range(volume):
            second = number * DAY // volume
            daily = usual + 0.5 * sin(6.3 * second / DAY)
            at = datetime.fromtimestamp(midnight + second, UTC)
            score = chance.gauss(-2.75, 0.7) + 0.3 * daily
            told = _probability(score + world.score * moved)
            calls = chance.gauss(daily + world.calls * moved, 1.0)
            yield day, Example("predicted", at, (calls, chance.gauss(daily, 1.0)), told)
            label = chance.random() < _probability(score) * (world.rate if moved else 1.0)
            yield day, Example("matured", at, (), told, label)


def _watched(world: World, seed: int) -> list[tuple[int, HealthAlert]]:
    drift = Drift(NAMES)
    days = min(DAYS, world.at + UNNOTICED_DAYS + 1)
    return [(day, alert) for day, example in _examples(world, seed, days) for alert in drift.take(example)]


class Rates(NamedTuple):
    """What monitors did on many streams."""

    alerts: int
    """False ones, before the drift or without one."""
    examples: int
    """Among so many examples, after the warm-up."""
    missed: int
    """Drifts that nothing showed within four weeks."""
    delays: tuple[int, ...]
    """Days until the others were shown."""
    days: int
    """Watched, after the warm-up."""

    @property
    def cost(self) -> float:
        """Days of work per stream: a day to look into a false alert, and a day for each that a drift stands."""
        return self.alerts + sum(self.delays) + self.missed * UNNOTICED_DAYS


@cache
def _without_drift() -> Rates:
    alerts = sum(len(_watched(World(), seed)) for seed in range(SEEDS))
    watched = DAYS - WARM_UP
    return Rates(alerts, SEEDS * watched * 2 * (5 * BUSY + 2 * QUIET) // 7, 0, (), SEEDS * watched)


@cache
def _with_drift(kind: str) -> Rates:
    early = missed = days = 0
    delays = []
    for seed in range(SEEDS):
        at = 40 + seed * 7 % 40
        alerts = _watched(DRIFTS[kind]._replace(at=at), 1_000 + seed)
        early += sum(day <= at for day, _ in alerts)
        shown = [day - at for day, alert in alerts if at < day <= at + UNNOTICED_DAYS]
        delays += shown[:1]
        missed += not shown
        days += at + UNNOTICED_DAYS - WARM_UP
    return Rates(early, 0, missed, tuple(delays), days)


def test_weeks_and_days_alone_raise_at_most_one_alert_in_50_000_examples() -> None:
    rates = _without_drift()

    assert rates.alerts / rates.examples <= 1 / 50_000


@pytest.mark.parametrize(("kind", "delay"), [("input", 9), ("score", 5), ("label", 12)])
def test_drift_is_shown_within_days_and_at_most_one_in_ten_is_missed(kind: str, delay: int) -> None:
    rates = _with_drift(kind)

    assert rates.missed <= SEEDS // 10
    assert median(rates.delays) <= delay


@pytest.mark.parametrize("kind", DRIFTS)
def test_the_monitors_cost_less_than_always_or_never_firing_or_a_look_every_week(kind: str) -> None:
    calm, moved = _without_drift(), _with_drift(kind)
    days = calm.days + moved.days
    costs = {
        "always": float(days),
        "weekly": days / 7 + SEEDS * 3.5,
        "never": float(SEEDS * UNNOTICED_DAYS),
    }

    assert calm.cost + moved.cost < 0.5 * min(costs.values())


def test_an_alert_says_what_moved_since_when_and_from_what_to_what() -> None:
    alerts = [alert for _, alert in _watched(World(at=60, rate=3.0), 4)]

    told = next(alert for alert in alerts if alert.monitor == "label.30d")

    assert abs((told.since.timestamp() / DAY) - FIRST - 60) <= 3
    assert told.before == pytest.approx(0.075, abs=0.02)
    assert told.after == pytest.approx(0.225, abs=0.05)
    assert told.at > told.since


def test_a_bucket_share_never_seen_before_is_an_input_that_moves() -> None:
    drift = Drift(NAMES)
    chance = random.Random(3)

    alerts = [
        alert
        for day, example in _examples(World(), 3, 70)
        for alert in drift.take(example, chance.random() * (0.1 if day < 50 else 0.4))
    ]

    assert {alert.monitor for alert in alerts} == {"input.unseen"}


@pytest.mark.parametrize("adapts", [False, True])
def test_one_odd_day_is_no_drift(adapts: bool) -> None:
    chance = random.Random(1)
    monitor = Monitor(12.0, adapts)

    shown = [monitor.watch(FIRST + day, 1e6 if day == 60 else chance.gauss(0, 1)) for day in range(100)]

    assert shown == [None] * 100


def test_what_never_moved_and_then_does_for_good_is_shown_once() -> None:
    monitor = Monitor(12.0)

    shown = [monitor.watch(FIRST + day, float(day >= 200)) for day in range(400)]

    (moved,) = [moved for moved in shown if moved is not None]
    assert moved == pytest.approx((FIRST + 200, 0.0, 1.0), abs=0.05)


def test_what_grows_slowly_fires_less_where_normal_adapts() -> None:
    fired = {}
    for adapts in (False, True):
        chance = random.Random(6)
        monitor = Monitor(12.0, adapts)
        fired[adapts] = sum(monitor.watch(FIRST + day, chance.gauss(day / 50, 1)) is not None for day in range(365))

    assert fired[True] < fired[False]


def test_after_an_alert_the_new_normal_is_learned() -> None:
    chance = random.Random(2)
    monitor = Monitor(12.0)

    shown = [monitor.watch(FIRST + day, chance.gauss(5.0 * (day >= 40), 1)) for day in range(200)]

    assert sum(moved is not None for moved in shown) == 1


def test_a_day_with_few_examples_is_joined_with_the_next() -> None:
    drift = Drift(NAMES)
    for day in range(9):
        for hour in range(10):
            at = datetime.fromtimestamp((FIRST + day) * DAY + hour * 3_600, UTC)
            drift.take(Example("predicted", at, (1.0, 2.0), 0.1))

    assert drift.to_plain()["inputs"]["monitors"]["input.calls"]["days"] == [FIRST, FIRST + 3]


@pytest.mark.parametrize("stopped_on", [0, 10, 29, 45, 70])
def test_monitors_resume_bit_for_bit(stopped_on: int) -> None:
    examples = list(_examples(World(at=50, calls=1.0, score=1.0, rate=3.0), 8, 80))
    whole, before = Drift(NAMES), Drift(NAMES)
    cut = next(index for index, (day, _) in enumerate(examples) if day >= stopped_on) + 17
    expected = [alert for _, example in examples for alert in whole.take(example)]

    alerts = [alert for _, example in examples[:cut] for alert in before.take(example)]
    resumed = Drift.from_plain(orjson.loads(orjson.dumps(before.to_plain())), NAMES)
    alerts += [alert for _, example in examples[cut:] for alert in resumed.take(example)]

    assert expected
    assert alerts == expected
    assert resumed.to_plain() == whole.to_plain()


def test_a_year_of_monitors_stays_small() -> None:
    monitor = Monitor(1e9)
    chance = random.Random(5)
    for day in range(365):
        monitor.watch(FIRST + day, chance.gauss(0.123456, 0.01))

    assert len(monitor.to_plain()["values"]) == KEPT
    assert len(orjson.dumps(monitor.to_plain())) < 1_200


def test_an_example_that_says_nothing_new_moves_nothing() -> None:
    drift = Drift(NAMES)
    before = drift.to_plain()

    drift.take(Example("complained", datetime(2026, 1, 1, tzinfo=UTC), (1.0, 2.0), log(2.0)))

    assert drift.to_plain() == before
