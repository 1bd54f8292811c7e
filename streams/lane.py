"""A lane: one journal partition in this worker, from its records to what has to be written.

Everything here is synchronous and touches no broker: the same lines in the same order give the same groups.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from schemas.alerts import Alert, Risk
from schemas.cloudevents import Carried, headers_of
from schemas.codec import decode_journal_line, encode
from schemas.dead_letters import DeadLetter
from schemas.errors import UnreadableMessageError
from schemas.types import Position
from streams.core import Core
from streams.journal import SOURCE_TIME, decode_times
from streams.newest import tombstone_headers
from streams.outbox import Record
from streams.stores import Rows
from streams.tables import CustomerStates
from streams.timestamps import record_time

SOURCE = "foreshock/score"
"""Who writes outputs, for CloudEvents."""


class Observer(Protocol):
    """Hears what happens in a lane; metrics implement it."""

    def stepped(self, outcome: Any) -> None:
        """A message went through the core."""

    def carried(self, seconds: float) -> None:
        """A record went through the core and took so long."""

    def believed(self, risk: Risk) -> None:
        """A belief about a customer is about to be published."""

    def dead_letter(self, reason: str) -> None:
        """A line became a dead letter."""


@dataclass(slots=True)
class Group:
    """What several journal records cause, to be written in this order: outputs, rows, offset."""

    next_offset: int
    """First journal offset after the group."""
    outputs: dict[str, list[Record]]
    """Short topic name to records."""
    rows: dict[bytes, bytes | None]
    """Rows of customers; `None` removes one."""
    own_rows: dict[bytes, bytes]
    """The partition's own rows; the last one has the position, and says that everything before it is written."""
    alert_times: list[float] = field(default_factory=list)
    """When the events behind alerts left their producers, in seconds since 1970; alerts of ticks have none."""
    removed_at: list[tuple[str, bytes]] = field(default_factory=list)
    """Headers of the records that remove a row: what they follow from."""
    taken_at: float = field(default_factory=time.perf_counter, compare=False)
    """When the writer took it, by `time.perf_counter`."""

    @property
    def changes(self) -> dict[bytes, bytes | None]:
        """All rows, in the order in which they are written."""
        return self.rows | self.own_rows


