"""The same events through the worker and through replay give the same alerts and the same state, byte for byte."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

from foreshock.simulate.feed import feed
from foreshock.simulate.insurer import Insurer
from schemas.alerts import Alert
from schemas.codec import decode_as
from schemas.suppressions import Suppression
from streams.broker import EmbeddedBroker
from tests.support.journal import read_topic
from tests.support.outcomes import alerts_on_topic, settled
from tests.support.parity import assert_agreement, prepared, worker_of, world

BRANCHES = {branch.org_path for branch in Insurer(Random(0), customers=100).branches}
PROVINCES = {path.rpartition("/")[0] for path in BRANCHES}


def organisation() -> str:
    """A head office above provinces and branches that share an owner, whose day ends after nine alerts."""
    units = [("HQ", "head-office"), *((path, "branches") for path in sorted(BRANCHES | PROVINCES))]
    told = "".join(f'[[units]]\npath = "{path}"\nowner = "{owner}"\n' for path, owner in units)
    return f"[defaults]\ncapacity = 9\n{told}"


async def test_the_worker_and_a_replay_of_its_journal_agree_to_the_byte(
    embedded_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    settings = await prepared(embedded_broker, tmp_path)

    with worker_of(settings, tmp_path, "ingest,score,learn"):
        fed = await feed(world(), settings.bootstrap_servers, settings.topic_prefix, None, asyncio.Event())
        await settled(settings, fed)

    assert fed > 2_000
    await assert_agreement(settings, tmp_path)


async def test_a_supervised_company_under_a_law_agrees_too(embedded_broker: EmbeddedBroker, tmp_path: Path) -> None:
    """Clocks, a day that partitions share, what was held back and what is owed: all over a kill."""
    file = tmp_path / "organisation.toml"
    file.write_text(organisation(), encoding="utf-8")
    settings = (await prepared(embedded_broker, tmp_path)).model_copy(update={"organisation": file, "pack": "cn"})
    environment = {"FORESHOCK_ORGANISATION": str(file), "FORESHOCK_PACK": "cn"}
    scorer = worker_of(settings, tmp_path, "score", **environment)
    with worker_of(settings, tmp_path, "ingest,learn", **environment), scorer:
        feeding = asyncio.create_task(
            feed(world(), settings.bootstrap_servers, settings.topic_prefix, 400_000.0, asyncio.Event())
        )
        await scorer.has_said("state_recovered")
        await asyncio.sleep(2)
        scorer.kill()
        scorer.start()
        await settled(settings, await feeding)

    await assert_agreement(settings, tmp_path)
    told = [decode_as(Alert, raw) for raw in (await alerts_on_topic(settings)).values()]
    held = [decode_as(Suppression, record.value or b"") for record in await read_topic(settings, "suppressions")]
    assert {"escalated", "told"} <= {each.transition for each in told}
    assert "statutory_clock" in {each.cause for each in told}
    assert {each.owner for each in told} == {"branches", "head-office"}
    assert "capacity" in {each.rule for each in held}


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
