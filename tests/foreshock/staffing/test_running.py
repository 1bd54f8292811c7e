"""Simulated staff in a replay: of events, and of a journal."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import orjson
from click.testing import CliRunner

from foreshock.cli import main
from foreshock.journal_dump import dump_header, dump_record
from foreshock.runs import EventRun, JournalRun
from foreshock.staffing.habits import Habits
from foreshock.staffing.running import StaffedEvents, StaffedJournal
from foreshock.staffing.staff import Staff
from models.intake import Intake
from models.outcome import Outcome
from models.params import Params
from models.pseudonym import Pseudonymiser
from schemas.alerts import Alert
from schemas.codec import JournalMessage, encode
from schemas.receipts import Receipt
from tests.support.alerts import alert
from tests.support.events import action, call, moment, tick

WORKING = Habits(
    sleeping_share=0, overlooked_share=0, false_alarm_share=0, disagreeing_share=0, snoozing_share=0, left_lying_share=0
)
THREAT = "打了三次都没人回，我要投诉到银保监！"
SOMEBODY = "c_" + "a" * 26
"""A customer's key, as journals have it."""
INTAKE = Intake(Pseudonymiser(b"a key for staffed replays"), partitions=1, attributes=None)


def alerts_of(outcomes: list[Outcome]) -> list[Alert]:
    return [alert for outcome in outcomes for alert in outcome.alerts]


def receipts_of(outcomes: list[Outcome]) -> list[Receipt]:
    return [receipt for outcome in outcomes for receipt in outcome.receipts]


def events_run(messages: list[JournalMessage], done: Counter[str], until: float = 10) -> list[Outcome]:
    run = StaffedEvents(EventRun(INTAKE, Params(), timedelta(hours=1)), Staff(1, WORKING), done)
    outcomes = [each for message in messages for _, caused in run.take(encode(message)) for each in caused]
    return [*outcomes, *run.finish(moment(until))]


def journal_run(messages: list[JournalMessage], done: Counter[str]) -> list[Outcome]:
    run = StaffedJournal(JournalRun("0", Params(), None, 1), lambda: Staff(1, WORKING), INTAKE, done)
    outcomes: list[Outcome] = []
    for offset, message in enumerate(messages):
        for taken in run.take(dump_record(0, offset, encode(message))):
            assert isinstance(taken, tuple)
            outcomes += taken[1]
    return [*outcomes, *run.finish(None)]


def test_what_staff_do_is_done_at_its_own_time_and_answered_as_any_action() -> None:
    done = Counter[str]()
    outcomes = events_run([call("a", text=THREAT), call("b", day=5)], done)

    told = {alert.transition: alert for alert in alerts_of(outcomes) if alert.cause == "threat"}
    receipts = receipts_of(outcomes)
    assert done == {"acknowledged": 1, "started": 1, "contacted": 1, "resolved": 1}
    assert list(told) == ["opened", "acknowledged", "started", "resolved"]
    assert [receipt.code for receipt in receipts] == ["done", "done", "noted", "done"]
    # Of an event that ended five days later nobody waited.
    assert told["acknowledged"].at < moment(1)
    assert moment(0) < told["resolved"].at < moment(5)


def test_what_only_time_brings_is_answered_too_and_in_its_time() -> None:
    """The call waits 48 hours for an answer; nothing else happens for a week, and then another customer calls."""
    done = Counter[str]()
    outcomes = events_run([call("a", text="打了三次都没人回，很不满意", resolved=False), call("b", day=9)], done)

    waited = [alert for alert in alerts_of(outcomes) if alert.cause == "unanswered"]
    assert [alert.transition for alert in waited][:2] == ["opened", "acknowledged"]
    assert waited[1].at - waited[0].at < timedelta(days=1)


def test_the_same_events_and_seed_give_the_same_bytes() -> None:
    messages: list[JournalMessage] = [
        call(f"{number % 7}", day=number / 5, text=THREAT, event_id=f"c{number}") for number in range(40)
    ]

    one, same = (list(map(encode, alerts_of(events_run(messages, Counter())))) for _ in range(2))

    assert one == same
    assert any(b'"by"' in line for line in one)


