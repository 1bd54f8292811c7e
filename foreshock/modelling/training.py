"""Training on a history: the product's own core and learner, run through it once in the order of time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from foreshock.summary import Summary
from models.intake import Intake
from models.params import Params
from models.replaying import EventReplay
from schemas.errors import UnreadableMessageError
from schemas.snapshots import Snapshot


class Training:
    """Runs through a history and keeps what a report needs.

    Nothing is shuffled and nothing is seen twice: each prediction is made before its label is known, so the quality
    told at the end is that of a model that had been running all along.

    Parameters
    ----------
    intake
        Prepares events.
    params
        How to decide and learn.
    """

    def __init__(self, intake: Intake, params: Params) -> None:
        self.params = params
        self.summary = Summary()
        """What was counted."""
        self._replay = EventReplay(intake, params, lateness=timedelta(0))

    def take(self, lines: Iterable[bytes]) -> None:
        """Take events in; what ingest would refuse is counted and left out."""
        for raw in lines:
            try:
                event, outcomes = self._replay.take(raw)
            except UnreadableMessageError as error:
                self.summary.dead_letters[error.reason] += 1
                continue
            self.summary.events[event.kind] += 1
            self.summary.count(outcomes)

    def finish(self) -> Snapshot:
        """Let time run to the newest event and return what was learned.

        Predictions whose horizon is still open then have no label, and none is made up. The snapshot has learned
        nothing of any journal: whoever starts from it begins at the beginning of theirs.
        """
        self.summary.count(self._replay.finish())
        return self._replay.learner.snapshot().model_copy(update={"learned": (), "examples_offset": -1})

    @property
    def customers(self) -> int:
        """Customers seen."""
        return len(self._replay.states)
