"""The figures that views show: one moment of a demo, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from foreshock.demonstration.quality import Quality, TrueStages
from foreshock.simulate.truth import Fate
from schemas.alerts import Alert

Phase = Literal["feeding", "catching_up"]
"""Whether the insurer still sends, or the worker is left to finish."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One moment of a demo."""

    phase: Phase
    """What is going on."""
    elapsed_seconds: float
    """Since feeding began."""
    feed_seconds: float
    """How long feeding takes, unless somebody stops it."""
    moment: datetime
    """How late it is in the simulated world."""
    day: int
    """Day of the simulation, from 1."""
    speed: float
    """Times life's speed, as it was so far: the insurer waits for a worker that is behind."""
    customers: int
    """How many the insurer has."""
    fed: int
    """Distinct readable events fed."""
    applied: int
    """Distinct events counted in durable state rows."""
    behind: int
    """Distinct events that were fed and are not in a durable row yet."""
    per_second: float
    """Events applied per second, lately."""
    history: Sequence[float]
    """The same before, oldest first."""
    duplicates: int
    """Events fed a second time."""
    broken: int
    """Unreadable records fed."""
    dead_letters: int
    """Dead letters found."""
    latency_seconds: float | None
    """From the journal taking an event to its alert being on the topic: 95 % are faster."""
    restarts: int
    """How often the worker was started again."""
    examples: int
    """Matured examples in the newest snapshot."""
    complaints_learned: int
    """How many of them were complaints."""
    complaints_needed: int
    """How many it takes until the model may raise alerts by itself."""
    snapshots_published: int
    """Number of the newest snapshot."""
    snapshot_active: int
    """Number of the snapshot that every partition scores with."""
    stages: Sequence[int]
    """Customers in each stage as Foreshock believes, in the order of `STAGES`."""
    true_stages: TrueStages
    """Who is truly unhappy."""
    fates: Mapping[Fate, float]
    """What all who were ever unhappy do about it, as shares."""
    grievances: int
    """How often somebody became unhappy."""
    quality: Quality | None
    """What the warnings were worth; None while there is nothing to judge."""
    alerts: int
    """Alerts opened."""
    warnings: int
    """Those that asked somebody to act."""
    newest: Sequence[Alert]
    """The last warnings, newest last."""
    port: int
    """Where the worker's pages are."""
    bootstrap: str
    """Where the broker is."""
    prefix: str
    """What stands before the names of topics."""

    @property
    def is_cold(self) -> bool:
        """Whether the model has learned from too few complaints to be trusted."""
        return self.complaints_learned < self.complaints_needed
