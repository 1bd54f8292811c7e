"""How alerts are lived with: how many an owner gets a day, who takes them, how early they came, what was held back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from statistics import mean, median
from typing import NamedTuple

from foreshock.alerting.held import Tally
from schemas.alerts import ENDING, LEVELS, PAGING, TAKING, Alert
from schemas.suppressions import UNNUMBERED, Suppression

CALLING = LEVELS.index("yellow")
"""The lowest level that asks somebody to call."""

_HOUR_SECONDS = 3_600.0
_LONG_LEAD_HOURS = 24.0
"""Time enough to do more than call back."""

_CLOSED_BY_PEOPLE = ("resolved", "dismissed")


_TEXTS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "load": (
        ("alerts per owner and day", "每负责人每日预警"),
        (
            "{mean:.2f} on average · {busiest:,.0f} on the busiest day of one · {alerts:,.0f} in all, "
            "{owners:,.0f} owners",
            "平均 {mean:.2f} · 单人最忙一日 {busiest:,.0f} · 共 {alerts:,.0f} 条，{owners:,.0f} 位负责人",
        ),
    ),
    "taken": (
        ("acknowledged", "已接手"),
        ("{share:.0%} of them, half of these within {hours:.1f} h", "占 {share:.0%}，其中一半在 {hours:.1f} 小时内"),
    ),
    "ends": (
        ("how they ended", "结果"),
        (
            "resolved {resolved:,.0f} · false alarm {dismissed:,.0f} · expired {expired:,.0f} · "
            "complained {complained:,.0f}",
            "已处理 {resolved:,.0f} · 误报 {dismissed:,.0f} · 失效 {expired:,.0f} · 仍投诉 {complained:,.0f}",
        ),
    ),
    "lead": (
        ("lead time", "提前量"),
        (
            "median {hours:.0f} h over {count:,.0f} that complained, {long:.0%} a day or more",
            "{count:,.0f} 起投诉的中位数 {hours:.0f} 小时，{long:.0%} 提前一日以上",
        ),
    ),
    "held back": (("held back by rule", "按规则未推送"), ("", "")),
    "silent": (
        ("held back and complained", "未推送而后投诉"),
        (
            "{complained:,.0f} of {alerts:,.0f} alerts held back; {told:,.0f} were told later",
            "未推送 {alerts:,.0f} 条中 {complained:,.0f} 条；{told:,.0f} 条后来已推送",
        ),
    ),
}
"""Name of each line to what it is called and what it says, in English and Chinese."""


class Figure(NamedTuple):
    """One line of the table."""

    name: str
    """What it is, among `_TEXTS`."""
    values: dict[str, float]
    """The numbers in it."""

    def told(self, *, is_chinese: bool) -> tuple[str, str]:
        """Say it: what it is called, and what there is to say."""
        label, text = (pair[is_chinese] for pair in _TEXTS[self.name])
        if not text:
            return label, " · ".join(f"{name} {value:,.0f}" for name, value in self.values.items())
        return label, text.format(**self.values)


@dataclass(slots=True)
class Handling:
    """Follows alerts that ask for a call, and what was held back; whatever comes twice counts once."""

    _opened_at: dict[str, float] = field(default_factory=dict)
    _by_owner_and_day: Counter[tuple[str, date]] = field(default_factory=Counter)
    _hours_to_take: dict[str, float] = field(default_factory=dict)
    _ended: dict[str, str] = field(default_factory=dict)
    _leads: dict[str, float] = field(default_factory=dict)
    _held_back: Tally = field(default_factory=Tally)
    _counted: set[str] = field(default_factory=set)
    _untold: set[str] = field(default_factory=set)

    def take(self, alert: Alert) -> None:
        """Take one transition that was told."""
        at, name = alert.at.timestamp(), alert.alert_id
        if alert.transition in PAGING and LEVELS.index(alert.level) >= CALLING and name not in self._opened_at:
            self._opened_at[name] = at
            self._by_owner_and_day[alert.owner or alert.org_path, alert.at.date()] += 1
        if name not in self._opened_at:
            return
        if alert.transition in TAKING or alert.transition in _CLOSED_BY_PEOPLE:
            self._hours_to_take.setdefault(name, (at - self._opened_at[name]) / _HOUR_SECONDS)
        if alert.transition in ENDING:
            self._ended[name] = alert.transition
        if alert.lead_seconds is not None:
            self._leads[name] = alert.lead_seconds / _HOUR_SECONDS

    def take_suppression(self, held_back: Suppression) -> None:
        """Take one decision that nobody was told of."""
        if held_back.identity in self._counted:
            return
        self._counted.add(held_back.identity)
        self._held_back.take(held_back)
        if held_back.rule not in UNNUMBERED:
            self._untold.add(held_back.alert_id)

    def figures(self) -> Iterator[Figure]:
        """Say it in a few lines; those about which nothing is known yet are left out."""
        opened = len(self._opened_at)
        if opened:
            yield Figure("load", self._load())
            yield Figure("taken", self._taken(opened))
            ends = Counter(self._ended.values())
            yield Figure("ends", {name: ends[name] for name in ("resolved", "dismissed", "expired", "complained")})
        if self._leads:
            leads = list(self._leads.values())
            long = mean(lead >= _LONG_LEAD_HOURS for lead in leads)
            yield Figure("lead", {"count": len(leads), "hours": median(leads), "long": long})
        if by_rule := self._held_back.records:
            yield Figure("held back", {rule: by_rule[rule] for rule in sorted(by_rule)})
        if self._untold:
            told_later = self._untold & self._opened_at.keys()
            yield Figure(
                "silent",
                {
                    "alerts": len(self._untold),
                    "told": len(told_later),
                    "complained": self._held_back.complained_in_all,
                },
            )

    def _load(self) -> dict[str, float]:
        """Say how many alerts an owner gets a day, days without any counted; the unit, where nobody was named."""
        owners = {owner for owner, _ in self._by_owner_and_day}
        days = [day for _, day in self._by_owner_and_day]
        span = (max(days) - min(days)).days + 1
        return {
            "alerts": len(self._opened_at),
            "owners": len(owners),
            "mean": len(self._opened_at) / (len(owners) * span),
            "busiest": max(self._by_owner_and_day.values()),
        }

    def _taken(self, opened: int) -> dict[str, float]:
        """Say how many were taken by somebody, and after how long."""
        hours = list(self._hours_to_take.values())
        return {"share": len(hours) / opened, "hours": median(hours) if hours else 0.0}
