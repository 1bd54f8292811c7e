"""Metrics of learning: examples, snapshots, and commands about them."""

from __future__ import annotations

from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge

from schemas.ticks import CommandName

RESULTS = ("new", "repeated", "obeyed", "refused")
"""What became of an example, and of a command."""


class LearningMetrics:
    """Shows whether there is anything to learn from, and whether it is used.

    Parameters
    ----------
    registry
        Where the metrics are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.matured = Counter(
            "foreshock_examples_matured",
            "Examples whose label became known, sent to the learner. Zero for long: no complaints topic, or no time "
            "passes.",
            registry=registry,
        )
        self.learned = Counter(
            "foreshock_examples_learned",
            "Examples the learner took: new, or dropped as seen before (after a crash). A rise of repeated: scorers "
            "crash again and again.",
            ["result"],
            registry=registry,
        )
        self.published = Gauge(
            "foreshock_snapshot_published_number",
            "Number of the newest snapshot this learner published. Should grow while examples are learned.",
            registry=registry,
        )
        self.published_at = Gauge(
            "foreshock_snapshot_published_timestamp_seconds",
            "When it was published; its age is time() minus this. A growing age: the learner starves or stands.",
            registry=registry,
        )
        self.active = Gauge(
            "foreshock_snapshot_active_number",
            "Number of the newest snapshot that a partition of this worker scores with. Should follow the published "
            "number, unless a person rolled back or pinned.",
            registry=registry,
        )
        self.pinned = Gauge(
            "foreshock_snapshot_pinned_partitions",
            "Partitions of this worker in which a command holds the active snapshot. More than zero for long: somebody "
            "forgot `foreshock models unpin`.",
            registry=registry,
        )
        self.commands = Counter(
            "foreshock_model_commands",
            "Commands about models, once per partition: obeyed, or refused because they could not be. A rise of "
            "refused: look at the log for the reason.",
            ["command", "result"],
            registry=registry,
        )
        self._active: dict[int, tuple[int, bool]] = {}
        for result in ("new", "repeated"):
            self.learned.labels(result)
        for command in get_args(CommandName):
            for result in ("obeyed", "refused"):
                self.commands.labels(command, result)

    def scoring(self, partition: int, number: int, is_pinned: bool) -> None:
        """A partition scores with this snapshot; `is_pinned` if a command holds it."""
        self._active[partition] = number, is_pinned
        self._show_active()

    def learnt(self, is_new: bool) -> None:
        """The learner took an example."""
        self.learned.labels("new" if is_new else "repeated").inc()

    def _show_active(self) -> None:
        """Show the newest active snapshot, and in how many partitions one is held."""
        self.active.set(max((number for number, _ in self._active.values()), default=0))
        self.pinned.set(sum(is_pinned for _, is_pinned in self._active.values()))
