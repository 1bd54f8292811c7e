"""A kept conversation: counts, and a trace from which the turns can be read back."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from models.text.conversation import MAX_TOKENS, Conversation, Sums, Turn
from models.text.tokens import CODE_BITS, tokens

codes = st.lists(st.integers(0, (1 << CODE_BITS) - 1), max_size=40)
turns = st.lists(st.builds(Turn, st.booleans(), codes), max_size=12)


def held(turns: list[Turn]) -> Conversation:
    conversation = Conversation()
    for turn in turns:
        conversation = conversation.then(turn)
    return conversation


@given(turns)
def test_the_turns_are_read_back(turns: list[Turn]) -> None:
    assert held(turns).turns() == turns


@given(turns)
def test_it_counts_both_sides(turns: list[Turn]) -> None:
    conversation = held(turns)

    assert conversation.customer_turns == sum(turn.is_customer for turn in turns)
    assert conversation.agent_turns == sum(not turn.is_customer for turn in turns)
    assert conversation.customer_tokens == sum(len(turn.codes) for turn in turns if turn.is_customer)


def test_marks_of_mood_are_counted() -> None:
    conversation = held(
        [Turn(True, tokens("太差了！！")), Turn(False, tokens("您好？！")), Turn(True, tokens("为什么？"))]
    )

    assert (conversation.exclamations, conversation.questions) == (2, 1)
    assert (conversation.last_exclamations, conversation.last_questions) == (0, 1)


def test_a_long_conversation_forgets_its_oldest_turns() -> None:
    spoken = [Turn(bool(number % 2), [number] * 100) for number in range(20)]
    conversation = held(spoken)

    assert conversation.turns() == spoken[-len(conversation.turns()) :]
    assert len(conversation.trace) <= MAX_TOKENS * 3
    assert len(conversation.turns()) >= 7


def test_the_newest_turn_is_never_forgotten() -> None:
    spoken = Turn(True, [7] * (MAX_TOKENS + 100))
    assert held([Turn(False, [1]), spoken]).turns() == [spoken]


def test_what_was_heard_is_kept_by_side() -> None:
    heard = held([Turn(True, [1, 2]), Turn(False, [3]), Turn(True, [4])]).heard()

    assert (heard.said, heard.said_last, heard.answered) == ("cAABAACcAAE", "cAAE", "aAAD")
    assert heard.turns == ("cAABAAC", "aAAD", "cAAE")


@given(turns)
def test_a_row_holds_it_as_json(turns: list[Turn]) -> None:
    conversation = held(turns)
    kept = Conversation._make(orjson.loads(orjson.dumps(conversation, default=tuple)))

    assert kept._replace(sums=Sums._make(kept.sums)) == conversation
