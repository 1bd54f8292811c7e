"""Claims: what each part of a worker says about itself - whether it has something to do, and whether it moves.

A claim is judged by `streams.watchdog`. Parts that have nothing to do are healthy whatever they are.

Reading is judged twice: a reader that reads nothing at all although there is something stands still at once, one
partition of several only after four times that, because with a backlog the others have their turns first.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from aiokafka import TopicPartition

from streams.duty import Duty
from streams.settings import Settings
from streams.topics import CHANGELOG

if TYPE_CHECKING:
    from streams.guards.app import GuardedApp

Part = Literal["loop", "group", "recovery", "reading", "carrying", "writing", "working"]

WHAT_TO_DO: dict[Part, str] = {
    "loop": "something holds the event loop; the worker ends and starts again. If it repeats, look at the load of the "
    "machine and report the log",
    "group": "a rebalance does not end: look for a member that hangs with `kafka-consumer-groups --describe --members`",
    "recovery": "the changelog is not read on; the worker ends and reads it anew. If it repeats, look at the broker's "
    "log for the partition",
    "reading": "the broker has records that are not taken: the consumer or the agent stands still; the worker ends and "
    "reads on from what is committed",
    "carrying": "a record was taken and does not get on, or its partition's customers are still being read; the worker "
    "ends and the journal replays. If it repeats at the same offset, keep that record and report it",
    "writing": "the broker answers but does not acknowledge what is written: look whether enough replicas are in sync",
    "working": "the role has something in its hands and does not get on; the worker ends and takes it up again. For "
    "`deliver`, look at the sink",
}


class End(NamedTuple):
    """What the broker says about a partition."""

    earliest: int
    """First offset that still exists."""
    latest: int
    """Offset after the last record; the embedded broker may say less, never more."""


class Claim(NamedTuple):
    """What one part says about itself now."""

    role: str
    name: str
    """The role's name, or `deliver.<sink>`."""
    part: Part
    at: str
    """Which partition, if it is one of several."""
    is_due: bool
    """Whether it has something to do."""
    progress: Hashable
    """Changes when it gets on."""
    report_after: float
    """Seconds without progress after which it is reported."""
    end_after: float
    """Seconds without progress after which the process ends, if the broker answers."""
    needs_broker: bool = True
    """Whether it may stand still because the broker is away."""


class Patience(NamedTuple):
    """How long parts may stand still, in seconds."""

    report: float
    end: float
    group_end: float

    @property
    def late_report(self) -> float:
        """How long what waits for others, or takes long by itself, may stand still before it is reported.

        With the usual settings 45 s, so that with the time between two probes it is seen within a minute.
        """
        return 1.5 * self.end

    @classmethod
    def of(cls, settings: Settings) -> Patience:
        """Take it from the settings: a stall is reported after half the time after which it ends the process.

        A rebalance may take as long as the slowest member is given.
        """
        end = settings.stuck_after_seconds
        return cls(end / 2, end, end + settings.rebalance_timeout_seconds + settings.session_timeout_seconds)

    def stretched(self, seconds: float) -> Patience:
        """Return a longer one, for a part whose single steps may take so many seconds."""
        return Patience(*(each + seconds for each in self))


def claims_of_duty(duty: Duty, ends: Mapping[TopicPartition, End], patience: Patience) -> Iterator[Claim]:
    """Say where a role with a plain consumer, or without one, stands."""
    role, name = duty.role, duty.name
    slow = patience.stretched(duty.longest_step)  # a rebalance waits for work in hand

    def claim(part: Part, at: str, is_due: bool, progress: Hashable, given: Patience = patience) -> Claim:
        report_after, end_after = (given.end, given.group_end) if part == "group" else (given.report, given.end)
        return Claim(role, name, part, at, is_due, progress, report_after, end_after)

    yield claim("working", "", duty.is_busy and not duty.is_waiting, duty.steps, slow)
    if duty.hand_over is None:
        return
    yield claim("group", "", not duty.is_joined, duty.hand_over.generation, slow)
    positions = duty.positions()
    # Work in hand is judged above, and what waits for a sink is not read on on purpose.
    due = {tp for tp, position in positions.items() if _has_more(ends.get(tp), position)} if duty.is_free else set()
    yield claim("reading", "", bool(due), (duty.steps, *positions.items()))
    for tp, position in positions.items():
        lasting = claim("reading", f"{tp.topic}-{tp.partition}", tp in due, position)
        yield lasting._replace(report_after=patience.late_report, end_after=4 * patience.end)


