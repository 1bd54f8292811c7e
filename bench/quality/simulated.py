"""The product at a simulated insurer: what it believed and warned of, beside what is true there."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from rich.progress import track

from bench.quality.bootstrap import Judged
from bench.quality.running import Belief, Clock, Given, Learning
from bench.quality.watching import CONSOLE
from foreshock.simulate.emission import Emission
from foreshock.simulate.truth import Truth
from foreshock.simulate.world import World
from models.params import Params
from schemas.alerts import LEVELS, Alert

SEEDS = (1, 2, 3)
"""The insurers that are judged: nothing was chosen by looking at them."""

CUSTOMERS = 4500
"""Enough that the three together have some four hundred complaints."""

FEW_CUSTOMERS = 2000
"""An insurer that begins with nothing: a hundred complaints take it months."""

DAYS = 150
SETTLED_DAY = 30
"""From here on a product that starts warm is judged: until then its threshold finds its place."""

HISTORY_SEED, HISTORY_CUSTOMERS, HISTORY_DAYS = 901, 6000, 180
"""The insurer from whose history a warm product has learned, as `foreshock train` does; never one that is judged."""

START_AT = datetime(2026, 1, 5, tzinfo=UTC)

SHORT, LONG = timedelta(days=7), timedelta(days=30)
"""The two horizons."""

_YELLOW = LEVELS.index("yellow")

# Events of a customer in a day; only the bar needs it.
_EVENTS_PER_DAY = 0.132


@dataclass(slots=True)
class Told:
    """What the product said in one world."""

    truth: Truth
    """What is known about the world."""
    clock: Clock
    """What it cost."""
    customers: int
    """How many there are."""
    warnings: list[tuple[str, datetime]] = field(default_factory=list)
    """Customer and time at which an alert first reached yellow: somebody is asked to call."""
    beliefs: list[tuple[str, datetime, dict[timedelta, float]]] = field(default_factory=list)
    """Customer, time and probability per horizon, after each event of a customer without an open complaint."""

    def judged(self, since: datetime, until: datetime, horizon: timedelta) -> Judged:
        """Put the beliefs of some time beside the complaints that came within a horizon."""
        complained = defaultdict(list)
        for each in self.truth.complaints:
            complained[each.customer_id].append(each.complained_at)
        judged = Judged()
        for customer, at, probabilities in self.beliefs:
            if since <= at < until:
                times = complained[customer]
                after = bisect_right(times, at)
                judged.add(probabilities[horizon], after < len(times) and times[after] <= at + horizon, customer)
        return judged


def told(seed: int, learning: Learning, label: str, customers: int = CUSTOMERS) -> Told:
    """Let the product live through one simulated insurer.

    Parameters
    ----------
    seed
        Which insurer.
    learning
        The product, without customers; with what it has learned elsewhere, if anything.
    label
        What the bar says.
    customers
        How many the insurer has.
    """
    return _lived(World(seed, customers, START_AT, DAYS), learning, label, int(_EVENTS_PER_DAY * customers * DAYS))


@cache
def history() -> Learning:
    """Learn from the whole history of an insurer, once for all that start warm."""
    learning = Learning(Params())
    world = World(HISTORY_SEED, HISTORY_CUSTOMERS, START_AT, HISTORY_DAYS)
    _lived(world, learning, "history", int(_EVENTS_PER_DAY * HISTORY_CUSTOMERS * HISTORY_DAYS))
    return learning


@cache
def told_warm(seed: int, change_day: float | None = None) -> Told:
    """Let the product live through one insurer, after the history of another one.

    Parameters
    ----------
    seed
        Which insurer.
    change_day
        Day from which on complaints come mostly from another cause; None for never.
    """
    world = World(seed, CUSTOMERS, START_AT, DAYS, change_day=change_day)
    change = "" if change_day is None else ", changing"
    learning = history().started_again()
    return _lived(world, learning, f"insurer {seed}, warm{change}", int(_EVENTS_PER_DAY * CUSTOMERS * DAYS))


def _lived(world: World, learning: Learning, label: str, expected: int) -> Told:
    """Take every event of a world."""
    found = Told(world.truth, learning.clock, len(world.population.customers))
    listener = _Listener(found)
    for emission in track(
        world.events(), label, expected, console=CONSOLE, transient=True, disable=not CONSOLE.is_terminal
    ):
        if (given := _given(emission)) is not None:
            listener.hear(learning.take(given))
    return found


class _Listener:
    """Notes what the product says."""

    def __init__(self, found: Told) -> None:
        self._found = found
        self._names: dict[str, str] = {}
        self._warned: set[str] = set()

    def hear(self, belief: Belief) -> None:
        """Note the belief about one customer, and warnings about anybody."""
        risk, name = belief.risk, belief.given.customer_id
        self._names[risk.customer_key] = name
        for alert in belief.alerts:
            self._note(alert)
        if risk.stage not in ("complaint", "escalated"):
            self._found.beliefs.append((name, risk.at, {SHORT: risk.probability_7d, LONG: risk.probability_30d}))

    def _note(self, alert: Alert) -> None:
        """Note an alert that reaches yellow for the first time."""
        is_call_for_action = LEVELS.index(alert.level) >= _YELLOW and alert.transition in ("opened", "raised")
        if is_call_for_action and alert.alert_id not in self._warned:
            self._warned.add(alert.alert_id)
            self._found.warnings.append((self._names[alert.customer_key], alert.at))


def _given(emission: Emission) -> Given | None:
    """Take a record that can be read as an event; the others are for the dead letters."""
    event = emission.event
    return None if event is None else Given(event.occurred_at, event.customer_id, event.event_id, emission.value)
