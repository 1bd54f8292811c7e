"""What happens to an event before anything is stored: checked, made pseudonymous, redacted, written for the journal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from models.pseudonym import Pseudonymiser, partition_of
from models.redaction import redact, redact_bytes
from schemas.codec import EVENT_TYPES, CustomerEvent, EventKind, decode_event, encode
from schemas.dead_letters import DeadLetter
from schemas.errors import UnreadableMessageError
from schemas.events import Call
from schemas.types import Message

MAX_EVENT_BYTES = 65_536
"""A larger event would not fit a journal record beside its neighbours; 64 KiB is about 20,000 Chinese characters."""

MAX_DEAD_LETTER_CHARACTERS = 8_000
"""Enough to see what was wrong, and small enough that a flood of broken events does not fill the topic."""

GIVEN = "key:"
"""Stands before a customer's key where a customer id is expected: what knows only the key sends it so."""

_GIVEN_KEY = re.compile(r"key:(c_[a-z2-7]{26})")
_GIVEN_HOUSEHOLD = re.compile(r"key:(h_[a-z2-7]{26})")
_WHO = re.compile(rb"""("(customer_id|household_ref)"\s*:\s*")((?:[^"\\]|\\.)+)""")
_TENANT = re.compile(rb""""tenant"\s*:\s*"([A-Za-z0-9_.-]{1,40})\"""")

_TEXTS = {
    kind: tuple(name for name in ("text", "comment", "note") if name in kind.model_fields)
    for kind in EVENT_TYPES.values()
}
"""Fields that hold what people wrote, per type of event: to ask pydantic for a field that is not there is slow."""


class Prepared(NamedTuple):
    """An event that is ready for the journal."""

    partition: int
    """Journal partition of its customer."""
    line: bytes
    """One line of JSON."""
    event: CustomerEvent
    """The same as a message, pseudonymous and redacted."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Prepares events; every entrance (Kafka, files, tests) uses this one.

    Parameters
    ----------
    pseudonymiser
        Turns customer ids into keys.
    partitions
        Journal partitions (>= 1).
    attributes
        Names of own fields that the company has declared; an event with another one is refused. `None` takes any.
    max_ahead
        How far `occurred_at` may lie ahead of the arrival; `None` where arrival means nothing (history, simulation).
    max_bytes
        Size over which an event is refused.
    """

    pseudonymiser: Pseudonymiser
    partitions: int
    attributes: frozenset[str] | None = frozenset()
    max_ahead: timedelta | None = None
    max_bytes: int = MAX_EVENT_BYTES

    def prepare(self, raw: bytes, kind: EventKind | None, arrived_at: datetime | None = None) -> Prepared:
        """Check an event, replace who it is about by a pseudonym, redact what was said, and write it down.

        Parameters
        ----------
        raw
            The producer's bytes.
        kind
            What the source topic holds; `None` if the bytes say it themselves.
        arrived_at
            When it arrived; `None` for events that come from a file.

        Raises
        ------
        UnreadableMessageError
            With the reason for its dead letter.
        """
        if len(raw) > self.max_bytes:
            raise UnreadableMessageError("too_large", f"{len(raw)} bytes, at most {self.max_bytes} are read")
        event = decode_event(raw, kind)
        self._check(event, arrived_at)
        key = self._key_of(event.tenant, event.customer_id)
        _put(event, {"customer_id": key, **self._household(event), **_redacted(event)})
        return Prepared(partition_of(key, self.partitions), encode(event), event)

    def dead_letter(
        self, error: UnreadableMessageError, raw: bytes, topic: str, partition: int, offset: int, at: datetime
    ) -> DeadLetter:
        """Keep what could not be read: the bytes as text, without personal data, with their place and the reason.

        Parameters
        ----------
        error
            Why.
        raw
            What could not be read.
        topic, partition, offset
            Where it stands.
        at
            The record's timestamp, with its offset.
        """
        return DeadLetter(
            topic=topic,
            partition=partition,
            offset=offset,
            reason=error.reason,  # type: ignore[arg-type]  # pydantic checks that it is one of the closed set
            error=redact(error.detail)[:2_000],
            at=at,
            raw=self.legible(raw),
        )

    def legible(self, raw: bytes) -> str:
        """Return bytes as far as they can be read as text, without personal data, cut to a length.

        The ids of a customer and a household are replaced by their keys, marked as such, so that a repaired dead letter
        that is sent back reaches the same customer.
        """
        named = _TENANT.search(raw)
        tenant = named[1].decode() if named else "default"

        def masked(found: re.Match[bytes]) -> bytes:
            name = found[3].decode(errors="replace")
            key = self._key_of(tenant, name) if found[2] == b"customer_id" else self._household_of(tenant, name)
            return found[1] + f"{GIVEN}{key}".encode() if key else found[1]

        return redact_bytes(_WHO.sub(masked, raw), MAX_DEAD_LETTER_CHARACTERS)

    def _key_of(self, tenant: str, customer_id: str) -> str:
        """Return a customer's key; one that came back with a repaired dead letter is taken as it is."""
        given = _GIVEN_KEY.fullmatch(customer_id)
        return given[1] if given else self.pseudonymiser.key_of(tenant, customer_id)

    def _household(self, event: CustomerEvent) -> dict[str, str | None]:
        """Return the household's key in place of what the company calls it, if the event names one."""
        if event.household_ref is None:
            return {}
        return {"household_ref": self._household_of(event.tenant, event.household_ref)}

    def _household_of(self, tenant: str, household: str) -> str | None:
        """Return a household's key, or None if its name is blank; one that came back is taken as it is."""
        if given := _GIVEN_HOUSEHOLD.fullmatch(household):
            return given[1]
        return self.pseudonymiser.household_of(tenant, household) if household.strip() else None

    def _check(self, event: CustomerEvent, arrived_at: datetime | None) -> None:
        """Refuse what validation of a single event cannot see."""
        if self.max_ahead is not None and arrived_at is not None and event.occurred_at > arrived_at + self.max_ahead:
            ahead = event.occurred_at - arrived_at
            raise UnreadableMessageError(
                "from_the_future", f"occurred_at: {ahead} ahead of its arrival, at most {self.max_ahead} is allowed"
            )
        if event.attributes and self.attributes is not None and not self.attributes.issuperset(event.attributes):
            unknown = len(set(event.attributes) - self.attributes)
            raise UnreadableMessageError(
                "undeclared_attribute", f"attributes: {unknown} name(s) that the settings do not declare"
            )


def _put(message: Message, values: dict[str, Any]) -> None:
    """Put values into a message that was just decoded and that nobody else holds: it need not be copied."""
    vars(message).update(values)
    message.model_fields_set.update(values)


def _redacted(event: CustomerEvent) -> dict[str, Any]:
    """Return the fields of an event that hold personal data, without it; its turns are redacted where they stand."""
    changed: dict[str, Any] = {}
    for name in _TEXTS[type(event)]:
        text = getattr(event, name)
        if text and (clean := redact(text)) != text:
            changed[name] = clean
    if isinstance(event, Call):
        for turn in event.turns:
            if (clean := redact(turn.text)) != turn.text:
                _put(turn, {"text": clean})
    if event.attributes:
        changed["attributes"] = {
            name: redact(value)[:64] if isinstance(value, str) else value for name, value in event.attributes.items()
        }
    return changed
