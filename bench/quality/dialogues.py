"""Dialogues in a stream of events: the turns of each, and the rating at its end."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from bench.quality.running import Given
from schemas.codec import decode_event
from schemas.events import Call, Survey


@dataclass(slots=True)
class Dialogue:
    """What one customer and the other side said."""

    name: str
    """The customer's id: each has one dialogue."""
    turns: list[Given] = field(default_factory=list)
    """Its turns as events, in order."""
    texts: list[tuple[str, str]] = field(default_factory=list)
    """Speaker and text of each turn: for batch references."""
    marks: list[bool] = field(default_factory=list)
    """Whether a person should have taken over, per turn."""
    rating: float | None = None
    """The rating that ended it, 1 to 5."""


def dialogues_of(events: Iterable[Given], marked: Container[str] = ()) -> list[Dialogue]:
    """Gather dialogues, in the order in which they began.

    Parameters
    ----------
    events
        Calls of one turn each, and ratings.
    marked
        Ids of turns at which a person should have taken over.
    """
    found: dict[str, Dialogue] = {}
    for given in events:
        one = found.setdefault(given.customer_id, Dialogue(given.customer_id))
        event = decode_event(given.raw)
        if isinstance(event, Call):
            one.turns.append(given)
            one.texts.append((event.turns[0].speaker, event.turns[0].text))
            one.marks.append(given.event_id in marked)
        elif isinstance(event, Survey):
            one.rating = event.score
    return [one for one in found.values() if one.turns]
