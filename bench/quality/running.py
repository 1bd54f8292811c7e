"""The product on a set: a mapping makes events of files, `step` takes them, its own learners learn."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from bench.carriers.job import BenchError
from foreshock.importing.converting import Converter
from foreshock.importing.loading import load_mapping
from foreshock.importing.rows import BadRow, open_table
from models.engine import Engine, step
from models.intake import Intake
from models.learner import Learner
from models.params import Params
from models.pseudonym import Pseudonymiser
from models.replaying import EventReplay
from models.state import States
from schemas.alerts import Alert, Risk
from schemas.codec import CustomerEvent, encode
from schemas.snapshots import ModelWeights
from schemas.ticks import SnapshotNotice, Tick

CHECKOUT = Path(__file__).resolve().parents[2]

MAPPINGS = CHECKOUT / "examples"
"""The mapping files: the same that a reader may try."""

PARAMS = Path(__file__).with_name("params")
"""Parameters that a set needs, such as its own horizons."""

# Longer than any horizon: after so long without an event every label has matured.
_LONG = timedelta(days=400)

# Nobody needs to find these customers again.
_KEY = b"bench of quality, no secret at all"


class Given(NamedTuple):
    """One event of a set, as a company would send it."""

    at: datetime
    """When it happened."""
    customer_id: str
    """Whose, in the set's own words."""
    event_id: str
    """Its id; the mappings put an element's number last."""
    raw: bytes
    """The event as JSON."""


class Belief(NamedTuple):
    """What the product says after one event."""

    given: Given
    """What was taken."""
    event: CustomerEvent
    """The same as the product stores it."""
    risk: Risk
    """What it now believes about the customer."""
    alerts: list[Alert]
    """Transitions of alerts that the event, or time until then, brought about."""


def events_of(mapping: str, files: Iterable[Path], read: Callable[[Path], bytes] = Path.read_bytes) -> list[Given]:
    """Make events of the files of a set, in time order.

    Parameters
    ----------
    mapping
        Name of the mapping file, without `.toml`.
    files
        The exports, one after the other.
    read
        How a file's bytes are had; a set without times may be put into another order here.

    Raises
    ------
    BenchError
        If a row cannot be made into an event: figures over part of a set are worth nothing.
    """
    rules = load_mapping(MAPPINGS / f"{mapping}.toml")
    converter = Converter(rules)
    made: list[Given] = []
    for file in files:
        with open_table(file.name, rules.source, io.BytesIO(read(file))) as table:  # type: ignore[arg-type]
            for event in converter.events_of(table, file.name):
                if isinstance(event, BadRow):
                    raise BenchError(f"{file.name}:{event.line}: {event.reason}")
                made.append(Given(event.occurred_at, event.customer_id, event.event_id, encode(event)))
    return sorted(made, key=attrgetter("at"))


class Learning:
    """The product as `foreshock replay` runs it: it scores, learns, and switches to its own snapshots.

    Parameters
    ----------
    params
        How to decide and learn.
    """

    def __init__(self, params: Params) -> None:
        self._params = params
        self._replay = EventReplay(_intake(), params)
        self._newest: datetime | None = None
        self.clock = Clock()

    def take(self, given: Given) -> Belief:
        """Take one event, and say what is believed about its customer then."""
        self._newest = given.at if self._newest is None else max(self._newest, given.at)
        with self.clock:
            event, outcomes = self._replay.take(given.raw)
            risk = self._replay.engine.risk_of(event.customer_id, self._replay.states[event.customer_id])
        return Belief(given, event, risk, [alert for outcome in outcomes for alert in outcome.alerts])

    def learn_all(self, events: Iterable[Given]) -> ModelWeights:
        """Take all events, let time pass until their labels have matured, and give the weights as they are then."""
        for given in events:
            self.take(given)
        if self._newest is not None:
            self._replay.finish(self._newest + _LONG)
        return self.weights()

    def started_again(self) -> Learning:
        """Begin with no customers and no time, but with what has been learned: a worker that starts warm."""
        snapshot = self._replay.learner.snapshot()
        again = Learning(self._params)
        again._replay.learner = Learner.resume(snapshot, self._params)
        # Another journal: positions begin anew, and the learner must not take its examples for old ones.
        again._replay.engine = Engine(self._params, epoch="warm")
        step(again._replay.engine, again._replay.states, SnapshotNotice(partition=0, weights=snapshot.weights))
        return again

    def weights(self) -> ModelWeights:
        """Give what has been learned so far, frozen."""
        return self._replay.learner.snapshot().weights


class Frozen:
    """The product with a snapshot that stays: it scores, and learns nothing.

    Parameters
    ----------
    params
        How to decide.
    weights
        What to score with.
    """

    def __init__(self, params: Params, weights: ModelWeights) -> None:
        self.weights = weights
        self._intake = _intake()
        self._engine, self._states = Engine(params, epoch="bench"), _no_states()
        step(self._engine, self._states, SnapshotNotice(partition=0, weights=weights))
        self.clock = Clock()

    def take(self, given: Given) -> Belief:
        """Take one event, and say what is believed about its customer then."""
        with self.clock:
            event = self._intake.prepare(given.raw, None).event
            tick = Tick(at=event.occurred_at.astimezone(UTC), partition=0)
            outcomes = [step(self._engine, self._states, tick), step(self._engine, self._states, event)]
            risk = self._engine.risk_of(event.customer_id, self._states[event.customer_id])
        return Belief(given, event, risk, [alert for outcome in outcomes for alert in outcome.alerts])


class Clock:
    """Counts events and the processor time that they took."""

    def __init__(self) -> None:
        self.events, self.seconds, self._since = 0, 0.0, 0.0

    def __enter__(self) -> None:
        self._since = time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.process_time() - self._since
        self.events += 1


def _intake() -> Intake:
    """Make the product's door; any field of the company's own may pass."""
    return Intake(Pseudonymiser(_KEY), partitions=1, attributes=None)


def _no_states() -> States:
    """Begin without customers."""
    return {}
