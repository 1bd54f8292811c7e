"""What the product says about a customer, as one number per question."""

from __future__ import annotations

from schemas.alerts import Risk


def dissatisfaction(risk: Risk) -> float:
    """Say how surely the running conversation ends with a dissatisfied customer, in [0, 1].

    Without a belief about the conversation, how the customer has sounded lately stands for it.
    """
    found = getattr(risk, "dissatisfaction", None)
    return (1.0 - risk.sentiment) / 2.0 if found is None else float(found)


def handover(risk: Risk) -> float | None:
    """Say how surely a person should take over now; None where the product does not say."""
    found = getattr(risk, "handover", None)
    return None if found is None else float(found)
