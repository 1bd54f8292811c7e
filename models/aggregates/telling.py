"""What is said of a group: its alert as a message, with the numbers in two languages."""

from __future__ import annotations

from datetime import UTC, datetime

from models.aggregates.deciding import Count
from models.aggregates.group import Group, GroupKey, Standing
from models.aggregates.parameters import AggregateParams
from schemas.aggregates import MAX_MEMBERS, AggregateAlert, AggregateTransition, GroupKind, aggregate_id_of
from schemas.alerts import LEVELS, BilingualText, Cause, Reason

_KINDS: dict[GroupKind, tuple[str, str]] = {
    "unit": ("机构 {key}", "customers of the unit {key}"),
    "product_line": ("险种 {key}", "customers of the line {key}"),
    "product": ("产品 {key}", "customers of the product {key}"),
    "household": ("同一家庭", "customers of one household"),
}
_CAUSES: dict[Cause, tuple[str, str]] = {
    "complaint_risk": ("可能投诉", "a complaint is likely"),
    "threat": ("提到监管、律师或媒体", "they named a regulator, a lawyer or the media"),
    "unanswered": ("负面反馈无人回应", "nobody answered them"),
    "repeat_contact": ("反复联系未解决", "they ask again and again"),
    "broken_promise": ("承诺逾期未兑现", "a promise was missed"),
    "claim_stalled": ("理赔停滞", "their claims stand still"),
    "claim_refused": ("理赔被拒或减额", "their claims were refused or cut"),
    "bad_experience": ("体验很差", "they had a bad experience"),
    "silent_after_bad_contact": ("不愉快之后沉默", "they fell silent after a bad contact"),
    "statutory_clock": ("法定期限临近", "the law's time is running out"),
}
"""Cause to what it is called in a sentence about many, in Chinese and English."""


def alert_of(
    key: GroupKey,
    group: Group,
    standing: Standing,
    transition: AggregateTransition,
    count: Count,
    period: int,
    params: AggregateParams,
) -> AggregateAlert:
    """Say one transition of a group's alert, as of the end of a period."""
    opened_at = (standing.opened + 1) * params.period_seconds
    return AggregateAlert(
        aggregate_id=aggregate_id_of(*key, opened_at),
        sequence=standing.sequence,
        transition=transition,
        at=_moment((period + 1) * params.period_seconds),
        opened_at=_moment(opened_at),
        by=key.by,
        key=key.key,
        cause=key.cause,
        level=LEVELS[standing.level],
        tenant=key.tenant,
        org_path=standing.unit,
        customers=count.customers,
        severe=count.orange,
        days=params.of(key.by).days,
        usual=None if count.usual is None else round(count.usual, 3),
        chance=None if count.chance is None else float(f"{count.chance:.3g}"),
        reasons=(_reason(key, count, params),),
        members=strongest(group),
        params_hash=params.digest(),
    )


def strongest(group: Group) -> tuple[str, ...]:
    """Return the ids of a group's alerts, the most urgent first, then the newest."""
    members = sorted(group.members.values(), key=lambda member: (-member.level, -member.period, member.alert_id))
    return tuple(member.alert_id for member in members[:MAX_MEMBERS])


def _reason(key: GroupKey, count: Count, params: AggregateParams) -> Reason:
    """Say how many customers have what in common, beside what is usual."""
    days = params.of(key.by).days
    numbers = {"customers": float(count.customers), "days": days}
    who_zh, who_en = (text.format(key=key.key) for text in _KINDS[key.by])
    what_zh, what_en = _CAUSES[key.cause]
    most = count.customers >= params.remembered
    zh = f"{who_zh}：{days:g} 天内{'至少' if most else ''} {count.customers} 位客户{what_zh}"
    en = f"{'At least ' if most else ''}{count.customers} {who_en} in {days:g} days: {what_en}"
    if count.usual is not None and count.chance is not None:
        numbers |= {"usual": round(count.usual, 3), "chance": float(f"{count.chance:.3g}")}
        zh += f"（平时 {count.usual:.1f} 位，偶然达到的概率 {count.chance:.1g}）"
        en += f" (usually {count.usual:.1f}; the chance of so many is {count.chance:.1g})"
    return Reason(code="many_customers", text=BilingualText(zh=zh, en=en), numbers=numbers)


def _moment(seconds: float) -> datetime:
    """Turn seconds since 1970 into a time."""
    return datetime.fromtimestamp(seconds, UTC)
