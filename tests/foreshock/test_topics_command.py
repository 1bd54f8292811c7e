from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from foreshock.cli import main
from schemas.catalogue import TOPICS
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.outbox import Record, send_records
from streams.settings import load_settings

_NUMBERS = count()
Run = Callable[..., Result]


@pytest.fixture
def run(embedded_broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs commands on topics of this test's own."""
    monkeypatch.setenv("FORESHOCK_BOOTSTRAP_SERVERS", embedded_broker.bootstrap_servers)
    monkeypatch.setenv("FORESHOCK_PRODUCER_IDEMPOTENCE", "false")
    monkeypatch.setenv("FORESHOCK_TOPIC_PREFIX", f"topics{next(_NUMBERS)}.")
    monkeypatch.setenv("FORESHOCK_PARTITIONS", "3")

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["topics", *arguments])

    return invoke


def write_journal(partition: int, *values: bytes) -> None:
    async def send() -> None:
        settings = load_settings()
        producer = new_producer(settings)
        await producer.start()
        try:
            records = [Record(None, value, []) for value in values]
            await send_records(producer, settings.topic("journal"), partition, records)
        finally:
            await producer.stop()

    asyncio.run(send())


def test_topics_are_created_once_and_then_left_alone(run: Run) -> None:
    first, second = run("create"), run("create")

    assert first.exit_code == second.exit_code == 0, first.output + second.output
    assert first.output.count("created  ") == len(TOPICS) + 2
    assert second.output.count("is there  ") == len(TOPICS) + 2
    assert "0 topics created" in second.output


def test_a_journal_of_another_size_is_an_error_that_says_why(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("create")
    monkeypatch.setenv("FORESHOCK_PARTITIONS", "5")
    done = run("create")

    assert done.exit_code == 2
    assert "journal has 3 partitions, the settings say 5" in done.output
    assert "FORESHOCK_PARTITIONS=3" in done.output


def test_listing_topics_creates_none(run: Run) -> None:
    first, second = run("list", "--json"), run("list", "--json")

    for listed in (first, second):
        assert listed.exit_code == 0, listed.output
        assert {orjson.loads(line)["exists"] for line in listed.stdout.splitlines()} == {False}


def test_a_listed_topic_says_what_is_on_it(run: Run) -> None:
    run("create")
    listed = run("list")

    assert "alerts  3 partitions, 30 days; written by score" in listed.output
    assert all(contract.about in listed.output for contract in TOPICS.values())


def test_a_shown_topic_says_how_many_records_each_partition_holds(run: Run) -> None:
    run("create")
    write_journal(1, b'{"a":1}', b'{"a":2}', b'{"a":3}')
    shown = run("show", "journal")

    assert shown.exit_code == 0, shown.output
    assert "partition 1: 3 offsets, from 0 to before 3" in shown.output
    assert "cleanup.policy = delete" in shown.output


def test_a_dump_holds_every_record_in_order_behind_a_header(run: Run) -> None:
    run("create")
    write_journal(2, b'{"a":1}\n{"a":2}')
    write_journal(0, b'{"a":3}')
    write_journal(2, b'{"a":4}')
    dumped = run("dump")

    assert dumped.exit_code == 0, dumped.output
    assert [orjson.loads(line) for line in dumped.stdout.splitlines()] == [
        {"foreshock": "journal", "partitions": 3, "epoch": "0"},
        {"partition": 0, "offset": 0, "lines": [{"a": 3}]},
        {"partition": 2, "offset": 0, "lines": [{"a": 1}, {"a": 2}]},
        {"partition": 2, "offset": 1, "lines": [{"a": 4}]},
    ]
    assert "3 records with 4 messages" in dumped.stderr


def test_a_dump_before_there_are_topics_says_what_to_run(run: Run) -> None:
    done = run("dump")

    assert done.exit_code == 2
    assert "journal does not exist: run `foreshock topics create`" in done.output


def test_an_older_dump_survives_a_broker_that_does_not_answer(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "dump.jsonl"
    file.write_text("older")
    done = run("dump", "--output", str(file))

    assert done.exit_code == 2
    assert file.read_text() == "older"


def test_a_dump_that_cannot_be_written_says_so(run: Run, tmp_path: Path) -> None:
    run("create")
    done = run("dump", "--output", str(tmp_path / "nowhere" / "dump.jsonl"))

    assert done.exit_code == 2
    assert "dump.jsonl: cannot be written: No such file or directory" in done.output
