"""A sink that tells one chat robot, or one list of mail addresses."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from apprise import NotifyFormat

from schemas.alerts import LEVELS, PAGING, Alert, Level, Transition
from schemas.errors import SinkPacedError, SinkUnavailableError
from sinks.chat.answers import listening
from sinks.chat.pace import Pace
from sinks.chat.services import SERVICES, notifier_of, reach
from sinks.chat.texts import ChatLanguage, digest_of, load_texts, message_of
from sinks.http import SOON

_ONE_BY_ONE = timedelta(seconds=30)
"""So long a portion is told one by one: whoever watches us must be able to tell slow from stuck."""

_REMEMBERED = 10_000
"""Transitions that the robot is known to have told: far more than one portion."""


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


class ChatSink:
    """Tells people in a chat, or by mail.

    A robot cannot drop what it was told twice. This sink can while it lives; after a crash the last messages may come
    again, and each carries the reference by which a reader sees it.

    Parameters
    ----------
    name
        One of `sinks.chat.services.SERVICES`.
    url
        The robot's address.
    manner
        What is told, and how.
    clock
        Seconds that only grow.
    """

    def __init__(
        self,
        name: str,
        url: str,
        manner: Manner,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._manner = manner
        self._texts = load_texts(manner.texts, manner.language)
        self._robot = notifier_of(name, url, manner.timeout)
        self._pace = Pace(manner.per_minute)
        self._clock = clock
        self._told: OrderedDict[tuple[str, int], None] = OrderedDict()

    async def deliver(self, alert: Alert) -> None:
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

    async def deliver_together(self, alerts: Sequence[Alert]) -> None:
        """Tell transitions one by one, or in one message when there are too many for this minute."""
        news = [alert for alert in alerts if self._is_told(alert)]
        if len(news) < self._pace.free(self._clock()):  # one stays free for a digest
            await self._tell_each(news)
        elif news:
            if wait := self._pace.wait(self._clock()):
                raise SinkPacedError(self.name, timedelta(seconds=wait), "its minute is full")
            await self._tell(_worst_first(news))

    @property
    def longest(self) -> timedelta:
        """Longest time that one call can take; each of the last two messages needs a connection and an answer."""
        return _ONE_BY_ONE + 2 * 2 * self._manner.timeout

    async def probe(self) -> str:
        """See whether the service can be reached; the robot itself would have to say something."""
        where = await asyncio.to_thread(reach, self.name, self._robot)
        return f"{where} can be reached; whether it knows the robot shows with the first message"

    async def close(self) -> None:
        """Nothing to let go of: each message has a connection of its own."""

    def _is_told(self, alert: Alert) -> bool:
        """Whether people want to hear of it, and have not yet."""
        return (
            LEVELS.index(alert.level) >= LEVELS.index(self._manner.level)
            and alert.transition in self._manner.transitions
            and (alert.alert_id, alert.sequence) not in self._told
        )

    async def _tell_each(self, news: Sequence[Alert]) -> None:
        """Tell transitions one by one; to a slow robot the rest in one message."""
        until = self._clock() + _ONE_BY_ONE.total_seconds()
        for number, alert in enumerate(news):
            if self._clock() > until:
                await self._tell(_worst_first(news[number:]))
                return
            await self._tell([alert])

    async def _tell(self, alerts: Sequence[Alert]) -> None:
        """Send one message, and return once the robot has said that it took it."""
        limit = SERVICES[self.name].limit
        text = message_of(self._texts, alerts[0])
        if len(alerts) > 1 or len(text.encode()) > limit:
            text = digest_of(self._texts, alerts, limit)
        title, _, body = text.partition("\n") if self.name == "email" else ("", "", text)
        self._pace.sent(self._clock())
        with listening(self.name) as heard:
            is_sent = await self._robot.async_notify(body=body or title, title=title, body_format=NotifyFormat.TEXT)
        if heard:
            raise heard[-1]
        if not is_sent:
            raise SinkUnavailableError(self.name, SOON, "not sent")
        for alert in alerts:
            self._told[alert.alert_id, alert.sequence] = None
        while len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)


def _worst_first(alerts: Sequence[Alert]) -> list[Alert]:
    """Put what is worst where it is read."""
    return sorted(alerts, key=lambda alert: -LEVELS.index(alert.level))
