"""What carrying a message costs: the same core on the same events, carried by us, by peers and by a plain loop."""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import checking
from bench.brokers import Broker
from bench.carriers.job import BenchError, Figures, Job, run_carrier
from bench.checking import Left, States, Truth, compare, truth_of
from bench.environments import NoEnvironmentError, environment_of
from bench.events import read_events
from bench.found import Asked, Found, Table
from bench.source import fill_topics
from bench.summary import COLUMNS, measures_of, rows_of, summary_of


@dataclass(frozen=True, slots=True)
class Carrier:
    """One way to carry the core."""

    module: str
    """Its module under `bench.carriers`."""

    states: States | None = None
    """Finds the states that it has left; the core alone is what the others are compared with."""

    peer: str | None = None
    """Lock of its own environment under `bench/peers`; without one it runs in ours."""


CARRIERS = {
    "worker": Carrier("worker", checking.worker_states),
    "core": Carrier("core"),
    "stock": Carrier("stock_faust", checking.stock_states),
    "quix": Carrier("quix_streams", checking.quix_states, "quix"),
    "bytewax": Carrier("bytewax_flow", checking.bytewax_states, "bytewax"),
    "plain": Carrier("plain_loop", checking.own_states),
}

PROFILED = ("core", "worker")
"""Carriers that profiles are taken of."""

_COUNTED = (
    "CPU is user and system time of the carrier's process; carrying is that less the core's of the same round. Lost "
    "and twice count events in the customers' states and alerts on their topic, over all rounds, against the core's."
)


def measure(asked: Asked) -> Found:
    """Run every carrier in every round, interleaved, each a fresh process on fresh topics filled before.

    Raises
    ------
    BenchError
        If a carrier fails.
    """
    with ExitStack() as stack:
        bench = _Bench(asked, stack)
        runs = bench.run()
    summary = summary_of(runs)
    notes = [
        _COUNTED,
        *(f"{name} is {what}." for name, what in bench.peers.items()),
        *(f"{name} did not run: {reason}" for name, reason in bench.skipped.items()),
    ]
    title = f"carrying: {asked.events:,} events of {asked.event_bytes:.0f} bytes, {asked.people:,} people"
    return Found(
        {"runs": runs, "summary": summary, "skipped": bench.skipped, "peers": bench.peers},
        measures_of(runs, bench.skipped),
        [Table(f"{title}, {asked.rounds} rounds", COLUMNS, list(rows_of(summary, bench.skipped)))],
        notes,
        bench.faults,
    )


