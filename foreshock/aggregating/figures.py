"""Alerts about many customers in one line of a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from foreshock.wording.terms import term
from schemas.aggregates import GROUP_KINDS, AggregateAlert, GroupKind

KINDS: dict[GroupKind, tuple[str, str]] = {by: (by.replace("_", " "), term("group", by, "zh")) for by in GROUP_KINDS}
"""Kind of group to what it is called, in English and Chinese."""

_LABEL = "alerts about many", "群体预警"
_REST = (
    "{open:,} still open; {customers:,} customers in the largest",
    "{open:,} 项未结束；最大一项涉及 {customers:,} 位客户",
)


@dataclass(slots=True)
class ManyCustomers:
    """Follows aggregate alerts; whatever comes twice counts once."""

    _opened: dict[str, GroupKind] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)
    _largest: int = 0

    def take(self, alerts: Iterable[AggregateAlert]) -> None:
        """Take transitions."""
        for alert in alerts:
            self._opened.setdefault(alert.aggregate_id, alert.by)
            self._largest = max(self._largest, alert.customers)
            if alert.transition == "expired":
                self._ended.add(alert.aggregate_id)

    def told(self, *, is_chinese: bool) -> Iterator[tuple[str, str]]:
        """Say it: what it is called, and what there is to say; nothing where there was none."""
        if not self._opened:
            return
        by_kind = Counter(self._opened.values())
        kinds = " · ".join(f"{KINDS[by][is_chinese]} {by_kind[by]:,}" for by in GROUP_KINDS if by_kind[by])
        rest = _REST[is_chinese].format(open=len(self._opened) - len(self._ended), customers=self._largest)
        yield _LABEL[is_chinese], f"{kinds} · {rest}"
