from __future__ import annotations

from typing import Any

import pytest

from streams.exits import ExitCode
from streams.watchdog import Watchdog


@pytest.fixture
def ended() -> list[tuple[str, ExitCode]]:
    return []


def watchdog_over(progress: list[Any], ended: list[tuple[str, ExitCode]]) -> Watchdog:
    values = iter(progress)
    dog = Watchdog(lambda: next(values), 10.0, lambda reason, code, **_: ended.append((reason, code)))
    dog._since = 0.0
    return dog


def test_a_recovery_that_stands_still_ends_the_process(ended: list[tuple[str, ExitCode]]) -> None:
    dog = watchdog_over([(1, 5)] * 3, ended)
    for now in (0.0, 9.0, 11.0):
        dog.look(now)

    assert ended == [("recovery_stuck", ExitCode.STUCK)]


def test_a_recovery_that_gets_on_is_left_alone(ended: list[tuple[str, ExitCode]]) -> None:
    dog = watchdog_over([(1, 5), (1, 6), (1, 7)], ended)
    for now in (0.0, 9.0, 18.0):
        dog.look(now)

    assert ended == []


def test_without_a_recovery_time_does_not_count(ended: list[tuple[str, ExitCode]]) -> None:
    dog = watchdog_over([None, None, (1, 5), (1, 5)], ended)
    for now in (0.0, 100.0, 101.0, 105.0):
        dog.look(now)

    assert ended == []


def test_it_looks_by_itself_from_a_thread(ended: list[tuple[str, ExitCode]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.watchdog._LOOK_EVERY_SECONDS", 0.01)
    dog = Watchdog(lambda: (1, 5), 0.02, lambda reason, code, **_: ended.append((reason, code)))
    dog.start()
    for _ in range(200):
        if ended:
            break
        dog._stopped.wait(0.01)
    dog.stop()

    assert ended[0] == ("recovery_stuck", ExitCode.STUCK)
