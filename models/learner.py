"""The only door to the weights: examples in log order in, numbered snapshots out."""

from __future__ import annotations

from datetime import UTC, datetime

from models.lines import Line
from models.params import LineName, Params
from models.sentiment_learner import SentimentLearner
from schemas.errors import SnapshotError
from schemas.examples import RiskExample, SentimentExample
from schemas.snapshots import Learned, ModelWeights, Snapshot

MODEL = "risk"
"""Name of the model family: risk for both horizons and the text model beside it."""

LEARNER_FORMAT = 1
"""Format of `Snapshot.learner`."""

_LONG_AGO = datetime(1971, 1, 1, tzinfo=UTC)


class Learner:
    """Learns from every example exactly once and publishes a snapshot each so many.

    An example is known by its source in the journal. Per journal partition sources only grow, so what is not beyond
    the last one learned has come again and is dropped: however often scorers send it, it counts once. In a journal
    of another epoch sources start over. When a snapshot
    is due depends on the number of examples alone: after a crash the next snapshot is the one that an uninterrupted
    run would have made.

    Parameters
    ----------
    params
        How to learn.
    """

    def __init__(self, params: Params) -> None:
        self.params = params
        self._lines = [Line(name, params) for name in _line_names(params)]
        self._sentiment = SentimentLearner()
        self._learned: dict[int, tuple[str, tuple[int, int, int]]] = {}
        self._at = _LONG_AGO
        self.number = 0
        self.examples_seen = 0
        self.positives_seen = 0
        self._due = self._next_due()

    def learn(self, example: RiskExample | SentimentExample) -> bool:
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
        if isinstance(example, SentimentExample):
            self._sentiment.learn(list(example.grams), example.target)
            return True
        for line in self._lines:
            line.learn(example)
        self.examples_seen += example.phase == "predicted"
        self.positives_seen += example.phase in ("complained", "corrected") and 30 in example.horizons
        return True

    def is_due(self) -> bool:
        """Say whether enough predictions came since the last snapshot."""
        return self.examples_seen >= self._due

    def freeze(self) -> ModelWeights:
        """Give what scorers need the next number."""
        self.number += 1
        self._due = self._next_due()
        return ModelWeights(
            number=self.number,
            at=self._at,
            params_hash=self.params.digest(),
            examples_seen=self.examples_seen,
            positives_seen=self.positives_seen,
            lines=tuple(line.frozen() for line in self._lines),
            sentiment=self._sentiment.frozen(),
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
            learner={
                "lines": {line.name: line.to_plain() for line in self._lines},
                "sentiment": self._sentiment.to_plain(),
            },
        )

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
            learner._sentiment = SentimentLearner.from_plain(plain["sentiment"])
        except (KeyError, ValueError, TypeError) as error:
            raise SnapshotError(f"snapshot {snapshot.weights.number} cannot be resumed: {error!r}") from error
        learner._learned = {last.partition: (last.epoch, last.source) for last in snapshot.learned}
        learner._at = snapshot.weights.at
        learner.number = snapshot.weights.number
        learner.examples_seen = snapshot.weights.examples_seen
        learner.positives_seen = snapshot.weights.positives_seen
        learner._due = learner._next_due()
        return learner

    def _next_due(self) -> int:
        """Say after how many predictions the next snapshot is due: soon while little is known, then ever less often."""
        learning = self.params.learning
        growth = int(self.examples_seen * learning.snapshot_growth)
        return self.examples_seen + min(max(learning.snapshot_examples, growth), learning.snapshot_examples_most)


def _line_names(params: Params) -> list[LineName]:
    """Name the lines to learn: the champion, and the challenger if there is another one."""
    learning = params.learning
    names = [learning.champion]
    if learning.challenger is not None and learning.challenger not in names:
        names.append(learning.challenger)
    return names
