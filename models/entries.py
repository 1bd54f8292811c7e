"""What a customer's row holds several of: claims, cases, promises, alerts, predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from models.moments import NEVER
from schemas.alerts import Cause

MAX_STALLS = 5
"""A claim's silence fires at 1, 2, 4, 8 and 16 times the threshold, then it is known to everybody."""


OPEN, ACKNOWLEDGED, IN_PROGRESS = range(3)
"""How far people are with an alert: indices into `schemas.alerts.STATUSES`."""


class PendingClaim(NamedTuple):
    """A claim that has not ended."""

    ref: str
    """The company's claim number; empty where none was given."""
    status: str
    """Last step reached."""
    opened_at: float
    """First step seen, seconds since 1970."""
    moved_at: float
    """Event time of the last step."""
    visible_at: float
    """Last step that the customer could see."""
    due_at: float
    """When the next step is due; `NEVER` where nothing was promised."""
    injury: bool
    """Whether somebody was hurt."""
    stalls: int
    """How often its silence has fired a timer since the last visible step."""
    stalled_at: float
    """When it last did; `NEVER` if it has not."""


class Case(NamedTuple):
    """What events are about: a claim or a policy, or the customer where neither is named."""

    ref: str
    """Its number; empty for the customer."""
    began_at: float
    """First event seen, seconds since 1970."""
    before_at: float
    """The event before the last; `NEVER` where there is none."""
    seen_at: float
    """Last event seen."""
    events: int
    """Events so far."""
    trail: str
    """The last four steps, as one letter each, newest last."""


class Spent(NamedTuple):
    """A part of an owner's day that an alert took."""

    offset: int
    """Journal offset of the message that did it."""
    line: int
    """Line within the record."""
    owner: str
    """Whose day."""
    is_beyond: bool
    """Whether it was told however full the day was."""


class OpenPromise(NamedTuple):
    """A promise that was made and neither kept nor missed."""

    ref: str
    """Names it; empty where no name was given."""
    made_at: float
    """When it was given."""
    due_at: float
    """Until when it holds."""
    event_id: str
    """The action that gave it."""


class OpenAlert(NamedTuple):
    """An alert that has not ended."""

    cause: Cause
    """What it is about."""
    number: int
    """How many alerts the customer had before it."""
    level: int
    """Index into `LEVELS`."""
    opened_at: float
    """When it opened; with the customer, the cause and the number this makes its id."""
    sequence: int
    """Number of the last transition."""
    supported_at: float
    """When the evidence last supported this level."""
    evidence_at: float
    """The newest evidence that was taken into account."""
    status: int = OPEN
    """How far people are with it: `OPEN`, `ACKNOWLEDGED` or `IN_PROGRESS`."""
    status_at: float = NEVER
    """When something was last done about it; `NEVER` while nobody has it."""
    assignee: str = ""
    """Who has it; empty where nobody does."""
    snoozed_until: float = NEVER
    """Until when it is left alone; `NEVER` where nobody asked for that."""
    tier: int = 0
    """How many units up the organisation it has gone."""
    tier_at: float = NEVER
    """When the clocks of that unit began; `NEVER` where they began as it opened."""
    hidden: str = ""
    """The rule by which nobody was told that it opened or rose; empty where somebody was."""
    hidden_until: float = NEVER
    """When that rule ends; `NEVER` where that is not a time."""
    told: bool = True
    """Whether the alert topic knows of it at all."""
    holder: str = ""
    """The unit that it has gone up to; empty while it is with the one that last served the customer."""


class CoolDown(NamedTuple):
    """A cause that was closed: it comes back on new evidence only, and for a while only worse."""

    cause: Cause
    """What it was about."""
    closed_at: float
    """When it was closed; older evidence is settled."""
    until: float
    """Until when it must come back worse."""
    level: int
    """How high it was."""
    number: int = -1
    """Number of the alert that ended, which may be opened again; -1 where a row of before did not say."""
    opened_at: float = NEVER
    """When that opened."""
    sequence: int = 0
    """Number of its last transition."""
    evidence_at: float = NEVER
    """The newest evidence that was kept back since."""
    told: bool = True
    """Whether the alert topic knows of it."""


class PendingPrediction(NamedTuple):
    """A prediction that waits for its label."""

    at: float
    """When it was made."""
    weight: float
    """How many predictions it stands for."""
    is_long: bool
    """Whether it waits for both horizons, or for the short one only."""
    score_7d: float
    """Log-odds for 7 days before calibration."""
    score_30d: float
    """The same for 30 days."""
    probability_7d: float
    """What was predicted for 7 days."""
    probability_30d: float
    """What was predicted for 30 days."""
    snapshot: int
    """Which snapshot predicted."""
    learner: str
    """Which learner's models."""
    shadow: Sequence[Any]
    """What the line in the shadow predicted, in the order of `schemas.examples.Shadow`; empty where there is none."""
    level: int
    """Highest level among the customer's alerts, as an index into `LEVELS`."""
    channel: str
    """Channel of the event that it followed."""
    matured: int
    """Horizons that have ended, of those it waits for."""
    complained_at: float
    """When the customer complained after it; `NEVER` if they have not."""
    intervened_at: float
    """When somebody first acted for the customer after it; `NEVER` if nobody has."""
    dense: str
    """Numeric features, as `models.packing.packed_numbers` writes them."""
    case: str
    """What the event that it followed was about, where complaints answer by the case; else empty."""
    hashed: str
    """Active buckets, as `models.packing.packed_buckets` writes them."""
