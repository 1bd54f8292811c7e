"""What the first core observes, and of what time: whoever counts must not notice how ticks and events are portioned."""

from __future__ import annotations

from datetime import datetime

import pytest

from models.parameters.policy import PolicyParams
from models.params import Params
from schemas.observations import Evidence, Watermark
from tests.support.core import Core
from tests.support.events import action, call, claim, complaint, moment, promise, tick

ANGRY = "你们太差了，打了好几次都没人联系我，我要向银保监举报你们！"


@pytest.fixture
def core() -> Core:
    return Core(Params(policy=PolicyParams(model=False)))


def observed(core: Core, *messages: object) -> list[tuple[str, datetime]]:
    """What becomes of messages: transitions and watermarks, each with its time."""
    found: list[Evidence | Watermark] = []
    for outcome in core.take(*messages):  # type: ignore[arg-type]
        found += outcome.observations
    return [(each.transition if isinstance(each, Evidence) else "watermark", each.clock) for each in found]


def test_what_a_tick_brings_about_counts_when_it_was_due_and_stands_before_the_watermark(core: Core) -> None:
    core.take(tick(0), claim(day=0.1), claim(day=2, status="assessed", customer_visible=False))

    assert observed(core, tick(20)) == [
        ("raised", moment(8.1)),
        ("raised", moment(16.1)),
        ("watermark", moment(20)),
    ]


def test_an_event_far_ahead_of_the_ticks_counts_at_its_own_time(core: Core) -> None:
    core.take(tick(0))

    assert observed(core, call(day=9, text=ANGRY)) == [("opened", moment(9))]


def test_an_event_that_comes_late_counts_at_the_last_tick(core: Core) -> None:
    core.take(tick(0), tick(10))

    assert observed(core, call(day=3, text=ANGRY)) == [("opened", moment(10))]


def test_a_timer_that_was_due_before_the_last_tick_counts_at_that_tick(core: Core) -> None:
    core.take(tick(0), tick(10))

    assert observed(core, promise(day=1, due=4), tick(12)) == [("opened", moment(10)), ("watermark", moment(12))]


def test_before_the_first_tick_everything_counts_at_its_own_time(core: Core) -> None:
    assert observed(core, call(day=3, text=ANGRY), tick(4)) == [("opened", moment(3)), ("watermark", moment(4))]


def test_an_engine_that_takes_up_its_rows_knows_its_last_tick(core: Core) -> None:
    core.take(tick(0), call("b"), tick(10))
    revived = Core(core.engine.params)
    revived.states = dict(core.states)
    revived.engine.restore(core.rows().items(), core.engine.partition_rows()["@engine/0"], None)

    assert observed(revived, call(day=3, text=ANGRY)) == [("opened", moment(10))]


def test_a_watermark_comes_once_per_period(core: Core) -> None:
    hours = [0, 0.5, 0.99, 1, 1.5, 3]

    told = observed(core, *(tick(hour / 24) for hour in hours))

    assert told == [("watermark", moment(hour / 24)) for hour in (0, 1, 3)]


def test_what_is_taken_back_is_told_and_what_is_answered_is_no_evidence(core: Core) -> None:
    core.take(tick(0), call(day=1, text=ANGRY))

    told = observed(core, action(day=1.1, what="acknowledged"), action(day=1.2, what="dismissed"))

    assert told == [("dismissed", moment(1.2))]


def test_a_complaint_takes_nothing_back(core: Core) -> None:
    core.take(tick(0), call(day=1, text=ANGRY))

    assert observed(core, complaint(day=2)) == []
