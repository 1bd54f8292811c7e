"""Does every promise and every piece of feedback come to an end that has a name?"""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from models.outcome import Outcome
from models.parameters.ledgers import LedgerParams
from models.params import Params
from tests.support.core import Core, told
from tests.support.events import action, call, complaint, moment, promise, survey, tick

BAD = "打了三次都没人回，太差了！"


def _moves(outcomes: list[Outcome]) -> list[tuple[str, str, str, str | None]]:
    """Kind, event, state and reason of each move."""
    return [(e.kind, e.event_id, e.state, e.reason) for outcome in outcomes for e in outcome.ledger]


def test_feedback_is_answered_by_the_next_contact() -> None:
    moves = _moves(Core().take(survey(score=1, event_id="s"), action(day=1, event_id="x")))

    assert moves == [("feedback", "s", "received", None), ("feedback", "s", "answered", "action")]


def test_praise_is_owed_an_answer_too_and_small_talk_is_not() -> None:
    core = Core()

    moves = _moves(
        core.take(call(text="谢谢，服务非常好，很满意", event_id="good"), call(day=1, text="你好", event_id="x"))
    )

    assert moves == [("feedback", "good", "received", None)]
    assert not core.states["a"].feedback[0].bad


def test_an_answer_that_names_one_leaves_the_other_waiting() -> None:
    core = Core()
    core.take(call(text=BAD, event_id="c1"), survey(day=1, score=1, event_id="s1"))

    moves = _moves(core.take(action(day=2, feedback_ref="c1")))

    assert moves == [("feedback", "c1", "answered", "action")]
    assert core.states["a"].feedback_at == moment(1).timestamp()


def test_an_ageing_grumble_fires_and_expires_by_time_alone() -> None:
    core = Core()
    core.take(call(text=BAD, event_id="c1"))

    alerts = core.alerts(tick(3))
    moves = _moves(core.take(tick(40)))

    assert ("unanswered", "opened") in [one[:2] for one in told(alerts)]
    assert moves == [("feedback", "c1", "expired", "due")]
    assert not core.states["a"].feedback


def test_a_missed_promise_is_in_the_ledger_as_of_its_due_time() -> None:
    (_, later) = Core().take(promise(due=1, event_id="p"), tick(5))

    assert _moves([later]) == [("promise", "p", "missed", "due")]
    assert later.ledger[0].at == moment(1)


def test_a_promise_is_kept_replaced_or_waived_by_name() -> None:
    core = Core()

    moves = _moves(
        core.take(
            promise(due=9, promise_ref="r", event_id="p1"),
            promise(day=1, due=8, promise_ref="r", event_id="p2"),
            action(day=2, what="promise_kept", promise_ref="r"),
            promise(day=3, due=9, promise_ref="q", event_id="p3"),
            action(day=4, what="waived", promise_ref="q", actor_ref="chief", note="the customer agreed"),
        )
    )

    assert [move for move in moves if move[2] != "received"] == [
        ("promise", "p1", "expired", "replaced"),
        ("promise", "p2", "kept", "action"),
        ("promise", "p3", "waived", "action"),
    ]


def test_what_the_bound_pushes_out_has_expired_and_the_books_say_so() -> None:
    core = Core(Params(ledger=LedgerParams(open_feedback=1)))

    moves = _moves(core.take(survey(score=2, event_id="s1"), survey(day=1, score=2, event_id="s2")))

    assert moves == [
        ("feedback", "s1", "received", None),
        ("feedback", "s2", "received", None),
        ("feedback", "s1", "expired", "evicted"),
    ]


def test_a_withdrawal_answers_the_complaint_that_it_names() -> None:
    core = Core()
    core.take(complaint(event_id="k1", complaint_ref="A"), complaint(day=1, event_id="k2", complaint_ref="B"))

    moves = _moves(core.take(complaint(day=2, complaint_ref="A", withdrawn=True)))

    assert moves == [("feedback", "k1", "answered", "withdrawn")]


@pytest.mark.parametrize("given", [{}, {"actor_ref": "chief"}, {"note": "why"}])
def test_a_waiver_without_a_name_and_a_reason_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="the action waived needs"):
        action(what="waived", **given)
