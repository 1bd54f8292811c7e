"""The commit ledger: how far each journal partition is settled, and no commit beyond.

Faust acknowledges a record as soon as its agent asks for the next one, also when the agent failed, was cancelled,
or never saw it. Here an offset is *settled* only once everything that follows from the record is at the broker.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

_TP = TypeVar("_TP", bound=tuple[str, int])


class Ledger:
    """Settled and committed offsets of one topic's partitions.

    Parameters
    ----------
    topic
        Full name of the topic it watches; commits of other topics pass unchanged.
    """

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._settled: dict[int, int] = {}
        self._committed: dict[int, int] = {}
        self.failed = False
        """Once something was refused, nothing is committed any more: the process is about to end."""
        self.capped_count = 0
        """Commits that would have gone too far."""

    def settle(self, partition: int, next_offset: int) -> None:
        """Note that everything below `next_offset` is at the broker.

        Raises
        ------
        ValueError
            If it would move backwards: groups of one partition settle in order.
        """
        before = self._settled.get(partition, 0)
        if next_offset < before:
            raise ValueError(f"partition {partition} is settled up to {before}, got {next_offset}")
        self._settled[partition] = next_offset

    def settled(self, partition: int) -> int | None:
        """Return the first offset that is not settled, or `None` if nothing is known."""
        return self._settled.get(partition)

    def cap(self, offsets: Mapping[_TP, int]) -> dict[_TP, int]:
        """Lower a commit to what is settled.

        Parameters
        ----------
        offsets
            What somebody wants to commit: the next offset to read, per topic and partition.

        Returns
        -------
        dict
            What may be committed; partitions without progress are left out.
        """
        allowed: dict[_TP, int] = {}
        for tp, offset in offsets.items():
            topic, partition = tp[0], tp[1]
            if topic != self.topic:
                allowed[tp] = offset
                continue
            settled = self._settled.get(partition, 0)
            if settled < offset:
                self.capped_count += 1
            within = min(offset, settled)
            if within > self._committed.get(partition, 0):
                allowed[tp] = within
        return allowed

    def committed(self, offsets: Mapping[_TP, int]) -> None:
        """Note what the broker has accepted."""
        self._committed.update({tp[1]: offset for tp, offset in offsets.items() if tp[0] == self.topic})

    def uncommitted(self) -> dict[int, int]:
        """Return the settled offset of each partition where it is beyond the committed one."""
        return {
            partition: offset
            for partition, offset in self._settled.items()
            if offset > self._committed.get(partition, 0)
        }

    def forget(self) -> None:
        """Start over after a rebalance or a seek: another worker may have settled more."""
        self._settled.clear()
        self._committed.clear()
