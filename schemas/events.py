"""What a customer did or met: calls, claims and surveys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from schemas import rules
from schemas.types import (
    ChannelName,
    Count,
    CustomerKey,
    DriverName,
    Fen,
    Identifier,
    JourneyStageName,
    Message,
    OrgPath,
    Reference,
    Seconds,
    Text,
    UtcTime,
    lenient,
)

SCHEMA_VERSION = 1
"""The version that this code writes. Every earlier one is read."""

MAX_ATTRIBUTES = 32
"""Own fields of a company per event: each makes up to four hashed features of every prediction that waits in a
customer's row, and 32 make of the loudest customer a row of 11 KB."""

if TYPE_CHECKING:
    Channel = ChannelName
    JourneyStage = JourneyStageName
    Driver = DriverName
else:
    Channel = lenient(ChannelName)
    JourneyStage = lenient(JourneyStageName)
    Driver = lenient(DriverName)

AttributeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,39}$")]
AttributeText = Annotated[str, StringConstraints(max_length=64)]


class Event(Message):
    """The envelope of everything that happened to a customer.

    Three fields are required, because nothing can be computed without them; all others have a default, so that a
    company can start with what it has.
    """

    event_id: Identifier
    """Required: the producer's own id of this event. The same id twice counts once."""

    occurred_at: UtcTime
    """Required: when it happened, RFC 3339 with an offset. All state is computed from this time, never from arrival."""

    customer_id: CustomerKey
    """Required: whose state it changes. The company's own id on source topics; ingest makes it a pseudonym."""

    tenant: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,40}$")] = "default"
    """Company, brand or subsidiary whose customers are apart from all others. Optional: `default`."""

    org_path: OrgPath = "HQ"
    """The unit that serves the customer, from head office down. Optional: alerts then go to head office."""

    channel: Channel = "other"
    """Where it happened. An unknown word is read as `other`."""

    journey_stage: JourneyStage = "other"
    """Where in the life of a policy it happened. An unknown word is read as `other`."""

    product_line: Reference | None = None
    """Line of business, such as `motor`. Optional: the model then cannot tell lines apart."""

    product_id: Reference | None = None
    """The product. Optional."""

    household_ref: Reference | None = None
    """The company's own key of the household that the customer lives in. Optional: alerts of one household are then
    seen together. Ingest makes it a pseudonym, as it does the customer's id."""

    policy_ref: Reference | None = None
    """Policy number, as given. Optional: alerts carry it back, so that a branch finds the case."""

    claim_ref: Reference | None = None
    """Claim number, as given. Optional: without it, pending claims of a customer are one."""

    staff_ref: Reference | None = None
    """Who served the customer. Optional."""

    provider_ref: Reference | None = None
    """Third party involved: repairer, surveyor, hospital. Optional."""

    vulnerability: tuple[Driver, ...] = Field(default=(), max_length=6)
    """Drivers of vulnerability that the company knows of. Optional: raises priority, never lowers it."""

    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = None
    """BCP 47 tag of what was said, such as `zh` or `en`. Optional: both lexicons are used."""

    attributes: dict[AttributeName, AttributeText | float] = Field(default_factory=dict, max_length=MAX_ATTRIBUTES)
    """Up to 32 fields of the company's own, declared by name in the settings. The risk model learns from them as
    hashed categories and crosses."""

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1, le=SCHEMA_VERSION)
    """Version of this schema that the producer wrote. Optional: the current one."""


SpeakerName = Literal["customer", "agent", "bot", "other"]
ServiceTypeName = Literal["consult", "query", "report_claim", "policy_service", "callback", "complaint_line", "other"]
TierName = Literal["self", "ai", "human", "other"]

if TYPE_CHECKING:
    Speaker = SpeakerName
    ServiceType = ServiceTypeName
    Tier = TierName
else:
    Speaker = lenient(SpeakerName)
    ServiceType = lenient(ServiceTypeName)
    Tier = lenient(TierName)


class Turn(Message):
    """One thing that one side said."""

    speaker: Speaker = "customer"
    """Who said it. Only what the customer said is read for sentiment."""

    text: Text
    """What was said."""

    offset_seconds: Seconds = 0.0
    """Since the start of the call."""


class Call(Event):
    """A contact in words: a phone call once transcribed, a chat, a visit, a message."""

    model_config = ConfigDict(json_schema_extra=rules.text_or_turns())

    kind: Literal["call"] = "call"

    direction: Literal["inbound", "outbound"] = "inbound"
    """Who began. Only inbound contacts count as the customer asking again."""

    service_type: ServiceType = "other"
    """What it was about. An unknown word is read as `other`."""

    tier: Tier = "human"
    """Who served: self-service, a bot, a person."""

    wait_seconds: Seconds = 0.0
    """Time in the queue before somebody answered."""

    talk_seconds: Seconds = 0.0
    """Time in conversation."""

    hold_seconds: Seconds = 0.0
    """Time on hold."""

    transfers: Count = 0
    """How often the customer was passed on."""

    bot_loops: Count = 0
    """How often a bot brought the customer back to the same question."""

    conversation_ref: Reference | None = None
    """Names a conversation whose turns arrive one event at a time, as chats do. Optional: each call is then its own."""

    handover: bool | None = None
    """Whether this contact called for a person: a bot handed over, or quality staff said so afterwards. Missing where
    nobody knows."""

    resolved: bool | None = None
    """Whether the matter was resolved at first contact; missing where nobody knows."""

    text: Text | None = None
    """What the customer said, as one text. Either this or `turns`."""

    turns: tuple[Turn, ...] = Field(default=(), max_length=400)
    """What was said, turn by turn. Either this or `text`."""

    @model_validator(mode="after")
    def _text_or_turns(self) -> Call:
        """Refuse two versions of what was said."""
        if self.turns and self.text is not None:
            raise ValueError("give either text or turns, not both")
        return self


