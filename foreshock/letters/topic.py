"""The dead-letter topic, and the topics that its letters came from."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from foreshock.broker.reaching import in_plain_words
from foreshock.broker.reading import Span, open_topic
from foreshock.letters.redriving import Redriven, intake_without_secret
from schemas.catalogue import SOURCE_TOPICS
from schemas.codec import decode_as
from schemas.dead_letters import DeadLetter
from schemas.errors import ConfigurationError, UnreadableMessageError
from streams.connections import new_producer
from streams.settings import Settings

# So many wait for their acknowledgement together: memory stays flat, and a refusal shows at once.
_TOGETHER = 500


class Wanted(NamedTuple):
    """Which letters are meant."""

    reasons: frozenset[str] = frozenset()
    """Only these reasons; empty means any."""
    topics: frozenset[str] = frozenset()
    """Only letters from topics of these full names; empty means any."""

    def takes(self, letter: DeadLetter) -> bool:
        """Whether a letter is meant."""
        return (not self.reasons or letter.reason in self.reasons) and (not self.topics or letter.topic in self.topics)


def place_of(letter: DeadLetter) -> str:
    """Name where a letter came from: topic, partition, offset, and the line of a journal record."""
    where = f"{letter.topic}/{letter.partition}/{letter.offset}"
    return where if letter.line is None else f"{where}/{letter.line}"


async def read_letters(settings: Settings, wanted: Wanted) -> AsyncIterator[DeadLetter]:
    """Yield the letters that the topic holds now, oldest first.

    What is on the topic and is no dead letter comes as one, so that it is seen.

    Raises
    ------
    ConfigurationError
        If the topic does not exist, or no broker answers.
    """
    topic, intake = settings.topic("dead-letters"), intake_without_secret(settings)
    async with open_topic(settings, "dead-letters") as reader:
        for partition, span in enumerate(await reader.spans()):
            async for record in reader.records(partition, span):
                raw = record.value or b""
                try:
                    letter = decode_as(DeadLetter, raw)
                except UnreadableMessageError as error:
                    letter = DeadLetter(
                        topic=topic,
                        partition=partition,
                        offset=record.offset,
                        reason="invalid",
                        error=f"is no dead letter: {error}"[:2_000],
                        at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
                        raw=intake.legible(raw),
                    )
                if wanted.takes(letter):
                    yield letter


async def read_originals(
    settings: Settings, letters: Sequence[DeadLetter], is_original: Callable[[DeadLetter, bytes], bool]
) -> dict[str, bytes]:
    """Find the bytes that letters from source topics were made of.

    Parameters
    ----------
    settings
        Where the brokers are.
    letters
        The letters.
    is_original
        Whether a letter was made of these bytes; a topic made anew has other records at the same offsets.

    Returns
    -------
    dict of str to bytes
        By the place of the letter. Missing if the topic has forgotten the record, or holds another one there by now.
    """
    names = {settings.topic(name): name for name in SOURCE_TOPICS}
    by_topic: defaultdict[str, list[DeadLetter]] = defaultdict(list)
    for letter in letters:
        if letter.topic in names:
            by_topic[names[letter.topic]].append(letter)
    found: dict[str, bytes] = {}
    for name, some in by_topic.items():
        try:
            async with open_topic(settings, name) as reader:
                spans = await reader.spans()
                for letter in some:
                    if letter.partition >= len(spans):
                        continue
                    span = spans[letter.partition]
                    if not span.first <= letter.offset < span.end:
                        continue
                    async for record in reader.records(letter.partition, Span(letter.offset, letter.offset + 1)):
                        if is_original(letter, record.value or b""):
                            found[place_of(letter)] = record.value
        except ConfigurationError:
            continue  # the topic is gone, and the originals with it
    return found


async def send_back(settings: Settings, records: Sequence[Redriven]) -> int:
    """Send records, and return how many the broker acknowledged: all of them.

    Raises
    ------
    ConfigurationError
        If the broker refuses one, or does not answer.
    """
    waiting = iter(records)
    async with in_plain_words(settings):
        producer = new_producer(settings)
        try:
            await producer.start()
            while portion := list(islice(waiting, _TOGETHER)):
                acknowledged = [
                    await producer.send(
                        record.topic,
                        record.value,
                        key=record.key,
                        partition=record.partition,
                        headers=list(record.headers),
                    )
                    for record in portion
                ]
                await asyncio.gather(*acknowledged)
        finally:
            await producer.stop()
    return len(records)
