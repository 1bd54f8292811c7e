from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from sinks.prometheus import Metrics
from streams.claims import Claim, Part
from streams.exits import ExitCode
from streams.watchdog import LoopPulse, Watchdog


def claim(progress: Any = 5, *, part: Part = "recovery", is_due: bool = True, needs_broker: bool = True) -> Claim:
    return Claim("score", "score", part, "p-0", is_due, progress, 5.0, 10.0, needs_broker)


class Looks:
    """A watchdog with a registry, looked through once a second."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.ended: list[tuple[str, ExitCode, dict[str, Any]]] = []
        self.dog = Watchdog(
            Metrics(self.registry), lambda reason, code, **facts: self.ended.append((reason, code, facts))
        )
        self.now = 0.0

    def look(self, seconds: int, *claims: Claim, broker: bool = True) -> list[Claim]:
        over: list[Claim] = []
        for _ in range(seconds):
            self.now += 1.0
            over = self.dog.look(claims, broker, self.now)
        return over

    def stalled(self, part: str) -> float | None:
        return self.registry.get_sample_value("foreshock_stalled_parts", {"role": "score", "part": part})


@pytest.fixture
def looks() -> Looks:
    return Looks()


def test_a_part_that_stands_still_is_reported_first_and_used_up_later(looks: Looks) -> None:
    assert looks.look(5, claim()) == []
    assert not looks.dog.is_stalled
    assert looks.look(1, claim()) == []
    assert looks.dog.is_stalled
    assert looks.stalled("recovery") == 1
    assert looks.look(5, claim()) == [claim()]


def test_what_is_reported_says_since_when_and_what_to_do(looks: Looks) -> None:
    looks.look(7, claim())

    (told,) = looks.dog.told()
    assert (told["role"], told["part"], told["at"]) == ("score", "recovery", "p-0")
    assert told["seconds"] == 6.0
    assert "since" in told
    assert "changelog" in told["what_to_do"]


def test_the_end_of_the_process_says_which_part_and_asks_for_a_restart(looks: Looks) -> None:
    looks.dog.end(claim())

    ((reason, code, facts),) = looks.ended
    assert (reason, code) == ("part_is_stuck", ExitCode.STUCK)
    assert facts["part"] == "recovery"


def test_a_part_that_moves_is_left_alone_however_slow(looks: Looks) -> None:
    for progress in range(10):
        assert looks.look(4, claim(progress)) == []
        assert not looks.dog.is_stalled


def test_a_part_that_moves_again_is_well_again(looks: Looks) -> None:
    looks.look(8, claim(1))
    looks.look(1, claim(2))

    assert not looks.dog.is_stalled
    assert looks.dog.told() == []
    assert looks.stalled("recovery") == 0


def test_a_part_with_nothing_to_do_is_healthy_for_ever(looks: Looks) -> None:
    assert looks.look(1000, claim(is_due=False)) == []
    assert not looks.dog.is_stalled


def test_while_the_broker_is_away_nobody_is_stuck_and_afterwards_everybody_has_their_whole_time(looks: Looks) -> None:
    looks.look(4, claim())
    assert looks.look(60, claim(), broker=False) == []
    assert not looks.dog.broker_answers
    assert looks.registry.get_sample_value("foreshock_lost_dependencies", {"dependency": "broker"}) == 1
    assert looks.look(9, claim()) == []
    assert looks.dog.broker_answers
    assert looks.look(2, claim()) == [claim()]


def test_a_blocked_event_loop_has_no_excuse_in_the_broker(looks: Looks) -> None:
    blocked = claim(part="loop", needs_broker=False)

    assert looks.look(12, blocked, broker=False) == [blocked]


def test_while_the_event_loop_is_held_nothing_else_is_blamed(looks: Looks) -> None:
    held = claim(part="loop", needs_broker=False)
    looks.look(8, held, claim())

    assert {found["part"] for found in looks.dog.told()} == {"loop"}


def test_a_process_that_was_frozen_did_not_stand_still(looks: Looks) -> None:
    looks.look(3, claim())
    looks.now += 3600.0

    assert looks.look(1, claim()) == []
    assert not looks.dog.is_stalled


def test_a_part_that_is_gone_is_forgotten(looks: Looks) -> None:
    looks.look(8, claim())
    looks.look(1)

    assert not looks.dog.is_stalled
    assert looks.look(5, claim()) == []


def test_a_loop_that_turns_answers_and_one_that_is_held_does_not() -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    pulse = LoopPulse(loop)
    held = threading.Event()

    first = pulse.claim(1.0, 2.0)
    time.sleep(0.1)
    second = pulse.claim(1.0, 2.0)
    time.sleep(0.1)
    loop.call_soon_threadsafe(held.wait, 5.0)
    pulse.claim(1.0, 2.0)
    stuck = pulse.claim(1.0, 2.0), pulse.claim(1.0, 2.0)
    held.set()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()

    assert not first.is_due
    assert not second.is_due
    assert second.progress != first.progress
    assert stuck[0] == stuck[1]
    assert stuck[0].is_due
