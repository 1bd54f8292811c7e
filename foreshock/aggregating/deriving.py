"""An alert about many customers, derived again: the journal through the first core, and that through the second."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from itertools import groupby
from typing import NamedTuple

from foreshock.aggregating.offline import Aggregates
from foreshock.explaining.sources import Source
from models.aggregates.group import Group, GroupKey, keys_of
from models.aggregates.parameters import AggregateParams
from schemas.aggregates import AggregateAlert
from schemas.codec import encode
from schemas.observations import Evidence


class Derived(NamedTuple):
    """One transition, derived again."""

    alert: AggregateAlert
    """What it says."""
    raw: bytes
    """Its bytes as the worker would write them."""
    counted: list[Evidence]
    """Why each of its customers counted then, in the order of time: the newest of a customer."""


class _Seen(NamedTuple):
    """What one message of the journal brought."""

    observed: list[Evidence]
    """Evidence, of any group."""
    told: list[AggregateAlert]
    """Transitions, of any alert about many."""


async def find_alert(source: Source, params: AggregateParams, named: str) -> AggregateAlert | None:
    """Run a journal until an alert opens whose id begins so; None if none ever does."""
    async with aclosing(_run(source, params)) as run:
        async for seen in run:
            for alert in seen.told:
                if alert.aggregate_id.startswith(named):
                    return alert
    return None


async def derive(source: Source, params: AggregateParams, alert: AggregateAlert) -> list[Derived]:
    """Run a journal until an alert has ended, or to its end.

    Parameters
    ----------
    source
        The journal; all of its partitions are read.
    params
        How to decide.
    alert
        Any transition of it: that says which group it is about.
    """
    key = group_of(alert)
    evidence, told = list[Evidence](), list[AggregateAlert]()
    async with aclosing(_run(source, params)) as run:
        async for seen in run:
            evidence += (each for each in seen.observed if is_about(each, key, params))
            told += (each for each in seen.told if each.aggregate_id == alert.aggregate_id)
            if told and told[-1].transition == "expired":
                break
    return [Derived(each, encode(each), counted_in(evidence, each, params)) for each in told]


def group_of(alert: AggregateAlert) -> GroupKey:
    """Return the group that an alert is about."""
    return GroupKey(alert.tenant, alert.by, alert.key, alert.cause)


def is_about(evidence: Evidence, key: GroupKey, params: AggregateParams) -> bool:
    """Whether evidence may count for a group: what is taken back is, wherever its customer is now."""
    return key in keys_of(evidence, params) or evidence.transition == "dismissed"


def counted_in(evidence: Iterable[Evidence], alert: AggregateAlert, params: AggregateParams) -> list[Evidence]:
    """Pick what a group counted at the time of a transition of its alert.

    Parameters
    ----------
    evidence
        Everything that was ever observed about the group, and every alert that was taken back.
    alert
        The transition.
    params
        How it was decided.
    """
    last = params.period_of(alert.at.timestamp()) - 1
    span = params.periods(params.of(alert.by).days * 24)
    # Without what is usual: half-lives play no part.
    group, newest = Group(), dict[tuple[str, str], Evidence]()
    in_time = sorted((each for each in evidence if _period_of(each, params) <= last), key=lambda each: each.clock)
    for period, together in groupby(in_time, key=lambda each: _period_of(each, params)):
        observed = list(together)
        group.pass_by(period, span, half_life=1.0)
        group.take(period, observed, params.remembered)
        newest |= {(each.customer_key, each.alert_id): each for each in observed if each.transition != "dismissed"}
    group.pass_by(last, span, half_life=1.0)
    counted = (newest[customer, member.alert_id] for customer, member in group.members.items())
    return sorted(counted, key=lambda each: (each.clock, each.customer_key))


async def _run(source: Source, params: AggregateParams) -> AsyncGenerator[_Seen, None]:
    """Run all partitions through both cores."""
    aggregates = Aggregates(params)
    async with aclosing(source.read(None)) as steps:
        async for step in steps:
            observed = [
                each for outcome in step.outcomes for each in outcome.observations if isinstance(each, Evidence)
            ]
            yield _Seen(observed, aggregates.take(step.outcomes))


def _period_of(evidence: Evidence, params: AggregateParams) -> int:
    """Number the period that evidence counts in."""
    return params.period_of(evidence.clock.timestamp())
