"""When an alert opens, rises, falls and ends: the section `policy` of the parameters."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from models.parameters.section import Section


class PolicyParams(Section):
    """When an alert opens, rises, falls and ends."""

    model: bool = True
    """Whether the model decides who is called; without it every rule speaks for itself."""

    budget: float = Field(default=0.045, gt=0, le=1)
    """Share of customers about whom an alert may ask for a call (yellow or higher) per 30 days. The model ranks, the
    budget says how far down the list one can call, and the threshold follows from both."""

    budget_customers: int = Field(default=1_000, ge=1)
    """A partition with fewer customers has the budget of so many: in a small office every alert would be the last."""

    budget_gain: float = Field(default=120.0, gt=0)
    """How fast the threshold moves, in log-odds per share of customers alerted: alerting .8 % too many raises it by
    one."""

    first_threshold: float = -3.3
    """Where the threshold starts, in log-odds of a complaint within 7 days."""

    hold: float = Field(default=0.5, ge=0)
    """An alert that stands stays supported until the score is this far below the threshold, in log-odds."""

    orange_above: float = Field(default=0.7, gt=0)
    """A score this far above the threshold, in log-odds, is orange: twice as likely as yellow."""

    red_above: float = Field(default=1.4, gt=0)
    """A score this far above the threshold, in log-odds, is red: four times as likely as yellow."""

    risk_days: float = Field(default=7.0, gt=0)
    """How long an alert of the model stands without support before it expires: as long as the horizon that its score
    is for. What comes later is another warning."""

    cold_positives: int = Field(default=100, ge=0)
    """Complaints that the model must have learned from before it says that it knows more than the score card of rules
    that it starts from."""

    threat_days: float = Field(default=3.0, gt=0)
    """How long a threat counts as fresh."""

    repeat_yellow: int = Field(default=3, ge=2)
    """Inbound contacts in 7 days for yellow."""

    repeat_orange: int = Field(default=5, ge=2)
    """Inbound contacts in 7 days for orange."""

    unanswered_hours: float = Field(default=48.0, gt=0)
    """Negative feedback without an answer for this long opens an alert; twice as long raises it."""

    claim_stalled_hours: float = Field(default=96.0, gt=0)
    """A pending claim without visible progress for this long opens an alert; twice as long raises it."""

    friction: int = Field(default=3, ge=1)
    """Transfers and bot loops in one contact that make it a bad experience."""

    bad_rating: float = Field(default=-0.5, ge=-1, le=0)
    """Rating on [-1, 1] at or below which a contact was bad."""

    review_days: float = Field(default=3.0, gt=0)
    """An alert that nothing supports for this long falls to what is supported, or expires."""

    cool_down_days: float = Field(default=3.0, ge=0)
    """After an alert ended, the same cause opens again within this time only at a higher level."""

    dismissed_days: float = Field(default=14.0, ge=0)
    """The same after somebody said: false alarm."""

    lapse_days: float = Field(default=3.0, gt=0)
    """An acknowledgement lapses after so long without anything done about the alert: it is then nobody's again."""

    acknowledge_first: bool = False
    """Whether an alert must be acknowledged before it can be resolved. Without it whoever solves it need not say so
    twice."""

    reopen_days: float = Field(default=14.0, ge=0)
    """How long after its end a person may open an alert again."""

    snooze_days: float = Field(default=14.0, gt=0)
    """The longest that an alert can be left alone; who asks for more gets this."""

    snooze_up_to: Literal["none", "blue", "yellow", "orange", "red"] = "yellow"
    """An alert that is left alone and rises no further than this stays silent until then; above it is told at once."""

    inhibit: bool = True
    """Whether a red alert that was told keeps the yellow and blue ones of its customer back while it stands."""

    silence_look_hours: float = Field(default=1.0, gt=0)
    """How often an alert that a silence hides is looked at, so that it is told soon after somebody ends that early."""

    @model_validator(mode="after")
    def _ordered(self) -> PolicyParams:
        """Refuse thresholds that are not in the order of the levels."""
        if self.orange_above >= self.red_above:
            raise ValueError("orange_above must be below red_above")
        if self.repeat_yellow >= self.repeat_orange:
            raise ValueError("repeat_yellow must be below repeat_orange")
        return self
