from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from foreshock.broker.reading import open_topic
from foreshock.cli import main
from models.intake import Intake
from models.pseudonym import Pseudonymiser
from schemas.codec import encode
from schemas.errors import UnreadableMessageError
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.outbox import Record, send_records
from streams.settings import load_settings

_NUMBERS = count()
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
Run = Callable[..., Result]


@pytest.fixture
def run(embedded_broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `foreshock dead-letters` on topics of this test's own, which are there."""
    monkeypatch.setenv("FORESHOCK_BOOTSTRAP_SERVERS", embedded_broker.bootstrap_servers)
    monkeypatch.setenv("FORESHOCK_PRODUCER_IDEMPOTENCE", "false")
    monkeypatch.setenv("FORESHOCK_TOPIC_PREFIX", f"letters{next(_NUMBERS)}.")
    assert CliRunner().invoke(main, ["topics", "create"]).exit_code == 0
    return lambda *arguments, answer=None: CliRunner().invoke(main, ["dead-letters", *arguments], input=answer)


def call(customer_id: str, **fields: object) -> bytes:
    body = {"event_id": f"e-{customer_id}", "occurred_at": "2026-03-01T11:00:00Z", "customer_id": customer_id}
    return orjson.dumps({**body, **fields})


def write(topic: str, *values: bytes) -> int:
    """Write records to partition 0 of a topic; return the offset of the first."""

    async def send() -> int:
        settings = load_settings()
        producer = new_producer(settings)
        await producer.start()
        try:
            last = await send_records(producer, settings.topic(topic), 0, [Record(None, value, []) for value in values])
        finally:
            await producer.stop()
        assert last is not None
        return last - len(values) + 1

    return asyncio.run(send())


def die(raw: bytes, reason: str, offset: int = 900) -> None:
    """Write the dead letter of a call that could not be read."""
    error = UnreadableMessageError(reason, "told by the test")
    intake = Intake(Pseudonymiser(b"the secret of ingest"), partitions=4)
    letter = intake.dead_letter(error, raw, load_settings().topic("calls"), 0, offset, AT)
    write("dead-letters", encode(letter))


def calls() -> list[bytes]:
    """Everything on the topic of calls."""

    async def read() -> list[bytes]:
        async with open_topic(load_settings(), "calls") as reader:
            return [
                record.value
                for partition, span in enumerate(await reader.spans())
                async for record in reader.records(partition, span)
            ]

    return asyncio.run(read())


def test_letters_are_listed_with_reason_place_and_bytes(run: Run) -> None:
    die(b"{oops", "not_json", offset=41)
    listed = run("list")

    assert listed.exit_code == 0, listed.output
    assert "not_json" in listed.stdout
    assert "calls/0/41" in listed.stdout
    assert "{oops" in listed.stdout
    assert "1 of 1 dead letters: 1 not_json" in listed.stderr


def test_only_the_newest_letters_of_a_reason_are_listed(run: Run) -> None:
    for number in range(3):
        die(b"%d" % number, "invalid")
    die(b"{", "not_json")
    listed = run("list", "--reason", "invalid", "--limit", "2", "--json")

    assert [orjson.loads(line)["raw"] for line in listed.stdout.splitlines()] == ["1", "2"]


def test_what_is_no_dead_letter_is_listed_as_one(run: Run) -> None:
    write("dead-letters", b"somebody else's")
    listed = run("list")

    assert listed.exit_code == 0, listed.output
    assert "somebody else's" in listed.stdout


def test_a_repaired_letter_is_sent_back_once_it_is_confirmed(run: Run, tmp_path: Path) -> None:
    die(call("C1", wait_seconds=-4), "invalid")
    letter = orjson.loads(run("list", "--json").stdout)
    letter["raw"] = {**orjson.loads(letter["raw"]), "wait_seconds": 4}
    file = tmp_path / "repaired.jsonl"
    file.write_bytes(orjson.dumps(letter))
    declined, confirmed = run("redrive", str(file), answer="n\n"), run("redrive", str(file), answer="y\n")

    assert declined.exit_code == 1
    assert confirmed.exit_code == 0, confirmed.output
    assert "1 sent, 0 not" in confirmed.stdout
    assert [orjson.loads(raw)["wait_seconds"] for raw in calls()] == [4]


def test_a_line_that_is_no_letter_is_named_and_the_rest_is_sent(run: Run, tmp_path: Path) -> None:
    die(call("C1"), "invalid")
    file = tmp_path / "repaired.jsonl"
    file.write_text("nonsense\n{}\n" + run("list", "--json").stdout)
    done = run("redrive", str(file), "--yes")

    assert done.exit_code == 1
    assert "not sent: line 1: is not a dead letter" in done.stderr
    assert "not sent: line 2: is not a dead letter" in done.stderr
    assert "1 sent, 2 not" in done.stdout


def test_all_letters_of_a_reason_are_sent_as_they_first_came(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    original = call("13800138000", attributes={"plan": "gold"})
    die(original, "undeclared_attribute", offset=write("calls", original))
    die(b"{", "not_json")
    monkeypatch.setenv("FORESHOCK_ATTRIBUTES", "plan")
    done = run("redrive", "--all", "--reason", "undeclared_attribute", "--yes")

    assert done.exit_code == 0, done.output
    assert calls() == [original, original]


def test_a_letter_whose_original_is_gone_is_sent_from_its_copy(run: Run) -> None:
    die(call("C1", text="我的电话是13800138000"), "failed")
    die(orjson.dumps({**orjson.loads(call("C2")), "customer_id": 13800138000}), "failed")
    done = run("redrive", "--all", "--yes")
    sent = [orjson.loads(raw) for raw in calls()]

    assert done.exit_code == 1
    assert "1 from their redacted copy" in done.stderr
    assert "still cannot be read" in done.stderr
    assert [event["text"] for event in sent] == ["我的电话是<mobile>"]
    assert sent[0]["customer_id"].startswith("key:c_")


def test_a_topic_made_anew_does_not_lend_its_records_to_old_letters(run: Run) -> None:
    die(call("C1"), "failed", offset=write("calls", call("C2")))
    run("redrive", "--all", "--yes")

    assert sorted(orjson.loads(raw)["event_id"] for raw in calls()) == ["e-C1", "e-C2"]


@pytest.mark.parametrize("arguments", [[], ["--all", __file__]])
def test_redrive_wants_a_file_or_all(arguments: list[str]) -> None:
    done = CliRunner().invoke(main, ["dead-letters", "redrive", *arguments])

    assert done.exit_code == 2
    assert "give a FILE of repaired letters, or --all" in done.output
