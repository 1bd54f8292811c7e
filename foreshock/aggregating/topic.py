"""The topic of aggregates: read once, followed, and folded to how each alert about many stands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import NamedTuple

from foreshock.alerting.standing import Wanted
from foreshock.alerting.topic import check_name
from foreshock.broker.reading import open_topic
from schemas.aggregates import AggregateAlert
from schemas.codec import decode_as
from schemas.errors import ConfigurationError, UnreadableMessageError
from streams.settings import Settings

TOPIC = "aggregates"


class WantedAggregates(NamedTuple):
    """Which alerts about many are meant."""

    place: Wanted = Wanted()
    """Which units, levels and causes."""
    kinds: frozenset[str] = frozenset()
    """Only of what customers have in common; empty means any."""

    def takes(self, alert: AggregateAlert) -> bool:
        """Whether an alert is meant."""
        place = self.place
        return (
            place.holds_unit(alert.org_path)
            and (not place.levels or alert.level in place.levels)
            and (not place.causes or alert.cause in place.causes)
            and (not self.kinds or alert.by in self.kinds)
        )


class Told(NamedTuple):
    """A transition as it was sent."""

    alert: AggregateAlert
    """What the bytes say."""
    raw: bytes
    """The very bytes."""


def told_by(raw: bytes | None) -> Told | None:
    """Read a record; None if it is no alert about many."""
    try:
        return Told(decode_as(AggregateAlert, raw or b""), raw or b"")
    except UnreadableMessageError:
        return None


async def read_told(settings: Settings) -> AsyncIterator[Told]:
    """Yield everything that the topic holds, as it was sent."""
    async with open_topic(settings, TOPIC) as reader:
        for partition, span in enumerate(await reader.spans()):
            async for record in reader.records(partition, span):
                if (told := told_by(record.value)) is not None:
                    yield told


async def read_aggregates(settings: Settings) -> list[AggregateAlert]:
    """Read every transition that the topic holds, each once, in the order of their alerts and numbers."""
    found = {(told.alert.aggregate_id, told.alert.sequence): told.alert async for told in read_told(settings)}
    return [alert for _, alert in sorted(found.items())]


async def follow_aggregates(settings: Settings, limit: timedelta | None) -> AsyncIterator[AggregateAlert]:
    """Yield transitions that come from now on, each once, for so long or for ever."""
    last: dict[str, int] = {}
    async with open_topic(settings, TOPIC) as reader:
        async for record in reader.follow(await reader.spans(), limit.total_seconds() if limit is not None else None):
            told = told_by(record.value)
            if told is not None and told.alert.sequence > last.get(told.alert.aggregate_id, -1):
                last[told.alert.aggregate_id] = told.alert.sequence
                yield told.alert


def newest_of(transitions: Iterable[AggregateAlert]) -> list[AggregateAlert]:
    """Return the last transition of each alert; they come in order."""
    return list({alert.aggregate_id: alert for alert in transitions}.values())


def named_by(transitions: Iterable[AggregateAlert], named: str, topic: str) -> list[AggregateAlert]:
    """Return the transitions of one alert, by its id or at least six characters of its beginning.

    Raises
    ------
    ConfigurationError
        If no alert or several begin so, or so little does not name one.
    """
    check_name(named)
    meant = [alert for alert in transitions if alert.aggregate_id.startswith(named.lower())]
    if not meant:
        raise ConfigurationError(
            f"the topic {topic} holds no alert {named}: `foreshock aggregates list --ended` names all that it holds"
        )
    check_one(named, meant)
    return meant


def check_one(named: str, meant: Iterable[AggregateAlert]) -> None:
    """Refuse a name that several alerts have.

    Raises
    ------
    ConfigurationError
        With the ids of five of them.
    """
    ids = sorted({alert.aggregate_id for alert in meant})
    if len(ids) > 1:
        raise ConfigurationError(f"several alerts begin with {named}: {', '.join(ids[:5])}")
