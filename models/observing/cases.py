"""What events are about, and how that has gone so far."""

from __future__ import annotations

from operator import attrgetter
from zlib import crc32

from models.entries import Case
from models.moments import NEVER
from models.parameters.memory import MemoryParams
from models.state import CustomerState
from schemas.codec import CustomerEvent

TRAIL = 4
"""Steps of a case that are remembered."""

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def observe_case(state: CustomerState, event: CustomerEvent, deed: str, at: float, memory: MemoryParams) -> None:
    """Take in that something happened in a case; the case that is remembered last is the one of this event."""
    ref = event.claim_ref or event.policy_ref or ""
    known, others = None, []
    for one in state.cases:
        if one.ref == ref:
            known = one
        else:
            others.append(one)
    step = _LETTERS[crc32(deed.encode()) & 63]
    if known is None:
        state.cases_seen += 1
        case = Case(ref, at, NEVER, at, 1, step)
    else:
        case = Case(
            ref,
            min(known.began_at, at),
            known.seen_at,
            max(known.seen_at, at),
            known.events + 1,
            (known.trail + step)[-TRAIL:],
        )
    if len(others) > 1:
        others.sort(key=attrgetter("seen_at"))
    state.cases = [*others, case][-memory.cases :]
