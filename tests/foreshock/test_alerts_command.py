from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from foreshock.producing import produce
from schemas.alerts import Alert
from schemas.codec import decode_as
from streams.broker import EmbeddedBroker
from streams.settings import load_settings
from tests.support.journal import read_topic, values
from tests.support.office import PATIENCE_SECONDS, Office, office, threat
from tests.support.peers import CHECKOUT

EMBEDDED = {"PRODUCER_IDEMPOTENCE": "false", "SESSION_TIMEOUT_SECONDS": "2", "HEARTBEAT_SECONDS": "0.5"}


@pytest.fixture(scope="module")
def staffed(embedded_broker: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A worker on the embedded broker, for all tests here: each has a customer of its own."""
    folder = tmp_path_factory.mktemp("office")
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        office(embedded_broker.bootstrap_servers, folder, monkeypatch, **EMBEDDED) as staffed,
    ):
        yield staffed


def sent(alert_id: str) -> list[Alert]:
    """Transitions of an alert on the topic, each once."""
    found = [decode_as(Alert, raw) for raw in values(asyncio.run(read_topic(load_settings(), "alerts")))]
    return sorted(
        {each.sequence: each for each in found if each.alert_id == alert_id}.values(), key=lambda a: a.sequence
    )


def journal() -> bytes:
    return b"\n".join(values(asyncio.run(read_topic(load_settings(), "journal"))))


def an_alert_is_worked_from_opening_to_end_and_explained(staffed: Office) -> None:
    listed = staffed.threatened("C-1")
    alert_id = listed["alert_id"]
    named = alert_id[:8]

    assert listed["standing"] == "open"
    assert named in staffed.run("alerts", "list", "--org", "HQ/South", "--level", "orange").stdout
    assert staffed.run("alerts", "list", "--org", "HQ/North", "--json").stdout == ""
    assert staffed.run("alerts", "list", "--older-than", "1d", "--json").stdout == ""
    assert staffed.run("alerts", "list", "--customer", listed["customer_key"], "--json").stdout

    taken = staffed.run("alerts", "ack", named, "--by", "Li", "--note", "回电 13800138000")
    assert taken.exit_code == 0, taken.output
    assert f"{alert_id} acknowledged by Li" in taken.stdout
    again = staffed.run("alerts", "ack", named, "--by", "Wang")
    assert again.exit_code == 0
    assert "acknowledged already; nothing was written" in again.stdout
    assert (staffed.listed("P-C-1") or {})["standing"] == "acknowledged"

    resolved = staffed.run("alerts", "resolve", named, "--by", "Li")
    assert resolved.exit_code == 0, resolved.output
    late = staffed.run("alerts", "dismiss", named, "--by", "Li")
    assert late.exit_code == 1
    assert "has ended: resolved at" in late.stdout

    shown = staffed.run("alerts", "show", named, "--lang", "zh")
    assert "已有人接手" in shown.stdout
    assert "已接手    橙  扬言投诉" in shown.stdout
    assert f"{alert_id} 已关闭：已解决" in staffed.run("alerts", "ack", named, "--lang", "zh").stdout
    assert [each.transition for each in sent(alert_id)][-2:] == ["acknowledged", "resolved"]
    assert b"13800138000" not in journal()

    explained = staffed.run("explain", named, "--bootstrap", load_settings().bootstrap_servers, "--json")
    account = orjson.loads(explained.stdout)
    assert explained.exit_code == 0, explained.output
    assert account["is_same"] is True
    assert account["comparison"]["same"] == len(sent(alert_id))
    assert [each["by"]["actor"] for each in account["transitions"]][-2:] == ["Li", "Li"]
    assert "text" not in account["evidence"][0]
    assert all(each["adds_up"] for each in account["transitions"])


def test_an_alert_is_worked_from_opening_to_end_and_explained(staffed: Office) -> None:
    an_alert_is_worked_from_opening_to_end_and_explained(staffed)


@pytest.mark.timeout(600)  # Kafka and a worker start, and everybody waits for both
def test_an_alert_is_worked_and_explained_on_apache_kafka(
    apache_kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office(apache_kafka, tmp_path, monkeypatch, PRODUCER_IDEMPOTENCE="true") as staffed:
        an_alert_is_worked_from_opening_to_end_and_explained(staffed)


def test_an_answer_that_ingest_refuses_is_told_with_the_reason(
    staffed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert_id = staffed.threatened("C-2")["alert_id"]
    # As on a machine whose clock is wrong.
    monkeypatch.setattr("foreshock.alerting.acting._now", lambda settings, newest_at: newest_at.replace(year=2190))
    done = staffed.run("alerts", "dismiss", alert_id, "--by", "Li", "--wait", "5s")

    assert done.exit_code == 1
    assert "ingest could not take it: from_the_future" in done.stdout


def test_an_alert_that_is_not_there_is_named_with_what_to_do(staffed: Office) -> None:
    shown, explained = staffed.run("alerts", "show", "nosuchalert"), staffed.run("explain", "nosuchalert")

    assert shown.exit_code == explained.exit_code == 2
    assert "`foreshock alerts list` shows the open ones" in shown.output
    assert "no alert nosuchalert: it does not follow from" in explained.output


def test_watching_tells_what_comes_from_now_on_each_transition_once(staffed: Office) -> None:
    seen = staffed.threatened("C-3")
    watching = subprocess.Popen(
        [sys.executable, "-m", "foreshock", "alerts", "watch", "--for", "60s", "--customer", seen["customer_key"]],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    assert watching.stderr is not None
    with watching:
        assert "watching" in watching.stderr.readline()
        staffed.run("alerts", "dismiss", seen["alert_id"], "--by", "Li")
        told = watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        rest = watching.stdout.read()

    assert f"{seen['alert_id'][:8]}  dismissed" in told
    assert "  opened  " not in told + rest
    assert watching.returncode == 0


def test_a_silence_is_set_listed_and_ended_and_what_it_hid_is_listed(staffed: Office) -> None:
    added = staffed.run(
        "silence", "add", "storm", "--org", "HQ/North", "--for", "2h", "--by", "Li", "--because", "known"
    )
    listed = staffed.run("silence", "list")
    ended = staffed.run("silence", "end", "storm", "--by", "Li")
    unknown = staffed.run("silence", "end", "storm", "--by", "Li")
    hidden = staffed.run("suppressed", "--rule", "silence")

    assert (added.exit_code, ended.exit_code, unknown.exit_code, hidden.exit_code) == (0, 0, 2, 0), added.output
    assert "storm  until" in listed.stdout
    assert "any cause  HQ/North  by Li  known" in listed.stdout
    assert "storm  until" not in staffed.run("silence", "list").stdout
    assert "0 in all, complained after 0" in hidden.output


def test_a_silence_of_a_product_hides_an_alert_that_is_then_listed_and_shown_as_untold(staffed: Office) -> None:
    added = staffed.run("silence", "add", "recall", "--product-line", "boats", "--for", "2h", "--by", "Li")
    assert added.exit_code == 0, added.output
    asyncio.run(produce([threat("C-6", product_line="boats")]))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (lines := staffed.run("alerts", "list", "--untold", "--cause", "threat", "--json").stdout.splitlines()):
        assert time.monotonic() < deadline, staffed.worker.said()[-3000:]
        time.sleep(0.3)
    (untold,) = map(orjson.loads, lines)
    named = untold["alert_id"][:8]
    table = staffed.run("alerts", "list", "--untold")
    shown = staffed.run("alerts", "show", named)
    hidden = staffed.run("suppressed", "--product-line", "boats")
    other = staffed.run("suppressed", "--product-line", "cars")
    taken, again = (staffed.run("alerts", "ack", named, "--by", "Li") for _ in range(2))
    staffed.run("silence", "end", "recall", "--by", "Li")

    assert (untold["standing"], untold["rule"], untold["product_line"]) == ("untold", "silence", "boats")
    assert untold["alert_id"] not in staffed.run("alerts", "list", "--json").stdout
    assert "silence recall by Li until" in table.stdout
    assert "NOT TOLD: silence recall by Li until" in shown.stdout
    assert "nobody was told, orange" in shown.stderr
    assert named in hidden.stdout
    assert named not in other.stdout
    assert (taken.exit_code, again.exit_code) == (0, 0), taken.output
    assert "acknowledged by Li" in taken.stdout
    assert "nobody else was told of it: silence recall by Li until" in taken.stdout
    assert "is acknowledged already; nothing was written" in again.stdout


def test_an_alert_is_given_on_left_alone_commented_on_and_opened_again(staffed: Office) -> None:
    alert_id = staffed.threatened("C-5")["alert_id"]
    until = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
    for words in (
        ("assign", alert_id, "--to", "Wu"),
        ("start", alert_id),
        ("snooze", alert_id, "--until", until),
        ("comment", alert_id, "--note", "calls at four"),
        ("disagree", alert_id),
        ("dismiss", alert_id),
        ("reopen", alert_id),
    ):
        done = staffed.run("alerts", *words, "--by", "Li")
        assert done.exit_code == 0, done.output

    told = [each.transition for each in sent(alert_id)]
    assert told[-7:] == ["assigned", "started", "snoozed", "commented", "disagreed", "dismissed", "reopened"]
    assert (staffed.listed("P-C-5") or {})["standing"] == "open"


def test_without_a_worker_the_answer_is_said_to_be_missing_and_given_again_counts_once(staffed: Office) -> None:
    alert_id = staffed.threatened("C-4")["alert_id"]
    staffed.worker.kill()
    first, second = (staffed.run("alerts", "ack", alert_id, "--by", "Li", "--wait", "0s") for _ in range(2))
    actions = [raw for raw in values(asyncio.run(read_topic(load_settings(), "actions"))) if alert_id.encode() in raw]

    assert first.exit_code == second.exit_code == 1
    assert "shown no answer for 0 s: does a worker run" in first.stdout
    assert len(actions) == 2
    assert len({orjson.loads(raw)["event_id"] for raw in actions}) == 1

    staffed.worker.start()
    resolved = staffed.run("alerts", "resolve", alert_id, "--by", "Li", "--wait", "60s")
    assert resolved.exit_code == 0, resolved.output
    assert Counter(each.transition for each in sent(alert_id))["acknowledged"] == 1