class Lane:
    """Carries the records of one partition through the core and collects what follows.

    Parameters
    ----------
    partition
        Journal partition.
    journal
        Full name of the journal topic, for dead letters.
    core
        The core.
    rows
        Acknowledged rows of the partition; acknowledged rows are added to it.
    to_heal
        Keys whose row has to be written again with the next group; emptied as that is acknowledged.
    cached
        How many decoded states to keep.
    observer
        Hears what happens.
    """

    def __init__(
        self,
        partition: int,
        journal: str,
        core: Core[Any, Any],
        rows: Rows,
        to_heal: set[bytes],
        cached: int,
        observer: Observer,
    ) -> None:
        self.partition = partition
        self._journal = journal
        self._core = core
        self._rows = rows
        self._to_heal = to_heal
        self._observer = observer
        self.states: CustomerStates[Any] = CustomerStates(rows, core.encode_row, core.decode_row, cached)
        self.engine = core.open_engine(partition, rows.own(), self.states)
        self.restored_offset = core.position(self.engine).offset
        """Last journal offset whose outputs and rows are all written, or -1."""
        self.next_offset = self.restored_offset + 1
        """The journal offset that has to come next; without rows, whoever opens the lane says where the journal begins.
        """
        self.waiting_count = 0
        """Records carried and not yet taken by a group."""
        self._believed: dict[str, None] = {}
        self._others: dict[str, list[Carried]] = {
            "ledger": [],
            "suppressions": [],
            "receipts": [],
            "observations": [],
            "examples": [],
            "dead-letters": [],
        }
        self._alerts: list[Alert] = []
        self._alert_times: list[int | None] = []

    def carry(self, offset: int, value: bytes | None, timestamp: float, line_times: bytes | None = None) -> bool:
        """Take one journal record, line by line, through the core.

        A line that cannot be read, or that the core fails on, becomes a dead letter; its neighbours go on. A record
        that was carried before is passed over.

        Parameters
        ----------
        offset
            Journal offset.
        value
            JSON Lines; `None`, which only somebody else can have written, says nothing.
        timestamp
            When the journal took the record, in seconds since 1970.
        line_times
            The record's header `streams.journal.LINE_TIMES`; the core never sees it.

        Returns
        -------
        bool
            Whether it was carried, and so will be part of a group.
        """
        if offset < self.next_offset:
            return False
        core, engine, states, others = self._core, self.engine, self.states, self._others
        stepped, started, number = self._observer.stepped, time.perf_counter(), 0
        for number, line in enumerate((value or b"").split(b"\n")):
            if not line:
                continue
            try:
                message = decode_journal_line(line)
                outcome = core.step(engine, states, message, Position(offset, number))
            except Exception as error:  # whatever it is, the line is lost unless it is kept here
                others["dead-letters"].append(self._dead_letter(offset, number, line, timestamp, error))
                continue
            for key in outcome.believed:
                self._believed[key] = None
            if outcome.alerts:
                self._alerts.extend(outcome.alerts)
                self._alert_times.extend([_time_of(line_times, number)] * len(outcome.alerts))
            if outcome.ledger:
                others["ledger"].extend(outcome.ledger)
            others["examples"].extend(outcome.examples)
            if outcome.suppressions:
                others["suppressions"].extend(outcome.suppressions)
            if outcome.observations:
                others["observations"].extend(outcome.observations)
            if outcome.receipts:
                others["receipts"].extend(outcome.receipts)
            stepped(outcome)
        core.pass_over(engine, Position(offset, number))
        self._observer.carried(time.perf_counter() - started)
        self.next_offset = offset + 1
        self.waiting_count += 1
        return True

    def take(self) -> Group | None:
        """Return everything carried since the last call as one group, or `None` if nothing was.

        Of a customer touched several times only the last row and the last risk are in it; of one in whom only the
        learner's books were kept, no risk.
        """
        if not self.waiting_count:
            return None
        engine, states = self.engine, self.states
        outputs = {"risk": [self._belief(key) for key in self._believed]}
        times, self._alert_times = self._alert_times, []
        outputs["alerts"] = [
            _record(alert, alert.customer_key, sent_at) for alert, sent_at in zip(self._alerts, times, strict=True)
        ]
        self._alerts.clear()
        for topic, messages in self._others.items():
            outputs[topic] = [_record(message, getattr(message, "customer_key", None)) for message in messages]
            messages.clear()
        self._believed.clear()
        self.waiting_count = 0
        rows = {key: self._rows.get(key) for key in self._to_heal} | states.take_rows()
        own = self._core.own_rows(engine)
        removes = None in rows.values()
        return Group(
            self.next_offset,
            {topic: records for topic, records in outputs.items() if records},
            {key: row for key, row in rows.items() if key not in own},
            own,
            [sent_at / 1000 for sent_at in times if sent_at is not None],
            tombstone_headers(*self._core.row_position(next(reversed(own.values())))) if removes else [],
        )

    def customers_by_stage(self) -> Sequence[int]:
        """Count the customers of the partition, in the order of `STAGES`."""
        return self._core.customers_by_stage(self.engine)

    def census(self) -> Mapping[str, Sequence[int]]:
        """Count the same per unit of the company, then its open alerts, in the order of `LEVELS` from blue up."""
        return self._core.census(self.engine)

    def scoring_with(self) -> tuple[int, bool]:
        """Tell the number of the active snapshot, and whether a command holds it."""
        return self._core.scoring_with(self.engine)

    def acknowledged(self, group: Group, reached: int | None = None) -> None:
        """Note that the changelog has the rows of this group, and up to which offset all of it is known with them."""
        self.states.acknowledged(group.changes, reached)
        self._to_heal.difference_update(group.rows)
        self._to_heal.difference_update(group.own_rows)

    def _belief(self, key: str) -> Record:
        """Write what is believed about a customer now; nothing any more about one who is forgotten."""
        state = self.states.get(key)
        risk = self._core.risk_of(self.engine, key, state) if state is not None else None
        if risk is None:
            return Record(key.encode(), None)
        self._observer.believed(risk)
        return _record(risk, risk.customer_key)

    def _dead_letter(self, offset: int, number: int, line: bytes, timestamp: float, error: Exception) -> DeadLetter:
        """Keep a line with its place and the reason; the journal's lines are redacted already."""
        unread = isinstance(error, UnreadableMessageError)
        reason = error.reason if isinstance(error, UnreadableMessageError) else "failed"
        self._observer.dead_letter(reason)
        return DeadLetter(
            topic=self._journal,
            partition=self.partition,
            offset=offset,
            line=number,
            reason=reason,  # type: ignore[arg-type]  # pydantic checks that it is one of the closed set
            # The text of an unexpected error may repeat what somebody said: only its type is kept.
            error=str(error)[:2_000] if unread else type(error).__name__,
            at=record_time(timestamp),
            raw=line.decode("utf-8", "replace")[:20_000],
        )


def _time_of(line_times: bytes | None, number: int) -> int | None:
    """Return when the message of a line left its producer, in milliseconds since 1970, if that is known."""
    # Few lines cause an alert, so the header is read only for those.
    times = decode_times(line_times) if line_times else []
    return times[number] if number < len(times) else None


def _record(message: Carried, key: str | None, sent_at: int | None = None) -> Record:
    """Encode an output, with its CloudEvents headers and the time of what caused it."""
    headers = headers_of(message, SOURCE)
    if sent_at is not None:
        headers.append((SOURCE_TIME, b"%d" % sent_at))
    return Record(key.encode() if key else None, encode(message), headers)
