"""The events of a run taken through the core once, for parts that need what comes of it: examples, and a model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

from bench.carriers.job import Job
from bench.events import SourceEvent, read_events
from models.intake import Intake
from models.params import Params, load_params
from models.replaying import EventReplay
from schemas.codec import CustomerEvent
from schemas.examples import RiskExample, TextExample
from schemas.snapshots import ModelWeights
from streams.wiring import intake_of


@dataclass(frozen=True, slots=True)
class History:
    """What came of the events."""

    events: list[SourceEvent]
    """The events, as a producer sends them."""

    intake: Intake
    """Prepares them."""

    params: Params
    """The default ones."""

    weights: ModelWeights
    """What was learned in the end."""

    examples: list[RiskExample | TextExample]
    """What was learned from."""

    stored: list[CustomerEvent]
    """The events as they are stored: pseudonymous and redacted."""

    replay: EventReplay
    """Has taken them all."""


@lru_cache(maxsize=1)
def history_of(file: Path, most: int | None = None) -> History:
    """Replay the events of a file, or the first `most`, with the default parameters, learning as it goes."""
    events = list(islice(read_events(file), most))
    intake, params = intake_of(Job(str(file), 0).settings()), load_params(None)
    replay = EventReplay(intake, params)
    stored: list[CustomerEvent] = []
    examples: list[RiskExample | TextExample] = []
    for event in events:
        message, outcomes = replay.take(event.raw, event.kind)
        stored.append(message)
        examples += [example for outcome in outcomes for example in outcome.examples]
    return History(events, intake, params, replay.learner.freeze(), examples, stored, replay)
