"""Oversight: a thread of its own that watches the worker and answers for it, also while its event loop is held."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry

from streams.claims import Claim, Patience, claims_of_duty, claims_of_score, watched_partitions
from streams.duty import Duty
from streams.holes import Holes
from streams.probe import BrokerProbe
from streams.settings import Settings
from streams.views import Health, create_web, start_web
from streams.watchdog import LoopPulse, Watchdog, WatchdogObserver

if TYPE_CHECKING:
    from streams.guards.app import GuardedApp

log = logging.getLogger(__name__)

_MOST_BETWEEN_PROBES_SECONDS = 5.0
_JOIN_SECONDS = 5.0
_WRITE = frozenset({"writing", "recovery", "working"})
"""Parts that wait for writes; a recovery begins with one."""


class Oversight:
    """Serves the pages and runs the watchdog, in its own thread and event loop.

    Parameters
    ----------
    settings
        How patient to be, and where to listen.
    registry
        What /metrics shows.
    observer
        Hears what the watchdog sees.
    holes
        Positions that were never seen.

    Raises
    ------
    ConfigurationError
        If the token of the pages cannot be used.
    """

    def __init__(
        self, settings: Settings, registry: CollectorRegistry, observer: WatchdogObserver, holes: Holes
    ) -> None:
        self.settings = settings
        self.duties: list[Duty] = []
        """What the roles are doing."""
        self.app: GuardedApp | None = None
        """What scores, if anything does."""
        self.web_port: int | None = None
        """Port of the pages once they are served."""
        self._has_score = "score" in settings.roles
        self._token = settings.web_secret()
        self._registry = registry
        self._observer = observer
        self._holes = holes
        self._patience = Patience.of(settings)
        self._every = min(1.0, settings.stuck_after_seconds / 6)
        self._probe_every = min(_MOST_BETWEEN_PROBES_SECONDS, settings.stuck_after_seconds / 6)
        self._watchdog = Watchdog(observer, look_every_seconds=self._every)
        self._pulse: LoopPulse | None = None
        self._stop = threading.Event()
        self._is_watching = False
        self._thread: threading.Thread | None = None
        self._is_up: concurrent.futures.Future[int] = concurrent.futures.Future()

    async def start(self) -> None:
        """Serve the pages; called from the worker's event loop.

        Raises
        ------
        ConfigurationError
            If the address cannot be listened on.
        """
        self._pulse = LoopPulse(asyncio.get_running_loop())
        self._thread = threading.Thread(target=self._run, name="oversight", daemon=True)
        self._thread.start()
        self.web_port = await asyncio.wrap_future(self._is_up)
        log.info("web_listens", extra={"host": self.settings.web_host, "port": self.web_port})

    def watch(self) -> None:
        """Begin to watch, once every role has been started."""
        self._is_watching = True

    def rest(self) -> None:
        """Stop watching: the worker is ending, and has a deadline for that."""
        self._is_watching = False

    async def stop(self) -> None:
        """End the thread."""
        self.rest()
        self._stop.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, _JOIN_SECONDS)

    def readiness(self) -> Mapping[str, bool]:
        """Say per part of the worker whether it does its work, or knows that there is none for it."""
        parts = {duty.name: duty.is_ready for duty in self.duties}
        if self._has_score:
            parts["score"] = self.app is not None and self.app.has_settled
        return parts | {"broker": self._is_watching and self._watchdog.broker_answers}

    def health(self) -> Health:
        """Say how the worker is."""
        stalled, holes = self._watchdog.told(), self._holes.told()
        waiting = {duty.name: duty.waits_for for duty in self.duties if duty.waits_for is not None}
        if not self._watchdog.broker_answers:
            waiting["worker"] = "broker"
        return Health(stalled, holes, waiting)

    def _run(self) -> None:
        """Live in the thread."""
        try:
            asyncio.run(self._live())
        except Exception as error:
            if self._is_up.done():
                raise
            self._is_up.set_exception(error)  # whoever waits for the pages must not wait for ever

    async def _live(self) -> None:
        """Serve and watch until told to stop."""
        runner, port = await start_web(
            create_web(self._registry, self.readiness, self.health, self._token),
            self.settings.web_host,
            self.settings.web_port,
        )
        probe = BrokerProbe(self.settings, max(0.5, min(3.0, self.settings.stuck_after_seconds / 6)))
        self._is_up.set_result(port)
        try:
            await self._watch(probe)
        finally:
            await probe.close()
            await runner.cleanup()

    async def _watch(self, probe: BrokerProbe) -> None:
        """Look again and again."""
        ends: dict[Any, Any] | None = {}
        probed_at = -self._probe_every
        while not self._stop.is_set():
            if self._is_watching:
                try:
                    ends, probed_at = await self._look(probe, ends, probed_at)
                except Exception:
                    # Whoever watches must not be the first to fall.
                    log.exception("watchdog_failed")
            await asyncio.sleep(self._every)

    async def _look(self, probe: BrokerProbe, ends: Any, probed_at: float) -> tuple[Any, float]:
        """Look once; return what is known of the broker, and since when."""
        if time.monotonic() - probed_at >= self._probe_every:
            probed_at = time.monotonic()
            ends = await probe.ask(watched_partitions(self.settings, self.duties, self.app))
        self._observe_waits()
        over = self._watchdog.look(self._claims(ends or {}), ends is not None, time.monotonic())
        if over and self._is_watching:
            await self._end(over, probe)
        return ends, probed_at

    def _claims(self, ends: Mapping[Any, Any]) -> list[Claim]:
        """Ask every part."""
        assert self._pulse is not None  # noqa: S101 - set before the thread starts
        claims = [self._pulse.claim(self._patience.report, self._patience.end)]
        for duty in self.duties:
            claims += claims_of_duty(duty, ends, self._patience)
        claims += claims_of_score(self.app, ends, self._patience)
        return claims

    def _observe_waits(self) -> None:
        """Show which sinks are waited for."""
        for duty in self.duties:
            if duty.role == "deliver":
                self._observer.dependency(duty.name.removeprefix("deliver."), duty.waits_for is not None)

    async def _end(self, over: list[Claim], probe: BrokerProbe) -> None:
        """End the process, unless the broker is to blame after all."""
        tps = watched_partitions(self.settings, self.duties, self.app)
        for claim in over:
            if claim.needs_broker and await probe.ask(tps) is None:
                continue
            if claim.part in _WRITE and not await probe.has_all_replicas(tps):
                log.warning("replicas_are_missing", extra={"role": claim.name, "at": claim.at})
                continue
            self._watchdog.end(claim, _main_thread_at() if claim.part == "loop" else None)


def _main_thread_at() -> str:
    """Say where the main thread is, by function: that is what holds its event loop."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    return " < ".join(f"{entry.name}:{entry.lineno}" for entry in reversed(traceback.extract_stack(frame)[-6:]))
