"""The alert topic: read once, followed, and asked for one alert."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from foreshock.broker.reading import Span, TopicReader
from schemas.alerts import Alert
from schemas.codec import decode_as
from schemas.errors import ConfigurationError, UnreadableMessageError
from schemas.suppressions import Suppression

LEAST_PREFIX = 6
"""So many characters name one alert among thousands; fewer would often name several."""


class Told(NamedTuple):
    """A transition as it is on the topic."""

    alert: Alert
    """What the bytes say."""
    raw: bytes
    """The very bytes."""


async def read_alerts(reader: TopicReader, spans: Sequence[Span]) -> AsyncIterator[Told]:
    """Yield every transition that the topic holds; what is no alert is left out, sinks make dead letters of it."""
    for partition, span in enumerate(spans):
        async for record in reader.records(partition, span):
            if (told := told_by(record.value)) is not None:
                yield told


async def follow_alerts(
    reader: TopicReader, spans: Sequence[Span], seconds: float | None = None
) -> AsyncIterator[Told]:
    """Yield transitions that come after spans, for so many seconds or for ever."""
    async for record in reader.follow(spans, seconds):
        if (told := told_by(record.value)) is not None:
            yield told


def told_by(raw: bytes | None) -> Told | None:
    """Read a record; None if it is no alert."""
    try:
        return Told(decode_as(Alert, raw or b""), raw or b"")
    except UnreadableMessageError:
        return None


def check_name(named: str) -> None:
    """Refuse so little of an id that it names none.

    Raises
    ------
    ConfigurationError
        With how many characters it takes.
    """
    if len(named) < LEAST_PREFIX:
        raise ConfigurationError(
            f"{named!r} is too short to name an alert: give its id, or at least the first {LEAST_PREFIX} characters"
        )


class Found:
    """The transitions of one alert, by its id or the beginning of it.

    Parameters
    ----------
    named
        The id, or at least `LEAST_PREFIX` characters of its beginning.

    Raises
    ------
    ConfigurationError
        If that is too short.
    """

    def __init__(self, named: str) -> None:
        check_name(named)
        self.by_sequence: dict[int, Told] = {}
        """The first that was found of each number, ascending."""
        self.contradicted: set[int] = set()
        """Numbers of which other bytes were found too."""
        self.held: dict[str, Suppression] = {}
        """What was held back of it, by identity."""
        self._named = named.lower()
        self._ids: set[str] = set()

    def take(self, told: Told) -> None:
        """Take in a transition, if it is of that alert."""
        if not told.alert.alert_id.startswith(self._named):
            return
        self._ids.add(told.alert.alert_id)
        if len(self._ids) == 1 and self.by_sequence.setdefault(told.alert.sequence, told).raw != told.raw:
            self.contradicted.add(told.alert.sequence)

    def take_held(self, held: Suppression) -> None:
        """Take in what was held back, if it is of that alert; new evidence that changed nothing is none of it."""
        if held.alert_id.startswith(self._named) and held.rule not in ("dedup", "cool_down"):
            self._ids.add(held.alert_id)
            self.held[held.identity] = held

    def held_back(self) -> list[Suppression]:
        """Return what was held back, in order."""
        return sorted(self.held.values(), key=lambda held: (held.sequence, held.at, held.position))

    def transitions(self) -> list[Told]:
        """Return the transitions in order; none if the alert was not found.

        Raises
        ------
        ConfigurationError
            If several alerts begin so.
        """
        if len(self._ids) > 1:
            raise ConfigurationError(f"several alerts begin with {self._named}: {', '.join(sorted(self._ids)[:5])}")
        return [told for _, told in sorted(self.by_sequence.items())]
