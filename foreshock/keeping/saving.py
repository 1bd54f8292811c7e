"""Saving: every topic of ours into a folder, while workers run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from foreshock.broker.reading import open_topic
from foreshock.keeping.folder import Backup, KeptTopic, digest_of, file_of, make_folder, write_list, writing
from schemas.catalogue import SOURCE_TOPICS, TOPICS
from streams.settings import Settings
from streams.topics import CHANGELOG, GROUPS

_BETWEEN = ("observations", "examples")
_OUTPUTS = tuple(name for name in TOPICS if name not in {*SOURCE_TOPICS, *_BETWEEN, "journal", "snapshots"})
ORDER = ("snapshots", GROUPS, CHANGELOG, *_OUTPUTS, *_BETWEEN, "journal")
"""In which topics are saved: what follows from another topic before that one, so that nothing saved is ahead of what it
follows from. A worker that takes up such a backup does what it does after a crash."""

Advance = Callable[[str, int, int], None]
"""Hears about progress: topic, records more, of how many."""


async def save(settings: Settings, folder: Path, advance: Advance = lambda *_: None) -> Backup:
    """Write what is on every topic of ours to a folder; source topics are the company's own.

    Raises
    ------
    BackupError
        If the folder has a backup already, or cannot be written.
    ConfigurationError
        If a topic is missing.
    BrokerUnavailableError
        If no broker answers.
    """
    make_folder(folder)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    topics = {name: await _save_topic(settings, name, folder, advance) for name in ORDER}
    backup = Backup(at, settings.partitions, settings.journal_generation, settings.journal_epoch, topics)
    write_list(folder, backup)
    return backup


async def _save_topic(settings: Settings, name: str, folder: Path, advance: Advance) -> KeptTopic:
    """Write one topic, up to where it ends now."""
    path = file_of(folder, name)
    async with open_topic(settings, name) as reader:
        spans = await reader.spans()
        with writing(path) as file:
            for partition, span in enumerate(spans):
                async for record in reader.records(partition, span):
                    file.write(partition, record.offset, record)
                    advance(name, 1, span.offsets)
    return KeptTopic(reader.partitions, file.records, digest_of(path))
