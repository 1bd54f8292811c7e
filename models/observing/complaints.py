"""What a complaint changes."""

from __future__ import annotations

from models.clocks.running import started
from models.heat import feel, warm
from models.ledgers.feedback import receive_complaint
from models.listening import Ear
from models.moments import NEVER
from models.params import Params
from models.state import CustomerState
from schemas.labels import Complaint

ESCALATED_SOURCES = frozenset({"regulator", "social", "court"})
"""Where a complaint is beyond the company's own walls."""


def observe_complaint(state: CustomerState, complaint: Complaint, at: float, ear: Ear, params: Params) -> bool:
    """Take in a complaint, or its withdrawal."""
    # What was said before is in the hands of the case handler now.
    state.feedback_at = NEVER
    if complaint.withdrawn:
        state.complaint_open = False
        state.clocks = ()
        return True
    receive_complaint(state, complaint, at, params)
    state.complaints += 1
    state.complaint_open = True
    # A second complaint does not give the first one more time.
    state.clocks = state.clocks or started(params.jurisdiction, complaint.source, at)
    state.complained_at = max(state.complained_at, at)
    state.escalated = complaint.source in ESCALATED_SOURCES
    warm(state, params.heat.complaint, at, params)
    if complaint.text:
        feel(state, ear.hear(complaint.text).polarity, at, params)
    return True
