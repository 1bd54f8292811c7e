"""A backup: saved while a worker runs, put back on another installation, and taken up there."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest

import foreshock.keeping.restoring as restoring
from foreshock.keeping.folder import LIST, BackupError, file_of, reading, write_list
from foreshock.keeping.restoring import restore
from foreshock.keeping.saving import ORDER, save
from foreshock.simulate.feed import feed
from streams.broker import EmbeddedBroker
from streams.exits import ExitCode
from streams.outbox import Record, send_records
from streams.settings import Settings
from streams.topics import check_topics
from tests.support.journal import broker_settings, call, prepare_topics, read_topic, write_journal
from tests.support.outcomes import engine_offsets, reached, rows_on_topic, settled
from tests.support.parity import assert_agreement, prepared, worker_of, world

pytestmark = pytest.mark.broker


def elsewhere(settings: Settings) -> Settings:
    """Settings of an installation that has lost everything."""
    return settings.model_copy(update={"topic_prefix": f"again.{settings.topic_prefix}"})


async def contents(settings: Settings, name: str) -> list[tuple[int, Any, Any, Any]]:
    """What is on a topic, in order."""
    count = 1 if name in ("snapshots", "examples", "observations", "aggregates", "groups", "dead-letters") else None
    return [(r.partition, r.key, r.value, list(r.headers)) for r in await read_topic(settings, name, count)]


async def stopped(worker: Any) -> None:
    worker.signal(signal.SIGTERM)
    assert await asyncio.to_thread(worker.wait) == ExitCode.STOPPED, worker.said()[-3000:]


@pytest.mark.timeout(600)
async def test_what_was_saved_from_running_workers_is_taken_up_elsewhere_to_the_byte(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    settings = await prepared(embedded_broker, tmp_path)
    folder = tmp_path / "backup"
    with worker_of(settings, tmp_path, "ingest,score,learn") as worker:
        is_saved = asyncio.Event()
        feeding = asyncio.create_task(
            feed(world(days=None), settings.bootstrap_servers, settings.topic_prefix, 150_000.0, is_saved)
        )
        await worker.has_said("snapshot_published")
        await save(settings, folder)
        assert not feeding.done(), "the backup came too late: the test shows less than it says"
        is_saved.set()
        await feeding
        await stopped(worker)

    again = elsewhere(settings)
    await restore(again, folder)
    with worker_of(again, tmp_path, "score,learn") as worker:
        ends = {each.partition: each.offset for each in reading(file_of(folder, "journal"))}
        async with asyncio.timeout(150):
            while not reached(await engine_offsets(again), ends):  # noqa: ASYNC110 - a process works
                await asyncio.sleep(0.5)
        await settled(again, 0)
        await stopped(worker)
    await assert_agreement(again, tmp_path)


@pytest.fixture
async def kept(embedded_broker: EmbeddedBroker, tmp_path: Path) -> tuple[Settings, Path]:
    """An installation that has worked a little, and its backup."""
    settings = await prepared(embedded_broker, tmp_path)
    await write_journal(settings, [call(number, 40) for number in range(120)])
    with worker_of(settings, tmp_path, "score") as worker:
        await settled(settings, 120)
        await stopped(worker)
    await save(settings, tmp_path / "backup")
    return settings, tmp_path / "backup"


async def test_every_topic_is_the_same_after_a_restore(kept: tuple[Settings, Path]) -> None:
    settings, folder = kept
    again = elsewhere(settings)

    await restore(again, folder)

    await check_topics(again)
    for name in ORDER:
        assert await contents(again, name) == await contents(settings, name), name
    await restore(again, folder)  # nothing is missing, so nothing is written
    assert await contents(again, "journal") == await contents(settings, "journal")


async def test_a_journal_whose_beginning_was_deleted_by_age_keeps_its_offsets(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    settings = broker_settings(embedded_broker.bootstrap_servers, partitions=1, clock="event")
    await prepare_topics(settings)
    for portion in range(5):
        await write_journal(settings, [call(number, 5) for number in range(portion * 10, portion * 10 + 10)])
    with worker_of(settings, tmp_path, "score") as worker:
        await settled(settings, 50)
        await stopped(worker)
    rows = await rows_on_topic(settings)
    await save(settings, tmp_path / "backup")
    saved = [each.offset for each in reading(file_of(tmp_path / "backup", "journal"))]
    last = saved[-1]
    # The embedded broker deletes nothing by age: what it would have deleted is left out.
    await leave_out(tmp_path / "backup", 2)

    again = elsewhere(settings)
    await restore(again, tmp_path / "backup")

    journal = await read_topic(again, "journal")
    assert [(r.offset, r.value is None) for r in journal] == [(n, n < 2) for n in range(last + 1)]
    assert await rows_on_topic(again) == rows
    await write_journal(again, [call(50, 5)])
    with worker_of(again, tmp_path, "score") as worker:
        await settled(again, 0)
        assert (await engine_offsets(again)) == {0: last + 1}
        await stopped(worker)


async def leave_out(folder: Path, before: int) -> None:
    """Take the first records out of the saved journal."""
    from foreshock.keeping.folder import digest_of, read_list, writing

    backup, path = read_list(folder), file_of(folder, "journal")
    left = [each for each in reading(path) if each.offset >= before]
    with writing(path) as file:
        for each in left:
            file.write(each.partition, each.offset, each.record)
    journal = backup.topics["journal"]._replace(records=len(left), sha256=digest_of(path))
    write_list(folder, backup._replace(topics=backup.topics | {"journal": journal}))


@pytest.mark.parametrize("sent", [0, 1, 4])
async def test_a_restore_that_ends_halfway_goes_on_where_it_was(
    kept: tuple[Settings, Path], monkeypatch: pytest.MonkeyPatch, sent: int
) -> None:
    settings, folder = kept
    again, portions = elsewhere(settings), []

    async def sends_some(producer: Any, topic: str, partition: int, records: list[Record]) -> int | None:
        if records:
            portions.append(topic)
        if len(portions) > sent:
            raise ConnectionError("the machine is gone")
        return await send_records(producer, topic, partition, records)

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "send_records", sends_some)
        with pytest.raises(ConnectionError):
            await restore(again, folder)
    await restore(again, folder)

    for name in ORDER:
        assert await contents(again, name) == await contents(settings, name), name


async def test_topics_that_somebody_uses_are_never_written_to(kept: tuple[Settings, Path]) -> None:
    settings, folder = kept
    again = elsewhere(settings)
    await prepare_topics(again)
    await write_journal(again, [call(999, 40)])

    with pytest.raises(BackupError, match=r"journal holds something else than the backup"):
        await restore(again, folder)
    assert len(await read_topic(again, "journal")) == 1
    assert await read_topic(again, "alerts") == []


async def test_what_is_no_whole_backup_is_refused(kept: tuple[Settings, Path], tmp_path: Path) -> None:
    settings, folder = kept

    with pytest.raises(BackupError, match="holds a backup already"):
        await save(settings, folder)
    with pytest.raises(BackupError, match="FORESHOCK_PARTITIONS=3, not 4"):
        await restore(elsewhere(settings).model_copy(update={"partitions": 4}), folder)
    file_of(folder, "alerts").write_bytes(b"")
    with pytest.raises(BackupError, match="was changed after it was written"):
        await restore(elsewhere(settings), folder)
    (folder / LIST).unlink()
    with pytest.raises(BackupError, match="is no backup that ended"):
        await restore(elsewhere(settings), folder)
