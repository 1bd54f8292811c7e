"""The same events through the worker and through replay give the same alerts and the same state, byte for byte."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from foreshock.simulate.feed import feed
from streams.broker import EmbeddedBroker
from tests.support.outcomes import settled
from tests.support.parity import assert_agreement, prepared, worker_of, world


async def test_the_worker_and_a_replay_of_its_journal_agree_to_the_byte(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    settings = await prepared(embedded_broker, tmp_path)

    with worker_of(settings, tmp_path, "ingest,score,learn"):
        fed = await feed(world(), settings.bootstrap_servers, settings.topic_prefix, None, asyncio.Event())
        await settled(settings, fed)

    assert fed > 2_000
    await assert_agreement(settings, tmp_path)


@pytest.mark.slow
async def test_workers_killed_halfway_agree_with_a_replay_too(embedded_broker: EmbeddedBroker, tmp_path: Path) -> None:
    settings = await prepared(embedded_broker, tmp_path)
    entrance = worker_of(settings, tmp_path, "ingest,tick")
    scorer = worker_of(settings, tmp_path, "score")
    learner = worker_of(settings, tmp_path, "learn")

    with entrance, scorer, learner:
        feeding = asyncio.create_task(
            # Fifty days in about ten seconds, so that the kills fall in between.
            feed(world(), settings.bootstrap_servers, settings.topic_prefix, 400_000.0, asyncio.Event())
        )
        for killed, ready in (
            (scorer, "state_recovered"),
            (learner, "snapshot_published"),
            (entrance, "worker_started"),
        ):
            await killed.has_said(ready)
            await asyncio.sleep(0.5)
            killed.kill()
            killed.start()
        await settled(settings, await feeding)

    await assert_agreement(settings, tmp_path)
