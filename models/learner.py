"""The only door to the weights: examples in log order in, numbered snapshots out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf

from models.drift import Drift, HealthAlert
from models.features import LENGTHS, NAMES, completed
from models.lines import Line
from models.parameters.learning import LineName
from models.params import Params
from models.quality import Quality, QualityReport
from models.text.conversation import Turn
from models.text.learner import TextLearner
from models.verdicts import Verdicts
from schemas.errors import SnapshotError
from schemas.examples import RiskExample, TextExample
from schemas.snapshots import HORIZONS, Learned, ModelWeights, Snapshot, TextWeights

MODEL = "risk"
"""Name of the model family: risk for both horizons and the text model beside it."""

LEARNER_FORMAT = 2
"""Format of `Snapshot.learner`."""

TEXT_GROWTH = 1.1
"""The text model is frozen anew when so many times the conversations are known."""

KEPT_DRIFTS = 20
"""Newest changes of the stream that are remembered, so that a restart does not hide them."""

_LONG_AGO = datetime(1971, 1, 1, tzinfo=UTC)


class Learner:
    """Learns from every example exactly once and publishes a snapshot each so many.

    An example is known by its source in the journal. Per journal partition sources only grow, so what is not beyond
    the last one learned has come again and is dropped: however often scorers send it, it counts once. In a journal
    of another epoch sources start over. When a snapshot is due depends on the examples alone, their number and their
    times: after a crash the next snapshot is the one that an uninterrupted run would have made.

    Parameters
    ----------
    params
        How to learn.
    """

    def __init__(self, params: Params) -> None:
        self.params = params
        self._lines = [Line(name, params) for name in _line_names(params)]
        self._text = TextLearner()
        self._told_text = TextWeights()
        self.quality = Quality(_BY_LEVEL, params.learning.judged)
        self._verdicts = Verdicts(params.learning.judged)
        self._drift = Drift(NAMES)
        self.drifts: list[HealthAlert] = []
        self._learned: dict[int, tuple[str, tuple[int, int, int]]] = {}
        self._at = _LONG_AGO
        self.number = 0
        self.examples_seen = 0
        self.positives_seen = 0
        self._frozen_seen, self._frozen_at = 0, _LONG_AGO

    def learn(self, example: RiskExample | TextExample) -> bool:
        """Learn from an example, unless it was learned from before.

        Returns
        -------
        bool
            Whether it was new.
        """
        partition, *where = example.source
        epoch, last = self._learned.get(partition, ("", (-1, -1, -1)))
        source = (where[0], where[1], where[2])
        if epoch == example.epoch and source <= last:
            return False
        self._learned[partition] = example.epoch, source
        self._at = max(self._at, example.released_at)
        if isinstance(example, TextExample):
            self._learn_text(example)
            return True
        if len(example.dense) in LENGTHS[:-1]:
            example = example.model_copy(update={"dense": completed(example.dense)})
        self.quality.take(example)
        self._verdicts.matured += example.phase == "matured"
        self.drifts += self._drift.take(example, self._unseen_share(example))
        del self.drifts[:-KEPT_DRIFTS]
        for line in self._lines:
            line.learn(example)
        self.examples_seen += example.phase == "predicted"
        self.positives_seen += example.phase in ("complained", "corrected") and 30 in example.horizons
        return True

    def is_due(self) -> bool:
        """Say whether enough predictions and time have come since the last snapshot."""
        learning, new = self.params.learning, self.examples_seen - self._frozen_seen
        age = self._at - self._frozen_at
        if new < learning.snapshot_examples or age < timedelta(minutes=learning.snapshot_minutes):
            return False
        return age >= timedelta(hours=learning.snapshot_hours) or new >= self._frozen_seen * learning.snapshot_growth

    def freeze(self) -> ModelWeights:
        """Give what scorers need the next number."""
        self.number += 1
        self._frozen_seen, self._frozen_at = self.examples_seen, self._at
        return ModelWeights(
            number=self.number,
            at=self._at,
            params_hash=self.params.digest(),
            examples_seen=self.examples_seen,
            positives_seen=self.positives_seen,
            lines=tuple(line.frozen() for line in self._lines),
            quality=self._verdicts.figures(self.quality),
            text=self._frozen_text(),
        )

    def snapshot(self, examples_offset: int = -1) -> Snapshot:
        """Make the next numbered snapshot.

        Parameters
        ----------
        examples_offset
            Offset in the examples topic of the last example learned; -1 where examples did not come from Kafka.
        """
        return Snapshot(
            model=MODEL,
            format=LEARNER_FORMAT,
            weights=self.freeze(),
            learned=tuple(
                Learned(partition=partition, epoch=epoch, source=source)
                for partition, (epoch, source) in sorted(self._learned.items())
            ),
            examples_offset=examples_offset,
            contest=self._verdicts.contest(self.quality, self._lines[1].name if len(self._lines) > 1 else None),
            learner={
                "lines": {line.name: line.to_plain() for line in self._lines},
                "text": self._text.to_plain(),
                "quality": self.quality.to_plain(),
                "verdicts": self._verdicts.to_plain(),
                "drift": self._drift.to_plain(),
                "drifts": [drift.to_plain() for drift in self.drifts],
            },
        )

    def judge(self) -> tuple[QualityReport, ...]:
        """Say how good the newest predictions were, per horizon; sorting thousands of them takes most of a second."""
        return tuple(self.quality.report(horizon) for horizon in HORIZONS)

    @classmethod
    def resume(cls, snapshot: Snapshot, params: Params) -> Learner:
        """Go on from a snapshot as if nothing had happened since it was made.

        Raises
        ------
        SnapshotError
            If it was made by another version of the learner.
        """
        if (snapshot.model, snapshot.format) != (MODEL, LEARNER_FORMAT):
            raise SnapshotError(
                f"snapshot is {snapshot.model} format {snapshot.format}, this version reads {MODEL} {LEARNER_FORMAT}"
            )
        learner = cls(params)
        plain = snapshot.learner
        try:
            learner._lines = [
                Line.from_plain(plain["lines"][name], name, params) if name in plain["lines"] else Line(name, params)
                for name in _line_names(params)
            ]
            learner._text = TextLearner.from_plain(plain["text"])
            learner._told_text = snapshot.weights.text
            learner.quality = Quality.from_plain(plain["quality"], _BY_LEVEL, params.learning.judged)
            learner._verdicts = Verdicts.from_plain(
                plain["verdicts"], params.learning.judged, snapshot.weights.quality, snapshot.contest
            )
            learner._drift = Drift.from_plain(plain["drift"], NAMES)
            learner.drifts = [HealthAlert.from_plain(kept) for kept in plain["drifts"]]
        except (KeyError, ValueError, TypeError) as error:
            raise SnapshotError(f"snapshot {snapshot.weights.number} cannot be resumed: {error!r}") from error
        learner._learned = {last.partition: (last.epoch, last.source) for last in snapshot.learned}
        learner._at = snapshot.weights.at
        learner.number = snapshot.weights.number
        learner.examples_seen = snapshot.weights.examples_seen
        learner.positives_seen = snapshot.weights.positives_seen
        learner._frozen_seen, learner._frozen_at = learner.examples_seen, learner._at
        return learner

    def _frozen_text(self) -> TextWeights:
        """Give the text model anew where a tenth more conversations are known: it changes slowly, and is large."""
        told, seen = self._told_text, self._text.conversations_seen
        if seen > TEXT_GROWTH * (told.mood.examples_seen + told.handover.examples_seen):
            self._told_text = self._text.frozen()
        return self._told_text

    def _learn_text(self, example: TextExample) -> None:
        """Take a conversation into account, whatever is known of it."""
        turns = [Turn(turn.is_customer, turn.codes) for turn in example.turns]
        if example.rating is not None:
            self._text.learn_rating(turns, example.rating)
        if example.needed is not None:
            self._text.learn_handover(turns, example.needed)

    def _unseen_share(self, example: RiskExample) -> float:
        """Say how much of a new prediction the champion has never met."""
        return self._lines[0].unseen_share(example) if example.phase == "predicted" else 0.0


_BY_LEVEL: dict[int, float] = dict.fromkeys(HORIZONS, inf)
"""Quality counts a prediction as an alert by the level that stood, not by a probability: the threshold moves."""


def _line_names(params: Params) -> list[LineName]:
    """Name the lines to learn: the champion, and the challenger if there is another one."""
    learning = params.learning
    names = [learning.champion]
    if learning.challenger is not None and learning.challenger not in names:
        names.append(learning.challenger)
    return names
