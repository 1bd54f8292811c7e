from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from foreshock.cli import main
from foreshock.explaining.parameters import COLD, OF_CAUSE, OF_TRANSITION, WARM, mattered, value_of
from foreshock.explaining.scores import adds_up
from foreshock.explaining.sources import Journal
from foreshock.journal_dump import dump_header, dump_record
from models.features import FAMILIES, NAMES
from models.intake import Intake
from models.learner import Learner
from models.log_odds import log_odds
from models.parameters.learning import LearningParams
from models.parameters.policy import PolicyParams
from models.params import Params
from models.pseudonym import Pseudonymiser
from schemas.alerts import CAUSES, Explanation
from schemas.codec import encode
from schemas.ticks import SnapshotNotice, Tick
from streams.settings import load_settings
from tests.support.alerts import alert
from tests.support.examples import risk_example
from tests.support.peers import CHECKOUT

STORY = CHECKOUT / "examples" / "typhoon.jsonl"
SECRET = "a secret for tests, long enough"
COLD_TEXT = "说今天上午来查勘的"


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """The alerts of the story, as a replay writes them."""
    written = tmp_path / "alerts.jsonl"
    done = run("replay", STORY, "--alerts", written, "--quiet")
    assert done.exit_code == 0, done.output
    return written


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The story as the dump of a journal with one partition: an event per record, with ticks and two snapshots."""
    intake = Intake(Pseudonymiser(SECRET.encode()), partitions=1, attributes=None)
    learner = Learner(Params(learning=LearningParams(snapshot_examples=10)))
    notices = []
    for number in range(20):
        learner.learn(risk_example(number, dense=(float(number % 3),) * len(risk_example().dense)))
        if learner.is_due():
            notices.append(encode(SnapshotNotice(partition=0, weights=learner.freeze())))
    events = STORY.read_bytes().splitlines()
    lines = [notices[0], *events[:60], notices[1], *events[60:]]
    file = tmp_path / "journal.jsonl"
    records = []
    for offset, raw in enumerate(lines):
        is_event = b'"event_id"' in raw
        prepared = intake.prepare(raw, None) if is_event else None
        tick = b"\n" + encode(Tick(at=prepared.event.occurred_at, partition=0)) if prepared else b""
        records.append(dump_record(0, offset, (prepared.line if prepared else raw) + tick))
    file.write_bytes(b"\n".join([dump_header(1, "0"), *records]))
    return file


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)], env={"FORESHOCK_PSEUDONYM_KEY": SECRET})


def replayed(journal: Path) -> Path:
    """The alerts of a dump, as the worker sent them."""
    written = journal.with_name("sent.jsonl")
    assert run("replay", journal, "--alerts", written, "--quiet").exit_code == 0
    return written


def ids(alerts: Path) -> list[str]:
    return list(dict.fromkeys(each["alert_id"] for each in map(orjson.loads, alerts.read_bytes().splitlines())))


def explained(*arguments: object) -> tuple[int, dict[str, Any]]:
    done = run("explain", *arguments, "--json")
    assert done.stdout, done.output
    return done.exit_code, orjson.loads(done.stdout)


def resolved(alerts: Path) -> str:
    """Id of an alert that somebody resolved."""
    lines = map(orjson.loads, alerts.read_bytes().splitlines())
    return next(str(each["alert_id"]) for each in lines if each["transition"] == "resolved")


def test_every_alert_of_the_story_follows_again_and_its_parts_add_up(sent: Path) -> None:
    for alert_id in ids(sent):
        code, account = explained(alert_id, STORY, "--alerts", sent)

        assert code == 0
        assert account["is_same"] is True
        assert all(each["adds_up"] for each in account["transitions"])


def test_every_alert_of_a_dump_follows_again_with_the_snapshot_that_scored(journal: Path) -> None:
    sent = replayed(journal)
    snapshots = set()
    for alert_id in ids(sent):
        code, account = explained(alert_id, journal, "--alerts", sent)
        snapshots |= {each["alert"]["snapshot"] for each in account["transitions"]}

        assert code == 0
        assert account["is_same"] is True
        assert all(each["adds_up"] for each in account["transitions"])
        assert any(each["score"]["is_exact"] for each in account["transitions"])
    assert snapshots >= {1, 2}


def test_the_features_of_a_family_add_up_to_what_it_adds(journal: Path) -> None:
    sent = replayed(journal)
    _, account = explained(ids(sent)[0], journal)
    exact = next(each for each in account["transitions"] if each["score"]["is_exact"])
    features = exact["score"]["features"]

    for family, where in FAMILIES.items():
        total = sum(features[name]["adds"] for name in NAMES[where] if name in features)
        assert total == pytest.approx(exact["alert"]["explanation"]["contributions"].get(family, 0.0), abs=1e-3)


def test_the_pack_in_force_says_what_the_cause_is_called_and_where_it_hangs(tmp_path: Path) -> None:
    written, complaint = tmp_path / "alerts.jsonl", tmp_path / "story.jsonl"
    lodged = {"kind": "complaint", "event_id": "k1", "occurred_at": "2026-03-02T09:00:00Z", "customer_id": "C-1"}
    later = {"kind": "call", "event_id": "k2", "occurred_at": "2026-03-12T09:00:00Z", "customer_id": "C-2"}
    complaint.write_bytes(b"\n".join(orjson.dumps(each) for each in (lodged, later)))
    assert run("replay", complaint, "--pack", "cn", "--alerts", written, "--quiet").exit_code == 0
    (alert_id,) = ids(written)

    told = run("explain", alert_id, complaint, "--alerts", written, "--pack", "cn", "--lang", "zh")
    _, account = explained(alert_id, complaint, "--alerts", written, "--pack", "cn")

    assert "法域包 cn：法定时限（compliance）" in told.stdout
    assert "“作出处理决定，15 日”还剩" in told.stdout
    assert account["taxonomy"] == {
        "pack": "cn",
        "zh": "法定时限",
        "en": "statutory time limit",
        "branch": "compliance",
    }


def test_a_byte_that_was_changed_is_found_with_its_field(sent: Path) -> None:
    alert_id = resolved(sent)
    changed = sent.read_bytes().replace(b'"level":"yellow"', b'"level":"orange"')
    sent.write_bytes(changed)
    done = run("explain", alert_id, STORY, "--alerts", sent)

    assert done.exit_code == 1
    assert "derived again, and NOT the same" in done.stdout
    assert 'transition 0, level: sent "orange", derived "yellow"' in done.stdout
    assert "no reason is known" in done.stdout


def test_a_transition_that_was_not_sent_or_does_not_follow_is_named(sent: Path) -> None:
    alert_id = resolved(sent)
    lines = sent.read_bytes().splitlines()
    last = [line for line in lines if alert_id.encode() in line][-1]
    sent.write_bytes(b"\n".join(line for line in lines if line != last))
    behind = run("explain", alert_id, STORY, "--alerts", sent)
    extra = orjson.dumps({**orjson.loads(last), "sequence": 9})
    sent.write_bytes(b"\n".join([*lines, extra]))
    invented = run("explain", alert_id, STORY, "--alerts", sent)

    assert behind.exit_code == invented.exit_code == 1
    assert "follows from the journal, and was not sent" in behind.stdout
    assert "no scorer has come so far yet" in behind.stdout
    assert "transition 9: was sent, and does not follow from the journal" in invented.stdout


def test_transitions_that_are_no_longer_kept_are_not_compared(sent: Path) -> None:
    alert_id = resolved(sent)
    lines = sent.read_bytes().splitlines()
    first = next(line for line in lines if alert_id.encode() in line)
    sent.write_bytes(b"\n".join(line for line in lines if line != first))
    code, account = explained(alert_id, STORY, "--alerts", sent)

    assert code == 0
    assert account["comparison"]["forgotten"] == 1


def test_a_journal_whose_beginning_is_gone_is_told_as_the_reason(journal: Path) -> None:
    sent = replayed(journal)
    alert_id = resolved(sent)
    header, *records = journal.read_bytes().splitlines()
    journal.write_bytes(b"\n".join([header, *records[45:]]))
    code, account = explained(alert_id, journal, "--alerts", sent)
    unknown = run("explain", alert_id, journal)

    assert code == 1
    assert account["journal"]["first_offset"] == 45
    assert account["hints"][0] == "beginning_gone"
    assert account["missing_snapshots"] == [1]
    assert unknown.exit_code == 2
    assert "partition 0 before offset 45" in unknown.output


def test_other_parameters_are_refused_with_both_hashes(sent: Path, tmp_path: Path) -> None:
    file = tmp_path / "params.toml"
    file.write_text("[params.policy]\nreview_days = 4\n", encoding="utf-8")
    done = run("explain", ids(sent)[0], STORY, "--alerts", sent, "--params", file)

    assert done.exit_code == 2
    assert Params().digest() in done.output
    assert Params(policy=PolicyParams(review_days=4)).digest() in done.output


def test_an_alert_of_which_nothing_was_sent_is_explained_and_compared_with_nothing(journal: Path) -> None:
    sent = replayed(journal)
    done = run("explain", resolved(sent)[:8], journal, "--lang", "zh")

    assert done.exit_code == 0
    assert "未与发出的记录比较" in done.stdout


def test_what_was_said_is_told_only_where_it_is_asked_for(sent: Path) -> None:
    alert_id = resolved(sent)
    short, long = (run("explain", alert_id, STORY, *more) for more in ((), ("--texts",)))
    in_json = run("explain", alert_id, STORY, "--json")

    assert COLD_TEXT not in short.stdout
    assert COLD_TEXT not in in_json.stdout
    assert COLD_TEXT in long.stdout


def test_an_unknown_alert_and_a_file_beside_a_broker_are_refused(sent: Path) -> None:
    unknown = run("explain", "0123456789", STORY, "--alerts", sent)
    both = run("explain", "0123456789", STORY, "--bootstrap", "127.0.0.1:1")

    assert unknown.exit_code == both.exit_code == 2
    assert "no alert 0123456789: it does not follow from" in unknown.output
    assert "give FILES, or a broker" in both.output


def test_every_cause_has_its_parameters_and_all_of_them_exist() -> None:
    names = {name for group in (*OF_CAUSE.values(), *OF_TRANSITION.values(), COLD, WARM) for name in group}
    params = Params(policy=PolicyParams(threat_days=9))
    told = {each.name: each for each in mattered(params, [alert("a-1")], is_cold=True)}

    assert set(OF_CAUSE) == set(CAUSES)
    assert {type(value_of(Params(), name)) for name in names} <= {bool, int, float}
    assert (told["policy.threat_days"].value, told["policy.threat_days"].is_default) == (9, False)
    assert told["policy.cold_positives"].is_default


def test_parts_add_up_only_if_they_are_the_log_odds() -> None:
    parts = {"contacts": 0.5, "claims": -0.25}
    base = log_odds(0.2) - 0.25

    assert adds_up(Explanation(base=base, contributions=parts, usual=parts), 0.2)
    assert not adds_up(Explanation(base=base + 1e-4, contributions=parts, usual=parts), 0.2)


def test_a_journal_that_followed_another_one_says_that_its_states_began_elsewhere() -> None:
    names = [Journal(load_settings(journal_generation=number), Params(), None, Console()).name for number in (1, 2)]

    assert "an earlier journal" not in names[0]
    assert names[1].startswith("foreshock.journal.2 at")
    assert "begins with states of an earlier journal that are not in it" in names[1]
