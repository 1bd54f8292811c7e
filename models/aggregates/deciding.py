"""A group's count to its alert: open, raise, tell again, lower, end."""

from __future__ import annotations

from typing import NamedTuple

from models.aggregates.group import Group, Standing
from models.aggregates.parameters import AggregateParams, GroupParams
from models.aggregates.usual import exposure, tail
from schemas.aggregates import AggregateTransition
from schemas.alerts import LEVELS

NONE, YELLOW, ORANGE, RED = (LEVELS.index(level) for level in ("none", "yellow", "orange", "red"))


class Count(NamedTuple):
    """How many customers a group has, beside what is usual for it."""

    customers: int
    """Customers with an alert."""
    orange: int
    """Those of them whose alert is orange or red."""
    red: int
    """Those whose alert is red."""
    usual: float | None
    """How many it usually has; None where nothing is compared."""
    chance: float | None
    """Probability of so many or more if all were as usual; None where nothing is compared."""


def counted(group: Group, period: int, began: int, rules: GroupParams, params: AggregateParams) -> Count:
    """Count a group at the end of a period.

    Parameters
    ----------
    group
        With the members of the time that is counted over, and nobody else.
    period
        The period.
    began
        First period that was seen of any group.
    rules, params
        For this kind of group, and for all.
    """
    customers = len(group.members)
    levels = [member.level for member in group.members.values()]
    severe = sum(level >= ORANGE for level in levels), sum(level >= RED for level in levels)
    if group.usual is None:
        return Count(customers, *severe, None, None)
    span, half_life = params.periods(rules.days * 24), params.periods(params.usual_half_life_days * 24)
    begins = period - span + 1
    weight = params.usual_prior_weight
    shape = params.usual_prior * weight + group.usual.as_of(begins, half_life)
    rate = weight + exposure(began, begins, half_life, span)
    return Count(customers, *severe, shape / rate, tail(customers, shape, rate))


def decide(
    group: Group, count: Count, period: int, is_warm: bool, rules: GroupParams, params: AggregateParams
) -> AggregateTransition | None:
    """Compare a group's alert with its count; the group's `standing` changes.

    It rises at once. It falls, or ends, only after nothing has supported its level for `calm_hours`.
    """
    standing = group.standing
    supported = _supported(count, rules, params)
    if standing is None:
        if not (supported and is_warm and _opens(count, rules, params)):
            return None
        group.standing = Standing(period, 0, supported, count.customers, group.unit())
        return "opened"
    if supported > standing.level:
        return _moved(group, standing, "raised", supported, count)
    if supported == standing.level:
        group.standing = standing._replace(calm_since=-1)
        if count.customers >= params.grown_by * standing.told:
            return _moved(group, standing, "grown", supported, count)
        return None
    if standing.calm_since < 0:
        group.standing = standing._replace(calm_since=period)
        return None
    if period - standing.calm_since < params.calm_hours / params.period_hours:
        return None
    if supported:
        return _moved(group, standing, "lowered", supported, count)
    return _moved(group, standing, "expired", standing.level, count)


def _opens(count: Count, rules: GroupParams, params: AggregateParams) -> bool:
    """Say whether a count is too many: by itself, and beside what is usual."""
    return count.customers >= rules.customers and (count.chance is None or count.chance < params.improbable)


def _supported(count: Count, rules: GroupParams, params: AggregateParams) -> int:
    """Return the level that a count supports: by how many are severe, and by how improbable it is."""
    if count.customers < rules.keep or (count.chance is not None and count.chance > params.calm_above):
        return NONE
    if count.red >= rules.customers:
        return RED
    is_improbable = count.chance is not None and count.chance < params.orange_below
    return ORANGE if is_improbable or count.orange >= rules.customers else YELLOW


def _moved(
    group: Group, standing: Standing, transition: AggregateTransition, level: int, count: Count
) -> AggregateTransition:
    """Put a group's alert where a transition leads."""
    group.standing = Standing(standing.opened, standing.sequence + 1, level, max(1, count.customers), group.unit())
    return transition
