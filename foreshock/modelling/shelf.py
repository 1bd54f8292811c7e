"""The snapshots that are kept on their topic."""

from __future__ import annotations

from typing import NamedTuple

from foreshock.broker.reading import open_topic
from schemas.errors import UnreadableMessageError
from schemas.signing import is_authentic
from schemas.snapshots import Contest, Horizon, Learned, ModelWeights
from streams.settings import Settings
from streams.snapshots import number_of, unpacked


class Kept(NamedTuple):
    """One snapshot as it is on the topic; the learner's own state is left there."""

    weights: ModelWeights
    """What scorers get."""
    learned: tuple[Learned, ...]
    """How far the journal was learned."""
    examples_offset: int
    """How far the examples topic was learned; -1 where they did not come from Kafka."""
    contest: dict[Horizon, Contest]
    """How its challenger compared with its champion, per horizon."""
    size_bytes: int
    """Size of the record."""
    is_authentic: bool
    """Whether its signature is ours."""


class Shelf(NamedTuple):
    """All snapshots of an installation."""

    topic: str
    """Full name of the topic."""
    kept: dict[int, Kept]
    """By number, ascending."""
    unreadable: dict[int, str]
    """Why a snapshot cannot be read, by number: another version made it."""


async def read_shelf(settings: Settings, key: bytes) -> Shelf:
    """Read every snapshot that the topic holds now.

    Parameters
    ----------
    settings
        Where the broker is.
    key
        What snapshots are signed with.

    Raises
    ------
    ConfigurationError
        If the topic does not exist, or no broker answers.
    """
    kept: dict[int, Kept] = {}
    unreadable: dict[int, str] = {}
    async with open_topic(settings, "snapshots") as reader:
        for partition, span in enumerate(await reader.spans()):
            async for record in reader.records(partition, span):
                number = number_of(record.key)
                if number is None:
                    continue
                kept.pop(number, None)
                unreadable.pop(number, None)
                if record.value is None:
                    continue
                try:
                    kept[number] = _kept(record.value, number, key)
                except UnreadableMessageError as error:
                    unreadable[number] = str(error)
    return Shelf(settings.topic("snapshots"), dict(sorted(kept.items())), dict(sorted(unreadable.items())))


def _kept(raw: bytes, number: int, key: bytes) -> Kept:
    """Read one record; a snapshot under another number than its own is not where we put it."""
    snapshot = unpacked(raw)
    return Kept(
        snapshot.weights,
        snapshot.learned,
        snapshot.examples_offset,
        snapshot.contest,
        len(raw),
        snapshot.weights.number == number and is_authentic(snapshot, key),
    )
