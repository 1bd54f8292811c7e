"""What the product says about a customer, as one number per question."""

from __future__ import annotations

from schemas.alerts import Risk


def dissatisfaction(risk: Risk) -> float:
    """Say how surely the running conversation ends with a dissatisfied customer, in [0, 1].

    Without a belief about the conversation, how the customer has sounded lately stands for it.
    """
    return (1.0 - risk.sentiment) / 2.0 if risk.dissatisfaction is None else risk.dissatisfaction
