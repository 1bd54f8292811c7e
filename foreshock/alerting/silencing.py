"""Silences as the journal has them."""

from __future__ import annotations

from datetime import datetime

from foreshock.broker.reading import open_topic
from schemas.codec import decode_journal_line
from schemas.errors import UnreadableMessageError
from schemas.signing import is_authentic
from schemas.silences import SilenceCommand
from streams.settings import Settings

_MARK = b'"silence_command"'
"""What a line of a silence holds; the others need not be decoded."""


async def read_silences(settings: Settings) -> dict[str, SilenceCommand]:
    """Read the silences that somebody has set and nobody has ended, by name; their time may be over.

    Every partition has the same, so the first is read. A silence does not outlast the journal.

    Raises
    ------
    ConfigurationError
        If the journal cannot be read.
    """
    found: dict[str, SilenceCommand] = {}
    key = settings.snapshot_secret()
    async with open_topic(settings, "journal") as reader:
        (span, *_) = await reader.spans()
        async for record in reader.records(0, span):
            for line in (record.value or b"").split(b"\n"):
                if _MARK in line and (command := _command_in(line, key)) is not None:
                    found.pop(command.name, None)
                    if command.command == "set":
                        found[command.name] = command
    return found


def standing(silences: dict[str, SilenceCommand], now: datetime) -> list[SilenceCommand]:
    """Leave out those whose time is over; the one that ends first comes first."""
    still = [each for each in silences.values() if each.until is not None and each.until > now]
    return sorted(still, key=lambda each: (each.until or now, each.name))


def _command_in(line: bytes, key: bytes) -> SilenceCommand | None:
    """Read a line; None if it is no silence of ours."""
    try:
        message = decode_journal_line(line)
    except UnreadableMessageError:
        return None
    return message if isinstance(message, SilenceCommand) and is_authentic(message, key) else None
