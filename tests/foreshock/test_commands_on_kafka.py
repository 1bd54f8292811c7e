from __future__ import annotations

from collections.abc import Callable
from itertools import count

import orjson
import pytest
from click.testing import CliRunner, Result

from foreshock.cli import main
from tests.support.kafka import KafkaNode

_NUMBERS = count()
Run = Callable[..., Result]


@pytest.fixture
def run(apache_kafka: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs commands against Apache Kafka, on topics of this test's own."""
    monkeypatch.setenv("FORESHOCK_BOOTSTRAP_SERVERS", apache_kafka)
    monkeypatch.setenv("FORESHOCK_TOPIC_PREFIX", f"commands{next(_NUMBERS)}.")
    monkeypatch.setenv("FORESHOCK_PSEUDONYM_KEY", "0123456789abcdef" * 4)
    return lambda *arguments: CliRunner().invoke(main, arguments)


def test_topics_made_by_create_are_what_check_expects(run: Run) -> None:
    created, checked = run("topics", "create"), run("check", "--json")
    findings = {finding["check"]: finding for finding in map(orjson.loads, checked.stdout.splitlines())}

    assert created.exit_code == checked.exit_code == 0, created.output + checked.output
    assert findings["topics"]["status"] == findings["writing"]["status"] == findings["broker"]["status"] == "ok"


def test_a_journal_is_dumped_and_dead_letters_are_listed_where_there_are_none(run: Run) -> None:
    run("topics", "create")
    dumped, listed = run("topics", "dump"), run("dead-letters", "list")

    assert dumped.exit_code == listed.exit_code == 0, dumped.output + listed.output
    assert len(dumped.stdout.splitlines()) == 1
    assert listed.stdout == ""


def test_more_copies_than_brokers_are_refused_in_the_brokers_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESHOCK_REPLICATION_FACTOR", "3")
    done = run("topics", "create")

    assert done.exit_code == 2
    assert "the broker refused topic" in done.output


@pytest.mark.kafka
@pytest.mark.kafka_node
def test_asking_about_topics_makes_none_where_brokers_make_topics_by_themselves(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"auto.create.topics.enable": "true"}
    with KafkaNode(tmp_path_factory.mktemp("willing"), settings) as node:
        monkeypatch.setenv("FORESHOCK_BOOTSTRAP_SERVERS", node.bootstrap)
        for command in (["check"], ["topics", "dump"], ["topics", "show", "journal"], ["dead-letters", "list"]):
            CliRunner().invoke(main, command)
        listed = CliRunner().invoke(main, ["topics", "list", "--json"])

    assert {orjson.loads(line)["exists"] for line in listed.stdout.splitlines()} == {False}
