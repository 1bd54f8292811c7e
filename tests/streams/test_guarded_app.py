"""Every guard is where Faust looks for it: a guard that nobody calls guards nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from faust.transport.consumer import Consumer
from prometheus_client import CollectorRegistry

from schemas.errors import ConfigurationError
from sinks.prometheus import Metrics
from streams.app import create_app
from streams.guards import fetching, versions
from streams.guards.app import GuardedApp, GuardedConsumer, GuardedRecovery, GuardedTableManager, GuardedTransport
from streams.guards.changelog_load import LoadedChangelog
from streams.guards.commits import CappedCommits
from streams.guards.delivery import EagerDelivery
from streams.guards.fetching import BriefFetches
from streams.guards.resume import DeferredResume
from streams.guards.revocation import SettledRevocation
from streams.guards.seek import SeekToBeginning
from streams.settings import load_settings
from tests.support.counting import counting_core
from tests.support.guarded import bare

IN_CONSUMER = {
    "_commit": CappedCommits,
    "on_partitions_revoked": SettledRevocation,
    "wait_first": EagerDelivery,
    "_wait_next_records": EagerDelivery,
    "_new_consumer_thread": BriefFetches,
}
IN_RECOVERY = {
    "_build_highwaters": LoadedChangelog,
    "_wait": LoadedChangelog,
    "on_rebalance": LoadedChangelog,
    "on_recovery_completed": DeferredResume,
    "_resume_streams": DeferredResume,
}


@pytest.fixture
def app() -> GuardedApp:
    observer = Metrics(CollectorRegistry())
    return create_app(load_settings(), counting_core(), None, observer)


def test_what_faust_asks_its_consumer_is_answered_by_the_guards() -> None:
    found = {name: getattr(GuardedConsumer, name) for name in IN_CONSUMER}

    assert found == {name: getattr(guard, name) for name, guard in IN_CONSUMER.items()}


def test_a_seek_goes_through_both_guards_around_it() -> None:
    seeking = [cls for cls in GuardedConsumer.__mro__ if "perform_seek" in vars(cls)]

    assert seeking[:2] == [SettledRevocation, SeekToBeginning]


def test_what_faust_asks_its_recovery_is_answered_by_the_guards() -> None:
    found = {name: getattr(GuardedRecovery, name) for name in IN_RECOVERY}

    assert found == {name: getattr(guard, name) for name, guard in IN_RECOVERY.items()}


def test_the_app_uses_our_transport_and_our_recovery(app: GuardedApp) -> None:
    assert isinstance(app.transport, GuardedTransport)
    assert app.transport.Consumer is GuardedConsumer
    assert isinstance(app.tables, GuardedTableManager)
    assert isinstance(app.tables.recovery, GuardedRecovery)
    assert app.tables.recovery is app.tables.recovery


async def test_the_consumer_uses_our_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_BriefThread", lambda consumer, **_: ("brief", consumer))
    consumer: Any = bare(GuardedConsumer, _beacon=None, _loop=asyncio.get_running_loop())

    assert consumer._new_consumer_thread() == ("brief", consumer)


def test_an_app_on_another_version_of_faust_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "version", lambda _: "0.16.0")

    with pytest.raises(ConfigurationError, match="must be"):
        create_app(load_settings(), counting_core(), None, Metrics(CollectorRegistry()))


def test_faust_makes_no_folders(app: GuardedApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app.conf.datadir = tmp_path / "data"

    app._create_directories()

    assert list(tmp_path.iterdir()) == []


def test_a_rebalance_counts_and_is_settled_only_when_it_ends(app: GuardedApp) -> None:
    assert not app.has_settled

    app.on_rebalance_end()
    settled = app.has_settled
    app.on_rebalance_start()

    assert (settled, app.has_settled, app.rebalances) == (True, False, 1)


def test_stock_faust_would_use_its_own() -> None:
    assert all(getattr(Consumer, name, None) is not getattr(GuardedConsumer, name) for name in IN_CONSUMER)
