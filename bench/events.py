"""The events that every carrier carries: an insurer's, drawn once with a seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from foreshock.simulate.parameters import Rates
from foreshock.simulate.world import World
from schemas.codec import EventKind, encode

ATTRIBUTES = ("sales_channel", "member_level", "tenure_years")
"""Own fields that the simulated insurer sends."""

_START_AT = datetime(2026, 1, 5, tzinfo=UTC)


class SourceEvent(NamedTuple):
    """One event as a producer would hand it to Kafka."""

    kind: EventKind
    """What it is, and so its topic."""

    customer_id: str
    """Record key."""

    raw: bytes
    """JSON, on average some 500 bytes."""


def draw_events(count: int, customers: int, seed: int) -> Iterator[SourceEvent]:
    """Draw events of a simulated insurer, in the order in which they happened; nothing is broken or repeated.

    A customer is split into one per kind of event: carriers meet the topics in different orders, and all of them
    must end with the same states. For that reason nothing is late either.

    Parameters
    ----------
    count
        How many events (>= 1).
    customers
        How many people the insurer has.
    seed
        Where all chance comes from.
    """
    world = World(seed, customers, _START_AT, rates=Rates().clean())
    # A clean world sends nothing that cannot be read.
    events = [emission.event for emission in islice(world.events(), count) if emission.event is not None]
    for event in sorted(events, key=attrgetter("occurred_at")):
        customer_id = f"{event.customer_id}-{event.kind}"
        yield SourceEvent(event.kind, customer_id, encode(event.model_copy(update={"customer_id": customer_id})))


def write_events(path: Path, events: Iterator[SourceEvent]) -> int:
    """Write events to a file, one per line, and return how many bytes of JSON that are."""
    size = 0
    with path.open("wb") as file:
        for event in events:
            size += len(event.raw)
            file.write(b"%b %b %b\n" % (event.kind.encode(), event.customer_id.encode(), event.raw))
    return size


def read_events(path: Path) -> Iterator[SourceEvent]:
    """Read what `write_events` wrote."""
    with path.open("rb") as file:
        for line in file:
            kind, customer_id, raw = line.rstrip(b"\n").split(b" ", 2)
            yield SourceEvent(kind.decode(), customer_id.decode(), raw)  # type: ignore[arg-type]
