"""What a step of a claim changes."""

from __future__ import annotations

from models.entries import PendingClaim
from models.heat import cool, warm
from models.moments import NEVER
from models.params import Params
from models.state import CustomerState
from schemas.events import Claim

ENDED = frozenset({"paid", "denied", "withdrawn", "closed"})
"""Steps after which nothing is pending."""

GRANTED = frozenset({"approved", "paid"})
"""Steps that take an earlier refusal back."""

REFUSED = {"denied": 1.0, "partially_approved": 0.5}
"""Steps that disappoint, and how much of `heat.claim_denied` they add."""


def observe_claim(state: CustomerState, claim: Claim, at: float, params: Params) -> bool:
    """Take in a step: progress or none, refusal, payment."""
    ref = claim.claim_ref or ""
    known = next((pending for pending in state.claims if pending.ref == ref), None)
    if known is None or at >= known.moved_at:
        others = [pending for pending in state.claims if pending.ref != ref]
        if claim.status not in ENDED:
            others.append(_moved(known, claim, ref, at))
        state.claims = others[-params.memory.pending_claims :]
    if claim.video_survey_succeeded is False:
        warm(state, params.heat.unresolved, at, params)
    share = REFUSED.get(claim.status)
    if share is not None:
        state.refused_at = max(state.refused_at, at)
        warm(state, share * params.heat.claim_denied, at, params)
    elif claim.status in GRANTED:
        if at >= state.refused_at:
            state.refused_at = NEVER
        if claim.status == "paid":
            cool(state, params.heat.positive_relief, at, params)
    return share is not None or claim.status == "reopened" or claim.video_survey_succeeded is False


def _moved(known: PendingClaim | None, claim: Claim, ref: str, at: float) -> PendingClaim:
    """Return the pending claim after this step; only what the customer can see counts as news."""
    due_at = claim.due_at.timestamp() if claim.due_at else NEVER
    if known is None:
        return PendingClaim(ref, claim.status, at, at, at, due_at, claim.injury, 0, NEVER)
    return PendingClaim(
        ref=ref,
        status=claim.status,
        opened_at=known.opened_at,
        moved_at=at,
        visible_at=at if claim.customer_visible else known.visible_at,
        due_at=due_at or (NEVER if claim.customer_visible else known.due_at),
        injury=known.injury or claim.injury,
        stalls=0 if claim.customer_visible else known.stalls,
        stalled_at=NEVER if claim.customer_visible else known.stalled_at,
    )
