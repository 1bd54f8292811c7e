"""What a demo is to do, and the settings under which its worker does it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from foreshock.simulate.company import Terms
from foreshock.simulate.customers import ATTRIBUTE_NAMES
from streams.settings import ROLES

START_AT = datetime(2026, 1, 5, tzinfo=UTC)
"""When the simulation begins: a Monday."""

_PARTITIONS = 4

# At 200,000 times life's speed half an hour of the insurer's day passes between two fetches of a topic, and another
# topic is read that much later: without this patience timers would fire before the events that stop them are read.
_ALLOWED_LATENESS = timedelta(hours=12)

TERMS = Terms(yellow=(120.0, 240.0), orange=(96.0, 192.0), red=(72.0, 144.0), capacity=8)
"""Days instead of hours: while an alert is on its way to staff, and their answer back, a day of the simulated world
goes by (`foreshock.demonstration.patience`), and a clock of four hours would run out before anybody could know. The
capacity is two a day from each of the journal's partitions."""

_TICK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a demo is to do."""

    customers: int
    """How many the insurer has (at least 1)."""

    speed: float
    """Times life's speed (positive)."""

    seed: int
    """Where all chance comes from."""

    feed_seconds: float
    """How long to feed, in seconds."""

    broker: str | None
    """A Kafka that runs already, as `host:port`; None starts the embedded one."""

    web_port: int
    """Port of the worker's pages, if it is free."""


def worker_settings(plan: Plan, bootstrap: str, web_port: int, organisation: Path) -> dict[str, Any]:
    """Say which settings the demo's worker must have, whatever the environment says.

    Parameters
    ----------
    plan
        What is to be done.
    bootstrap
        Where the broker is.
    web_port
        A free port.
    organisation
        The insurer's units.
    """
    return {
        "bootstrap_servers": bootstrap,
        "security_protocol": "PLAINTEXT",
        "producer_idempotence": plan.broker is not None,
        # Of its own, and new at each run: a journal that knew these events already would call them duplicates.
        "topic_prefix": "foreshock." if plan.broker is None else f"foreshock-demo.{datetime.now(UTC):%Y%m%d-%H%M%S}.",
        "partitions": _PARTITIONS,
        "replication_factor": 1,
        # The embedded broker lets a group wait for half of this before anybody gets a partition.
        "session_timeout_seconds": 6.0,
        "heartbeat_seconds": 2.0,
        "roles": ROLES,
        "sinks": ("log",),
        "attributes": ATTRIBUTE_NAMES,
        "organisation": organisation,
        "clock": "event",
        "tick_seconds": _TICK.total_seconds(),
        "allowed_lateness_seconds": _ALLOWED_LATENESS.total_seconds(),
        # No secret: the customers are made up, and the same key makes two runs comparable.
        "pseudonym_key": "foreshock-demo-not-a-secret",
        "web_host": "127.0.0.1",
        "web_port": web_port,
        "log_level": "warning",
    }


def environment_of(settings: Mapping[str, Any]) -> dict[str, str]:
    """Write settings as the environment of a worker process, over what is in ours.

    Examples
    --------
    >>> environment_of({"roles": ("score", "learn")})["FORESHOCK_ROLES"]
    'score,learn'
    """
    told = {name: ",".join(value) if isinstance(value, tuple) else str(value) for name, value in settings.items()}
    return {**os.environ, **{f"FORESHOCK_{name.upper()}": value for name, value in told.items()}}
