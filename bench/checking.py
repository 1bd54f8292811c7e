"""Whether a carrier did its work: what it left behind against what the core alone made of the same events."""

from __future__ import annotations

import pickle
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.carriers.job import Figures, Job
from bench.carriers.left import Kept, kept_of, read_states
from bench.carriers.outputs import Named, named
from bench.events import read_events
from bench.source import read_topics
from models.rows import decode_row
from schemas.alerts import Alert
from schemas.codec import decode_as
from streams.settings import Settings
from streams.topics import CHANGELOG
from streams.wiring import intake_of

STOCK_CHANGELOG = "stock-states-changelog"
"""Changelog of stock Faust's table: app id, table name, `changelog`."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the core alone made of the events; every carrier must end with the same."""

    states: Mapping[str, Kept]
    """Per customer key."""

    alerts: frozenset[Named]
    """Transitions of alerts."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a carrier left behind, held against the truth."""

    lost_events: int
    """Events that are missing in the customers' states."""

    extra_events: int
    """Events that were counted again."""

    wrong_states: int
    """Customers whose state is another one, or missing, or nobody's."""

    lost_alerts: int
    """Transitions of alerts that never left."""

    wrong_alerts: int
    """Transitions that the truth does not know."""

    repeated_alerts: int
    """Transitions that left more than once: allowed, because their ids say so."""

    alerts: int
    """Transitions on the topic, each once."""

    risks: int
    """Records on the topic of risks."""

    unknown_risks: int
    """Customers without a risk, or risks without a customer."""

    @property
    def is_right(self) -> bool:
        """Whether nothing is lost, wrong, or counted twice; figures of a run that is not are worth nothing."""
        return not any((self.wrong_states, self.lost_alerts, self.wrong_alerts, self.unknown_risks))

    @property
    def lost(self) -> int:
        """Events and alerts that are missing."""
        return self.lost_events + self.lost_alerts

    @property
    def twice(self) -> int:
        """Events that were counted again, and alerts that left again."""
        return self.extra_events + self.repeated_alerts

    def problems(self) -> str:
        """Name what is not zero and should be."""
        wanted = ("lost_events", "extra_events", "wrong_states", "lost_alerts", "wrong_alerts", "unknown_risks")
        return ", ".join(f"{name} {count}" for name, count in asdict(self).items() if name in wanted and count)


def truth_of(core: Figures, folder: str) -> Truth:
    """Take the truth from a run of the core alone."""
    return Truth(read_states(folder), frozenset(map(tuple, core.facts["alerts"])))


async def compare(settings: Settings, states: Mapping[str, Kept], truth: Truth) -> Left:
    """Hold states, and the alerts and risks on the topics of a run, against the truth."""
    alerts: Counter[Named] = Counter()
    risks: Counter[str] = Counter()
    async for record in read_topics(settings, settings.topic("alerts"), settings.topic("risk")):
        if record.topic == settings.topic("risk"):
            risks[record.key.decode()] += 1
        else:
            alerts[named(decode_as(Alert, record.value))] += 1
    nobody = Kept(0, "")
    pairs = [(states.get(key, nobody), truth.states.get(key, nobody)) for key in {*states, *truth.states}]
    return Left(
        lost_events=sum(max(0, right.events - found.events) for found, right in pairs),
        extra_events=sum(max(0, found.events - right.events) for found, right in pairs),
        wrong_states=sum(found != right for found, right in pairs),
        lost_alerts=len(truth.alerts - alerts.keys()),
        wrong_alerts=len(alerts.keys() - truth.alerts),
        repeated_alerts=alerts.total() - len(alerts),
        alerts=len(alerts),
        risks=risks.total(),
        unknown_risks=len(risks.keys() ^ truth.states.keys()),
    )


async def worker_states(settings: Settings, job: Job, figures: Figures) -> dict[str, Kept]:
    """Read the states that our worker left in its changelog."""
    return _decoded(await _newest(settings, settings.topic(CHANGELOG)))


async def stock_states(settings: Settings, job: Job, figures: Figures) -> dict[str, Kept]:
    """Read the states that stock Faust left, likewise."""
    return _decoded(await _newest(settings, settings.topic(STOCK_CHANGELOG)))


async def own_states(settings: Settings, job: Job, figures: Figures) -> dict[str, Kept]:
    """Read the states that a carrier without any memory says it has."""
    return read_states(job.folder)


async def quix_states(settings: Settings, job: Job, figures: Figures) -> dict[str, Kept]:
    """Read the states that Quix Streams left in its changelog, under the customer's own id and the key of its store."""
    intake = intake_of(settings)
    key_of = {
        event.customer_id: intake.prepare(event.raw, event.kind).event.customer_id
        for event in {event.customer_id: event for event in read_events(Path(job.events_file))}.values()
    }
    newest = await _newest(settings, *figures.facts["changelogs"])
    return _decoded({key_of[name.rpartition(b"|")[0].decode()].encode(): row for name, row in newest.items()})


async def bytewax_states(settings: Settings, job: Job, figures: Figures) -> dict[str, Kept]:
    """Read the newest snapshots of Bytewax's recovery store."""
    return _decoded(_newest_snapshots(Path(job.folder)))


def _newest_snapshots(folder: Path) -> dict[bytes, bytes]:
    """Read the files of a recovery store: SQLite, with rows that this run has pickled itself."""
    newest: dict[bytes, tuple[int, bytes]] = {}
    for file in folder.rglob("*.sqlite3"):
        with closing(sqlite3.connect(file)) as store:
            found = store.execute("SELECT state_key, snap_epoch, ser_change FROM snaps WHERE step_id LIKE '%score%'")
            for key, epoch, pickled in found:
                if pickled is not None:
                    newest[key.encode()] = max(newest.get(key.encode(), (-1, b"")), (epoch, pickled))
    return {key: pickle.loads(pickled) for key, (_, pickled) in newest.items()}  # noqa: S301


States = Callable[[Settings, Job, Figures], Awaitable[Mapping[str, Kept]]]
"""Finds the states that a run has left."""


async def _newest(settings: Settings, *topics: str) -> dict[bytes, bytes]:
    """Read the newest row of every key of some changelogs."""
    return {record.key: record.value async for record in read_topics(settings, *topics)}


def _decoded(rows: Mapping[bytes, bytes]) -> dict[str, Kept]:
    """Sum up the customers' rows; those with `@` are a partition's own."""
    pairs: Iterable[tuple[bytes, bytes]] = rows.items()
    return {key.decode(): kept_of(decode_row(row)) for key, row in pairs if not key.startswith(b"@")}
