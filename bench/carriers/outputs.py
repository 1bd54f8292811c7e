"""What the core gives to whoever carries it, collected for one portion of events."""

from __future__ import annotations

from models.engine import Engine
from models.outcome import Outcome
from models.rows import encode_row
from models.state import CustomerState
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


Named = tuple[str, int, str, str]
"""An alert's id, and a transition of it: sequence, kind of transition, level."""


def named(alert: Alert) -> Named:
    """Return what identifies an alert's transition, and its level."""
    return alert.alert_id, alert.sequence, alert.transition, alert.level
