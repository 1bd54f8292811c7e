"""Tokens: one per Chinese character or Latin word, the same on every machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.tokens import CODE_BITS, EXCLAMATION, MAX_TOKENS, NUMBER, QUESTION, grams, tokens


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("我要投诉", 4),
        ("I want a refund", 4),
        ("等了15天", 4),
        ("w17 w4031 w17", 3),
        ("@某某客服 你好", 3),
        ("看 http://t.cn/abc123 这里", 4),
        ("don't", 1),
        ("", 0),
        ("   ", 0),
    ],
)
def test_a_character_or_a_word_is_a_token(text: str, count: int) -> None:
    assert len(tokens(text)) == count


@pytest.mark.parametrize("number", ["1", "2024", "１５", "[NUM]"])
def test_every_number_is_the_same_token(number: str) -> None:
    assert tokens(number) == [NUMBER]


def test_words_of_letters_and_digits_stay_apart() -> None:
    assert len(set(tokens(" ".join(f"w{number}" for number in range(300))))) == 300


FOLDED = {code + 0xFEE0: code for code in range(0x21, 0x7F)} | {0x3000: 0x20, 0x3002: 0x2E, 0x2019: 0x27}
"""Full-width forms, and the punctuation that belongs to them, to ASCII."""

forms = st.sampled_from(
    ["https://a.b/c", "t。cn/x", "@客服", "［num］", "it’s", "ＡｂＣ９", "ΑΣ。Β", "Σ", "，", "。", "！", "　", "好"]
)


@given(st.lists(st.one_of(forms, st.text("aZ0/：@[]._-'我們　。，ａ０", max_size=3)), max_size=12).map("".join))
def test_folding_first_makes_no_difference(text: str) -> None:
    assert tokens(text) == tokens(text.translate(FOLDED))


def test_width_and_case_make_no_difference() -> None:
    assert tokens("ＡＢＣ！？") == tokens("abc!?")
    assert tokens("！？") == [EXCLAMATION, QUESTION]


def test_a_code_is_the_same_on_every_machine() -> None:
    assert tokens("我要退款, now!") == [194835, 108624, 53710, 132401, 50723, 148530, 103578]


def test_order_makes_another_pair() -> None:
    one, two = tokens("不好")
    assert set(grams([one, two])) != set(grams([two, one]))


@given(st.text(max_size=3000))
def test_any_text_gives_bounded_codes(text: str) -> None:
    codes = tokens(text)

    assert len(codes) <= MAX_TOKENS
    assert all(0 <= code < 1 << CODE_BITS for code in codes)
    buckets = grams(codes)
    assert all(0 <= bucket < 1 << CODE_BITS for bucket in buckets)
    assert len(set(buckets)) == len(buckets)
    assert bool(buckets) is bool(codes)
