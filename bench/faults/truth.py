"""The truth: what the pure core makes of the journal that is really there, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import orjson
from aiokafka import ConsumerRecord

from models.aggregates.grouper import Grouper
from models.engine import Engine
from models.learner import Learner
from models.params import load_params
from models.partition import engine_key, snapshot_key
from models.replaying import JournalReplay
from models.rows import decode_row, encode_row
from models.state import CustomerState
from schemas.codec import decode_example, decode_observation, encode
from schemas.errors import UnreadableMessageError
from schemas.signing import signed
from streams.settings import Settings
from streams.snapshots import snapshot_key_of

PartitionKey = tuple[int, bytes]
"""Partition and key of a row."""


@dataclass(slots=True)
class Truth:
    """What must be at the broker in the end."""

    rows: dict[PartitionKey, bytes] = field(default_factory=dict)
    """Every row: customers', and the partitions' own."""
    events: dict[PartitionKey, int] = field(default_factory=dict)
    """How many events each customer's state counts."""
    alerts: dict[tuple[str, int], bytes] = field(default_factory=dict)
    """Every transition by id and sequence."""
    examples: set[bytes] = field(default_factory=set)
    """Every example."""
    risks: dict[bytes, bytes] = field(default_factory=dict)
    """The last belief about each customer, without its position."""
    snapshots: dict[bytes, bytes] = field(default_factory=dict)
    """Every snapshot by its record key, as JSON."""
    observations: dict[bytes, None] = field(default_factory=dict)
    """Everything that aggregates count, in an order in which it may have been written."""
    aggregates: dict[str, bytes] = field(default_factory=dict)
    """Every transition of alerts about many, by identity."""
    grouper: Grouper | None = None
    """What has counted so far."""
    unreadable: int = 0
    """Journal lines that must be dead letters."""
    accounted: set[bytes] = field(default_factory=set)
    """Ids of events in a journal that is no longer there."""


def truth_of(settings: Settings, journal: Iterable[ConsumerRecord], before: Truth | None = None) -> Truth:
    """Replay journal records through the core.

    Parameters
    ----------
    settings
        The workers': parameters, epoch and key.
    journal
        Records, each partition in its order.
    before
        Rows that were there when the journal began: what seeded it, or a journal before this one.
    """
    params = load_params(settings.params_file)
    replay = JournalReplay(params, settings.journal_epoch, settings.snapshot_secret(), settings.partitions)
    truth = Truth()
    known: dict[bytes, CustomerState] = {}
    if before is not None:
        truth.alerts, truth.examples = dict(before.alerts), set(before.examples)
        truth.observations, truth.aggregates = dict(before.observations), dict(before.aggregates)
        truth.grouper = before.grouper
        for partition, rows in _by_partition(before.rows).items():
            engine = replay.engines[partition] = Engine(params, partition, settings.journal_epoch, settings.partitions)
            states = replay.states[partition] = _states_of(rows, known)
            engine_row, snapshot_row = (rows.get(name(partition).encode()) for name in (engine_key, snapshot_key))
            engine.restore([(key, rows[key.encode()]) for key in states], engine_row, snapshot_row)
    grouper = truth.grouper = truth.grouper or Grouper(params.aggregates)
    kept = {id(state): row for row, state in known.items()}
    believed: set[tuple[int, str]] = set()
    for record in journal:
        for taken in replay.take(record.partition, record.offset, (record.value or b"").split(b"\n")):
            if isinstance(taken, UnreadableMessageError):
                truth.unreadable += 1
                continue
            outcome = taken[1]
            believed.update((record.partition, key) for key in outcome.believed)
            truth.alerts.update({(alert.alert_id, alert.sequence): encode(alert) for alert in outcome.alerts})
            truth.examples.update(map(encode, outcome.examples))
            for observation in outcome.observations:
                truth.observations[encode(observation)] = None
                truth.aggregates |= {each.identity: encode(each) for each in grouper.take(observation)}
    for partition, states in replay.states.items():
        for key, state in states.items():
            row = kept.get(id(state))  # a state is never changed in place, so one that is still there has its row
            truth.rows[partition, key.encode()] = encode_row(state) if row is None else row
            truth.events[partition, key.encode()] = state.events
    for partition, engine in replay.engines.items():
        truth.rows |= {(partition, key.encode()): row for key, row in engine.partition_rows().items()}
    for partition, key in believed:
        known_still = replay.states[partition].get(key)
        if known_still is not None and not known_still.forgotten_at:
            truth.risks[key.encode()] = belief_of(encode(replay.engines[partition].risk_of(key, known_still)))
    return truth


def belief_of(risk: bytes) -> bytes:
    """Return a belief without the position that it follows from: a row may have kept books for the learner since."""
    found = orjson.loads(risk)
    del found["position"]
    return orjson.dumps(found)


class UndisturbedLearner:
    """A learner that nothing interrupts, beside those of the run: what it makes of the examples is what they owe.

    Parameters
    ----------
    settings
        The workers': parameters and key.
    """

    def __init__(self, settings: Settings) -> None:
        self._learner = Learner(load_params(settings.params_file))
        self._key = settings.snapshot_secret()
        self._taken = 0
        self.snapshots: dict[bytes, bytes] = {}
        """Every snapshot by its record key, as JSON."""

    def learn_on(self, examples: Sequence[ConsumerRecord]) -> None:
        """Learn from what has come since the last call.

        Parameters
        ----------
        examples
            The topic of examples from its beginning, repetitions included.
        """
        for record in islice(examples, self._taken, None):
            self._taken += 1
            self._learner.learn(decode_example(record.value))
            if self._learner.is_due():
                snapshot = signed(self._learner.snapshot(record.offset), self._key)
                self.snapshots[snapshot_key_of(snapshot.model, snapshot.weights.number)] = encode(snapshot)


class UndisturbedGrouper:
    """A grouper that nothing interrupts: what it makes of the observations is what those of the run owe.

    Parameters
    ----------
    settings
        The workers' parameters.
    """

    def __init__(self, settings: Settings) -> None:
        self._grouper = Grouper(load_params(settings.params_file).aggregates)
        self._taken = 0
        self.aggregates: set[str] = set()
        """Identities of all transitions so far."""

    def count_on(self, observations: Sequence[ConsumerRecord]) -> None:
        """Count what has come since the last call, of the topic of observations from its beginning."""
        for record in islice(observations, self._taken, None):
            self._taken += 1
            told = self._grouper.take(decode_observation(record.value))
            self.aggregates.update(each.identity for each in told)


def _by_partition(rows: Mapping[PartitionKey, bytes]) -> dict[int, dict[bytes, bytes]]:
    """Sort rows by partition."""
    found: dict[int, dict[bytes, bytes]] = {}
    for (partition, key), row in rows.items():
        found.setdefault(partition, {})[key] = row
    return found


def _states_of(rows: Mapping[bytes, bytes], known: dict[bytes, CustomerState]) -> dict[str, CustomerState]:
    """Decode the customers among the rows of a partition; equal rows are decoded once, and noted in `known`."""
    states = {}
    for key, row in rows.items():
        if not key.startswith(b"@"):
            if row not in known:
                known[row] = decode_row(row)
            states[key.decode()] = known[row]
    return states
