"""What a survey changes: answered, sent, or left without an answer."""

from __future__ import annotations

from models.heat import cool, warm
from models.ledgers.feedback import receive_survey
from models.listening import Ear
from models.moments import DAY, NEVER
from models.observing.voice import observe_voice
from models.params import Params
from models.state import CustomerState
from schemas.events import Survey

BAD_CONTACT_DAYS = 14.0
"""A survey left unanswered says something if a contact went badly at most this long before."""


def rating_of(survey: Survey) -> float | None:
    """Move an answer to [-1, 1]: -1 is the worst answer of its scale, 0 its middle; None where there is none.

    For `ces` high means effort, so its sign is turned. For `servqual` it is the mean gap (perception less
    expectation) in thirds of a scale point, cut to the range.
    """
    if survey.items:
        gap = sum(item.perception - item.expectation for item in survey.items) / len(survey.items)
        return max(-1.0, min(1.0, gap / 3.0))
    if survey.score is None:
        return None
    match survey.instrument:
        case "csat":
            return (survey.score - 3.0) / 2.0
        case "nps":
            return (survey.score - 5.0) / 5.0
        case "ces":
            return (4.0 - survey.score) / 3.0
        case _:
            return (survey.score - 4.0) / 3.0


def observe_survey(state: CustomerState, survey: Survey, at: float, ear: Ear, params: Params) -> bool:
    """Take in a survey: the rating, the comment, or the silence."""
    if survey.status == "sent":
        state.survey_sent_at = max(state.survey_sent_at, at)
        return False
    if survey.status == "unanswered":
        return ignore_survey(state, at, params)
    state.survey_sent_at = NEVER
    bad = False
    rating = rating_of(survey)
    if rating is not None:
        bad = _rated(state, rating, at, params)
    if survey.comment:
        bad = observe_voice(state, ear.hear(survey.comment), at, params) or bad
    receive_survey(state, survey, at, bad=bad, params=params)
    return bad


def ignore_survey(state: CustomerState, at: float, params: Params) -> bool:
    """Take a survey as left unanswered; that is evidence if a contact went badly shortly before."""
    state.survey_sent_at = NEVER
    if not state.bad_contact_at or at - state.bad_contact_at > BAD_CONTACT_DAYS * DAY:
        return False
    state.ignored_at = max(state.ignored_at, at)
    warm(state, params.heat.survey_ignored, at, params)
    return True


def _rated(state: CustomerState, rating: float, at: float, params: Params) -> bool:
    """Take in a rating on [-1, 1] and say whether it was a bad one."""
    if at >= state.rated_at:
        state.rating, state.rated_at = rating, at
    if rating < 0:
        warm(state, -rating * params.heat.bad_rating, at, params)
    else:
        cool(state, rating * params.heat.positive_relief, at, params)
    bad = rating <= params.policy.bad_rating
    if bad:
        state.bad_contact_at = max(state.bad_contact_at, at)
        state.feedback_at = state.feedback_at or at
    return bad
