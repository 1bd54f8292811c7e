"""How long and how much a customer's row remembers: the section `memory` of the parameters."""

from __future__ import annotations

from pydantic import Field

from models.parameters.section import Section


class MemoryParams(Section):
    """How long and how much a customer's row remembers."""

    fast_half_life_days: float = Field(default=3.0, gt=0)
    """Half-life of fast sentiment: about the time between two contacts on one matter."""

    slow_half_life_days: float = Field(default=45.0, gt=0)
    """Half-life of slow sentiment: the customer's own normal, over a claim's life."""

    heat_half_life_days: float = Field(default=10.0, gt=0)
    """Half-life of dissatisfaction heat: most simulated and reported complaints follow within three weeks."""

    duplicate_horizon_days: float = Field(default=14.0, gt=0)
    """An event id seen again within this time counts once; it is remembered for at most twice as long."""

    remembered_ids: int = Field(default=24, ge=1, le=200)
    """Event ids remembered per horizon and customer: 24 take 265 bytes, and few customers have more."""

    late_minutes: float = Field(default=10.0, ge=0)
    """An event this far behind the partition's clock counts as late. It is used all the same, as of its own time."""

    contacts: int = Field(default=12, ge=5, le=50)
    """Inbound contact times remembered; more than 12 in 30 days is already the highest level."""

    pending_claims: int = Field(default=4, ge=1, le=20)
    """Open claims followed per customer; the oldest gives way."""

    cases: int = Field(default=3, ge=1, le=20)
    """Cases whose course is remembered per customer; the one that was quiet for longest gives way."""

    tally_half_life_days: float = Field(default=7.0, gt=0)
    """Half-life of tallies: as long as the horizon that alerts are ranked by. 2 and 21 days ranked no better."""

    promises: int = Field(default=4, ge=1, le=20)
    """Open promises followed per customer; the oldest gives way."""

    evidence: int = Field(default=4, ge=1, le=10)
    """Event ids kept as evidence."""

    conversation_days: float = Field(default=7.0, gt=0)
    """How long the last conversation is kept for a rating to learn from; then its trace is forgotten. As long as the
    short horizon, so that one look at the customer does both."""

    forget_after_days: float = Field(default=730.0, ge=60)
    """A customer of whom nothing has been heard for so long, and with whom nothing is open, is forgotten. Insurers meet
    a policyholder at least once a year, at the renewal; two years of silence are no customer."""

    forget_left_days: float = Field(default=180.0, ge=60)
    """The same after the last contract has ended: what still follows, a last claim or a refund, is over by then."""

    tombstone_after_days: float = Field(default=45.0, ge=1)
    """Time between forgetting a customer and removing what marks the place: longer than the journal is kept, so that
    no replay meets the customer as a stranger."""
