"""Metrics of what goes wrong: positions never seen, parts that stand still, what is away, and state being read back."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class FaultMetrics:
    """Shows faults, and the recovery from them.

    Parameters
    ----------
    registry
        Where the metrics are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.skipped_positions = Counter(
            "foreshock_skipped_positions",
            "Positions of a topic that a consumer group never saw. Anything but zero is loss, or was nearly: /healthz "
            "says which positions and what to do.",
            ["group"],
            registry=registry,
        )
        self.unacknowledged_holes = Gauge(
            "foreshock_unacknowledged_holes",
            "Stretches of positions that were never seen, since this worker started. More than zero: /healthz fails "
            "until a person restarts it.",
            registry=registry,
        )
        self.stalled_parts = Gauge(
            "foreshock_stalled_parts",
            "Parts of this worker that have something to do and do not move although the broker answers. More than "
            "zero: the worker ends itself soon, and a supervisor must start it again.",
            ["role", "part"],
            registry=registry,
        )
        self.lost_dependencies = Gauge(
            "foreshock_lost_dependencies",
            "1 while the broker does not answer, or a sink is waited for. More than zero for long: look at the "
            "dependency; the worker tries again by itself.",
            ["dependency"],
            registry=registry,
        )
        self.recovery_rows = Gauge(
            "foreshock_recovery_rows",
            "Rows loaded by the recovery under way, or by the last one. Should grow while partitions are open.",
            registry=registry,
        )
        self.recovery_read_positions = Gauge(
            "foreshock_recovery_read_positions",
            "Changelog positions that this recovery has come past. Should grow to "
            "foreshock_recovery_expected_positions.",
            registry=registry,
        )
        self.recovery_expected_positions = Gauge(
            "foreshock_recovery_expected_positions",
            "Changelog positions that this recovery has to come past. A rise from restart to restart: compaction does "
            "not keep up.",
            registry=registry,
        )
        self.recovery_open_partitions = Gauge(
            "foreshock_recovery_open_partitions",
            "Partitions whose state is not back yet. More than zero: those customers wait.",
            registry=registry,
        )
        self.recovery_seconds = Histogram(
            "foreshock_recovery_seconds",
            "Time to read state back after a rebalance or restart. A rise: more customers, or a slow broker.",
            buckets=(0.1, 0.3, 1, 3, 10, 30, 100, 300),
            registry=registry,
        )
        self.foreign_rows = Counter(
            "foreshock_foreign_rows",
            "Records of the changelog that no version of Foreshock has written; they are passed over and replaced. "
            "Anything but zero: somebody else writes to that topic.",
            registry=registry,
        )
        self.recovered_rows = Counter(
            "foreshock_recovered_rows",
            "Rows read back in recoveries. Steady growth without restarts: the group rebalances again and again.",
            registry=registry,
        )

    def recovering(self, rows: int, positions: int, expected: int, open_partitions: int) -> None:
        """A recovery has loaded rows and come to so many of the expected changelog positions."""
        self.recovery_rows.set(rows)
        self.recovery_read_positions.set(positions)
        self.recovery_expected_positions.set(expected)
        self.recovery_open_partitions.set(open_partitions)

    def recovered(self, rows: int, seconds: float) -> None:
        """State was read back from the changelog."""
        self.recovered_rows.inc(rows)
        self.recovery_seconds.observe(seconds)

    def foreign(self, count: int) -> None:
        """Records of the changelog were no rows of ours."""
        self.foreign_rows.inc(count)

    def skipped(self, group: str, count: int) -> None:
        """Positions were never seen."""
        self.skipped_positions.labels(group).inc(count)

    def unacknowledged(self, count: int) -> None:
        """So many holes have been found since the start."""
        self.unacknowledged_holes.set(count)

    def stalled(self, role: str, part: str, count: int) -> None:
        """So many of these parts stand still."""
        self.stalled_parts.labels(role, part).set(count)

    def dependency(self, name: str, is_lost: bool) -> None:
        """The broker or a sink is away, or back."""
        self.lost_dependencies.labels(name).set(is_lost)
