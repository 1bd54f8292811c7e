"""Every topic, by its short name: what is on it, how it is keyed, and who writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from schemas.actions import Action
from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert, Risk
from schemas.codec import EVENT_TYPES, EventKind, JournalMessage
from schemas.dead_letters import DeadLetter
from schemas.events import Call, Claim, Survey
from schemas.examples import Example
from schemas.labels import Complaint
from schemas.ledgers import LedgerEntry
from schemas.observations import Observation
from schemas.receipts import Receipt
from schemas.snapshots import Snapshot
from schemas.suppressions import Suppression


@dataclass(frozen=True, slots=True)
class TopicContract:
    """What a topic promises to those who read or write it."""

    name: str
    """Short name; the full name has the prefix of the settings (`foreshock.` by default)."""

    message: Any
    """Type of a record's value."""

    key: str
    """What the record key is."""

    written_by: str
    """Who writes it."""

    about: str
    """One sentence."""

    lines: bool = False
    """Whether a record is many messages, one per line."""

    def adapter(self) -> TypeAdapter[Any]:
        """Return what validates one message of this topic."""
        return TypeAdapter(self.message)


_INSURER = "the insurer"

TOPICS: dict[str, TopicContract] = {
    topic.name: topic
    for topic in (
        TopicContract("calls", Call, "any", _INSURER, "Contacts in words: calls, chats, visits, messages."),
        TopicContract("claims", Claim, "any", _INSURER, "Steps in the life of claims."),
        TopicContract("surveys", Survey, "any", _INSURER, "Surveys sent, answered, or left unanswered."),
        TopicContract(
            "complaints",
            Complaint,
            "any",
            _INSURER,
            "The late truth: complaints and their withdrawal.",
        ),
        TopicContract(
            "actions",
            Action,
            "any",
            "people and CRM systems",
            "What was done or promised for a customer.",
        ),
        TopicContract(
            "journal",
            JournalMessage,
            "none; explicit partition = crc32(customer key) % partitions",
            "ingest, tick, learn",
            "Everything, validated, redacted, pseudonymous, in the one order that decides; up to 128 lines a record.",
            lines=True,
        ),
        TopicContract(
            "risk",
            Risk,
            "customer key",
            "score",
            "The latest belief about each customer (compacted).",
        ),
        TopicContract("alerts", Alert, "customer key", "score", "Every transition of every alert."),
        TopicContract(
            "suppressions",
            Suppression,
            "customer key",
            "score",
            "Every decision about an alert that nobody was told, with the rule that held it back.",
        ),
        TopicContract(
            "receipts",
            Receipt,
            "customer key",
            "score",
            "The answer to every action that names an alert: done, already, or refused and why.",
        ),
        TopicContract(
            "ledger",
            LedgerEntry,
            "customer key",
            "score",
            "Every promise and every piece of feedback: received, and how it ended.",
        ),
        TopicContract(
            "examples",
            Example,
            "customer key",
            "score",
            "Predictions joined with the truth, and rated comments.",
        ),
        TopicContract("snapshots", Snapshot, "model/number", "learn", "Numbered model snapshots, packed with gzip."),
        TopicContract(
            "observations",
            Observation,
            "customer key; none for watermarks",
            "score",
            "What aggregates count: evidence of customers, and that a period is over in a partition.",
        ),
        TopicContract(
            "aggregates",
            AggregateAlert,
            "aggregate id",
            "group",
            "Every transition of every alert about a unit, a product or a household.",
        ),
        TopicContract(
            "dead-letters",
            DeadLetter,
            "none",
            "ingest, score, group, deliver",
            "What could not be read or carried, and why.",
        ),
    )
}
"""Every topic that Foreshock reads or writes, in the order in which one message meets them."""

SOURCE_TOPICS: dict[str, EventKind] = {f"{kind}s": kind for kind in EVENT_TYPES}
"""Topics that the insurer writes, and the kind of event on each."""
