"""Conversations: kept while they go on, joined with their rating or their marks, and then forgotten."""

from __future__ import annotations

import pytest

from models.text.tokens import tokens
from schemas.examples import TextExample
from tests.support.core import Core
from tests.support.events import call, moment, survey, tick

FIRST, SECOND = "请问我的理赔到哪一步了？", "等了两个星期，还是没人联系我"


def _texts(core: Core, *messages: object) -> list[TextExample]:
    outcomes = core.take(*messages)  # type: ignore[arg-type]
    return [one for outcome in outcomes for one in outcome.examples if isinstance(one, TextExample)]


def _said(example: TextExample) -> list[tuple[bool, tuple[int, ...]]]:
    return [(turn.is_customer, turn.codes) for turn in example.turns]


@pytest.fixture
def core() -> Core:
    return Core()


def test_contacts_of_one_name_are_one_conversation(core: Core) -> None:
    turns = [{"speaker": "agent", "text": "您好"}, {"speaker": "customer", "text": SECOND}]
    (example,) = _texts(
        core,
        call(day=0, conversation_ref="c1", text=FIRST),
        call(day=0.1, conversation_ref="c1", turns=turns),
        survey(day=0.2, score=1, touchpoint="call"),
    )

    assert example.rating == -1.0
    assert _said(example) == [
        (True, tuple(tokens(FIRST))),
        (False, tuple(tokens("您好"))),
        (True, tuple(tokens(SECOND))),
    ]


@pytest.mark.parametrize("refs", [(None, None), ("c1", "c2"), ("c1", None)])
def test_contacts_of_other_names_are_other_conversations(core: Core, refs: tuple[str | None, str | None]) -> None:
    (example,) = _texts(
        core,
        call(day=0, conversation_ref=refs[0], text=FIRST),
        call(day=0.1, conversation_ref=refs[1], text=SECOND),
        survey(day=0.2, score=1, touchpoint="call"),
    )

    assert _said(example) == [(True, tuple(tokens(SECOND)))]


def test_a_contact_without_words_does_not_end_a_conversation(core: Core) -> None:
    (example,) = _texts(
        core,
        call(day=0, text=FIRST),
        call(day=0.1, direction="outbound"),
        survey(day=0.2, score=5, touchpoint="call"),
    )

    assert example.rating == 1.0


def test_a_rating_is_of_the_conversation_before_it_once(core: Core) -> None:
    rated = [survey(day=day, score=1, touchpoint="call") for day in (0.1, 0.2)]

    assert len(_texts(core, call(day=0, text=FIRST), *rated)) == 1
    assert core.states["a"].conversation is None


def test_a_rating_of_something_else_leaves_the_conversation(core: Core) -> None:
    assert _texts(core, call(day=0, text=FIRST), survey(day=0.1, score=1, touchpoint="renewal")) == []
    assert core.states["a"].conversation is not None


def test_a_comment_and_the_conversation_before_it_are_two_examples(core: Core) -> None:
    comment, conversation = _texts(
        core, call(day=0, text=FIRST), survey(day=0.1, score=1, touchpoint="call", comment=SECOND)
    )

    assert _said(comment) == [(True, tuple(tokens(SECOND)))]
    assert _said(conversation) == [(True, tuple(tokens(FIRST)))]


def test_an_unrated_conversation_is_forgotten_after_a_week_and_teaches_nothing(core: Core) -> None:
    core.take(call(day=0, text=FIRST))

    assert _texts(core, tick(6.9)) == []
    assert core.states["a"].conversation is not None
    assert _texts(core, tick(7.1)) == []
    assert core.states["a"].conversation is None
    assert _texts(core, survey(day=7.2, score=1, touchpoint="call")) == []


def test_each_contact_of_a_conversation_makes_it_last(core: Core) -> None:
    core.take(call(day=0, conversation_ref="c1", text=FIRST), call(day=6, conversation_ref="c1", text=SECOND), tick(9))

    kept = core.states["a"].conversation
    assert kept is not None
    assert kept.customer_turns == 2


def test_a_hand_over_is_learned_when_the_conversation_ends_even_if_nobody_rates_it(core: Core) -> None:
    core.take(
        call(day=0, conversation_ref="c1", text=FIRST, handover=False),
        call(day=0.1, conversation_ref="c1", text=SECOND, handover=True),
    )

    (example,) = _texts(core, tick(8))

    assert example.needed == (False, True)
    assert example.rating is None
    assert example.released_at == moment(7.1)


def test_a_hand_over_said_of_a_whole_contact_is_of_its_last_turn(core: Core) -> None:
    turns = [
        {"speaker": "customer", "text": FIRST},
        {"speaker": "bot", "text": "您好"},
        {"speaker": "customer", "text": SECOND},
    ]
    core.take(
        call(day=0, conversation_ref="c1", text=FIRST),
        call(day=0.1, conversation_ref="c1", turns=turns, handover=True),
        call(day=0.2, conversation_ref="c1", text=SECOND),
    )

    (example,) = _texts(core, survey(day=0.3, score=1, touchpoint="call"))

    assert example.needed == (None, None, None, True, None)
    assert len(example.turns) == 5


def test_the_marks_of_turns_that_were_forgotten_are_forgotten_with_them(core: Core) -> None:
    contacts = [
        call(day=number / 100, conversation_ref="c1", text="我等了很久" * 50, handover=number == 9)
        for number in range(10)
    ]

    (example,) = _texts(core, *contacts, survey(day=1, score=1, touchpoint="call"))

    assert len(example.turns) < 10
    assert example.needed is not None
    assert len(example.needed) == len(example.turns)
    assert example.needed[-1] is True


def test_another_conversation_tells_what_the_one_before_came_to(core: Core) -> None:
    (example,) = _texts(
        core,
        call(day=0, conversation_ref="c1", text=FIRST, handover=True),
        call(day=1, conversation_ref="c2", text=SECOND),
    )

    assert example.needed == (True,)
    assert example.rating is None
