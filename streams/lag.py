"""Lag: how far a reader is behind, as its newest fetch saw it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition


def report_lag(
    consumer: AIOKafkaConsumer,
    records: Iterable[ConsumerRecord],
    group: str,
    lagging: Callable[[str, int, int], None],
) -> None:
    """Report per partition how many records follow the last one that was read.

    Parameters
    ----------
    consumer
        Who read them.
    records
        What was read last, in order.
    group
        Short name of the group.
    lagging
        Takes group, a number for the partition that is unique over topics, and the count.
    """
    last = {TopicPartition(record.topic, record.partition): record.offset for record in records}
    for tp, offset in last.items():
        highwater = consumer.highwater(tp)
        if highwater is not None:
            lagging(group, hash(tp), highwater - offset - 1)


class TakenLag:
    """How many records lie between what somebody has taken and the end of the log.

    Unlike a consumer's position this counts what was fetched and is still being worked on: a reader that is stuck
    must not look as if it kept up.

    Parameters
    ----------
    consumer
        Who reads.
    """

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._next: dict[TopicPartition, int] = {}

    def fetched(self, records: Iterable[ConsumerRecord]) -> None:
        """Records are about to be worked on."""
        for record in records:
            self._next.setdefault(TopicPartition(record.topic, record.partition), record.offset)

    def taken(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Everything before these offsets is taken."""
        self._next.update(offsets)

    def counts(self) -> dict[Hashable, int]:
        """Return how many records are missing, per partition that is assigned now."""
        assigned = self._consumer.assignment()
        self._next = {tp: offset for tp, offset in self._next.items() if tp in assigned}
        ends = {tp: self._consumer.highwater(tp) for tp in self._next}
        return {tp: max(0, (ends[tp] or offset) - offset) for tp, offset in self._next.items()}


async def partitions_behind(consumer: AIOKafkaConsumer) -> set[TopicPartition]:
    """Return the assigned partitions that have more to read, or of which that is not known yet."""
    behind = set()
    for tp in consumer.assignment():
        highwater = consumer.highwater(tp)
        if highwater is None or await consumer.position(tp) < highwater:
            behind.add(tp)
    return behind


def positions_of(consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
    """Return the next offset of each assigned partition that is not paused; -1 where none has been found yet.

    Never waits, so that a thread of its own can ask while the reader stands still.
    """
    subscription = consumer._subscription.subscription
    assignment = subscription.assignment if subscription is not None else None
    if assignment is None:
        return {}
    states = {tp: assignment.state_value(tp) for tp in assignment.tps}
    return {tp: state.position if state.has_valid_position else -1 for tp, state in states.items() if not state.paused}
