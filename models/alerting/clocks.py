"""The clocks of an alert that somebody answers for: until when they must act, and when they are told if not at once."""

from __future__ import annotations

from math import floor, inf

from models.entries import ACKNOWLEDGED, IN_PROGRESS, OpenAlert
from models.organisation import Organisation, Post
from models.state import CustomerState
from schemas.alerts import LEVELS

_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0
_MOST_URGENT = len(LEVELS) - 1


def posts_of(alert: OpenAlert, state: CustomerState, organisation: Organisation) -> tuple[Post, ...]:
    """Return who answers for an alert now, and those above; empty where nobody does.

    An alert that has gone up stays with the unit that it went to, whichever unit serves the customer since.
    """
    return organisation.chain(alert.holder or state.org_path)


def escalates_at(state: CustomerState, organisation: Organisation) -> float:
    """Return when the next alert of a customer goes one unit up, in seconds since 1970; infinity if none will."""
    return min((alert_escalates_at(alert, state, organisation) for alert in state.alerts), default=inf)


def alert_escalates_at(alert: OpenAlert, state: CustomerState, organisation: Organisation) -> float:
    """Return when an alert goes one unit up unless somebody acts; infinity where no clock runs.

    Both clocks count from when the unit was told. The first stops on an acknowledgement, the second when work has
    begun or somebody has been in touch with the customer. Nothing is asked of a unit about an alert that it was not
    told of, and head office has nobody above it.
    """
    posts = posts_of(alert, state, organisation)
    if len(posts) < 2 or alert.status >= IN_PROGRESS or alert.hidden or not alert.told:
        return inf
    began_at = max(alert.opened_at, alert.tier_at)
    if alert.status < ACKNOWLEDGED:
        due = began_at + posts[0].acknowledge[alert.level]
    elif state.contacted_at > began_at:
        return inf
    else:
        due = began_at + posts[0].act[alert.level]
    return max(due, alert.snoozed_until)


def tried_again_at(alert: OpenAlert, state: CustomerState, organisation: Organisation) -> float:
    """Return when an alert that is held back is tried again: as the next day begins, the most urgent first."""
    offset = organisation.utc_offset_hours * _HOUR
    begins = (floor((state.clock + offset) / _DAY) + 1) * _DAY - offset
    return begins + _MINUTE * (_MOST_URGENT - alert.level) + _MINUTE * (1.0 - state.probability_30d)
