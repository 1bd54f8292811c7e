"""Peers for the tests: what is here is used, what is missing is named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support.kafka import KafkaNode
from tests.support.peers import Peer, find_peers, required_peers, summary_lines

if TYPE_CHECKING:
    from streams.broker import EmbeddedBroker

# Laws look for new cases at a desk; what decides on a landing must say the same twice.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

# Commands tell people something in the language of the locale; tests read English unless they ask for more.
os.environ["LC_ALL"] = "C.UTF-8"

PEERS = pytest.StashKey[dict[str, Peer]]()
REQUIRED = pytest.StashKey[set[str]]()
# Who asks for one of these needs its peer, whether or not the test says so.
MARKER_OF_FIXTURE = {"embedded_broker": "broker", "apache_kafka": "kafka", "real_data": "realdata"}


def pytest_configure(config: pytest.Config) -> None:
    peers = find_peers()
    try:
        config.stash[REQUIRED] = required_peers(peers)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[PEERS] = peers


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist there is no `-n auto` to decide on
def pytest_xdist_auto_num_workers() -> int:
    """One process more than cores, as tests on brokers mostly wait; at most six, as each may start a Kafka."""
    return min((os.cpu_count() or 1) + 1, 6)


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses among the markers
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        for fixture in MARKER_OF_FIXTURE.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(MARKER_OF_FIXTURE[fixture])
    if hasattr(config, "workerinput"):
        _those_that_wait_first(items, {"broker", *config.stash[PEERS]})


def _those_that_wait_first(items: list[pytest.Item], peers: set[str]) -> None:
    """Put files with a test that waits for a peer before the others, or at the end all would wait for one of them."""
    waiting = {item.path for item in items if any(item.get_closest_marker(peer) for peer in peers)}
    items.sort(key=lambda item: item.path not in waiting)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or fail where it is required, a test whose peer is missing."""
    for name, peer in item.config.stash[PEERS].items():
        if peer.is_missing and item.get_closest_marker(name):
            if name in item.config.stash[REQUIRED]:
                pytest.fail(f"{peer.complaint} (and FORESHOCK_TEST_REQUIRE names it)", False)
            pytest.skip(peer.complaint)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A required peer that is missing fails the run, even if no test asked for it."""
    peers, required = session.config.stash[PEERS], session.config.stash[REQUIRED]
    if session.exitstatus == pytest.ExitCode.OK and any(peers[n].is_missing for n in required):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.section("peers")
    for line in summary_lines(config.stash[PEERS].values(), config.stash[REQUIRED]):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[EmbeddedBroker]:
    """The embedded broker, shared by all tests: use a topic prefix of your own."""
    from streams.broker import EmbeddedBroker

    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture(scope="session")
def apache_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Host and port of a real Apache Kafka that all tests share: use topic names of your own.

    A test that stops or pauses its broker makes a `KafkaNode` for itself.
    """
    if named := os.environ.get("FORESHOCK_TEST_BOOTSTRAP"):
        yield named
        return
    with KafkaNode(tmp_path_factory.mktemp("kafka")) as node:
        yield node.bootstrap


@pytest.fixture(scope="session")
def real_data(request: pytest.FixtureRequest) -> Path:
    """Folder of the real data sets; a test that asks for it is skipped where there is none."""
    return Path(str(request.config.stash[PEERS]["realdata"].where))
