"""Forgetting a customer, in two steps: first all but a position, and later, with the journal gone, that too.

A row that is removed cannot say any more what it has seen. So a customer of whom nothing has been heard for long, or
who asks for it, is first reduced to a small row that keeps the position and nothing about the person; only after
`memory.tombstone_after_days`, when no journal record of the time before is left to be replayed, is the row removed.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.entries import Spent
from models.moments import DAY, NEVER
from models.params import Params
from models.state import FORGOTTEN, CustomerState
from schemas.types import Position

SETTLED_RECORDS = 20_000
"""Journal offsets behind the present one from which on every row is written: no group of records is longer, whatever
`FORESHOCK_MAX_WAITING_RECORDS` says. What happened before is out of the reach of a crash."""

LIVES_KEPT = 16
"""Beginnings and ends that a row remembers within the reach of a crash: eight times forgotten within minutes."""


def forgets_at(state: CustomerState, params: Params) -> float:
    """Return when a customer of whom nothing more is heard is forgotten, in seconds since 1970.

    Whatever is open goes before that: the caller looks.
    """
    memory = params.memory
    days = memory.forget_left_days if state.left_at else memory.forget_after_days
    silent = state.seen_at + days * DAY
    return max(silent, state.complained_at + params.stages.complaint_days * DAY) if state.complaint_open else silent


def gone_at(state: CustomerState, params: Params) -> float:
    """Return when the row of a forgotten customer may be removed."""
    return state.forgotten_at + params.memory.tombstone_after_days * DAY


def forgotten(state: CustomerState, at: float, epoch: str, position: Position) -> CustomerState:
    """Return what is left of a customer: nothing that was said, done, predicted or counted.

    Parameters
    ----------
    state
        What was known.
    at
        When, in seconds since 1970.
    epoch
        Identity of the journal.
    position
        The message that did it.
    """
    return CustomerState(
        epoch=epoch,
        stage=FORGOTTEN,
        forgotten_at=at,
        alerts_opened=state.alerts_opened,
        lives=[*within_reach(state.lives, position), (position.offset, position.line)][-LIVES_KEPT:],
        spent=within_reach(state.spent, position),
        room=within_reach_of(state.room, position),
    )


def begun(known: CustomerState | None, epoch: str, position: Position, *, is_gone: bool) -> CustomerState:
    """Return the state of a customer who is new, or new again.

    Parameters
    ----------
    known
        The small row of a forgotten customer; None if there is none.
    epoch
        Identity of the journal; positions of another one mean nothing here.
    position
        The message that they begin with.
    is_gone
        Whether the row's time is over: then it must not matter whether it has been removed yet.
    """
    state = CustomerState()
    if known is not None:
        # Alert ids hang on the number, so that none of the new life is one of the old.
        state.alerts_opened = 0 if is_gone else known.alerts_opened
        if known.epoch == epoch:
            state.lives = within_reach(known.lives, position)
            state.spent = within_reach(known.spent, position)
            state.room = within_reach_of(known.room, position)
    state.lives = [*state.lives, (position.offset, position.line)][-LIVES_KEPT:]
    return state


def within_reach(positions: Sequence[tuple[int, int]], present: Position) -> list[tuple[int, int]]:
    """Leave out positions that lie before every row that can be missing after a crash."""
    return [(offset, line) for offset, line in positions if offset > present.offset - SETTLED_RECORDS]


def within_reach_of(room: Sequence[Spent], present: Position) -> list[Spent]:
    """Leave out what was taken of an owner's day before every row that can be missing after a crash."""
    return [Spent(*spent) for spent in room if spent[0] > present.offset - SETTLED_RECORDS]


def lives_of(state: CustomerState) -> list[tuple[Position, int]]:
    """Return each position at which a customer began (+1) or was forgotten (-1)."""
    last = -1 if state.forgotten_at != NEVER else 1
    return [(Position(*at), last if index % 2 == 0 else -last) for index, at in enumerate(reversed(list(state.lives)))]
