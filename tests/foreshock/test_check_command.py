from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from foreshock.broker.reading import Span
from foreshock.checks.of_broker import judge_epoch
from foreshock.checks.of_settings import (
    check_models,
    check_organisation,
    check_pack,
    check_params,
    check_pseudonym_key,
    check_variables,
)
from foreshock.cli import main
from models.partition import PartitionState, encode_partition, engine_key
from schemas.types import Position
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.outbox import Record, send_records
from streams.settings import load_settings
from streams.topics import CHANGELOG
from tests.support.ports import free_port

_NUMBERS = count()
STRONG_KEY = "0123456789abcdef" * 4
Run = Callable[..., Result]


def statuses(done: Result) -> dict[str, str]:
    return {finding["check"]: finding["status"] for finding in map(orjson.loads, done.stdout.splitlines())}


@pytest.fixture
def run(embedded_broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs commands on topics of this test's own."""
    monkeypatch.setenv("FORESHOCK_BOOTSTRAP_SERVERS", embedded_broker.bootstrap_servers)
    monkeypatch.setenv("FORESHOCK_PRODUCER_IDEMPOTENCE", "false")
    monkeypatch.setenv("FORESHOCK_TOPIC_PREFIX", f"check{next(_NUMBERS)}.")
    monkeypatch.setenv("FORESHOCK_PSEUDONYM_KEY", STRONG_KEY)
    monkeypatch.delenv("FORESHOCK_REAL_DATA", raising=False)  # it is for the tests, and no setting
    return lambda *arguments: CliRunner().invoke(main, arguments)


def write(topic: str, partition: int, record: Record) -> None:
    async def send() -> None:
        settings = load_settings()
        producer = new_producer(settings)
        await producer.start()
        try:
            await send_records(producer, settings.topic(topic), partition, [record])
        finally:
            await producer.stop()

    asyncio.run(send())


def test_a_broker_with_our_topics_and_a_fresh_journal_is_all_ok(run: Run) -> None:
    run("topics", "create")
    write("journal", 0, Record(None, b'{"kind":"tick"}', []))
    done = run("check", "--json")

    assert done.exit_code == 0, done.output
    assert set(statuses(done).values()) == {"ok"}


def test_topics_that_are_missing_fail_the_check_with_the_command_that_makes_them(run: Run) -> None:
    done = run("check")

    assert done.exit_code == 1
    assert "-> run `foreshock topics create`" in done.output
    assert "1 of 11 failed" in done.output


def test_a_journal_kept_for_another_time_is_a_warning(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("topics", "create")
    monkeypatch.setenv("FORESHOCK_JOURNAL_RETENTION_HOURS", "24")
    done = run("check")

    assert done.exit_code == 0, done.output
    assert "journal has retention.ms=2592000000, the settings say 86400000" in done.output


def test_states_that_are_ahead_of_a_journal_created_anew_fail_the_check(run: Run) -> None:
    run("topics", "create")
    row = encode_partition(PartitionState("0", Position(41, 0), now=0.0, snapshot=0))
    write(CHANGELOG, 2, Record(engine_key(2).encode(), row, []))
    done = run("check")

    assert done.exit_code == 1
    assert "states of partition 2 are ahead of the journal" in done.output
    assert "set FORESHOCK_JOURNAL_EPOCH to another name than '0'" in done.output


def test_without_a_broker_the_rest_is_skipped_and_the_cause_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESHOCK_BOOTSTRAP_SERVERS", f"127.0.0.1:{free_port()}")
    done = CliRunner().invoke(main, ["check"])

    assert done.exit_code == 1
    assert "nobody listens there" in done.output
    assert "skipped  topics: no broker can be used" in done.output


def test_settings_that_cannot_be_used_are_the_only_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESHOCK_PARTITIONS", "none")
    done = CliRunner().invoke(main, ["check", "--json"])

    assert done.exit_code == 1
    assert [name for name, status in statuses(done).items() if status == "failed"] == ["settings"]


def test_a_variable_with_a_slip_in_its_name_is_found() -> None:
    (finding,) = check_variables(load_settings(), ["PATH", "FORESHOCK_PARTITION", "FORESHOCK_CONFIG"])

    assert finding.status == "warning"
    assert finding.remedy == "did you mean FORESHOCK_PARTITIONS?"


@pytest.mark.parametrize(
    ("key", "status"),
    [(STRONG_KEY, "ok"), ("a" * 64, "warning"), ("correct-horse-battery", "warning"), ("x", "failed")],
)
def test_a_key_is_judged_by_how_hard_it_is_to_guess(key: str, status: str) -> None:
    finding = check_pseudonym_key(load_settings(pseudonym_key=key))

    assert finding.status == status
    assert key not in finding.detail + finding.remedy or len(key) == 1


def test_the_development_key_is_a_warning() -> None:
    assert check_pseudonym_key(load_settings()).status == "warning"


def test_a_parameter_file_with_a_slip_fails_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "params.toml"
    file.write_text("[params.heat]\nthreats = 2.0\n")
    finding = check_params(load_settings(params_file=file))

    assert finding.status == "failed"
    assert "params.heat.threats" in finding.detail


def kept(offset: int, epoch: str = "0") -> PartitionState:
    return PartitionState(epoch, Position(offset, 3), now=0.0, snapshot=1)


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ({}, "ok"),
        ({0: kept(9), 1: kept(4)}, "ok"),  # all scored, and one that is behind
        ({0: kept(10)}, "failed"),  # ahead of the journal
        ({1: kept(1)}, "failed"),  # offsets 2 and 3 are gone
        ({0: kept(9, epoch="first")}, "warning"),
    ],
)
def test_states_and_journal_belong_together(states: dict[int, PartitionState], status: str) -> None:
    assert judge_epoch("0", [Span(0, 10), Span(4, 10)], states).status == status


