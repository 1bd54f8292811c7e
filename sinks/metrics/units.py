"""Metrics per unit of the company, for the people of its branches.

The label `unit` takes its values from the company's own organisation file and from nowhere else: an event can name
any place it likes, and becomes the nearest place above it that the file names.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram

from schemas.alerts import CAUSES, TRANSITIONS, Alert
from schemas.ledgers import LEDGER_KINDS, LEDGER_STATES, LedgerEntry
from schemas.suppressions import RULES, Suppression

MAX_UNITS = 200
"""Most values of the label: a worker then has at most 22,000 series of units, and a Prometheus bears some millions."""

MAX_DEPTH = 8
"""Levels that a path of the organisation may have."""

ALL_UNITS = "all"
"""The only value where no file names units."""

OTHER_UNITS = "other"
"""Every place with no unit of the file above it."""

_DAY = 86_400.0
_UPWARDS = frozenset({"opened", "raised"})
"""Transitions by which an alert comes to a level from below."""

_WARNING_BUCKETS = (3_600.0, 4 * 3_600.0, _DAY, 3 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY)
"""An hour, as for red alerts; then what an orange one may take; a day to the long horizon of the model."""


class Units:
    """The closed set of values that the label `unit` has.

    Where the file names more than `MAX_UNITS`, the deepest levels are left out until they fit: a branch then counts
    with the unit above it. Of more than `MAX_UNITS` head offices the first ones by name are kept.

    Parameters
    ----------
    named
        Paths of the units that the organisation file names; none where there is no file.
    depth
        Levels to tell apart, from 1 (head office) to `MAX_DEPTH`.

    Raises
    ------
    ValueError
        If `depth` is not in its range.

    Examples
    --------
    >>> units = Units(["HQ", "HQ/Guangdong"])
    >>> units.of("HQ/Guangdong/Shenzhen"), units.of("Elsewhere")
    ('HQ/Guangdong', 'other')
    """

    def __init__(self, named: Iterable[str] = (), depth: int = MAX_DEPTH) -> None:
        if not 1 <= depth <= MAX_DEPTH:
            raise ValueError(f"depth must be from 1 to {MAX_DEPTH}, got {depth}")
        paths = set(named)
        kept = {path for path in paths if _depth(path) <= depth}
        while len(kept) > MAX_UNITS - 1 and depth > 1:
            depth -= 1
            kept = {path for path in kept if _depth(path) <= depth}
        self.depth = depth
        """Levels that are told apart."""
        self._kept = frozenset(sorted(kept)[: MAX_UNITS - 1])
        self._rest = OTHER_UNITS if paths else ALL_UNITS

    @property
    def values(self) -> Sequence[str]:
        """Every value that the label can have, at most `MAX_UNITS`."""
        return (*sorted(self._kept), self._rest)

    def of(self, org_path: str) -> str:
        """Return the value for a place of an event: the nearest unit at or above it, else `other`, or `all`."""
        kept = self._kept
        while org_path not in kept:
            org_path, slash, _ = org_path.rpartition("/")
            if not slash:
                return self._rest
        return org_path


class UnitMetrics:
    """Shows what each unit of the company has to do, and does.

    Parameters
    ----------
    registry
        Where the metrics are registered.
    units
        The values of the label `unit`.
    """

    def __init__(self, registry: CollectorRegistry, units: Units) -> None:
        self.units = units
        """Names of units in metrics."""
        self.unit_alerts = Counter(
            "foreshock_unit_alerts",
            "Alerts that opened at a level or rose to it. A rise of one cause in one unit: something happened there.",
            ["unit", "level", "cause"],
            registry=registry,
        )
        self.unit_transitions = Counter(
            "foreshock_unit_transitions",
            "Transitions of alerts, by unit. A rise of lapsed or escalated: its clocks run out before anybody acts.",
            ["unit", "transition"],
            registry=registry,
        )
        self.unit_suppressed = Counter(
            "foreshock_unit_suppressed",
            "Decisions about alerts that nobody was told, by unit. A rise of capacity: it has more than it can do; of "
            "complained_after: a rule hides what matters there.",
            ["unit", "rule"],
            registry=registry,
        )
        self.unit_ledger = Counter(
            "foreshock_unit_ledger",
            "Moves of promises and feedback, by unit. A rise of expired or missed: its customers are not answered.",
            ["unit", "kind", "state"],
            registry=registry,
        )
        self.unit_warning_seconds = Histogram(
            "foreshock_unit_warning_seconds",
            "From the opening of an alert to the complaint of its customer, by unit. A move to shorter times: there is "
            "less time to act.",
            ["unit"],
            buckets=_WARNING_BUCKETS,
            registry=registry,
        )
        self._unit_risen: Tally[tuple[str, str, str]] = Tally()
        self._unit_moves: Tally[tuple[str, str]] = Tally()
        self._unit_held: Tally[tuple[str, str]] = Tally()
        self._unit_booked: Tally[tuple[str, str, str]] = Tally()
        self._show_every_unit()

    def of_unit(
        self, alerts: Iterable[Alert], suppressions: Iterable[Suppression], ledger: Iterable[LedgerEntry]
    ) -> None:
        """Note what a message caused in its units; shown at the next `show_units`."""
        name_of = self.units.of
        for alert in alerts:
            unit = name_of(alert.org_path)
            self._unit_moves[unit, alert.transition] += 1
            if alert.transition in _UPWARDS:
                self._unit_risen[unit, alert.level, alert.cause] += 1
            elif alert.transition == "complained":
                self.unit_warning_seconds.labels(unit).observe((alert.at - alert.opened_at).total_seconds())
        for held in suppressions:
            self._unit_held[name_of(held.org_path), held.rule] += 1
        for entry in ledger:
            self._unit_booked[name_of(entry.org_path), entry.kind, entry.state] += 1

    def show_units(self) -> None:
        """Hand what was added up to Prometheus."""
        for counter, counts in (
            (self.unit_alerts, self._unit_risen),
            (self.unit_transitions, self._unit_moves),
            (self.unit_suppressed, self._unit_held),
            (self.unit_ledger, self._unit_booked),
        ):
            for labels, count in counts.items():
                counter.labels(*labels).inc(count)
            counts.clear()

    def _show_every_unit(self) -> None:
        """Show every unit from the start, so that an increase can be taken of its first one."""
        for unit in self.units.values:
            for transition in TRANSITIONS:
                self.unit_transitions.labels(unit, transition)
            for cause in CAUSES:
                self.unit_alerts.labels(unit, "red", cause)  # few, and the first one counts
            for rule in RULES:
                self.unit_suppressed.labels(unit, rule)
            for kind in LEDGER_KINDS:
                for state in LEDGER_STATES:
                    self.unit_ledger.labels(unit, kind, state)
            self.unit_warning_seconds.labels(unit)


def _depth(path: str) -> int:
    """Count the levels of a path."""
    return path.count("/") + 1
