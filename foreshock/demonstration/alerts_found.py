"""The alerts that were found: counted once each, with the newest, and those that came true."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from foreshock.handling.following import CALLING
from schemas.alerts import ENDING, LEVELS, PAGING, Alert

_KEPT = 40
"""More than fit on a screen."""


class Hit(NamedTuple):
    """An alert that came true."""

    alert: Alert
    """As it was when it last opened or rose."""
    lead_seconds: float
    """From its opening to the complaint."""


@dataclass(slots=True)
class Alerts:
    """Every transition of every alert, each counted once."""

    opened: Counter[str] = field(default_factory=Counter)
    """Alerts by cause."""
    levels: Counter[str] = field(default_factory=Counter)
    """Alerts by the level at which they opened."""
    transitions: Counter[str] = field(default_factory=Counter)
    """What happened to them."""
    warnings: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    """Alert id to customer key and the time at which it first asked somebody to act."""
    newest: dict[str, Alert] = field(default_factory=dict)
    """By id, the last that opened as a warning or rose to one, newest last."""
    hits: deque[Hit] = field(default_factory=lambda: deque(maxlen=_KEPT))
    """The last warnings that a complaint followed, newest last."""
    unexplained: int = 0
    """Transitions that do not say why in both languages."""
    _seen: set[tuple[str, int]] = field(default_factory=set)
    _open: dict[str, Alert] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many alerts opened."""
        return self.opened.total()

    def take(self, alert: Alert) -> None:
        """Count a transition, unless it came before."""
        if (alert.alert_id, alert.sequence) in self._seen:
            return
        self._seen.add((alert.alert_id, alert.sequence))
        self.transitions[alert.transition] += 1
        self.unexplained += not _is_explained(alert)
        if alert.transition == "opened":
            self.opened[alert.cause] += 1
            self.levels[alert.level] += 1
        if alert.transition in PAGING and LEVELS.index(alert.level) >= CALLING:
            self.warnings.setdefault(alert.alert_id, (alert.customer_key, alert.at))
            self._open[alert.alert_id] = alert
            self.newest.pop(alert.alert_id, None)
            self.newest[alert.alert_id] = alert
            if len(self.newest) > _KEPT:
                del self.newest[next(iter(self.newest))]
        elif alert.transition in ENDING:
            last = self._open.pop(alert.alert_id, None)
            if alert.transition == "complained" and last is not None and alert.lead_seconds is not None:
                self.hits.append(Hit(last, alert.lead_seconds))


def _is_explained(alert: Alert) -> bool:
    """Tell whether an alert says why, in both languages."""
    return bool(alert.reasons) and all(reason.text.zh and reason.text.en for reason in alert.reasons)
