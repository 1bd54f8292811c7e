"""How good alerts were, judged against the known truth."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from foreshock.simulate.truth import Truth


@dataclass(frozen=True, slots=True)
class Judgement:
    """What alerts were worth. A share or median of nothing is None."""

    complaints: int
    """First complaints that were made in the judged time."""
    foreseen_share: float | None
    """Complaints before which an alert about the customer opened, early enough and not too early."""
    foreseen_from_silence_share: float | None
    """The same, among complaints of customers who had shown it in words to nobody."""
    median_lead_hours: float | None
    """From the first such alert to the complaint, among foreseen complaints."""
    alerts: int
    """Alerts opened in the judged time."""
    followed_share: float | None
    """Alerts followed by a complaint within the horizon: precision, of the alerts whose horizon has passed."""
    justified_share: float | None
    """Alerts about a customer who was truly unhappy when it opened: most of them never complain."""
    alerted_share: float
    """Customers about whom at least one alert opened, among all."""


def judge(
    truth: Truth,
    alerts: Iterable[tuple[str, datetime]],
    *,
    customers: int,
    since: datetime,
    until: datetime,
    horizon: timedelta = timedelta(days=30),
    least_lead: timedelta = timedelta(hours=2),
) -> Judgement:
    """Compare alerts with what truly happened.

    Parameters
    ----------
    truth
        What is known about the world.
    alerts
        Customer id, as the insurer writes it, and opening time of each alert that counts as a warning.
    customers
        How many customers there are (positive).
    since, until
        The judged time: complaints made and alerts opened in it count. An alert shortly before `since` may still
        foresee a complaint.
    horizon
        Within which a complaint must follow.
    least_lead
        How long before the complaint an alert is still of use.

    Raises
    ------
    ValueError
        If `customers` is not positive, or `until` is not after `since`.
    """
    if customers < 1:
        raise ValueError(f"customers must be positive, got {customers}")
    if until <= since:
        raise ValueError(f"until must be after since, got {since} to {until}")
    opened: dict[str, list[datetime]] = defaultdict(list)
    for customer_id, opened_at in sorted(alerts, key=lambda alert: alert[1]):
        opened[customer_id].append(opened_at)
    first = [each for each in truth.complaints if not each.escalated and since <= each.complained_at <= until]
    leads = {
        each.event_id: each.complained_at - warned_at
        for each in first
        if (
            warned_at := _first_between(
                opened[each.customer_id], each.complained_at - horizon, each.complained_at - least_lead
            )
        )
    }
    silent = [each.event_id for each in first if each.silent_before]
    judged = [(customer_id, at) for customer_id, times in opened.items() for at in times if since <= at <= until]
    complained = _times((each.customer_id, each.complained_at) for each in truth.complaints)
    # Alerts whose horizon has not passed are left out even where the complaint already came: to count only those
    # would make every fresh alert look right.
    ripe = [(customer_id, at) for customer_id, at in judged if at + horizon <= until]
    followed = [_first_between(complained[customer_id], at, at + horizon) is not None for customer_id, at in ripe]
    spells = _spells(truth)
    return Judgement(
        complaints=len(first),
        foreseen_share=_share(len(leads), len(first)),
        foreseen_from_silence_share=_share(sum(event_id in leads for event_id in silent), len(silent)),
        median_lead_hours=median(lead.total_seconds() / 3600 for lead in leads.values()) if leads else None,
        alerts=len(judged),
        followed_share=_share(sum(followed), len(followed)),
        justified_share=_share(sum(_is_within(spells[customer_id], at) for customer_id, at in judged), len(judged)),
        alerted_share=len({customer_id for customer_id, _ in judged}) / customers,
    )


def _times(moments: Iterable[tuple[str, datetime]]) -> dict[str, list[datetime]]:
    """Collect the moments of each customer, in order."""
    times: dict[str, list[datetime]] = defaultdict(list)
    for customer_id, at in moments:
        times[customer_id].append(at)
    return times


def _first_between(times: list[datetime], begin: datetime, end: datetime) -> datetime | None:
    """Find the first of ordered moments within an interval, ends included."""
    index = bisect_left(times, begin)
    return times[index] if index < bisect_right(times, end) else None


def _spells(truth: Truth) -> dict[str, list[tuple[datetime, datetime | None]]]:
    """Collect when each customer was unhappy."""
    spells: dict[str, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for grievance in truth.grievances:
        spells[grievance.customer_id].append((grievance.began_at, grievance.ended_at))
    return spells


def _is_within(spells: list[tuple[datetime, datetime | None]], at: datetime) -> bool:
    """Tell whether a moment lies in one of the spells."""
    return any(begin <= at and (end is None or at <= end) for begin, end in spells)


def _share(part: int, whole: int) -> float | None:
    """Tell a share, or None of nothing."""
    return part / whole if whole else None
