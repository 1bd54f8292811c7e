"""What counts as feedback, and that it is remembered until it is answered.

Three things do, good or bad: a survey answered with a rating or a comment; a call in which the customer grumbles or
praises, by the core's own reading of what they said; a complaint.
"""

from __future__ import annotations

from models.ledgers.waiting import FeedbackSource, OpenFeedback
from models.listening import Heard
from models.moments import DAY
from models.params import Params
from models.state import CustomerState
from schemas.events import Call, Survey
from schemas.labels import Complaint


def receive_call(state: CustomerState, call: Call, heard: Heard, at: float, *, bad: bool, params: Params) -> None:
    """Remember a call in which the customer grumbled, or praised; anything between is no feedback."""
    if bad or heard.polarity >= params.ledger.praise_polarity:
        _receive(state, OpenFeedback(call.event_id, call.conversation_ref or "", at, "call", bad), params)


def receive_survey(state: CustomerState, survey: Survey, at: float, *, bad: bool, params: Params) -> None:
    """Remember an answered survey that has a rating or a comment."""
    if survey.score is not None or survey.items or survey.comment:
        _receive(state, OpenFeedback(survey.event_id, "", at, "survey", bad), params)


def receive_complaint(state: CustomerState, complaint: Complaint, at: float, params: Params) -> None:
    """Remember a complaint."""
    source: FeedbackSource = "complaint"
    ref = complaint.complaint_ref or ""
    _receive(state, OpenFeedback(complaint.event_id, ref, at, source, True), params)


def expires_at(waiting: OpenFeedback, params: Params) -> float:
    """Return when nobody expects an answer any more, in seconds since 1970."""
    return waiting.at + params.ledger.feedback_days * DAY


def _receive(state: CustomerState, received: OpenFeedback, params: Params) -> None:
    """Put it behind what waits; beyond the bound, what came first gives way, and the books say so.

    An id that waits already is the same event, sent again so late that nobody remembers having counted it.
    """
    if any(waiting.event_id == received.event_id for waiting in state.feedback):
        return
    state.feedback = [*state.feedback, received][-params.ledger.open_feedback :]
