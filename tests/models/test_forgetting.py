"""Customers are forgotten: by silence, after they left, or because they ask for it."""

from __future__ import annotations

from models.engine import step
from models.forgetting import SETTLED_RECORDS
from models.params import Params
from models.partition import engine_key
from models.rows import decode_row, encode_row
from models.state import CustomerState
from schemas.alerts import Alert
from schemas.codec import JournalMessage
from schemas.types import Position
from tests.support.core import Core, told
from tests.support.events import action, call, claim, survey, tick

ANGRY = "打了三次都没人回，我要投诉到银保监！"
MEMORY = Params().memory


def _known(*messages: JournalMessage) -> Core:
    core = Core()
    core.take(call(day=0, text=ANGRY, event_id="secret-1"), survey(day=1, score=1, comment="差", event_id="secret-2"))
    core.take(*messages)
    return core


def _is_forgotten(core: Core, key: str = "a") -> bool:
    return bool(core.states[key].forgotten_at)


def test_a_customer_of_whom_nothing_is_heard_for_two_years_is_forgotten() -> None:
    core = _known(tick(1 + MEMORY.forget_after_days - 1))
    assert not _is_forgotten(core)

    core.take(tick(1 + MEMORY.forget_after_days))

    assert _is_forgotten(core)
    assert core.engine.customers_by_stage == [0, 0, 0, 0, 0]


def test_one_who_left_is_forgotten_sooner() -> None:
    core = _known(action(day=2, what="left"), tick(2 + MEMORY.forget_left_days - 1))
    assert not _is_forgotten(core)

    core.take(tick(2 + MEMORY.forget_left_days))

    assert _is_forgotten(core)


def test_what_is_left_is_small_and_says_nothing_about_the_person() -> None:
    core = _known(tick(2_000))

    row = encode_row(core.states["a"])

    assert len(row) < 120
    assert encode_row(decode_row(row)) == row
    left = {
        "epoch",
        "offset",
        "line",
        "due",
        "stage",
        "ruled_by",
        "forgotten_at",
        "alerts_opened",
        "lives",
        "spent",
        "room",
    }
    blank = CustomerState()
    assert {name for name in CustomerState.__slots__ if getattr(core.states["a"], name) != getattr(blank, name)} <= left


def test_a_claim_whose_silence_everybody_knows_keeps_nobody() -> None:
    core = _known(claim(day=2))

    core.take(tick(2_000))

    assert _is_forgotten(core)


def test_one_with_whom_something_is_open_waits() -> None:
    core = _known(action(day=3, what="promise", due_at="2029-01-01T00:00:00Z"), tick(900))
    assert not _is_forgotten(core)

    core.take(tick(2_000))

    assert _is_forgotten(core)


def test_a_forgotten_customer_who_returns_starts_as_new() -> None:
    core, fresh = _known(tick(1_000)), Core()
    number = core.states["a"].alerts_opened
    fresh.take(tick(1_000))

    core.take(call(day=1_001, event_id="back"))
    fresh.take(call(day=1_001, event_id="back"))

    state, new = core.states["a"], fresh.states["a"]
    assert number > 0
    assert (state.events, state.heat, state.contacts, state.ids) == (1, new.heat, new.contacts, new.ids)
    assert core.engine.customers_by_stage == fresh.engine.customers_by_stage


def test_alerts_of_a_new_life_have_ids_of_their_own_even_at_the_same_moment() -> None:
    core = Core()
    first = _opened(core, call(day=0, text=ANGRY))
    core.take(action(day=0, what="erase"))

    second = _opened(core, call(day=0, text=ANGRY))

    assert first
    assert second
    assert not first & second


def _opened(core: Core, message: JournalMessage) -> set[str]:
    return {alert.alert_id for alert in core.alerts(message) if alert.transition == "opened"}


def test_who_asks_to_be_forgotten_is_at_once_and_what_was_open_ends() -> None:
    core = _known()
    open_before = [alert.cause for alert in core.states["a"].alerts]
    assert core.states["a"].predictions

    outcome = core.take(action(day=1.5, what="erase"))[0]

    assert _is_forgotten(core)
    assert [(cause, transition) for cause, transition, _ in told(outcome.alerts)] == [
        (cause, "expired") for cause in open_before
    ]
    assert outcome.examples == []
    assert outcome.touched == ["a"]


def test_the_last_word_about_an_alert_repeats_nothing() -> None:
    core = _known()

    alerts: list[Alert] = core.alerts(action(day=1.5, what="erase"))

    assert alerts
    assert all([reason.code for reason in alert.reasons] == ["erased"] for alert in alerts)
    assert not any("secret" in alert.model_dump_json() for alert in alerts)


def test_to_forget_a_stranger_leaves_no_trace() -> None:
    core = Core()

    outcome = core.take(action(customer="nobody", what="erase"))[0]

    assert core.states == {}
    assert outcome.touched == []


def test_asking_twice_changes_nothing_more() -> None:
    core = _known(action(day=2, what="erase"))
    before = core.rows()

    core.take(action(day=3, what="erase"))

    assert core.rows() == before


def _far(core: Core, message: JournalMessage, offset: int) -> None:
    step(core.engine, core.states, message, Position(offset, 0))


def test_the_row_is_removed_when_the_journal_of_that_time_is_gone() -> None:
    core = _known(action(day=2, what="erase"))
    gone = 2 + MEMORY.tombstone_after_days

    _far(core, tick(gone - 1), SETTLED_RECORDS)
    assert _is_forgotten(core)
    _far(core, tick(gone), SETTLED_RECORDS + 1)

    assert core.states == {}


def test_a_row_that_a_crash_may_bring_back_is_not_removed_yet() -> None:
    core = _known(action(day=2, what="erase"))

    core.take(tick(100))
    assert _is_forgotten(core)
    _far(core, tick(102), SETTLED_RECORDS)

    assert core.states == {}


def test_a_day_on_which_nothing_was_written_does_not_shorten_the_wait() -> None:
    """A customer forgotten late, such as after an import of old history, still has a marked place long enough."""
    core = Core()
    core.take(call(day=0), tick(5_000))

    _far(core, tick(5_000 + MEMORY.tombstone_after_days - 1), SETTLED_RECORDS)

    assert _is_forgotten(core)


def test_what_a_removed_row_has_seen_is_known_from_the_partitions_own_row() -> None:
    before = _known(action(day=2, what="erase"))
    _far(before, tick(100), SETTLED_RECORDS)
    engine_row = before.engine.partition_rows()[engine_key(0)]

    again = Core()
    again.engine.restore((), engine_row, None)
    outcome = step(again.engine, again.states, call(day=0, text=ANGRY), Position(0, 0))

    assert before.states == {}
    assert outcome.seen
    assert again.states == {}


def test_the_budget_counts_who_is_known() -> None:
    core = _known(call(customer="b", day=2), action(day=3, what="erase"))

    assert core.engine._frame.budget.customers == 1


def test_a_repeat_of_the_event_that_ended_the_silence_counts_once() -> None:
    core = _known(call(day=1_000, event_id="back"))

    outcome = core.take(call(day=1_000, event_id="back"))[0]

    assert outcome.duplicate
    assert core.states["a"].events == 1
