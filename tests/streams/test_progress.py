from __future__ import annotations

import logging

import pytest
from prometheus_client import CollectorRegistry

from sinks.prometheus import Metrics
from streams.progress import RecoveryProgress


class Recovery:
    """A recovery of two partitions, one of a hundred positions and one of nothing."""

    def __init__(self) -> None:
        self.now = 0.0
        self.registry = CollectorRegistry()
        self.progress = RecoveryProgress(Metrics(self.registry), lambda: self.now)
        self.progress.begin({0: (100, 200), 1: (7, 7)})

    def figure(self, name: str) -> float | None:
        return self.registry.get_sample_value(f"foreshock_recovery_{name}")


@pytest.fixture
def recovery() -> Recovery:
    return Recovery()


def test_what_is_loaded_of_how_much_is_shown_while_it_goes_on(recovery: Recovery) -> None:
    recovery.progress.read(0, rows=30, next_position=150)

    assert recovery.figure("rows") == 30
    assert recovery.figure("read_positions") == 50
    assert recovery.figure("expected_positions") == 100
    assert recovery.figure("open_partitions") == 1


def test_every_few_seconds_the_log_says_how_long_it_will_take(
    recovery: Recovery, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "streams.progress"):
        for second in range(1, 9):
            recovery.now = float(second)
            recovery.progress.read(0, rows=5, next_position=100 + 10 * second)

    said = [record for record in caplog.records if record.message == "recovery_gets_on"]
    assert [vars(record)["rows"] for record in said] == [15, 30]
    last = vars(said[-1])
    assert (last["positions"], last["of"], last["per_second"], last["remaining_seconds"]) == (60, 100, 10, 4.0)


def test_rows_that_were_written_meanwhile_are_not_more_than_all(recovery: Recovery) -> None:
    recovery.progress.read(0, rows=1, next_position=999)

    assert recovery.figure("read_positions") == 100


def test_in_the_end_nothing_is_open_and_the_rows_are_counted(recovery: Recovery) -> None:
    recovery.progress.read(0, rows=42, next_position=190)
    recovery.now = 2.0
    recovery.progress.end()

    assert recovery.figure("open_partitions") == 0
    assert recovery.registry.get_sample_value("foreshock_recovered_rows_total") == 42
    assert recovery.registry.get_sample_value("foreshock_recovery_seconds_sum") == 2.0


def test_the_watchdog_sees_every_move_also_over_several_recoveries(recovery: Recovery) -> None:
    recovery.progress.read(0, 1, 101)
    before = recovery.progress.moves
    recovery.progress.begin({0: (0, 10)})
    recovery.progress.read(0, 1, 1)

    assert recovery.progress.moves > before
