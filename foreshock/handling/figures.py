"""The figures of the table: per owner, and in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from math import ceil
from statistics import mean, median
from typing import NamedTuple

from foreshock.handling.following import Handled, Handling

SHOWN_OWNERS = 8
"""Owners with a row of their own: those with the most alerts, then those to whom the most came up. The others are one
row together, so that the table fits a screen however large the company is."""

ENDS = ("resolved", "dismissed", "expired", "complained", "open")
"""What can have become of an alert; every alert is in exactly one of them."""

_LONG_LEAD_HOURS = 24.0
"""Time enough to do more than call back."""


class Load(NamedTuple):
    """Alerts per owner and day, days without any counted."""

    mean: float
    """On average."""
    median: float
    """On half of the days no more."""
    p90: float
    """On nine days in ten no more."""
    busiest: int
    """On the busiest day of one owner."""


class OwnerFigures(NamedTuple):
    """One row: an owner, several together, or all."""

    name: str
    """Whose; empty for several together."""
    owners: int
    """How many they are."""
    alerts: int
    """Alerts that they were the first to be told of."""
    load: Load
    """Of these per owner and day, over the days of the run."""
    taken: int
    """How many somebody took or closed."""
    take_hours: tuple[float, float] | None
    """Hours until then: median, and within which nine in ten were; None where nobody took any."""
    ends: dict[str, int]
    """How many ended how, or are open, by `ENDS`."""
    went_up: int
    """How often one of them went a unit up."""
    came_up: int
    """How often one of another owner came up to them."""
    capped: int
    """Alerts that found no room in their day, whether or not they were told of them later."""


class Figure(NamedTuple):
    """One line below the table."""

    name: str
    """What it is, among the texts of `foreshock.handling.telling`."""
    values: dict[str, float]
    """The numbers in it."""


def rows(handling: Handling) -> list[OwnerFigures]:
    """Return the rows of the table: owners, the others together, all; empty where nobody was told of anything."""
    by_owner: dict[str, list[Handled]] = {}
    for alert in handling.alerts.values():
        by_owner.setdefault(alert.owner, []).append(alert)
    capped = handling.capped_by_owner()
    names = sorted(
        by_owner.keys() | handling.came_up.keys() | capped.keys(),
        key=lambda name: (-len(by_owner.get(name, ())), -handling.came_up[name], name),
    )
    if not names:
        return []
    days = _days(handling)

    def row(shown: str, members: Sequence[str]) -> OwnerFigures:
        alerts = [by_owner.get(name, []) for name in members]
        came_up, kept_back = (sum(counts[name] for name in members) for counts in (handling.came_up, capped))
        return _figures(shown, len(members), alerts, days, came_up, kept_back)

    # One more row does not make a table too long, and "1 other" would say less than a name.
    shown = names if len(names) <= SHOWN_OWNERS + 1 else names[:SHOWN_OWNERS]
    others = names[len(shown) :]
    return [
        *(row(name, [name]) for name in shown),
        *([row("", others)] if others else []),
        *([row("", names)] if len(names) > 1 else []),
    ]


def lines(handling: Handling) -> Iterator[Figure]:
    """Say the rest in a few lines; those about which nothing is known yet are left out."""
    leads = sorted(alert.lead_hours for alert in handling.alerts.values() if alert.lead_hours is not None)
    if leads:
        lower, upper = quantile(leads, 0.25), quantile(leads, 0.75)
        long = mean(lead >= _LONG_LEAD_HOURS for lead in leads)
        yield Figure(
            "lead", {"count": len(leads), "hours": median(leads), "lower": lower, "upper": upper, "long": long}
        )
    if by_rule := handling.held_back.records:
        yield Figure("held back", {rule: by_rule[rule] for rule in sorted(by_rule)})
    if handling.untold:
        yield Figure("silent", _of_untold(handling))
        told = [alert for name, alert in handling.alerts.items() if name not in handling.untold]
        complained = sum(alert.end == "complained" for alert in told)
        yield Figure("told", {"alerts": len(told), "complained": complained, "share": complained / max(1, len(told))})


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that at least a share of all do not exceed.

    Examples
    --------
    >>> quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 50], 0.9)
    9
    """
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def _of_untold(handling: Handling) -> dict[str, float]:
    """Say what became of the customers of alerts that some rule had hidden."""
    count, complained = len(handling.untold), len(handling.untold_complained)
    told_later = len(handling.untold & handling.alerts.keys())
    return {"alerts": count, "complained": complained, "share": complained / count, "told": told_later}


def _days(handling: Handling) -> int:
    """Return how many days lie between the first alert and the last, both counted."""
    days = [alert.day for alert in handling.alerts.values()]
    return (max(days) - min(days) + timedelta(days=1)).days if days else 1


def _figures(
    name: str, owners: int, alerts: Sequence[list[Handled]], days: int, came_up: int, capped: int
) -> OwnerFigures:
    """Sum up the alerts of one owner or several, one list per owner."""
    every = [alert for of_owner in alerts for alert in of_owner]
    hours = sorted(alert.hours_to_take for alert in every if alert.hours_to_take is not None)
    ends = Counter[str](alert.end or "open" for alert in every)
    return OwnerFigures(
        name=name,
        owners=owners,
        alerts=len(every),
        load=_load(filter(None, alerts), days),
        taken=len(hours),
        take_hours=(median(hours), quantile(hours, 0.9)) if hours else None,
        ends={end: ends[end] for end in ENDS},
        went_up=sum(alert.times_up for alert in every),
        came_up=came_up,
        capped=capped,
    )


def _load(alerts: Iterable[list[Handled]], days: int) -> Load:
    """Count alerts per owner and day; owners who were told of none count in no mean."""
    counts: list[int] = []
    for of_owner in alerts:
        by_day = Counter(alert.day for alert in of_owner).values()
        counts += [*by_day, *([0] * (days - len(by_day)))]
    if not counts:
        return Load(0.0, 0.0, 0.0, 0)
    counts.sort()
    return Load(mean(counts), median(counts), quantile(counts, 0.9), counts[-1])
