"""What a transition means for a destination that only knows open and closed.

A transition that is not known here is news about an open alert: sinks must not break when the life-cycle grows.
"""

from __future__ import annotations

from schemas.alerts import ENDING, PAGING, TAKING, Alert

CLOSING = ENDING
"""Transitions after which nobody has to act on this alert any more."""

AWAKENING = PAGING
"""Transitions after which an acknowledgement no longer counts."""


def closes(alert: Alert) -> bool:
    """Whether the alert is over with this transition."""
    return alert.transition in CLOSING


def acknowledged_after(alert: Alert, before: bool) -> bool:
    """Whether somebody has the alert after this transition, given whether somebody had it before."""
    if alert.transition in TAKING:
        return True
    return before and alert.transition not in AWAKENING