def test_a_gap_of_a_century_does_not_take_one() -> None:
    events_run([call("a", text=THREAT), call("b", day=36_500)], done := Counter[str](), until=36_501)

    assert done["resolved"] == 1


def test_staff_answer_a_journal_between_its_records() -> None:
    done = Counter[str]()
    ticks: list[JournalMessage] = [tick(hour / 24) for hour in range(1, 24 * 9)]
    outcomes = journal_run([call(SOMEBODY, text=THREAT), *ticks], done)

    told = [alert for alert in alerts_of(outcomes) if alert.cause == "threat"]
    assert [alert.transition for alert in told] == ["opened", "acknowledged", "started", "resolved"]
    assert [receipt.code for receipt in receipts_of(outcomes)] == ["done", "done", "noted", "done"]
    assert done["resolved"] == 1


def test_records_after_an_answer_are_at_their_own_places() -> None:
    ticks: list[JournalMessage] = [tick(hour / 24) for hour in range(1, 24 * 9)]
    again = call(SOMEBODY, day=9, text=THREAT)
    outcomes = journal_run([call(SOMEBODY, text=THREAT), *ticks, again], Counter())

    assert not any(outcome.seen or outcome.duplicate for outcome in outcomes)
    assert alerts_of(outcomes)[-1].position[1] == len(ticks) + 1


def test_what_people_of_the_journal_have_taken_is_theirs() -> None:
    (opened,) = alerts_of(journal_run([call(SOMEBODY, text=THREAT, event_id="first")], Counter()))
    theirs = action(SOMEBODY, 0.001, "acknowledged", alert_id=opened.alert_id, actor_ref="Li Na")
    ticks: list[JournalMessage] = [tick(hour / 24) for hour in range(1, 24 * 2)]

    outcomes = journal_run([call(SOMEBODY, text=THREAT, event_id="first"), theirs, *ticks], done := Counter[str]())

    assert done == {}
    assert {alert.by for alert in alerts_of(outcomes) if alert.transition == "acknowledged"} == {"Li Na"}


def test_a_record_that_cannot_be_read_is_told_and_the_rest_goes_on() -> None:
    run = StaffedJournal(JournalRun("0", Params(), None, 1), lambda: Staff(1), INTAKE, Counter())
    line = orjson.dumps({"partition": 0, "offset": 0, "lines": ["broken", orjson.loads(encode(call(SOMEBODY)))]})

    broken, read = run.take(line)

    assert not isinstance(broken, tuple)
    assert isinstance(read, tuple)


def test_a_customer_is_named_by_their_key() -> None:
    """Staff name customers by their key, as a repaired dead letter does, so no list of ids is needed."""
    staff = Staff(1, WORKING)
    staff.hear(alert("a", customer_key=SOMEBODY))

    (first,) = list(staff.actions(staff.due_at or moment(9)))
    assert INTAKE.prepare(encode(first), "action").event.customer_id == SOMEBODY


def test_the_command_lets_staff_answer_a_dump_and_says_that_they_are_made_up(tmp_path: Path) -> None:
    messages: list[JournalMessage] = [call(SOMEBODY, text=THREAT), *(tick(hour / 24) for hour in range(1, 24 * 9))]
    dump = tmp_path / "journal.jsonl"
    records = [dump_record(0, offset, encode(message)) for offset, message in enumerate(messages)]
    dump.write_bytes(b"\n".join([dump_header(1, "0"), *records]))
    told = {
        seed: CliRunner(env={"COLUMNS": "160"}).invoke(main, ["replay", str(dump), "--staff", "--staff-seed", seed])
        for seed in ("1", "2", "3", "4")
    }

    assert all(shown.exit_code == 0 for shown in told.values())
    assert all(f"simulated staff (seed {seed})" in shown.output for seed, shown in told.items())
    assert any("acknowledged 1 · started 1 · contacted 1 · resolved 1" in shown.output for shown in told.values())