class _Bench:
    """Runs carriers on one set of events and one broker.

    Parameters
    ----------
    asked
        What to do.
    stack
        Ends the broker.
    """

    def __init__(self, asked: Asked, stack: ExitStack) -> None:
        self._asked = asked
        self._stack = stack
        self._broker: Broker | None = None
        # A core ten times slower than today's, carried by stock Faust on a busy machine.
        self._timeout_seconds = 120.0 + asked.events / 50
        self._truth: Truth | None = None
        self.skipped: dict[str, str] = {}
        """Carriers that cannot run here, and why."""
        self.faults: list[str] = []
        """What carriers lost or got wrong."""
        self.peers: dict[str, str] = {}
        """What peers are exactly, by carrier."""
        self._pythons: dict[str, Path | None] = {}

    def run(self) -> list[dict[str, Any]]:
        """Run all rounds and return what each run measured; where profiles are asked for, once more for them."""
        names = [name for name in self._asked.carriers if self._is_possible(name)]
        runs = [self._one(number, name) for number in range(1, self._asked.rounds + 1) for name in names]
        if self._asked.profiles is not None:
            for name in PROFILED:
                self._profile(name, self._asked.profiles)
        return runs

    def _is_possible(self, name: str) -> bool:
        """Say whether a carrier can run here; a peer's environment is made now."""
        peer = CARRIERS[name].peer
        self._pythons[name] = None
        if peer is None:
            return True
        try:
            with self._asked.console.status(f"installing {peer} into an environment of its own"):
                environment = environment_of(peer)
        except NoEnvironmentError as error:
            self.skipped[name] = f"it cannot be installed: {error}"
            return False
        self._pythons[name] = environment.python
        self.peers[name] = f"{environment.package} on Python {environment.version}"
        return True

    def _one(self, number: int, name: str) -> dict[str, Any]:
        """Run one carrier once and sum it up."""
        console = self._asked.console
        with (
            console.status(f"round {number} of {self._asked.rounds}: {name}"),
            tempfile.TemporaryDirectory(prefix="foreshock-bench-") as folder,
        ):
            figures, left = self._carry(name, folder)
        if left is not None and not left.is_right:
            self.faults.append(f"{name}, round {number}: {left.problems()}: its figures are worth nothing")
        cpu, wall = figures.microseconds_per_event, figures.wall_seconds / figures.events * 1e6
        console.print(f"round {number}: {name:8} {cpu:8,.1f} CPU us/event {wall:8,.1f} wall us/event")
        return {
            "round": number,
            "carrier": name,
            "events": figures.events,
            "cpu_microseconds_per_event": cpu,
            "wall_microseconds_per_event": wall,
            **{key: value for key, value in figures.facts.items() if key not in ("alerts", "changelogs")},
            **({} if left is None else {**asdict(left), "lost": left.lost, "twice": left.twice}),
        }

    def _profile(self, name: str, profiles: Path) -> None:
        """Run one carrier under a sampler, which slows it down by some per cent."""
        with (
            self._asked.console.status(f"profile: {name}"),
            tempfile.TemporaryDirectory(prefix="foreshock-bench-") as folder,
        ):
            self._carry(name, folder, str((profiles / f"{name}.txt").resolve()))

    def _carry(self, name: str, folder: str, profile: str = "") -> tuple[Figures, Left | None]:
        """Fill topics, carry, check; return figures and what was left."""
        carrier = CARRIERS[name]
        if carrier.states is None:
            figures = run_carrier(carrier.module, self._job(folder, profile), self._timeout_seconds)
            self._truth = truth_of(figures, folder)
            return self._complete(name, figures), None
        truth = self._truth or self._find_truth()
        with self._lent() as broker:
            job = self._job(folder, profile, broker)
            settings = job.settings()
            asyncio.run(fill_topics(settings, read_events(self._asked.file)))
            figures = self._complete(name, run_carrier(carrier.module, job, self._timeout_seconds, self._pythons[name]))

            async def check(states: States) -> Left:
                return await compare(settings, await states(settings, job, figures), truth)

            return figures, asyncio.run(check(carrier.states))

    def _find_truth(self) -> Truth:
        """Let the core say what the events lead to, without counting it as a run."""
        with tempfile.TemporaryDirectory(prefix="foreshock-bench-") as folder:
            self._truth = truth_of(run_carrier("core", self._job(folder), self._timeout_seconds), folder)
        return self._truth

    @contextmanager
    def _lent(self) -> Iterator[Broker]:
        """Lend the broker to one run; the embedded one, which keeps all in memory, is another one each time."""
        if self._asked.brokers.is_embedded:
            with self._asked.brokers.running() as broker:
                yield broker
            return
        if self._broker is None:
            self._broker = self._stack.enter_context(self._asked.brokers.running())
        yield self._broker

    def _complete(self, name: str, figures: Figures) -> Figures:
        """Refuse figures of fewer events, or more."""
        if figures.events != self._asked.events:
            raise BenchError(f"{name}: {self._asked.events} events went in, {figures.events} changed a state")
        return figures

    def _job(self, folder: str, profile: str = "", broker: Broker | None = None) -> Job:
        """Make the job of one run, with topics of its own."""
        return Job(
            str(self._asked.file),
            self._asked.events,
            bootstrap=broker.bootstrap if broker else "",
            prefix=f"bench-{uuid.uuid4().hex[:8]}.",
            idempotence=broker is not None and broker.takes_idempotence,
            profile=profile,
            folder=folder,
        )


def unknown(names: Sequence[str]) -> list[str]:
    """Return names that are no carrier's."""
    return sorted(set(names) - set(CARRIERS))