ClaimStatusName = Literal[
    "reported",
    "survey_scheduled",
    "surveyed",
    "documents_requested",
    "documents_received",
    "assessed",
    "approved",
    "partially_approved",
    "denied",
    "paid",
    "reopened",
    "withdrawn",
    "closed",
    "other",
]
ClaimTypeName = Literal["motor", "property", "health", "life", "accident", "travel", "liability", "other"]

if TYPE_CHECKING:
    ClaimStatus = ClaimStatusName
    ClaimType = ClaimTypeName
else:
    ClaimStatus = lenient(ClaimStatusName)
    ClaimType = lenient(ClaimTypeName)


class Claim(Event):
    """A step in the life of a claim."""

    kind: Literal["claim"] = "claim"

    status: ClaimStatus
    """Required: the step that was reached. An unknown word is read as `other` and counts as movement."""

    step: Reference | None = None
    """The company's own name of the step, where our words are too coarse. Optional: the model learns from it."""

    claim_type: ClaimType = "other"
    """Kind of claim. An unknown word is read as `other`."""

    injury: bool = False
    """Whether somebody was hurt."""

    claimed_fen: Fen | None = None
    """What the customer asks for."""

    approved_fen: Fen | None = None
    """What was granted."""

    paid_fen: Fen | None = None
    """What was paid."""

    video_survey_tried: bool = False
    """Whether a survey by video was tried."""

    video_survey_succeeded: bool | None = None
    """Whether it worked; missing where none was tried."""

    due_at: UtcTime | None = None
    """When the next step was promised or is due by law."""

    customer_visible: bool = True
    """Whether the customer could see this step. Only visible steps count as news."""

    auto_rule_id: Reference | None = None
    """Id of the rule that decided by itself; missing where a person did."""


InstrumentName = Literal["csat", "nps", "ces", "servqual"]
DimensionName = Literal["tangibles", "reliability", "responsiveness", "assurance", "empathy"]
TouchpointName = Literal["call", "claim", "claim_closed", "purchase", "renewal", "visit", "app", "periodic", "other"]

SCALES: dict[InstrumentName, tuple[int, int]] = {
    "csat": (1, 5),
    "nps": (0, 10),
    "ces": (1, 7),
    "servqual": (1, 7),
}
"""Lowest and highest answer of each instrument. High is good in all but `ces`, where high means effort."""

if TYPE_CHECKING:
    Touchpoint = TouchpointName
else:
    Touchpoint = lenient(TouchpointName)


class ServqualItem(Message):
    """One pair of SERVQUAL: what the customer expected and what they found."""

    dimension: DimensionName
    """The dimension asked about."""

    expectation: float = Field(ge=1, le=7)
    """What an excellent insurer would do, 1 to 7."""

    perception: float = Field(ge=1, le=7)
    """What this one did, 1 to 7."""


class Survey(Event):
    """A question to the customer: sent, answered, or left without an answer."""

    model_config = ConfigDict(json_schema_extra=rules.answer_fits_instrument(SCALES.items()))

    kind: Literal["survey"] = "survey"

    instrument: InstrumentName
    """Required: which scale the score is on."""

    status: Literal["sent", "answered", "unanswered"] = "answered"
    """Silence is information: `sent` starts a clock, `unanswered` says that it ran out."""

    score: float | None = None
    """The answer on the instrument's scale (csat 1-5, nps 0-10, ces 1-7). For servqual give items."""

    items: tuple[ServqualItem, ...] = Field(default=(), max_length=44)
    """SERVQUAL pairs."""

    touchpoint: Touchpoint = "other"
    """What was asked about. An unknown word is read as `other`."""

    comment: Text | None = None
    """What the customer added in words."""

    @model_validator(mode="after")
    def _answer_fits_instrument(self) -> Survey:
        """Refuse an answer that is not on the instrument's scale, and an answer that has none."""
        low, high = SCALES[self.instrument]
        if self.score is not None and not low <= self.score <= high:
            raise ValueError(f"score of {self.instrument} must be in {low}..{high}")
        answered = self.items if self.instrument == "servqual" else self.score is not None
        if self.status == "answered" and not answered:
            raise ValueError(f"an answered {self.instrument} survey needs its score or items")
        return self
