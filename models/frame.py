"""What frames the look at every customer of a partition: rules, models, clock, and where the message stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.alerting.capacity import Capacity
from models.budget import Budget
from models.listening import Listener
from models.moments import NEVER
from models.params import Params
from models.partition import Silence
from models.risk import Scorer
from schemas.types import NOWHERE, Position


@dataclass(slots=True)
class Frame:
    """The part of a partition that bears on its customers; changed by the engine alone, but for the budget."""

    params: Params
    """How to decide."""
    params_hash: str
    """Their hash."""
    partition: int
    """Number of the journal partition."""
    partitions: int
    """How many the journal has."""
    epoch: str
    """Identity of the journal."""
    budget: Budget
    """How many customers somebody may be asked to call."""
    scorer: Scorer
    """The frozen models of the active snapshot."""
    listener: Listener
    """Reads texts."""
    position: Position = NOWHERE
    """Where the message stands."""
    now: float = NEVER
    """The partition's clock: the highest tick, in seconds since 1970."""
    before: float = NEVER
    """The same before the message: what a tick brings about has happened since then."""
    capacity: Capacity | None = None
    """What owners were told today; None where no day has an end."""
    silences: Sequence[Silence] = ()
    """What people asked not to be told."""