def claims_of_score(app: GuardedApp | None, ends: Mapping[TopicPartition, End], patience: Patience) -> Iterator[Claim]:
    """Say where scoring stands: group, recovery, and each lane."""

    def claim(part: Part, at: str, is_due: bool, progress: Hashable, end_after: float = patience.end) -> Claim:
        report_after = patience.end if part == "group" else patience.report
        return Claim("score", "score", part, at, is_due, progress, report_after, end_after)

    if app is None:
        return
    is_settled = app.has_settled
    is_recovering = not is_settled and (app.in_recovery or app.lanes.progress.is_loading)
    offsets: Any = app.tables.recovery.active_offsets  # type: ignore[attr-defined]
    read = (app.rebalances, app.lanes.progress.moves, sum(found or 0 for found in dict(offsets).values()))
    yield claim("recovery", "", is_recovering, read)
    yield claim("group", "", not is_settled and not is_recovering, app.rebalances, patience.group_end)
    if not is_settled:
        return
    journal = app.ledger.topic
    lanes = app.lanes.standing(tp.partition for tp in app.journal_partitions())
    due = {
        lane.partition
        for lane in lanes
        if lane.in_hand is None and _has_more(ends.get(TopicPartition(journal, lane.partition)), lane.next_offset)
    }
    are_waiting = any(lane.in_hand is not None for lane in lanes)
    yield claim("reading", "", bool(due) and not are_waiting, tuple(lane.next_offset for lane in lanes))
    for lane in lanes:
        at = f"{journal}-{lane.partition}"
        yield claim("writing", at, lane.is_writing, lane.groups)
        # A record in hand that waits for the writer is the writer's matter.
        carrying = claim("carrying", at, lane.in_hand is not None and not lane.is_writing, lane.in_hand)
        # Opening a lane takes half a second per 100,000 customers; on a busy machine, or if the rows were written under
        # other parameters and have to be read whole, ten times that.
        if lane.is_opening:
            carrying = carrying._replace(report_after=patience.late_report, end_after=20 * patience.end)
        yield carrying
        lasting = claim("reading", at, lane.partition in due, lane.next_offset)
        yield lasting._replace(report_after=patience.late_report, end_after=4 * patience.end)


def watched_partitions(settings: Settings, duties: Iterable[Duty], app: GuardedApp | None) -> set[TopicPartition]:
    """Return every partition that this worker reads or writes as the owner of it."""
    found = {tp for duty in duties for tp in duty.positions()}
    if app is not None and app.has_settled:
        owned = {tp.partition for tp in app.journal_partitions()}
        for name in (app.ledger.topic, settings.topic(CHANGELOG)):
            found |= {TopicPartition(name, partition) for partition in owned}
        for name in map(settings.topic, ("alerts", "risk")):
            written = owned
            if settings.journal_generation > 1:
                # Outputs have the partitions of the first journal, maybe fewer than this one, and all may be written
                # to. A partition that does not exist would look like a broker that does not answer.
                written = (app.outlet.client.cluster.partitions_for_topic(name) or set()) if owned else set()
            found |= {TopicPartition(name, partition) for partition in written}
    elif app is not None:
        found |= {TopicPartition(settings.topic(CHANGELOG), partition) for partition in range(settings.partitions)}
    return found


def _has_more(end: End | None, position: int) -> bool:
    """Tell whether the broker has something that was not read."""
    return end is not None and end.latest > max(position, end.earliest)
