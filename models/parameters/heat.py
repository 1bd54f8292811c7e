"""What each experience adds to dissatisfaction: the section `heat` of the parameters."""

from __future__ import annotations

from pydantic import Field

from models.parameters.section import Section


class HeatParams(Section):
    """What each experience adds to dissatisfaction heat, in complaint-equivalents (a complaint adds 3)."""

    voiced_negative: float = 1.0
    """A furious text (polarity -1); milder ones in proportion."""

    bad_rating: float = 1.0
    """The lowest rating; milder ones in proportion."""

    repeat_contact: float = 0.35
    """Each inbound contact after the first within 7 days: asking again is the commonest tremor."""

    friction: float = 0.2
    """Each transfer or bot loop."""

    long_wait: float = 0.3
    """A wait over `wait_minutes`."""

    wait_minutes: float = Field(default=8.0, gt=0)
    """Queue time that customers remember, in minutes."""

    unresolved: float = 0.3
    """A contact marked as not resolved."""

    broken_promise: float = 1.0
    """A promise whose due time passed."""

    claim_stalled: float = 0.8
    """A claim without visible progress for `policy.claim_stalled_hours`, and again each time it doubles."""

    claim_denied: float = 1.2
    """A denial; a partial approval adds half."""

    survey_ignored: float = 0.5
    """A survey left unanswered after a bad contact."""

    threat: float = 1.5
    """Naming the regulator, a lawyer or the public."""

    complaint: float = 3.0
    """A complaint."""

    positive_relief: float = Field(default=0.5, ge=0, le=1)
    """Share of the heat that a delighted text, a top rating or a paid claim takes away."""

    resolved_relief: float = Field(default=0.7, ge=0, le=1)
    """Share of the heat that an action `resolved` takes away; contact alone takes a third of that."""
