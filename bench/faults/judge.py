"""The judge: what is at the broker against what the truth says must be there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, Literal

import orjson
from aiokafka import ConsumerRecord

from bench.faults.tape import AlertName, Tape, aggregate_name, alert_name
from bench.faults.truth import PartitionKey, Truth, belief_of
from models.partition import RESERVED
from models.rows import decode_row, row_position
from schemas.types import Position
from streams.newest import FENCE_KEY
from streams.snapshots import json_of
from streams.topics import CHANGELOG

_DIFFERENCES_KEPT = 6

Ending = Literal["healed", "restarted", "hung", "died"]
"""`healed`: no process ended that was not told to. `restarted`: some ended themselves, as they must when they cannot
tell what they have delivered, and were started again. `hung`: something stood still until patience ended. `died`: a
process ended in a way that no start cures."""


@dataclass(slots=True)
class Verdict:
    """What one scenario came to on one broker."""

    scenario: str
    """Its name."""
    broker: str
    """Kind of broker."""
    title: str
    """What happened, in words."""
    fed: int = 0
    """Records on source topics."""
    lost: int = 0
    """Of them, neither in the journal nor among the dead letters; and unreadable journal lines without a dead letter.
    """
    over_count: int = 0
    """Events that states count and should not."""
    under_count: int = 0
    """Events that states should count and do not."""
    rows_wrong: int = 0
    """Rows whose bytes differ from the replay's; missing and superfluous ones too."""
    stale_rows: int = 0
    """Rows that lie behind a newer one of the same key: harmless, and worth knowing."""
    alerts: int = 0
    """Transitions of alerts by the truth."""
    alerts_lost: int = 0
    """Of them, not on the topic."""
    alerts_wrong: int = 0
    """On the topic with other bytes."""
    alerts_unknown: int = 0
    """On the topic with an id and sequence that the truth does not have."""
    alerts_repeated: int = 0
    """On the topic again, to be dropped by id."""
    alerts_undelivered: int = 0
    """On the topic, but in no sink's file and no dead letter."""
    examples_lost: int = 0
    """Examples by the truth that are not on their topic."""
    examples_unknown: int = 0
    """Examples on the topic that the truth does not have, whatever their index within what a line released."""
    observations_lost: int = 0
    """What aggregates count, by the truth, and is not on its topic."""
    observations_unknown: int = 0
    """What is on that topic and follows from nothing."""
    aggregates: int = 0
    """Transitions of alerts about many by the truth."""
    aggregates_wrong: int = 0
    """Of them, not on their topic; and what is there besides, or with other bytes."""
    snapshots: int = 0
    """Snapshots that an uninterrupted learner makes of the examples on their topic."""
    snapshots_wrong: int = 0
    """Snapshots on their topic that are none of these, and those of these that are missing."""
    risks_wrong: int = 0
    """Customers about whom the newest belief on the topic is not the truth's."""
    silence_seconds: float = 0.0
    """Longest gap at the outputs, by the broker's time."""
    ending: Ending = "healed"
    """How it ended."""
    exits: list[int] = field(default_factory=list)
    """Codes of the processes that ended without being told to."""
    surprises: list[str] = field(default_factory=list)
    """What the scenario itself expected to see and did not."""
    differences: list[str] = field(default_factory=list)
    """The first rows and alerts that are not as they should be, with what they should be."""
    seconds: float = 0.0
    """How long all of it took."""
    notes: list[str] = field(default_factory=list)
    """What was done, and when."""

    @property
    def is_exact(self) -> bool:
        """Whether the promise was kept: nothing lost, nothing wrong, nothing unknown, nothing hung."""
        return not self.complaints

    @property
    def complaints(self) -> list[str]:
        """Name what must be nothing and is not."""
        must_be_nothing = (
            "lost", "over_count", "under_count", "rows_wrong", "alerts_lost", "alerts_wrong", "alerts_unknown",
            "alerts_undelivered", "examples_lost", "examples_unknown", "observations_lost", "observations_unknown",
            "aggregates_wrong", "snapshots_wrong", "risks_wrong",
        )  # fmt: skip
        found = [f"{name.replace('_', ' ')} {value}" for name in must_be_nothing if (value := getattr(self, name))]
        return found + ([self.ending] if self.ending in ("hung", "died") else []) + self.surprises

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {**asdict(self), "exact": self.is_exact}


def judge(verdict: Verdict, tape: Tape, truth: Truth, risks_since: float = 0.0) -> None:
    """Fill in what the broker holds beside what it should hold.

    Parameters
    ----------
    verdict
        To be filled in.
    tape
        Everything that is at the broker.
    truth
        What the replay of its journal says.
    risks_since
        When this journal began, in seconds since 1970: beliefs of a journal before it have positions of their own.
    """
    verdict.fed = sum(1 for _ in tape.sources())
    verdict.lost = len(tape.unaccounted()) + max(0, truth.unreadable - tape.refused_lines)
    newest, verdict.stale_rows = newest_rows(tape.records[CHANGELOG])
    _judge_rows(verdict, newest, truth)
    _judge_alerts(verdict, tape.records["alerts"], truth.alerts)
    _judge_examples(verdict, {record.value for record in tape.records["examples"]}, truth.examples)
    _judge_groups(verdict, tape, truth)
    _judge_snapshots(verdict, tape.records["snapshots"], truth.snapshots)
    risks = _newest_risks(record for record in tape.records["risk"] if record.timestamp >= risks_since * 1000)
    verdict.risks_wrong = sum(risks.get(key) != value for key, value in truth.risks.items())
    verdict.silence_seconds = longest_gap(record.timestamp / 1000 for record in tape.records["risk"])


