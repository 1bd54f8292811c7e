"""Which parameters an alert turned on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any, NamedTuple

from models.params import Params
from schemas.alerts import Alert, Cause, Transition

OF_CAUSE: dict[Cause, tuple[str, ...]] = {
    "complaint_risk": ("policy.orange_above", "policy.red_above", "policy.risk_days"),
    "threat": ("policy.threat_days",),
    "unanswered": ("policy.unanswered_hours",),
    "repeat_contact": ("policy.repeat_yellow", "policy.repeat_orange"),
    "broken_promise": ("heat.broken_promise",),
    "claim_stalled": ("policy.claim_stalled_hours",),
    "claim_refused": ("heat.claim_denied", "stages.grumble_polarity"),
    "bad_experience": ("policy.bad_rating", "policy.friction"),
    "silent_after_bad_contact": ("stages.survey_answer_hours", "stages.dissatisfied_heat"),
    "statutory_clock": ("jurisdiction.version",),
}
"""Parameters that grade a cause."""

OF_TRANSITION: dict[Transition, tuple[str, ...]] = {
    "lowered": ("policy.review_days",),
    "expired": ("policy.review_days", "policy.cool_down_days"),
    "resolved": ("policy.cool_down_days", "heat.resolved_relief"),
    "dismissed": ("policy.dismissed_days",),
    "lapsed": ("policy.lapse_days",),
    "snoozed": ("policy.snooze_days",),
    "reopened": ("policy.reopen_days",),
    "told": ("policy.inhibit", "policy.silence_look_hours"),
}
"""Parameters that a transition turned on besides."""

COLD = ("policy.cold_positives",)
"""What keeps the model silent while it is cold."""

WARM = ("policy.model", "policy.budget", "policy.first_threshold", "policy.hold")
"""What says how high a score must be, once the model has a say."""


class Parameter(NamedTuple):
    """One parameter that mattered."""

    name: str
    """Its group and name."""
    value: Any
    """What it is."""
    is_default: bool
    """Whether that is the default."""


def mattered(params: Params, alerts: Iterable[Alert], *, is_cold: bool) -> list[Parameter]:
    """Name the parameters that the transitions of an alert turned on, each once."""
    names: dict[str, None] = {}
    for alert in alerts:
        names |= dict.fromkeys((*OF_CAUSE[alert.cause], *OF_TRANSITION.get(alert.transition, ())))
    names |= dict.fromkeys(COLD if is_cold else WARM)
    return values_of(params, names)


def values_of(params: Params, names: Iterable[str]) -> list[Parameter]:
    """Look parameters up, and whether they are the defaults."""
    defaults = Params()
    values = ((name, value_of(params, name), value_of(defaults, name)) for name in names)
    return [Parameter(name, value, value == default) for name, value, default in values]


def value_of(params: Params, name: str) -> Any:
    """Return a parameter by its group and name."""
    return reduce(getattr, name.split("."), params)
