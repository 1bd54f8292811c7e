"""A judge that cannot fail says nothing: every way in which a broker may hold the wrong thing is found."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from aiokafka import ConsumerRecord

from bench.faults.feeder import ATTRIBUTES, draw
from bench.faults.harness import FEW_ARE_MANY
from bench.faults.judge import Verdict, judge, newest_rows
from bench.faults.settling import is_done
from bench.faults.tape import Tape
from bench.faults.truth import Truth, UndisturbedLearner, truth_of
from models.partition import engine_key
from schemas.catalogue import SOURCE_TOPICS
from schemas.codec import encode
from schemas.errors import UnreadableMessageError
from schemas.ticks import Tick
from streams.settings import Settings, load_settings
from streams.topics import CHANGELOG
from streams.wiring import intake_of
from tests.support.records import consumed


@functools.cache
def settings() -> Settings:
    """Of workers for whom a few customers are many."""
    params = Path(tempfile.mkdtemp()) / "params.toml"
    params.write_text(FEW_ARE_MANY, encoding="utf-8")
    return load_settings(partitions=1, attributes=ATTRIBUTES, clock="event", params_file=params)


class Run:
    """What is at the broker after a run: at first what an undisturbed worker leaves there; tests then spoil it."""

    def __init__(self) -> None:
        self.settings = settings()
        self.tape = Tape(self.settings)

    @classmethod
    def undisturbed(cls) -> Run:
        """Make one without a worker."""
        run = cls()
        for topic, key, value in fed():
            run.put(topic, key, value)
        run.truth = truth()
        for (_, key), row in sorted(run.truth.rows.items(), key=lambda found: found[0][1].startswith(b"@")):
            run.put(CHANGELOG, key, row)
        for value in run.truth.alerts.values():
            run.put("alerts", None, value)
        for value in sorted(run.truth.examples):
            run.put("examples", None, value)
        for value in run.truth.observations:
            run.put("observations", None, value)
        for value in run.truth.aggregates.values():
            run.put("aggregates", None, value)
        for key, value in run.truth.risks.items():
            run.put("risk", key, orjson.dumps({**orjson.loads(value), "position": [0, 0, 0]}))
        learner = UndisturbedLearner(run.settings)
        learner.learn_on(run.tape.records["examples"])
        run.truth.snapshots = learner.snapshots
        for key, value in run.truth.snapshots.items():
            run.put("snapshots", key, value)
        return run

    truth: Truth

    def put(self, topic: str, key: bytes | None, value: bytes | None) -> ConsumerRecord:
        """Write a record."""
        records = self.tape.records[topic]
        record = consumed(self.settings.topic(topic), value, offset=len(records), key=key)
        records.append(record)
        self.tape._take_note(topic, [record])
        return record

    def judged(self) -> Verdict:
        verdict = Verdict("test", "none", "a test")
        judge(verdict, self.tape, self.truth)
        return verdict

    def customer(self) -> bytes:
        """Some customer with a row."""
        return next(key for _, key in self.truth.rows if not key.startswith(b"@"))


@functools.cache
def fed() -> list[tuple[str, bytes | None, bytes]]:
    """Records of source topics, and what ingest makes of them: topic, key, value."""
    intake = intake_of(settings())
    found: list[tuple[str, bytes | None, bytes]] = []
    ticked_at = datetime.min.replace(tzinfo=UTC)
    for parcel in draw(600, seed=4):
        offset = sum(topic == parcel.topic for topic, _, _ in found)
        found.append((parcel.topic, parcel.key, parcel.value))
        try:
            prepared = intake.prepare(parcel.value, SOURCE_TOPICS[parcel.topic])
        except UnreadableMessageError:
            letter = {"topic": f"foreshock.{parcel.topic}", "partition": 0, "offset": offset}
            found.append(("dead-letters", None, orjson.dumps(letter)))
            continue
        if (at := prepared.event.occurred_at) > ticked_at + timedelta(days=1):
            found.append(("journal", None, encode(Tick(at=at, partition=0))))
            ticked_at = at
        found.append(("journal", None, prepared.line))
    return found


@functools.cache
def truth() -> Truth:
    run = Run()
    for topic, key, value in fed():
        run.put(topic, key, value)
    return truth_of(run.settings, run.tape.records["journal"])


@pytest.fixture
def run() -> Run:
    return Run.undisturbed()


def test_what_an_undisturbed_worker_leaves_is_exact(run: Run) -> None:
    verdict = run.judged()

    assert verdict.is_exact, verdict.complaints
    assert (verdict.fed, verdict.lost, verdict.stale_rows, verdict.alerts_repeated) == (600, 0, 0, 0)
    assert verdict.alerts > 20
    assert verdict.snapshots > 1
    assert verdict.aggregates > 1
    assert run.tape.is_through()


def lose_event(run: Run) -> None:
    run.put("calls", b"x", b'{"event_id":"never-seen-again"}')


def lose_row(run: Run) -> None:
    run.tape.records[CHANGELOG] = [r for r in run.tape.records[CHANGELOG] if r.key != run.customer()]


def count_twice(run: Run) -> None:
    items = orjson.loads(run.truth.rows[0, run.customer()])
    items[2] += 1  # as if it had seen a later position
    events = items.index(run.truth.events[0, run.customer()], 4)
    items[events] += 3
    run.put(CHANGELOG, run.customer(), orjson.dumps(items))


def change_clock(run: Run) -> None:
    key = engine_key(0).encode()
    items = orjson.loads(run.truth.rows[0, key])
    items[4] += 1.0
    run.put(CHANGELOG, key, orjson.dumps(items))


def change_alert(run: Run) -> None:
    opened = next(each.value for each in run.tape.records["alerts"] if b'"opened"' in each.value)
    run.put("alerts", None, opened.replace(b'"opened"', b'"raised"'))


def invent_alert(run: Run) -> None:
    run.put("alerts", None, b'{"alert_id":"made up"}')


def invent_evidence(run: Run) -> None:
    run.put("observations", None, run.tape.records["observations"][-1].value.replace(b'"clock":"2', b'"clock":"3'))


def change_aggregate(run: Run) -> None:
    run.put("aggregates", None, run.tape.records["aggregates"][0].value.replace(b'"customers":2', b'"customers":3'))


def lose_risk(run: Run) -> None:
    run.tape.records["risk"].pop()


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lose_event, "lost 1"),
        (lose_row, "rows wrong 1"),
        (count_twice, "over count 3"),
        (change_clock, "rows wrong 1"),
        (lambda run: run.tape.records["alerts"].pop(), "alerts lost 1"),
        (change_alert, "alerts wrong 1"),
        (invent_alert, "alerts unknown 1"),
        (lambda run: run.tape.records["examples"].pop(), "examples lost 1"),
        (lambda run: run.put("examples", None, b"{}"), "examples unknown 1"),
        (lose_risk, "risks wrong 1"),
        (lambda run: run.tape.records["observations"].pop(1), "observations lost 1"),
        (invent_evidence, "observations unknown 1"),
        (lambda run: run.tape.records["aggregates"].pop(), "aggregates wrong 1"),
        (change_aggregate, "aggregates wrong 1"),
        (lambda run: run.tape.records["snapshots"].pop(0), "snapshots wrong 1"),
        (lambda run: run.put("snapshots", b"risk/1", b"{}"), "snapshots wrong 1"),
    ],
)
def test_whatever_is_wrong_is_found(run: Run, spoil: Callable[[Run], object], complaint: str) -> None:
    spoil(run)

    verdict = run.judged()

    assert not verdict.is_exact
    assert complaint in verdict.complaints


def test_a_repeated_alert_is_counted_and_harmless(run: Run) -> None:
    run.put("alerts", None, run.tape.records["alerts"][0].value)

    verdict = run.judged()

    assert verdict.alerts_repeated == 1
    assert verdict.is_exact


def test_an_older_row_behind_a_newer_one_is_passed_over(run: Run) -> None:
    old, new = b'[1,"0",5,0,null]', b'[1,"0",7,2,null]'
    found = [consumed("changelog", row, number, key=b"c") for number, row in enumerate((new, old))]

    assert newest_rows(found) == ({(0, b"c"): new}, 1)


def test_an_alert_without_a_delivery_is_missed(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    values = [record.value for record in run.tape.records["alerts"]]
    file.write_bytes(b"\n".join(values[1:]) + b'\n{"cut sho')

    missing = run.tape.undelivered([file])
    letter = {"topic": run.settings.topic("alerts"), "partition": 0, "offset": 0}
    run.put("dead-letters", None, orjson.dumps(letter))

    assert len(missing) == 1
    assert run.tape.undelivered([file]) == set()


def test_a_journal_line_that_nobody_could_read_needs_its_dead_letter(run: Run) -> None:
    garbage = run.put("journal", None, b"not json")
    run.truth = truth_of(run.settings, run.tape.records["journal"])
    assert run.judged().lost == 1

    letter = {"topic": garbage.topic, "partition": 0, "offset": garbage.offset, "line": 0}
    run.put("dead-letters", None, orjson.dumps(letter))

    assert run.judged().lost == 0


def test_an_example_that_a_line_released_again_under_a_smaller_index_is_known(run: Run) -> None:
    plain = next(plain for plain in map(orjson.loads, run.truth.examples) if plain["source"][3])
    again = {**plain, "source": [*plain["source"][:3], plain["source"][3] - 1]}
    run.put("examples", None, orjson.dumps(again))

    assert run.judged().examples_unknown == 0

    run.put("examples", None, orjson.dumps({**again, "customer_key": "c_nobody"}))
    assert run.judged().examples_unknown == 1


async def test_a_learner_beside_the_run_learns_every_example_once_however_often_it_is_asked(run: Run) -> None:
    examples = run.tape.records["examples"]
    learner = UndisturbedLearner(run.settings)
    for end in (0, 1, len(examples) // 2, len(examples), len(examples)):
        learner.learn_on(examples[:end])

    await run.tape.learn_on()

    assert learner.snapshots == run.tape.due == run.truth.snapshots


async def test_a_run_is_over_only_once_every_alert_about_many_is_there(run: Run) -> None:
    last = run.tape.records["aggregates"].pop()
    await run.tape.learn_on()
    assert not run.tape.is_through()

    run.tape.records["aggregates"].append(last)
    assert run.tape.is_through()


def test_a_tape_that_has_not_read_what_was_fed_is_not_done(run: Run) -> None:
    feeder = SimpleNamespace(fed_count=600)
    stage: Any = SimpleNamespace(feeder=feeder, workers={})
    run.tape.records["alerts"].clear()  # delivery is another matter

    assert is_done(stage, run.tape)
    feeder.fed_count = 601
    assert not is_done(stage, run.tape)
    assert is_done(stage, Tape(run.settings)) is False
