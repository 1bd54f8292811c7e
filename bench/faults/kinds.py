"""Kinds of broker by their names."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from bench.faults.brokers import Broker, Embedded, Named
from bench.faults.kafka import Cluster, Kafka

KINDS = ("embedded", "kafka", "cluster")
"""In the order in which they are played on."""


def make_broker(kind: str, folder: Path) -> Broker:
    """Make a broker of a kind; it does not run yet. `FORESHOCK_TEST_BOOTSTRAP` stands for `kafka` if it is set.

    Parameters
    ----------
    kind
        `embedded`, `kafka` or `cluster`.
    folder
        Where Apache Kafka keeps what it needs.

    Raises
    ------
    KeyError
        If there is no such kind.
    """
    named = os.environ.get("FORESHOCK_TEST_BOOTSTRAP")
    if kind == "kafka" and named:
        return Named(named)
    makers: dict[str, Callable[[], Broker]] = {
        "embedded": Embedded,
        "kafka": lambda: Kafka(folder / "kafka"),
        "cluster": lambda: Cluster(folder / "cluster"),
    }
    return makers[kind]()
