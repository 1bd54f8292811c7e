"""What leaves Foreshock for people: risk and alerts with reasons, and how an alert id is derived."""

from __future__ import annotations

from hashlib import sha1
from typing import Literal, get_args
from uuid import UUID

from pydantic import Field

from schemas.types import CustomerKey, Message, OrgPath, Polarity, Probability, Reference, Text, UtcTime

Stage = Literal["content", "dissatisfied", "grumbling", "complaint", "escalated"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""From calm to worst. `dissatisfied` is the silent stage: unhappy, and saying nothing."""

Level = Literal["none", "blue", "yellow", "orange", "red"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""From nothing to worst. Blue: watch. Yellow: call this week. Orange: call today. Red: now."""

Cause = Literal[
    "complaint_risk",
    "threat",
    "unanswered",
    "repeat_contact",
    "broken_promise",
    "claim_stalled",
    "claim_refused",
    "bad_experience",
    "silent_after_bad_contact",
    "statutory_clock",
]
CAUSES: tuple[Cause, ...] = get_args(Cause)
"""What an alert is about. One customer has at most one open alert per cause."""

Transition = Literal[
    "opened",
    "raised",
    "lowered",
    "told",
    "escalated",
    "acknowledged",
    "started",
    "assigned",
    "snoozed",
    "woken",
    "commented",
    "disagreed",
    "lapsed",
    "reopened",
    "resolved",
    "expired",
    "dismissed",
    "complained",
]
TRANSITIONS: tuple[Transition, ...] = get_args(Transition)
"""What can happen to an alert. `told`: it had opened or risen without anybody being told, and now somebody is."""

PAGING: frozenset[Transition] = frozenset({"opened", "raised", "told", "escalated", "woken", "lapsed", "reopened"})
"""Transitions that ask somebody to look; the others are only news of an alert that somebody knows."""

TAKING: frozenset[Transition] = frozenset({"acknowledged", "started", "snoozed"})
"""Transitions after which somebody has the alert, until it lapses or rises."""

ENDING: frozenset[Transition] = frozenset({"resolved", "expired", "dismissed", "complained"})
"""Transitions after which an alert is over, unless a person opens it again."""

Status = Literal["open", "acknowledged", "in_progress", "ended"]
STATUSES: tuple[Status, ...] = get_args(Status)
"""How far people are with an alert."""

_NAMESPACE = UUID("6f1d1c3e-3f0b-5d0a-9a52-0d5e1b6f7a10").bytes


def alert_id_of(customer_key: str, cause: Cause, opened_at_seconds: float, number: int) -> str:
    """Derive the id of an alert from what it is about and when it opened, never from chance.

    A replay gives the same ids, so every sink can drop what it already has.

    Parameters
    ----------
    customer_key
        The pseudonymous key.
    cause
        What it is about.
    opened_at_seconds
        When it opened, in seconds since 1970-01-01 UTC.
    number
        How many alerts the customer had before it: events that arrive late can close and open one at one moment.

    Returns
    -------
    str
        A UUID of version 5.
    """
    return derived_id(f"{customer_key}|{cause}|{opened_at_seconds:.3f}|{number}")


def derived_id(name: str) -> str:
    """Make a UUID of version 5 from a name."""
    # As `uuid.uuid5` does, in a quarter of its time: it goes from bytes over a number of 128 bits to text.
    text = sha1(_NAMESPACE + name.encode(), usedforsecurity=False).hexdigest()
    variant = _VARIANTS[int(text[16], 16) % len(_VARIANTS)]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


_VARIANTS = "89ab"
"""First digits of the fourth group by which RFC 9562 marks its ids: its two low bits are free."""


class BilingualText(Message):
    """One sentence in the two languages of the people who read alerts."""

    zh: str
    """Chinese."""
    en: str
    """English."""


class Reason(Message):
    """Why, with the numbers behind it and the events that show it."""

    code: str
    """Stable code of the reason, from `models.reasons.CODES`."""

    text: BilingualText
    """The sentence for people."""

    numbers: dict[str, float] = Field(default_factory=dict)
    """The numbers in the sentence, by name."""

    evidence: tuple[str, ...] = ()
    """Ids of events that show it, newest last."""


class Explanation(Message):
    """What a score is the sum of, in log-odds: exact, because the models are linear.

    base + sum(contributions) are the log-odds of `probability_30d`.
    """

    base: float
    """Log-odds of a customer in whom everything is at the mean of all."""

    contributions: dict[str, float]
    """What each family of features adds for this customer now; each is 0 for a customer at the mean."""

    usual: dict[str, float]
    """What each family adds over this customer's own past: less than now where something has become worse."""


class Risk(Message):
    """What Foreshock believes about one customer now. The topic keeps the latest per customer."""

    customer_key: CustomerKey
    """The pseudonymous key."""

    tenant: str
    """Whose customer."""

    org_path: OrgPath
    """The unit that last served the customer."""

    at: UtcTime
    """Time of the message, or due time of the timer, that this follows from."""

    stage: Stage
    """Stage of dissatisfaction."""

    stage_entered_at: UtcTime
    """Since when."""

    level: Level
    """Highest level among the customer's open alerts."""

    probability_7d: Probability
    """Probability of a complaint within 7 days."""

    probability_30d: Probability
    """Probability of a complaint within 30 days; never below the one for 7."""

    cold: bool
    """Whether the model has seen too few complaints to be trusted alone: rules then carry the alerts."""

    explanation: Explanation | None = None
    """What the probability is made of."""

    sentiment: Polarity
    """Slow-moving polarity of what the customer says."""

    dissatisfaction: Probability | None = None
    """Probability that the customer ends the running conversation dissatisfied; missing where nothing was said, or no
    rated conversation has been learned from."""

    handover: float | None = None
    """Score of the last turn needing a person; missing where none is known, or nothing was learned."""

    needs_person: bool = False
    """Whether that score is above the threshold that served best."""

    heat: float = Field(ge=0)
    """How warm recent unhappiness still is, in complaint-equivalents."""

    evidence: tuple[str, ...]
    """Ids of the last events that mattered, newest last."""

    snapshot: int = Field(ge=0)
    """Number of the model snapshot that scored."""

    params_hash: str
    """Hash of the parameters in force."""

    position: tuple[int, int, int]
    """Journal partition, offset and line that this follows from."""


class Alert(Message):
    """One transition of an alert: our claim that someone should act, and what became of it."""

    alert_id: str
    """Derived from customer, cause and opening time: the same under replay."""

    sequence: int = Field(ge=0)
    """Number of this transition within the alert. (alert_id, sequence) is unique; numbers ascend, and those that are
    missing are on the topic of suppressions."""

    transition: Transition
    """What happened to the alert."""

    at: UtcTime
    """When: event time, or due time of a timer."""

    opened_at: UtcTime
    """When the alert opened."""

    cause: Cause
    """What it is about."""

    level: Level
    """How urgent it now is; on closing transitions, how urgent it was."""

    customer_key: CustomerKey
    """The pseudonymous key. `foreshock pseudonym` gives the same for a known customer."""

    tenant: str
    """Whose customer."""

    org_path: OrgPath
    """The unit that last served the customer."""

    stage: Stage
    """Stage of dissatisfaction."""

    probability_7d: Probability
    """Probability of a complaint within 7 days."""

    probability_30d: Probability
    """Probability of a complaint within 30 days."""

    reasons: tuple[Reason, ...] = Field(max_length=5)
    """At most five, the strongest first."""

    explanation: Explanation | None = None
    """What the probability is made of."""

    policy_ref: Reference | None = None
    """The company's own policy number, from the last event that had one."""

    claim_ref: Reference | None = None
    """The company's own claim number, from the last event that had one."""

    product_line: Reference | None = None
    """Line of business, from the last event that had one."""

    product_id: Reference | None = None
    """The product, from the last event that had one."""

    household_ref: Reference | None = None
    """The household's key, from the last event that had one: a pseudonym."""

    vulnerable: bool = False
    """Whether the company named a driver of vulnerability."""

    status: Status = "open"
    """How far people are with it after this transition."""

    assignee: Reference | None = None
    """Who has it."""

    supervisor: OrgPath | None = None
    """The unit that answers for it now: the one that serves the customer, or one above that it has gone up to. Missing
    where the company's organisation names none."""

    owner: Reference | None = None
    """Who answers for it there."""

    snoozed_until: UtcTime | None = None
    """Until when it is left alone."""

    by: Reference | None = None
    """Who made this transition; missing where an event or time did."""

    because: Text | None = None
    """What they said, redacted."""

    lead_seconds: float | None = None
    """On `complained`: time from opening to complaint."""

    snapshot: int = Field(ge=0)
    """Number of the model snapshot that scored."""

    params_hash: str
    """Hash of the parameters in force."""

    position: tuple[int, int, int]
    """Journal partition, offset and line that this follows from."""

    @property
    def identity(self) -> str:
        """What names this transition, the same under replay."""
        return f"{self.alert_id}/{self.sequence}"