def test_a_model_to_start_from_that_cannot_be_used_fails_the_check(tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text("{}", encoding="utf-8")
    finding = check_models(load_settings(start_from=file, snapshot_key="a key long enough"))

    assert finding.status == "failed"
    assert "foreshock train" in finding.detail
    assert check_models(load_settings(snapshot_key="short")).status == "failed"
    assert "derived from the pseudonym key" in check_models(load_settings()).detail


HQ = '[[units]]\npath = "HQ"\nowner = "role:quality"\n'


@pytest.mark.parametrize(
    ("text", "status", "told"),
    [
        (HQ, "ok", "1 units, 1 owners"),
        ("", "warning", "names no unit"),
        (
            HQ + "capacity = 2\n",
            "warning",
            "a day of role:quality has fewer alerts than the journal has partitions (4)",
        ),
        (HQ.replace("HQ", "HQ/Guangdong"), "failed", "no head office"),
    ],
)
def test_the_organisation_is_checked_with_the_reason(tmp_path: Path, text: str, status: str, told: str) -> None:
    file = tmp_path / "organisation.toml"
    file.write_text(text, encoding="utf-8")

    (finding,) = check_organisation(load_settings(organisation=file, partitions=4))

    assert finding.status == status
    assert told in finding.detail


@pytest.mark.parametrize(
    ("named", "status", "told"),
    [("cn", "ok", "decision (15 calendar days)"), ("atlantis", "failed", "one of cn, uk")],
)
def test_the_pack_is_checked_with_the_reason(named: str, status: str, told: str) -> None:
    (finding,) = check_pack(load_settings(pack=named))

    assert finding.status == status
    assert told in finding.detail
    # What is wrong with it is no fault of the organisation's file.
    assert check_organisation(load_settings(pack=named)) == []


def test_nothing_is_said_of_a_pack_that_nobody_named() -> None:
    assert check_pack(load_settings()) == []


def test_nothing_is_said_of_an_organisation_that_nobody_named() -> None:
    assert check_organisation(load_settings()) == []
