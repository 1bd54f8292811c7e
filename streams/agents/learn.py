"""Learn: examples in their order, snapshots out; the learner's position lives in its snapshot.

One partition gives one order, and the consumer group one learner. A snapshot is a function of the examples before
it alone, so a learner that was paused and comes back publishes the same bytes as its successor.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from aiokafka import AIOKafkaProducer, ConsumerRecord

from schemas.codec import decode_example
from schemas.errors import ConfigurationError, SnapshotError, UnreadableMessageError
from schemas.examples import RiskExample, TextExample
from schemas.snapshots import Snapshot
from sinks.metrics.quality import Drift, Report
from streams.duty import Duty
from streams.holes import Holes
from streams.lone_reader import SLICE_SECONDS, Place, ReaderObserver, Work, read_alone
from streams.settings import Settings
from streams.snapshots import (
    announce,
    load_snapshot,
    newest_snapshot,
    publish,
    refuse_altered,
    write_snapshot,
)
from streams.turns import Turns

log = logging.getLogger(__name__)


class Learner(Protocol):
    """What learns; `models.learner.Learner` does."""

    def learn(self, example: RiskExample | TextExample) -> bool:
        """Learn from an example unless it came before; tell whether it was new."""

    def is_due(self) -> bool:
        """Tell whether it is time for a snapshot."""

    def snapshot(self, examples_offset: int = -1) -> Snapshot:
        """Make the next snapshot."""

    def judge(self) -> Collection[Report]:
        """Say how good the newest predictions were, per horizon."""

    @property
    def drifts(self) -> Sequence[Drift]:
        """The newest changes of the stream, oldest first."""


NewLearner = Callable[[Snapshot | None], Learner]
"""Makes a learner that goes on from a snapshot, or begins."""


class LearnObserver(ReaderObserver, Protocol):
    """Hears what the learner does; metrics implement it."""

    def learnt(self, is_new: bool) -> None:
        """An example was taken."""

    def snapshot_published(self, snapshot: Snapshot) -> None:
        """A snapshot and its notices are at the broker."""

    def foreseen(self, example: RiskExample | TextExample) -> None:
        """A new example was learned from."""

    def judged(self, reports: Collection[Report], drifts: Collection[Drift]) -> None:
        """The learner judged its predictions."""


async def run_learn(
    settings: Settings,
    new_learner: NewLearner,
    outlet: AIOKafkaProducer,
    observer: LearnObserver,
    stop: asyncio.Event,
    duty: Duty | None = None,
    holes: Holes | None = None,
) -> None:
    """Learn until `stop` is set.

    What it is doing is noted in `duty`, and positions that were never seen go to `holes`.

    Raises
    ------
    ConfigurationError
        If the newest snapshot, or the file to start from, bears no signature of ours, or was made by a version of the
        learner that this one cannot go on from.
    """
    duty = duty or Duty("learn")

    async def take_up(place: Place) -> Work:
        learner = await _take_up(settings, new_learner, place, outlet, observer)
        return partial(_learn, settings, learner, place, outlet, observer, duty)

    await read_alone(settings, "examples", take_up, observer, stop, duty, holes)


async def _take_up(
    settings: Settings,
    new_learner: NewLearner,
    place: Place,
    outlet: AIOKafkaProducer,
    observer: LearnObserver,
) -> Learner:
    """Go on from the newest snapshot, and announce it again in case its notices were not all written.

    Without one, go on from the file that the settings name, or begin.
    """
    key = settings.snapshot_secret()
    newest = await newest_snapshot(settings)
    if newest is not None:
        refuse_altered(newest, key, settings.topic("snapshots"))
    elif settings.start_from is not None:
        newest = await _start_from(settings, settings.start_from, new_learner, key, outlet)
    learner = _resumed(settings, new_learner, newest)
    position = 0 if newest is None else newest.examples_offset + 1
    await place.read_from(position)
    if newest is not None:
        await announce(settings, newest, key, outlet)
        observer.snapshot_published(newest)
    observer.judged(await asyncio.to_thread(learner.judge), learner.drifts)
    log.info("learner_took_up", extra={"snapshot": newest.weights.number if newest else 0, "position": position})
    return learner


async def _start_from(
    settings: Settings, path: Path, new_learner: NewLearner, key: bytes, outlet: AIOKafkaProducer
) -> Snapshot:
    """Publish the snapshot of a file as the first of this installation.

    Examples of a file have no place in the journal, so of the journal nothing is learned yet.
    """
    trained = load_snapshot(path, key)
    first = trained.model_copy(update={"learned": (), "examples_offset": -1})
    try:
        new_learner(first)
    except SnapshotError as error:
        raise ConfigurationError(
            f"FORESHOCK_START_FROM: {path} cannot be gone on from ({error}): make it anew with `foreshock train` of "
            "this version, with the parameters that the workers have"
        ) from error
    written = await write_snapshot(settings, first, key, outlet)
    log.info("learner_started_from_file", extra={"file": str(path), "snapshot": first.weights.number})
    return written


def _resumed(settings: Settings, new_learner: NewLearner, newest: Snapshot | None) -> Learner:
    """Make a learner that goes on from a snapshot, or begins."""
    try:
        return new_learner(newest)
    except SnapshotError as error:
        raise ConfigurationError(
            f"the newest snapshot cannot be gone on from ({error}): run the version that made it, or delete the topic "
            f"{settings.topic('snapshots')} to learn anew from the examples that are still kept"
        ) from error


async def _learn(
    settings: Settings,
    learner: Learner,
    place: Place,
    outlet: AIOKafkaProducer,
    observer: LearnObserver,
    duty: Duty,
    records: Sequence[ConsumerRecord],
) -> None:
    """Learn from examples in their order; publish a snapshot exactly where it is due."""
    turns = Turns(SLICE_SECONDS)
    for record in records:
        await turns.give()
        duty.steps += 1
        try:
            example = decode_example(record.value or b"")
        except UnreadableMessageError as error:
            # We wrote it ourselves: a newer version must have. Going on loses one example of many.
            observer.dead_letter(error.reason)
            log.error("example_unreadable", extra={"offset": record.offset, "error": str(error)})
            continue
        known = learner.drifts[-1:]
        is_new = learner.learn(example)
        observer.learnt(is_new)
        if is_new:
            observer.foreseen(example)
        if learner.drifts[-1:] != known:
            _report_drift(learner.drifts, known)
        if learner.is_due():
            # In a thread: judging thousands of predictions takes a second, and scoring must go on meanwhile.
            snapshot = await asyncio.to_thread(learner.snapshot, record.offset)
            await publish(settings, snapshot, settings.snapshot_secret(), outlet)
            observer.snapshot_published(snapshot)
            observer.judged(await asyncio.to_thread(learner.judge), learner.drifts)
            await place.show(record.offset + 1)


def _report_drift(drifts: Sequence[Drift], known: Sequence[Drift]) -> None:
    """Log what has moved since the last one known."""
    for drift in drifts[drifts.index(known[0]) + 1 if known and known[0] in drifts else 0 :]:
        log.warning(
            "stream_has_moved",
            extra={
                "monitor": drift.monitor,
                "since": f"{drift.since:%Y-%m-%d}",
                "before": round(drift.before, 4),
                "after": round(drift.after, 4),
            },
        )
