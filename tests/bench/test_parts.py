from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from bench.brokers import Brokers
from bench.carriers.job import BenchError, Job
from bench.environments import NoEnvironmentError, environment_of
from bench.events import draw_events, read_events, write_events
from bench.found import Asked
from bench.history import history_of
from bench.interleaved import PORTION, take_turns
from bench.parts import learning, replaying, stepping
from bench.population import population_of
from bench.team import team_of
from models.rows import decode_row
from schemas.codec import decode_event


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    file = tmp_path_factory.mktemp("bench") / "events"
    size = write_events(file, draw_events(600, 100, 1))
    return Asked(file, 600, size / 600, 100, 1, 1, Brokers("embedded"), Console(file=io.StringIO()))


def test_every_portion_goes_to_every_way_in_turns() -> None:
    taken: list[tuple[str, int]] = []

    def way(name: str) -> object:
        return lambda portion: taken.append((name, len(portion)))

    spent = take_turns({"one": way("one"), "other": way("other")}, range(PORTION + 3))  # type: ignore[dict-item]

    assert taken == [("one", PORTION), ("other", PORTION), ("one", 3), ("other", 3)]
    assert spent.keys() == {"one", "other"}
    with pytest.raises(ValueError, match="nothing to take"):
        take_turns({}, [])


def test_the_time_is_that_of_the_way_that_took_it() -> None:
    def work(portion: Sequence[int]) -> None:
        sum(range(2_000_000))

    spent = take_turns({"idle": lambda portion: None, "work": work}, range(10))

    assert spent["work"] > 100 * spent["idle"]


def test_step_learner_and_replay_are_measured_without_a_broker(asked: Asked) -> None:
    found = [part.measure(asked) for part in (stepping, learning, replaying)]

    assert [measure.name for part in found for measure in part.measures] == [
        "step with a trained model / validation", "learner", "replay / validation and core"
    ]  # fmt: skip
    assert all(measure.reached and measure.reached > 0 for part in found for measure in part.measures)
    assert found[1].figures["examples"] == len(history_of(asked.file).examples) > 0


def test_a_population_has_a_fresh_row_for_everybody_and_later_events_for_some(asked: Asked) -> None:
    history, settings = history_of(asked.file), Job(str(asked.file), 1).settings()
    population = population_of(1234, settings, history.intake, history.replay, history.stored)

    records = [record for found in population.records(0, 1234).values() for record in found]
    drawn, again, others = (list(population.draw(2 * asked.events, seed)) for seed in (1, 1, 2))
    events = [decode_event(event.raw) for event in drawn]
    keys = {history.intake.prepare(event.raw, None).event.customer_id for event in drawn}

    assert len({record.key for record in records}) == 1234
    assert {decode_row(record.value or b"").position for record in records} == {(-1, -1)}
    assert len({event.event_id for event in events}) == 2 * asked.events == 1200
    assert [event.occurred_at for event in events] == sorted(event.occurred_at for event in events)
    assert events[0].occurred_at > history.stored[-1].occurred_at
    assert {key.encode() for key in keys} < {record.key for record in records}
    assert drawn == again != others


def test_rows_of_a_population_lie_where_the_worker_looks_for_their_customers(asked: Asked) -> None:
    history, settings = history_of(asked.file), Job(str(asked.file), 1).settings()
    population = population_of(200, settings, history.intake, history.replay, history.stored)
    places = {record.key: partition for partition, found in population.records(0, 200).items() for record in found}

    prepared = [history.intake.prepare(event.raw, event.kind) for event in population.draw(asked.events, seed=3)]

    assert {places[ready.event.customer_id.encode()] == ready.partition for ready in prepared} == {True}


def test_a_worker_that_ends_ends_the_bench_with_what_it_said(tmp_path: Path) -> None:
    with (
        team_of(1, Job("no events", 1, bootstrap="127.0.0.1:1")) as team,
        pytest.raises(BenchError, match="ended by itself"),
    ):
        team.wait(1, timeout_seconds=60.0)


@pytest.mark.slow
def test_a_peer_that_cannot_be_installed_is_named_with_every_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bench" / "peers").mkdir(parents=True)
    (tmp_path / "bench" / "peers" / "gone.lock").write_text("--no-index\nno-such-package==1.0 --hash=sha256:00\n")
    (tmp_path / "own").write_text("")
    monkeypatch.setattr("bench.environments.CHECKOUT", tmp_path)
    monkeypatch.setattr("bench.environments._OWN", tmp_path / "own")
    monkeypatch.setattr("bench.environments._FOLDER", tmp_path / "made")
    monkeypatch.setattr("bench.environments._INTERPRETERS", ())

    with pytest.raises(NoEnvironmentError, match=r"Python 3\.\d+\.\d+: .*no-such-package"):
        environment_of("gone")


def test_drawing_reads_back_what_was_written(asked: Asked) -> None:
    assert len(list(read_events(asked.file))) == asked.events
