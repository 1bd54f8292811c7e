"""What it changes when a customer says something, on whatever channel."""

from __future__ import annotations

from models.heat import cool, feel, warm
from models.listening import Heard
from models.params import Params
from models.state import CustomerState


def observe_voice(state: CustomerState, heard: Heard, at: float, params: Params) -> bool:
    """Take in one text of the customer: mood, heat, grumble, threat, and feedback that waits for an answer.

    Returns
    -------
    bool
        Whether it was negative enough to be evidence.
    """
    feel(state, heard.polarity, at, params)
    if heard.is_threat:
        state.threat_at = max(state.threat_at, at)
        warm(state, params.heat.threat, at, params)
    if heard.polarity < 0:
        warm(state, -heard.polarity * params.heat.voiced_negative, at, params)
    else:
        cool(state, heard.polarity * params.heat.positive_relief, at, params)
    grumbled = heard.is_threat or heard.polarity <= params.stages.grumble_polarity
    if grumbled:
        state.grumbled_at = max(state.grumbled_at, at)
        state.feedback_at = state.feedback_at or at
    return grumbled
