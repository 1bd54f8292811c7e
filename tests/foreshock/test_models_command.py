from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count

import orjson
import pytest
from click.testing import CliRunner, Result

from foreshock.cli import main
from models.learner import Learner
from models.parameters.learning import LearningParams
from models.params import Params
from schemas.codec import decode_journal_line, encode
from schemas.signing import is_authentic
from schemas.snapshots import Contest, Interval, Quality, Snapshot
from schemas.ticks import ModelCommand
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.outbox import Record, send_records
from streams.settings import load_settings
from streams.snapshots import snapshot_key_of, write_snapshot
from tests.support.examples import risk_example
from tests.support.journal import read_topic

_NUMBERS = count()
Run = Callable[..., Result]


@pytest.fixture
def run(embedded_broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `foreshock models` on topics of this test's own."""
    monkeypatch.setenv("FORESHOCK_BOOTSTRAP_SERVERS", embedded_broker.bootstrap_servers)
    monkeypatch.setenv("FORESHOCK_PRODUCER_IDEMPOTENCE", "false")
    monkeypatch.setenv("FORESHOCK_TOPIC_PREFIX", f"models{next(_NUMBERS)}.")
    monkeypatch.setenv("FORESHOCK_PARTITIONS", "3")
    CliRunner().invoke(main, ["topics", "create"])

    def invoke(*arguments: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(main, ["models", *arguments], input=answer)

    return invoke


@pytest.fixture
def snapshots(run: Run) -> list[Snapshot]:
    """Three snapshots on the topic; the second one has a challenger and quality."""
    learner = Learner(Params(learning=LearningParams(snapshot_examples=10)))
    made = []
    for number in range(30):
        learner.learn(risk_example(number, dense=(float(number % 3),) * len(risk_example().dense)))
        if learner.is_due():
            made.append(learner.snapshot())
    weights = made[1].weights
    contested = weights.model_copy(
        update={
            "lines": (weights.lines[0], weights.lines[0].model_copy(update={"name": "challenger"})),
            "quality": {30: Quality(matured=1234, positives=30, auc=0.7111, average_precision=0.13, ece=0.02)},
        }
    )
    auc = Interval(difference=0.0123, low=0.001, high=0.02)
    contest = {30: Contest(challenger="challenger", examples=1200, positives=29, auc=auc)}
    made[1] = made[1].model_copy(update={"weights": contested, "contest": contest})
    asyncio.run(write(*made))
    return made


async def write(*snapshots: Snapshot, signed: bool = True) -> None:
    settings = load_settings()
    producer = new_producer(settings)
    await producer.start()
    try:
        for snapshot in snapshots:
            if signed:
                await write_snapshot(settings, snapshot, settings.snapshot_secret(), producer)
            else:
                record = Record(snapshot_key_of(snapshot.model, snapshot.weights.number), encode(snapshot))
                await send_records(producer, settings.topic("snapshots"), 0, [record])
    finally:
        await producer.stop()


def commands() -> list[ModelCommand]:
    """Every command in the journal, by partition."""
    settings = load_settings()
    messages = [decode_journal_line(record.value) for record in asyncio.run(read_topic(settings, "journal"))]
    found = [message for message in messages if isinstance(message, ModelCommand)]
    assert all(is_authentic(command, settings.snapshot_secret()) for command in found)
    return found


def test_every_snapshot_is_listed_with_what_it_learned_and_how_good_it_was(run: Run, snapshots: list[Snapshot]) -> None:
    listed = run("list").output.splitlines()

    assert [line.split()[0] for line in listed[1:]] == ["1", "2", "3"]
    assert "adagrad + challenger" in listed[2]
    assert "1,234 0.711 0.130 0.020" in listed[2]
    assert "+0.012 (+0.001 to +0.020)" in listed[2]
    assert listed[1].split()[-1] == "ours"


def test_a_snapshot_is_shown_with_its_provenance(run: Run, snapshots: list[Snapshot]) -> None:
    done = run("show", "2")
    assert done.exit_code == 0, done.exception
    shown = orjson.loads(done.output)

    assert shown["number"] == 2
    assert shown["examples_seen"] == 20
    assert shown["learners"] == ["adagrad", "challenger"]
    assert shown["signature"] == "ours"
    assert shown["params_are_ours"] is False
    assert shown["learned"] == [{"partition": 0, "epoch": snapshots[1].learned[0].epoch, "source": [19, 0, 0]}]


def test_an_altered_snapshot_is_listed_as_not_ours_and_cannot_be_gone_back_to(
    run: Run, snapshots: list[Snapshot]
) -> None:
    asyncio.run(write(snapshots[0], signed=False))

    assert "NOT OURS" in run("list").output
    refused = run("rollback", "1", "--yes")
    assert refused.exit_code == 2
    assert "bears no signature of ours" in refused.output
    assert commands() == []


def test_a_rollback_carries_the_weights_into_every_partition(run: Run, snapshots: list[Snapshot]) -> None:
    done = run("rollback", "1", "--because", "too keen", "--by", "wei", "--yes")

    assert done.exit_code == 0, done.output
    assert "will score with snapshot 1" in done.output
    written = commands()
    assert [command.partition for command in written] == [0, 1, 2]
    assert all(command.weights == snapshots[0].weights for command in written)
    assert {(command.by, command.because) for command in written} == {("wei", "too keen")}


@pytest.mark.parametrize("command", ["pin", "unpin"])
def test_a_decision_without_an_object_goes_to_every_partition(run: Run, command: str) -> None:
    done = run(command, answer="y\n")

    assert done.exit_code == 0, done.output
    assert [written.command for written in commands()] == [command] * 3


def test_whoever_says_no_changes_nothing(run: Run) -> None:
    done = run("pin", answer="n\n")

    assert done.exit_code == 1
    assert commands() == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("promote", "challenger"), "the newest snapshot (3) has no learner 'challenger': it has adagrad"),
        (("rollback", "9"), "has no snapshot 9: it holds 1 to 3"),
    ],
)
def test_what_cannot_work_is_refused_before_it_is_written(
    run: Run, snapshots: list[Snapshot], arguments: tuple[str, ...], told: str
) -> None:
    done = run(*arguments, "--yes")

    assert done.exit_code == 2
    assert told in done.output
    assert commands() == []


def test_without_a_snapshot_nothing_can_be_promoted(run: Run) -> None:
    done = run("promote", "adagrad", "--yes")

    assert done.exit_code == 2
    assert "holds no snapshot yet" in done.output
    assert "the rules alone decide" in run("list").output
