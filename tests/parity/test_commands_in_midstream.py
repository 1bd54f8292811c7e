"""What a person decides about models while events flow is obeyed by the worker and by a replay at the same place."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from foreshock.broker.commanding import write_command
from foreshock.modelling.deciding import command_of
from foreshock.modelling.shelf import read_shelf
from foreshock.simulate.feed import feed
from foreshock.simulate.world import World
from schemas.codec import decode_as
from schemas.dead_letters import DeadLetter
from schemas.ticks import CommandName, SnapshotNotice
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.settings import Settings
from streams.snapshots import tell_partitions
from tests.support.journal import read_topic
from tests.support.outcomes import settled
from tests.support.parity import START_AT, assert_agreement, prepared, worker_of, world


async def test_commands_and_a_forged_notice_in_midstream_leave_worker_and_replay_in_agreement(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    settings = await prepared(embedded_broker, tmp_path)
    first, second, third = (
        world(seed=seed, start_at=START_AT + timedelta(days=day), days=days)
        for seed, day, days in ((5, 0, 30), (6, 30, 15), (7, 45, 15))
    )

    with worker_of(settings, tmp_path, "ingest,score,learn") as worker:
        fed = await _feed(settings, first)
        await settled(settings, fed)
        await _forge(settings)
        await _decide(settings, "promote", learner="adagrad")
        await _decide(settings, "rollback", number=1)
        await _decide(settings, "promote", learner="nobody")
        fed += await _feed(settings, second)
        await settled(settings, fed)
        assert await _active(settings, tmp_path) == {1}
        await _decide(settings, "unpin")
        await settled(settings, fed + await _feed(settings, third))
        said = worker.said()

    assert said.count("model_command_obeyed") == 3 * settings.partitions
    assert said.count("model_command_refused") == settings.partitions
    assert "snapshot 1 has no learner 'nobody'" in said
    assert "FORESHOCK_SNAPSHOT_KEY" in said
    assert min(await _active(settings, tmp_path)) > 1
    letters = [decode_as(DeadLetter, record.value) for record in await read_topic(settings, "dead-letters", 1)]
    refused = [letter.partition for letter in letters if letter.reason == "not_authentic"]
    assert sorted(refused) == list(range(settings.partitions))


async def _active(settings: Settings, folder: Path) -> set[int]:
    """The snapshots that are active once worker and replay agree."""
    replay = await assert_agreement(settings, folder, at_least=1)
    return {engine.scorer.number for engine in replay.engines.values()}


async def _feed(settings: Settings, world: World) -> int:
    return await feed(world, settings.bootstrap_servers, settings.topic_prefix, None, asyncio.Event())


async def _decide(settings: Settings, name: CommandName, number: int | None = None, learner: str | None = None) -> None:
    """Write a command as `foreshock models` does."""
    key = settings.snapshot_secret()
    weights = (await read_shelf(settings, key)).kept[number].weights if number is not None else None
    command = command_of(name, "wei", None, learner=learner, weights=weights)
    await write_command(settings, command, key)


async def _forge(settings: Settings) -> None:
    """Announce a changed model under the signature of the one it was made of."""
    shelf = await read_shelf(settings, settings.snapshot_secret())
    weights = shelf.kept[max(shelf.kept)].weights
    forged = SnapshotNotice(partition=0, weights=weights.model_copy(update={"number": 10_000}), signature="0" * 64)
    producer = new_producer(settings)
    await producer.start()
    try:
        await tell_partitions(settings, forged, producer)
    finally:
        await producer.stop()
