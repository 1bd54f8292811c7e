"""Sinks that tell one chat robot, or one list of mail addresses."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Generic, TypeVar

from apprise import NotifyFormat

from schemas.aggregates import AggregateAlert
from schemas.alerts import LEVELS, PAGING, Alert, Level, Transition
from schemas.errors import SinkPacedError, SinkUnavailableError
from sinks.chat.answers import listening
from sinks.chat.pace import Pace
from sinks.chat.services import SERVICES, notifier_of, reach
from sinks.chat.texts import ChatLanguage, digest_of, load_texts, message_of
from sinks.http import SOON
from sinks.places import PostOf, nobody

_ONE_BY_ONE = timedelta(seconds=30)
"""So long a portion is told one by one: whoever watches us must be able to tell slow from stuck."""

_REMEMBERED = 10_000
"""Transitions that the robot is known to have told: far more than one portion."""

_LIKE: dict[str, Transition] = {"grown": "raised"}
"""Transitions of alerts about many that those about one do not have, and which of theirs they are told like."""

Told_contra = TypeVar("Told_contra", Alert, AggregateAlert, contravariant=True)
"""What can be told."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What all robots tell, and how."""

    level: Level = "orange"
    """Lowest level that is told."""

    transitions: frozenset[Transition] = field(default=PAGING | {"complained"})
    """Which transitions are told; the others are for work lists."""

    language: ChatLanguage = "zh"
    """In which language."""

    texts: Path | None = None
    """TOML file of sentences; without it those of Foreshock."""

    per_minute: int = 10
    """Most messages in a minute; what is more becomes one message."""

    timeout: timedelta = timedelta(seconds=10)
    """How long the robot may take to connect, and then to answer."""

    post_of: PostOf = nobody
    """Who answers for a place; alerts about one customer say it themselves."""


class ChatSink(Generic[Told_contra]):
    """Tells people in a chat, or by mail, of alerts, or of alerts about many.

    A robot cannot drop what it was told twice. This sink can while it lives; after a crash the last messages may come
    again, and each carries the reference by which a reader sees it.

    Parameters
    ----------
    service
        One of `sinks.chat.services.SERVICES`.
    url
        The robot's address.
    manner
        What is told, and how.
    clock
        Seconds that only grow.
    name
        Short name, from a closed set: each has a position, a lag and dead letters of its own; without it the service's.
    pace
        Where the robot's messages are counted; without it this sink is the only one that tells it.
    """

    def __init__(
        self,
        service: str,
        url: str,
        manner: Manner,
        clock: Callable[[], float] = time.monotonic,
        name: str | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.name = name or service
        """Short name, from a closed set."""
        self._service = service
        self._manner = manner
        self._texts = load_texts(manner.texts, manner.language)
        self._robot = notifier_of(service, url, manner.timeout)
        self._pace = pace or Pace(manner.per_minute)
        self._clock = clock
        self._told: OrderedDict[str, None] = OrderedDict()

    async def deliver(self, alert: Told_contra, /) -> None:
        """Tell the transition, if it is one that people want to hear of.

        Raises
        ------
        SinkPacedError
            If this minute has had its messages.
        SinkUnavailableError
            If the robot does not answer, or is told too much.
        SinkRefusedError
            If it will never take this: an unknown robot, a wrong signature.
        """
        await self.deliver_together([alert])

    async def deliver_together(self, alerts: Sequence[Told_contra], /) -> None:
        """Tell transitions one by one; what is too much for this minute, or for a slow robot, in one message."""
        news = [alert for alert in alerts if self._is_told(alert)]
        until = self._clock() + _ONE_BY_ONE.total_seconds()
        while news:
            now = self._clock()
            if wait := self._pace.wait(now):
                raise SinkPacedError(self.name, timedelta(seconds=wait), "its minute is full")
            # Another sink may have told the robot meanwhile; one stays free for a digest.
            is_one_by_one = len(news) < self._pace.free(now) and now <= until
            portion = news[:1] if is_one_by_one else _worst_first(news)
            await self._tell(portion)
            news = news[len(portion) :]

    @property
    def longest(self) -> timedelta:
        """Longest time that one call can take; each of the last two messages needs a connection and an answer."""
        return _ONE_BY_ONE + 2 * 2 * self._manner.timeout

    async def probe(self) -> str:
        """See whether the service can be reached; the robot itself would have to say something."""
        where = await asyncio.to_thread(reach, self._service, self._robot)
        return f"{where} can be reached; whether it knows the robot shows with the first message"

    async def close(self) -> None:
        """Nothing to let go of: each message has a connection of its own."""

    def _is_told(self, alert: Alert | AggregateAlert) -> bool:
        """Whether people want to hear of it, and have not yet."""
        return (
            LEVELS.index(alert.level) >= LEVELS.index(self._manner.level)
            and _LIKE.get(alert.transition, alert.transition) in self._manner.transitions
            and alert.identity not in self._told
        )

    async def _tell(self, alerts: Sequence[Alert | AggregateAlert]) -> None:
        """Send one message, and return once the robot has said that it took it."""
        limit, post_of = SERVICES[self._service].limit, self._manner.post_of
        text = message_of(self._texts, alerts[0], post_of)
        if len(alerts) > 1 or len(text.encode()) > limit:
            text = digest_of(self._texts, alerts, limit, post_of)
        title, _, body = text.partition("\n") if self._service == "email" else ("", "", text)
        self._pace.sent(self._clock())
        with listening(self.name) as heard:
            is_sent = await self._robot.async_notify(body=body or title, title=title, body_format=NotifyFormat.TEXT)
        if heard:
            raise heard[-1]
        if not is_sent:
            raise SinkUnavailableError(self.name, SOON, "not sent")
        for alert in alerts:
            self._told[alert.identity] = None
        while len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)


def _worst_first(alerts: Sequence[Told_contra]) -> list[Told_contra]:
    """Put what is worst where it is read."""
    return sorted(alerts, key=lambda alert: -LEVELS.index(alert.level))
