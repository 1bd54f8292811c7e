"""Whether a carrier did its work: what it left at the broker against what the core alone made of the same events."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from bench.carriers.job import BenchError, Figures
from bench.carriers.outputs import alerts_digest, named, states_digest
from bench.source import read_topics
from models.state import decode_row
from schemas.alerts import Alert
from schemas.codec import decode_as
from streams.settings import Settings
from streams.topics import CHANGELOG

STOCK_CHANGELOG = "stock-states-changelog"
"""Changelog of stock Faust's table: app id, table name, `changelog`."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the core alone made of the events; every carrier must end with the same."""

    customers: int
    """Customers with a state."""

    alerts: int
    """Transitions of alerts."""

    alerts_digest: str
    """Digest of their ids, sequences, transitions and levels."""

    states_digest: str
    """Digest of every customer's state."""


def truth_of(core: Figures) -> Truth:
    """Take the truth from a run of the core alone."""
    facts = core.facts
    return Truth(facts["customers"], facts["alerts"], facts["alerts_digest"], facts["states_digest"])


async def check_worker(settings: Settings, figures: Figures, truth: Truth) -> dict[str, Any]:
    """Check what our worker left: states in the changelog, risk and alerts on their topics."""
    return await _check("worker", settings, settings.topic(CHANGELOG), truth)


async def check_stock(settings: Settings, figures: Figures, truth: Truth) -> dict[str, Any]:
    """Check what stock Faust left, likewise."""
    return await _check("stock", settings, settings.topic(STOCK_CHANGELOG), truth)


async def check_plain(settings: Settings, figures: Figures, truth: Truth) -> dict[str, Any]:
    """Check what the plain loop left; its states are what it says itself, because it keeps none."""
    _compare("plain", "states", figures.facts["states_digest"], truth.states_digest)
    return await _check("plain", settings, None, truth)


Check = Callable[[Settings, Figures, Truth], Coroutine[Any, Any, dict[str, Any]]]


async def _check(name: str, settings: Settings, changelog: str | None, truth: Truth) -> dict[str, Any]:
    """Read the topics of a run and compare.

    Raises
    ------
    BenchError
        If anything is missing, wrong or too much.
    """
    topics = settings.topic("alerts"), settings.topic("risk"), *([changelog] if changelog else [])
    found: dict[str, list[tuple[bytes, bytes]]] = {topic: [] for topic in topics}
    async for record in read_topics(settings, *topics):
        found[record.topic].append((record.key, record.value))
    # An alert that a retry of the producer wrote twice is the same alert; how many there were is told.
    alerts = [named(decode_as(Alert, value)) for _, value in found[topics[0]]]
    _compare(name, "alerts", len(set(alerts)), truth.alerts)
    _compare(name, "alerts' ids and levels", alerts_digest(alerts), truth.alerts_digest)
    _compare(name, "customers on risk", len({key for key, _ in found[topics[1]]}), truth.customers)
    rows = [(key, row) for key, row in found[changelog] if not key.startswith(b"@")] if changelog else []
    if changelog:
        newest = dict(rows)
        states = {key.decode(): decode_row(row) for key, row in newest.items()}
        _compare(name, "states", states_digest(states.items()), truth.states_digest)
    repeated = len(alerts) - len(set(alerts))
    return {"alerts": len(set(alerts)), "repeated_alerts": repeated, "risks": len(found[topics[1]]), "rows": len(rows)}


def _compare(carrier: str, what: str, found: object, expected: object) -> None:
    """Raise if two values differ."""
    if found != expected:
        raise BenchError(f"{carrier}: {what} should be {expected}, got {found}: its figures are worth nothing")
