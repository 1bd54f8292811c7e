"""What the core gives to whoever carries it, collected for one portion of events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from models.engine import Engine
from models.outcome import Outcome
from models.state import CustomerState, encode_row
from schemas.alerts import Alert, Risk
from schemas.examples import RiskExample, TextExample

Output = Risk | Alert | RiskExample | TextExample


class Portion:
    """Touched customers, alerts and examples of several events of one partition."""

    def __init__(self) -> None:
        self._touched: dict[str, None] = {}
        self._believed: dict[str, None] = {}
        self._alerts: list[Alert] = []
        self._examples: list[RiskExample | TextExample] = []

    def add(self, outcome: Outcome) -> None:
        """Collect what one event caused."""
        for key in outcome.touched:
            self._touched[key] = None
        for key in outcome.believed:
            self._believed[key] = None
        self._alerts += outcome.alerts
        self._examples += outcome.examples

    def rows(self, states: dict[str, CustomerState]) -> dict[str, bytes]:
        """Encode the row of every touched customer, once."""
        return {key: encode_row(states[key]) for key in self._touched}

    def outputs(self, engine: Engine, states: dict[str, CustomerState]) -> dict[str, list[Output]]:
        """Return what leaves, by short topic name; of a customer only the last risk."""
        return {
            "risk": [engine.risk_of(key, states[key]) for key in self._believed],
            "alerts": list(self._alerts),
            "examples": list(self._examples),
        }


def states_digest(states: Iterable[tuple[str, CustomerState]]) -> str:
    """Return a digest of all states, without where in which journal they were changed: that is the carrier's."""
    digest = hashlib.sha256()
    for key, state in sorted(states, key=_first):
        bare = state.copy()
        bare.epoch, bare.offset, bare.line = "", -1, -1
        bare.lives, bare.spent = (), ()
        digest.update(key.encode() + b" " + encode_row(bare) + b"\n")
    return digest.hexdigest()


def alerts_digest(alerts: Iterable[tuple[str, int, str, str]]) -> str:
    """Return a digest of alerts, each as id, sequence, transition and level; one that came twice counts once."""
    return hashlib.sha256(repr(sorted(set(alerts))).encode()).hexdigest()


def named(alert: Alert) -> tuple[str, int, str, str]:
    """Return what identifies an alert's transition, and its level."""
    return alert.alert_id, alert.sequence, alert.transition, alert.level


def _first(pair: tuple[str, CustomerState]) -> str:
    return pair[0]
