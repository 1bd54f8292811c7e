"""Sinks that keep an Alertmanager told: an open alert fires there until ours is closed.

Alertmanager forgets alerts when it restarts and ends those that nobody renews, so it is reminded of what is open.
What is open follows from the sink's topic alone: after a restart the sink reads it back from there.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Generic

import aiohttp
import orjson

from schemas.alerts import LEVELS, Level
from schemas.errors import SinkError
from sinks.firing import Firing, M, Portrait
from sinks.http import send, trust

log = logging.getLogger(__name__)

_TOGETHER = 200
"""Alerts per request when reminding: some 200 kB."""


@dataclass(frozen=True, slots=True)
class Alertmanagers:
    """Which Alertmanagers are told, of what, and how they are kept told."""

    urls: tuple[str, ...]
    """Base address of every member of the cluster: they do not pass alerts on to each other."""

    level: Level = "orange"
    """Lowest level that fires; below it an alert of ours is none of theirs."""

    repeat_every: timedelta = timedelta(minutes=1)
    """How often each is reminded of what is open."""

    hold: timedelta = timedelta(hours=24)
    """How long an alert goes on firing when no worker reminds it."""

    look_back: timedelta = timedelta(days=7)
    """How far back the topic is read after a restart for what is still open."""

    timeout: timedelta = timedelta(seconds=10)
    """How long one may take to answer."""

    ca_file: Path | None = None
    """PEM file of the authorities to trust; without it the system's."""


class AlertmanagerSink(Generic[M]):
    """Fires, renews and resolves alerts, or alerts about many, by the API v2.

    An alert there is known by its labels. When its level, its unit, who answers for it or its being acknowledged
    changes, it has other labels: the old ones are resolved and the new ones fire in the same request.

    Parameters
    ----------
    told
        Which Alertmanagers, and how.
    portrait
        How one kind of alert is shown there.
    name
        Short name, from a closed set: each has a position, a lag and dead letters of its own.
    now
        The present, in UTC.
    clock
        Seconds that only grow, for the time between two reminders.
    """

    def __init__(
        self,
        told: Alertmanagers,
        portrait: Portrait[M],
        name: str = "alertmanager",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        """Short name, from a closed set."""
        self.look_back = told.look_back
        """How far back the topic is read after a restart."""
        self._told = told
        self._portrait = portrait
        self._now = now
        self._clock = clock
        self._trust = trust(told.ca_file, "FORESHOCK_ALERTMANAGER_CA_FILE")
        self._session: aiohttp.ClientSession | None = None
        self._open: dict[str, Firing] = {}
        self._reminded_at = clock()
        self._to_remind: list[str] = []

    async def deliver(self, alert: M, /) -> None:
        """Post what the transition changes; returns once at least one Alertmanager has it.

        The others have it with the next reminder.

        Raises
        ------
        SinkUnavailableError
            If none answers.
        SinkRefusedError
            If all that answer refuse it.
        """
        alert_id = self._portrait.id_of(alert)
        before = self._open.get(alert_id)
        after = before if before and before.sequence >= alert.sequence else self._follow(before, alert)
        if before is None and after is None and self._is_high(alert):
            # Fired longer ago than we look back: its end is told with the labels that it most likely had.
            before = self._portrait.show(alert, None)
        now = self._now()
        posted = []
        if after is not None:
            posted.append(after.until(now + self._told.hold))
        if before is not None and (after is None or before.labels != after.labels):
            posted.append(before.until(now))
        if posted:
            await self._post(posted)
        self._remember(alert_id, after)

    def recall(self, alert: M, /) -> None:
        """Take note of a transition that was delivered before, in the order of the topic."""
        alert_id = self._portrait.id_of(alert)
        before = self._open.get(alert_id)
        if before is None or before.sequence < alert.sequence:
            self._remember(alert_id, self._follow(before, alert))

    def forget(self) -> None:
        """Let go of what is open: another worker may be told of it now."""
        self._open.clear()
        self._to_remind.clear()

    async def keep(self) -> None:
        """Remind every Alertmanager of what is open, if it is time; with very much of it, over several calls."""
        if not self._to_remind and self._clock() - self._reminded_at >= self._told.repeat_every.total_seconds():
            self._reminded_at = self._clock()
            self._to_remind = list(self._open)
        now_due, self._to_remind = self._to_remind[:_TOGETHER], self._to_remind[_TOGETHER:]
        until = self._now() + self._told.hold
        firing = [self._open[alert_id].until(until) for alert_id in now_due if alert_id in self._open]
        try:
            if firing:
                await self._post(firing)
        except SinkError as error:
            self._to_remind.clear()
            log.warning("alertmanager_not_reminded", extra={"sink": self.name, "error": str(error)})

    @property
    def longest(self) -> timedelta:
        """Longest time that one call can take."""
        return self._told.timeout

    async def probe(self) -> str:
        """Ask every Alertmanager for its status."""
        for url in self._told.urls:
            await send(self._opened(), self.name, f"{url}/api/v2/status", b"", {}, method="GET")
        return f"{len(self._told.urls)} of {len(self._told.urls)} answer"

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _follow(self, before: Firing | None, alert: M) -> Firing | None:
        """Return what should fire after a transition; `None` if nothing should."""
        if self._portrait.is_over(alert) or not self._is_high(alert):
            return None
        return self._portrait.show(alert, before)

    def _is_high(self, alert: M) -> bool:
        """Whether the alert's level is one that fires."""
        return LEVELS.index(alert.level) >= LEVELS.index(self._told.level)

    def _remember(self, alert_id: str, after: Firing | None) -> None:
        """Note what is open."""
        if after is None:
            self._open.pop(alert_id, None)
        else:
            self._open[alert_id] = after

    async def _post(self, posted: Sequence[dict[str, Any]]) -> None:
        """Post to all; one that takes it is enough."""
        body = orjson.dumps(posted)
        # At once, so that a member that hangs keeps the others from nothing.
        answers = await asyncio.gather(*(self._post_to(url, body) for url in self._told.urls))
        failures = [error for error in answers if error is not None]
        if len(failures) == len(self._told.urls):
            raise next((error for error in failures if error.retriable), failures[0])

    async def _post_to(self, url: str, body: bytes) -> SinkError | None:
        """Post to one; return why it does not have it."""
        try:
            await send(self._opened(), self.name, f"{url}/api/v2/alerts", body, {"Content-Type": "application/json"})
        except SinkError as error:
            return error
        return None

    def _opened(self) -> aiohttp.ClientSession:
        """Return the session, made on the loop that uses it."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._told.timeout.total_seconds()),
                connector=aiohttp.TCPConnector(ssl=self._trust),
            )
        return self._session
