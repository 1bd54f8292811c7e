"""The core on a list of messages, as tests use it."""

from __future__ import annotations

from collections.abc import Iterable

from models.engine import Engine, step
from models.outcome import Outcome
from models.params import Params
from models.rows import encode_row
from models.state import CustomerState
from schemas.alerts import Alert
from schemas.codec import JournalMessage, encode


class Core:
    """One partition with its customers."""

    def __init__(self, params: Params | None = None) -> None:
        self.engine = Engine(params or Params(), epoch="test")
        self.states: dict[str, CustomerState] = {}

    def take(self, *messages: JournalMessage) -> list[Outcome]:
        return [step(self.engine, self.states, message) for message in messages]

    def alerts(self, *messages: JournalMessage) -> list[Alert]:
        return [alert for outcome in self.take(*messages) for alert in outcome.alerts]

    def rows(self) -> dict[str, bytes]:
        return {key: encode_row(state) for key, state in sorted(self.states.items())}


def alert_bytes(outcomes: Iterable[Outcome]) -> list[bytes]:
    return [encode(alert) for outcome in outcomes for alert in outcome.alerts]


def told(alerts: Iterable[Alert]) -> list[tuple[str, str, str]]:
    """Cause, transition and level of each alert: what a story is about."""
    return [(alert.cause, alert.transition, alert.level) for alert in alerts]
