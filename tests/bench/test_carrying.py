from __future__ import annotations

import pickle
import re
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import checking
from bench.carriers.job import Figures, Job
from bench.carriers.left import Kept, kept_of, read_states, write_states
from bench.checking import Left, Truth, bytewax_states, compare
from bench.events import draw_events, read_events, write_events
from bench.summary import measures_of, rows_of, summary_of
from models.rows import encode_row
from models.state import CustomerState
from streams.settings import Settings
from tests.support.peers import CHECKOUT

OWN = CHECKOUT / "requirements.lock"
PEERS = ("quix", "bytewax")


def run(number: int, carrier: str, microseconds: float) -> dict[str, Any]:
    return {
        "round": number,
        "carrier": carrier,
        "cpu_microseconds_per_event": microseconds,
        "wall_microseconds_per_event": microseconds,
        **({} if carrier == "core" else {"lost": 0, "twice": 1}),
    }


def test_the_same_seed_draws_the_same_events_and_a_file_keeps_them(tmp_path: Path) -> None:
    drawn = list(draw_events(300, customers=40, seed=5))

    size = write_events(tmp_path / "events", draw_events(300, customers=40, seed=5))

    assert list(read_events(tmp_path / "events")) == drawn
    assert size == sum(len(event.raw) for event in drawn)
    assert drawn != list(draw_events(300, customers=40, seed=6))


def test_no_customer_has_events_on_two_topics() -> None:
    kinds: dict[str, set[str]] = {}
    for event in draw_events(2000, customers=100, seed=1):
        kinds.setdefault(event.customer_id, set()).add(event.kind)

    assert set(map(len, kinds.values())) == {1}


def test_carrying_is_what_is_above_the_core_of_the_same_round() -> None:
    # The second round met a machine twice as slow.
    runs = [
        run(number, name, slowness * cost)
        for number, slowness in ((1, 1), (2, 2))
        for name, cost in (("worker", 120), ("core", 100), ("stock", 300), ("quix", 150), ("plain", 90))
    ]

    summary = summary_of(runs)
    measures = {measure.name: measure for measure in measures_of(runs, {"bytewax": "no wheel"})}

    assert summary["worker"]["carrying_microseconds_per_event"].median == 30
    assert summary["core"]["carrying_microseconds_per_event"] is None
    assert summary["worker"]["twice"] == 2
    assert measures["carrying cost / stock Faust"].reached == pytest.approx(0.1)
    assert measures["carrying cost / Quix Streams"].reached == pytest.approx(0.4)
    assert measures["whole job per core / stock Faust"].reached == pytest.approx(2.5)
    assert measures["whole job per core / stock Faust"].is_met is False
    assert measures["whole job per core / the plain loop"].reached == pytest.approx(0.75)
    assert measures["whole job per core / Bytewax with its recovery store"].reason == "no wheel"
    assert [row[3] for row in rows_of(summary, {})] == [
        "30.0 (20.0 to 40.0)", "-", "300.0 (200.0 to 400.0)", "75.0 (50.0 to 100.0)", "-15.0 (-20.0 to -10.0)"
    ]  # fmt: skip
    assert list(rows_of({}, {"quix": "no wheel"})) == [["quix", *["not run"] * 3, "-", "-", "-"]]


def test_without_the_core_nothing_is_said_about_carrying() -> None:
    runs = [run(1, "worker", 120), run(1, "stock", 300)]

    share, *_, plain = measures_of(runs, {})

    assert summary_of(runs)["worker"]["carrying_microseconds_per_event"] is None
    assert (share.reached, share.reason) == (None, "core did not run")
    assert plain.reason == "core, plain did not run"


def test_a_state_is_the_same_wherever_in_a_journal_it_was_changed(tmp_path: Path) -> None:
    here, there = CustomerState(events=3, offset=1, line=2, epoch="a"), CustomerState(events=3, offset=9, epoch="b")
    write_states(str(tmp_path), [("c", here)])

    assert kept_of(here) == kept_of(there)
    assert kept_of(here) != kept_of(CustomerState(events=3, heat=1.0))
    assert read_states(str(tmp_path)) == {"c": kept_of(there)}


async def test_what_a_carrier_lost_or_counted_twice_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> Any:
        for record in ():
            yield record

    monkeypatch.setattr(checking, "read_topics", nothing)
    truth = Truth({"a": Kept(5, "x"), "b": Kept(2, "y"), "c": Kept(1, "z")}, frozenset({("id", 1, "opened", "low")}))

    left = await compare(Settings(), {"a": Kept(3, "w"), "b": Kept(5, "v"), "c": Kept(1, "z")}, truth)

    assert (left.lost_events, left.extra_events, left.wrong_states) == (2, 3, 2)
    assert (left.lost_alerts, left.unknown_risks, left.lost, left.twice) == (1, 3, 3, 3)
    assert not left.is_right
    assert left.problems().startswith("lost_events 2, extra_events 3, wrong_states 2, lost_alerts 1")


def test_an_alert_that_left_twice_is_no_fault_because_its_id_says_so() -> None:
    left = Left(0, 0, 0, 0, 0, repeated_alerts=4, alerts=9, risks=20, unknown_risks=0)

    assert left.is_right
    assert left.twice == 4


@pytest.mark.parametrize("wrong", ["wrong_states", "lost_alerts", "wrong_alerts", "unknown_risks"])
def test_anything_else_that_is_not_as_the_core_made_it_is_a_fault(wrong: str) -> None:
    right = Left(0, 0, 0, 0, 0, repeated_alerts=0, alerts=9, risks=20, unknown_risks=0)

    assert not replace(right, **{wrong: 1}).is_right


async def test_the_newest_snapshot_of_a_recovery_store_counts(tmp_path: Path) -> None:
    old, new = (encode_row(CustomerState(events=events)) for events in (1, 2))
    with sqlite3.connect(tmp_path / "part-0.sqlite3") as store:
        store.execute("CREATE TABLE snaps (step_id, state_key, snap_epoch, ser_change)")
        store.executemany(
            "INSERT INTO snaps VALUES (?, ?, ?, ?)",
            [
                ("bench.score.stateful_batch", "c", 2, pickle.dumps(new)),
                ("bench.score.stateful_batch", "c", 1, pickle.dumps(old)),
                ("bench.source", "0-topic", 1, pickle.dumps(7)),
            ],
        )
    store.close()

    found = await bytewax_states(Settings(), Job("", 1, folder=str(tmp_path)), Figures(1, 1.0, 1.0, {}))

    assert found == {"c": kept_of(CustomerState(events=2))}


def locked(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", file.read_text(), re.M))


@pytest.mark.parametrize("peer", PEERS)
def test_a_peers_lock_is_hashed_and_leaves_the_cores_packages_to_ours(peer: str) -> None:
    file = CHECKOUT / "bench" / "peers" / f"{peer}.lock"
    blocks = re.split(r"\n(?=[a-z0-9])", file.read_text())[1:]

    assert [block for block in blocks if "--hash=sha256:" not in block] == []
    assert locked(file).keys() & locked(OWN).keys() == set()
    assert locked(file).keys() & {"quixstreams", "bytewax"}
