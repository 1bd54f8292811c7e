"""Sending dead letters back: what can be sent where, decided before anything is."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from models.intake import Intake
from models.personal_numbers import Kind
from models.pseudonym import Pseudonymiser, partition_of
from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert
from schemas.catalogue import SOURCE_TOPICS
from schemas.cloudevents import headers_of
from schemas.codec import EventKind, PartitionMessage, decode_as, decode_event, decode_journal_line
from schemas.dead_letters import DeadLetter
from schemas.errors import UnreadableMessageError
from streams.settings import Settings

SOURCE = "foreshock/redrive"
"""Who sends, for CloudEvents."""

_KEY = re.compile("key:c_[a-z2-7]{26}")
_REDACTED = re.compile("|".join(f"<{kind}>" for kind in Kind))


class Redriven(NamedTuple):
    """A dead letter that can be sent back."""

    topic: str
    """Full name of the topic that it came from."""
    partition: int | None
    """Its partition where that matters; `None` lets the key choose."""
    key: bytes | None
    """Record key."""
    value: bytes
    """Record value."""
    headers: Sequence[tuple[str, bytes]]
    """Record headers."""


def intake_without_secret(settings: Settings) -> Intake:
    """Return what reads events as ingest does, for people who need not know the secret.

    It makes keys of a secret that nobody has: good for nothing but leaving customer ids out.
    """
    return Intake(
        Pseudonymiser(secrets.token_bytes(16)),
        partitions=settings.partitions,
        attributes=frozenset(settings.attributes),
        max_ahead=timedelta(seconds=settings.max_future_seconds) if settings.clock == "wall" else None,
        max_bytes=settings.max_event_bytes,
    )


class CannotRedriveError(Exception):
    """A dead letter that would only die again; the text says why and what to do."""


class Redriver:
    """Decides what becomes of dead letters.

    Every letter is read here as its reader will read it, so that what is sent is not a dead letter again.

    Parameters
    ----------
    settings
        Topics, declared attributes, and how far events may be ahead.
    now
        When they are sent.
    """

    def __init__(self, settings: Settings, now: datetime | None = None) -> None:
        self._settings = settings
        self._now = now or datetime.now(UTC)
        self._kinds: dict[str, EventKind] = {settings.topic(name): kind for name, kind in SOURCE_TOPICS.items()}
        self._intake = intake_without_secret(settings)

    def is_original(self, letter: DeadLetter, raw: bytes) -> bool:
        """Whether the letter was made of these bytes, as far as that shows without the secret."""
        if letter.topic not in self._kinds:
            return False
        return _KEY.sub("", self._intake.legible(raw)) == _KEY.sub("", letter.raw)

    def plan(self, letter: DeadLetter, original: bytes | None = None) -> Redriven:
        """Say what to send for a dead letter.

        Parameters
        ----------
        letter
            The letter, repaired or as it was.
        original
            The bytes that it was made of, if they are still to be had: they are whole and not redacted.

        Raises
        ------
        CannotRedriveError
            If it would only die again.
        """
        raw = letter.raw.encode() if original is None else original
        try:
            if letter.topic in self._kinds:
                return self._event(letter, raw)
            if self._is_journal(letter.topic):
                return self._line(letter, raw)
            if letter.topic == self._settings.topic("alerts"):
                alert = decode_as(Alert, raw)
                key = alert.customer_key.encode()
                return Redriven(letter.topic, letter.partition, key, raw, headers_of(alert, SOURCE))
            if letter.topic == self._settings.topic("aggregates"):
                about_many = decode_as(AggregateAlert, raw)
                key = about_many.aggregate_id.encode()
                return Redriven(letter.topic, letter.partition, key, raw, headers_of(about_many, SOURCE))
        except UnreadableMessageError as error:
            raise CannotRedriveError(f"still cannot be read: {error}") from error
        raise CannotRedriveError(f"nothing is sent back to {letter.topic}; is FORESHOCK_TOPIC_PREFIX another one now?")

    def _event(self, letter: DeadLetter, raw: bytes) -> Redriven:
        """Read an event as ingest will."""
        kind = self._kinds[letter.topic]
        self._intake.prepare(raw, kind, self._now)
        event = decode_event(raw, kind)
        if _REDACTED.search(event.customer_id):
            raise CannotRedriveError(
                "its customer_id was redacted, so nobody knows whose it is, and redaction cannot be undone: "
                "write the company's own id into `raw`, or let the producer send the event again"
            )
        return Redriven(letter.topic, None, event.customer_id.encode(), raw, headers_of(event, SOURCE))

    def _is_journal(self, topic: str) -> bool:
        """Whether a topic is the journal, or one that came before it (`foreshock migrate`)."""
        before = range(1, self._settings.journal_generation + 1)
        return topic in {self._settings.model_copy(update={"journal_generation": n}).topic("journal") for n in before}

    def _line(self, letter: DeadLetter, raw: bytes) -> Redriven:
        """Read a line of the journal as score will."""
        message = decode_journal_line(raw)
        if letter.reason == "not_authentic":
            raise CannotRedriveError(
                "what bears no signature of ours dies again: restart the learner, which announces its newest snapshot, "
                "or give the command again with `foreshock models`"
            )
        journal = self._settings.topic("journal")
        if isinstance(message, PartitionMessage):
            belongs = message.partition
        else:
            belongs = partition_of(message.customer_id, self._settings.partitions)
        if letter.topic != journal:
            if isinstance(message, PartitionMessage):
                raise CannotRedriveError(
                    f"it was meant for the partitions of {letter.topic}; {journal} has had its own"
                )
            return Redriven(journal, belongs, None, raw, ())
        if belongs != letter.partition:
            raise CannotRedriveError(
                f"it belongs to partition {belongs} and came from {letter.partition}: was its customer changed?"
            )
        return Redriven(letter.topic, letter.partition, None, raw, ())
