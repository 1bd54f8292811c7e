"""Which events of a customer have been counted already, also when they come again days later."""

from __future__ import annotations

from binascii import b2a_base64
from hashlib import blake2b

from models.moments import DAY
from models.params import Params
from models.state import CustomerState

HASH_BYTES = 6
"""48 bits: among the 48 ids that a row remembers, a false match happens once in 6e12 events."""


def seen_before(state: CustomerState, event_id: str, at: float, params: Params) -> bool:
    """Say whether an event id was counted within the duplicate horizon, and remember it if not.

    Ids are kept in two generations, each as long as the horizon: an id is remembered for one to two horizons. The
    oldest give way when a generation is full.

    Parameters
    ----------
    at
        Time of the event; generations turn with the later of it and `state.clock`.
    """
    memory = params.memory
    digest = b2a_base64(blake2b(event_id.encode(), digest_size=HASH_BYTES).digest(), newline=False).decode()
    if digest in state.ids or digest in state.ids_before:
        return True
    now, horizon = max(state.clock, at), memory.duplicate_horizon_days * DAY
    lasted = now - state.ids_since
    if lasted >= horizon:
        state.ids_before = state.ids if lasted < 2 * horizon else ()
        state.ids, state.ids_since = (), now
    state.ids = [*state.ids, digest][-memory.remembered_ids :]
    return False
