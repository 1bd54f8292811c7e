"""How good the alerts are, judged against what is true in the simulated world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from foreshock.simulate.judgement import Judgement, judge
from foreshock.simulate.truth import Truth

MONTH = timedelta(days=30)
"""The time for which a team plans how many customers it can call."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What the warnings were worth."""

    judgement: Judgement
    """Over the whole simulation."""

    alerted_lately_share: float
    """Customers about whom a warning opened in the last 30 days, among all: the work that it makes."""


def assess(
    truth: Truth,
    warnings: Iterable[tuple[str, datetime]],
    customer_ids: Mapping[str, str],
    since: datetime,
    until: datetime,
) -> Quality:
    """Judge warnings.

    Parameters
    ----------
    truth
        What is known about the world.
    warnings
        Customer key, and the time at which an alert first asked somebody to act.
    customer_ids
        Customer key to the insurer's own id, one entry per customer.
    since, until
        The simulated time that has passed.
    """
    told = [(customer_ids[key], at) for key, at in warnings]
    whole = judge(truth, told, customers=len(customer_ids), since=since, until=until)
    lately = judge(truth, told, customers=len(customer_ids), since=max(since, until - MONTH), until=until)
    return Quality(whole, lately.alerted_share)


@dataclass(frozen=True, slots=True)
class TrueStages:
    """Who is truly unhappy now, by what they have shown so far: the counterpart of the stages."""

    silent: int
    """Unhappy, and not a word about it so far."""
    grumbling: int
    """Said it, and did not complain."""
    complaint: int
    """Complained, and it is not over."""


def true_stages(truth: Truth) -> TrueStages:
    """Count the customers who are unhappy now; nobody has two grievances at a time."""
    now = [each for each in truth.grievances if each.ended_at is None]
    complaint = sum(each.complained_at is not None for each in now)
    grumbling = sum(each.complained_at is None and each.grumbled_at is not None for each in now)
    return TrueStages(len(now) - grumbling - complaint, grumbling, complaint)
