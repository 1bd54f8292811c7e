"""What we remember about one customer, as plain numbers."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from models.clocks.running import RunningClock
from models.entries import Case, CoolDown, OpenAlert, OpenPromise, PendingClaim, PendingPrediction, Spent
from models.ledgers.waiting import OpenFeedback
from models.moments import NEVER
from models.text.conversation import Conversation
from schemas.examples import UNKNOWN_LANGUAGE
from schemas.types import Position

FORGOTTEN = -1
"""Stage of a customer of whom nothing is left but a position."""


@dataclass(slots=True)
class CustomerState:
    """What we remember about one customer: 1 to 1.6 KB as a row, and .4 KB more for each prediction that waits.

    Values inside (tuples, lists) are never changed in place, only replaced: a shallow copy is then a full one.
    Times are seconds since 1970 (event time), `NEVER` where there is none.
    """

    epoch: str = ""
    """Identity of the journal that `offset` counts in; a journal created anew starts again at 0."""
    offset: int = -1
    """Journal offset of the last message seen."""
    line: int = -1
    """Its line in the record."""
    due: float = NEVER
    """When the next timer fires, as of this row."""
    stage: int = 0
    """Index into `STAGES`; `FORGOTTEN` where nothing is thought of the customer any more."""
    ruled_by: str = ""
    """Hash of the parameters that `due` follows from."""
    told_levels: str = ""
    """Level of each open alert that people know of, as `models.census.told_levels_of` writes them, as of this row."""
    org_path: str = "HQ"
    """The unit that last served the customer."""
    tenant: str = "default"
    """Whose customer."""
    policy_ref: str | None = None
    """Last policy number named."""
    claim_ref: str | None = None
    """Last claim number named."""
    product_line: str = ""
    """Last line of business named; empty where none was."""
    product_id: str = ""
    """Last product named; empty where none was."""
    household_ref: str = ""
    """Key of the household that was named last; empty where none was."""
    drivers: Sequence[str] = ()
    """Drivers of vulnerability named so far."""
    events: int = 0
    """Events counted (without duplicates)."""
    seen_at: float = NEVER
    """When the newest event happened."""
    clock: float = NEVER
    """The latest time that this row has seen: an event's, or a timer's due time."""
    stage_at: float = NEVER
    """When that stage was entered."""
    fast: float = 0.0
    """Fast sentiment, in [-1, 1]."""
    slow: float = 0.0
    """Slow sentiment: the customer's own normal, in [-1, 1]."""
    spoke_at: float = NEVER
    """When sentiment was last heard."""
    conversation: Conversation | None = None
    """The running conversation, or the last one while it may still be rated."""
    conversation_ref: str = ""
    """Its name; empty where it has none."""
    conversation_at: float = NEVER
    """When something was last said in it."""
    needed: str = ""
    """Per turn, whether it needed a person: `1`, `0`, or `-` where nobody said; empty where nobody said so of any."""
    dissatisfaction: float | None = None
    """Probability that the customer ends that conversation dissatisfied."""
    handover: float | None = None
    """Score of its last turn needing a person."""
    needs_person: bool = False
    """Whether that score is above the model's threshold."""
    heat: float = 0.0
    """Dissatisfaction at `heat_at`, in complaint-equivalents."""
    heat_at: float = NEVER
    """When heat was last brought up to date."""
    contacts: Sequence[float] = ()
    """Times of the last inbound contacts that solved nothing, ascending."""
    friction: float = 0.0
    """Transfers and bot loops of the last contact."""
    wait_seconds: float = 0.0
    """Queue time of the last contact."""
    bad_contact_at: float = NEVER
    """When a contact last went badly."""
    claims: Sequence[PendingClaim] = ()
    """Claims that have not ended."""
    refused_at: float = NEVER
    """When a claim was last denied or cut."""
    promises: Sequence[OpenPromise] = ()
    """Promises neither kept nor missed."""
    missed: int = 0
    """Promises missed since the last `resolved`."""
    missed_at: float = NEVER
    """When the last one was missed."""
    feedback_at: float = NEVER
    """The oldest negative feedback that nobody has answered."""
    feedback: Sequence[OpenFeedback] = ()
    """Feedback, good or bad, that nobody has answered, in the order in which it came."""
    rating: float = 0.0
    """Last survey rating on [-1, 1]."""
    rated_at: float = NEVER
    """When it was given."""
    survey_sent_at: float = NEVER
    """A survey that waits for its answer."""
    ignored_at: float = NEVER
    """When a survey was last left unanswered after a bad contact."""
    grumbled_at: float = NEVER
    """When the customer last grumbled."""
    threat_at: float = NEVER
    """When the customer last named the regulator, a lawyer or the public."""
    complained_at: float = NEVER
    """When the customer last complained."""
    complaints: int = 0
    """Complaints so far."""
    complaint_open: bool = False
    """Whether the last complaint is neither withdrawn nor resolved."""
    escalated: bool = False
    """Whether it went to a regulator, a court or the public."""
    contacted_at: float = NEVER
    """When somebody last acted for the customer."""
    channel: str = "other"
    """Channel of the last event."""
    language: str = UNKNOWN_LANGUAGE
    """Primary language subtag of what the customer last said."""
    cases: Sequence[Case] = ()
    """What the last events were about, the last one last."""
    cases_seen: int = 0
    """Cases so far."""
    own: Sequence[float] = ()
    """Numbers of the company's own in the last event, one per place of `models.features.own`; empty where it had none.
    """
    tallies: Sequence[float] = ()
    """How often each thing of `models.observing.tallies` happened, each time fading; empty before the first."""
    tallies_at: float = NEVER
    """When they were last brought up to date."""
    asked_at: float = NEVER
    """When the customer last got in touch."""
    categories: str = ""
    """Active buckets of the last event, as `models.packing.packed_buckets` writes them."""
    score_7d: float = 0.0
    """Latest log-odds for 7 days before calibration."""
    score_30d: float = 0.0
    """Latest log-odds for 30 days before calibration."""
    learner: str = ""
    """Which learner's models gave them."""
    shadow: Sequence[Any] = ()
    """What the line in the shadow says, in the order of `schemas.examples.Shadow`; empty where there is none."""
    scored_at: float = NEVER
    """When the models last looked."""
    base: float = 0.0
    """Log-odds of a customer like the mean of all: what the contributions are added to."""
    contributions: Sequence[float] = ()
    """What each family of features adds to it now, in the order of `models.features.CONTRIBUTORS`."""
    usual: Sequence[float] = ()
    """The same over the customer's own past: an average that forgets with the half-life of slow sentiment."""
    probability_7d: float = 0.0
    """Latest probability for 7 days."""
    probability_30d: float = 0.0
    """Latest probability for 30 days."""
    snapshot: int = 0
    """Which snapshot gave them."""
    cold: bool = True
    """Whether that snapshot had seen too few complaints to be trusted alone."""
    evidence: Sequence[str] = ()
    """Ids of the last events that mattered, newest last."""
    alerts: Sequence[OpenAlert] = ()
    """Alerts that have not ended."""
    alerts_opened: int = 0
    """Alerts opened so far."""
    alerted_at: float = NEVER
    """When an alert asked somebody to call and the budget was spent for it; again after a period at the earliest."""
    spent: Sequence[tuple[int, int]] = ()
    """Positions of the last messages that spent from the alert budget, newest last."""
    lives: Sequence[tuple[int, int]] = ()
    """Positions at which the customer became known, was forgotten, became known again and so on, newest last; those
    that no crash can bring back are left out."""
    cool_downs: Sequence[CoolDown] = ()
    """Causes that were closed, each once."""
    predictions: Sequence[PendingPrediction] = ()
    """Predictions that wait for their label."""
    ids_since: float = NEVER
    """When the current generation of remembered ids began."""
    ids: Sequence[str] = ()
    """Short hashes of the event ids of this generation."""
    ids_before: Sequence[str] = ()
    """The same of the generation before."""
    left_at: float = NEVER
    """When the last contract ended."""
    forgotten_at: float = NEVER
    """When the customer was forgotten: then only the position, `lives`, `spent`, `room` and `alerts_opened`
    mean anything."""

    room: Sequence[Spent] = ()
    """What alerts took of their owners' days lately, newest last; as far back as a crash can reach."""
    clocks: Sequence[RunningClock] = ()
    """What the law gives the open complaint; empty where none is open, or there is no pack."""

    @property
    def position(self) -> Position:
        """The last (journal offset, line) seen: what makes redelivery harmless."""
        return Position(self.offset, self.line)

    def copy(self) -> CustomerState:
        """Return a state that can change without this one changing."""
        return CustomerState(*_values(self))


_values = attrgetter(*(field.name for field in fields(CustomerState)))

States = MutableMapping[str, CustomerState]
"""Customer key to state. The worker backs it with a table, replay and tests with a dict."""