def _judge_examples(verdict: Verdict, found: set[bytes], known: set[bytes]) -> None:
    """Compare examples.

    After a group of rows was half written, a line is carried again for the customers whose rows are missing, and for
    nobody else. What it releases then has a smaller index than the first time, and the learner drops it.
    """
    verdict.examples_lost = len(known - found)
    unknown = found - known
    if unknown:
        released = set(map(_without_index, known))
        unknown = {example for example in unknown if _without_index(example) not in released}
    verdict.examples_unknown = len(unknown)


def _judge_groups(verdict: Verdict, tape: Tape, truth: Truth) -> None:
    """Compare what aggregates count, and the alerts about many that follow."""
    observed = {record.value for record in tape.records["observations"]}
    verdict.observations_lost = len(truth.observations.keys() - observed)
    verdict.observations_unknown = len(observed - truth.observations.keys())
    told = {(aggregate_name(record), record.value) for record in tape.records["aggregates"]}
    verdict.aggregates = len(truth.aggregates)
    verdict.aggregates_wrong = len(told ^ set(truth.aggregates.items()))


def _without_index(example: bytes) -> bytes:
    """Return what an example says, and the journal line that released it."""
    plain = orjson.loads(example)
    plain["source"] = plain.get("source", [])[:3]
    return orjson.dumps(plain)


def newest_rows(changelog: Sequence[ConsumerRecord]) -> tuple[dict[PartitionKey, bytes], int]:
    """Return the row with the highest position per key, as recovery would, and how many lay behind a newer one."""
    best: dict[PartitionKey, tuple[tuple[str, Position], bytes]] = {}
    stale = 0
    for record in changelog:
        if record.key == FENCE_KEY:
            continue
        place = record.partition, record.key
        if record.value is None:
            best.pop(place, None)
            continue
        position = row_position(record.value)
        present = best.get(place)
        if present is not None and present[0][0] == position[0] and position[1] < present[0][1]:
            stale += 1
        else:
            best[place] = position, record.value
    return {place: row for place, (_, row) in best.items()}, stale


def longest_gap(times: Iterable[float]) -> float:
    """Return the longest time between two neighbours, in the unit of the times; 0 for fewer than two.

    Examples
    --------
    >>> longest_gap([3.0, 1.0, 1.5])
    1.5
    """
    ordered = sorted(times)
    return max((later - earlier for earlier, later in pairwise(ordered)), default=0.0)


def _judge_rows(verdict: Verdict, newest: Mapping[PartitionKey, bytes], truth: Truth) -> None:
    """Compare rows byte by byte, and how many events they count."""
    verdict.rows_wrong = sum(newest.get(place) != truth.rows.get(place) for place in newest.keys() | truth.rows.keys())
    for place, row in truth.rows.items():
        if newest.get(place) != row:
            _note_difference(verdict, f"row {place}", newest.get(place), row)
    for place in newest.keys() | truth.events.keys():
        if place[1].startswith(RESERVED.encode()) or newest.get(place) == truth.rows.get(place):
            continue
        counted = decode_row(newest[place]).events if place in newest else 0
        difference = counted - truth.events.get(place, 0)
        verdict.over_count += max(0, difference)
        verdict.under_count += max(0, -difference)


def _judge_alerts(verdict: Verdict, found: Sequence[ConsumerRecord], truth: Mapping[AlertName, bytes]) -> None:
    """Compare alerts by id and sequence, and each of them byte by byte."""
    names = Counter(alert_name(record.value or b"") for record in found)
    verdict.alerts = len(truth)
    verdict.alerts_lost = len(truth.keys() - names.keys())
    verdict.alerts_unknown = len(names.keys() - truth.keys())
    verdict.alerts_wrong = sum(
        truth.get(alert_name(record.value or b""), record.value) != record.value for record in found
    )
    verdict.alerts_repeated = names.total() - len(names)
    for record in found:
        if (right := truth.get(alert_name(record.value or b""), record.value)) != record.value:
            _note_difference(verdict, f"alert at {record.partition}/{record.offset}", record.value, right)


def _note_difference(verdict: Verdict, what: str, found: bytes | None, right: bytes | None) -> None:
    """Keep what differs, up to a number that somebody will look at."""
    if len(verdict.differences) < _DIFFERENCES_KEPT:
        verdict.differences.append(f"{what}: {found!r} should be {right!r}")


def _judge_snapshots(verdict: Verdict, found: Sequence[ConsumerRecord], truth: Mapping[bytes, bytes]) -> None:
    """Compare snapshots byte by byte; the last one may still have been in the learner's head when it stopped."""
    written = {(record.key, json_of(record.value)) for record in found if record.value is not None}
    due = set(list(truth.items())[:-1])
    verdict.snapshots = len(truth)
    verdict.snapshots_wrong = len(written - set(truth.items())) + len(due - written)


def _newest_risks(found: Iterable[ConsumerRecord]) -> dict[bytes, bytes]:
    """Return the last belief on the topic per customer, by what it follows from."""
    best: dict[bytes, tuple[Sequence[int], bytes]] = {}
    for record in found:
        if record.value is None:
            best.pop(record.key, None)
            continue
        position = orjson.loads(record.value)["position"]
        if record.key not in best or best[record.key][0] <= position:
            best[record.key] = position, record.value
    return {key: belief_of(value) for key, (_, value) in best.items()}
