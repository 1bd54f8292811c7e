"""Reading a text: what the lexicon hears, and how the learned model moves it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.lexicon import LEXICON
from models.sentiment import MAX_CHARACTERS, combine, read, read_together

STRONGLY_NEGATIVE = -0.5
"""What nobody says who is not angry."""

pieces = st.one_of(
    st.sampled_from([phrase.text for phrase in LEXICON]), st.text(max_size=6), st.sampled_from("，。？! ")
)
texts = st.lists(pieces, max_size=20).map("".join)
polarities = st.floats(-1.0, 1.0)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("再不处理我就打12378找金融监管总局", "regulator"),
        ("I will write to the Ombudsman today.", "regulator"),
        ("信不信我发抖音曝光你们", "exposure"),
        ("I'll post about this on social media", "exposure"),
        ("等着收律师函吧", "legal"),
        ("My lawyer will be in touch", "legal"),
        ("全额退保，把钱退给我", "surrender"),
        ("I want my money back", "surrender"),
        ("报案一周了，没人联系我", "unanswered"),
        ("Nobody calls me back", "unanswered"),
        ("这个问题我打了好几次电话了", "repeated"),
        ("This is the third time I call", "repeated"),
        ("理赔款迟迟不到", "delay"),
        ("I am still waiting for my payment", "delay"),
        ("你们客服态度差，一直推诿", "attitude"),
        ("Your agent was rude", "attitude"),
        ("当初业务员误导我买的", "mis_selling"),
        ("I was misled about the cover", "mis_selling"),
        ("出了险你们就拒赔", "denial"),
        ("You denied my claim.", "denial"),
        ("我要投诉", "complaint"),
        ("I want to complain", "complaint"),
        ("太过分了，简直离谱", "anger"),
        ("This is ridiculous", "anger"),
        ("算了，随便吧", "resignation"),
        ("Whatever, forget it", "resignation"),
        ("谢谢你", "thanks"),
        ("Thanks a lot", "thanks"),
        ("理赔员很专业，也有耐心", "satisfied"),
        ("She was very helpful", "satisfied"),
        ("钱已到账", "resolved"),
        ("It is sorted now", "resolved"),
        ("保费怎么交", "question"),
        ("How do I pay the premium?", "question"),
    ],
)
def test_a_category_is_heard_in_both_languages(text: str, category: str) -> None:
    assert category in read(text).names


@pytest.mark.parametrize(
    "text",
    [
        "打了好几次电话都没人联系我，我要投诉到金融监管总局",
        "你们就是骗子，拖了一个月还拒赔",
        "This is the third time I call and nobody calls me back, I want to complain.",
        "You lied to me and refused to pay. Disgusting!",
    ],
)
def test_an_angry_customer_is_strongly_negative(text: str) -> None:
    assert read(text).polarity <= STRONGLY_NEGATIVE


@pytest.mark.parametrize(
    "text",
    [
        "您好，请问退保怎么办理？",
        "如果对结果有异议，应该怎么投诉？",
        "什么情况下保险公司会拒赔？",
        "12378是什么电话？",
        "How do I cancel my policy?",
        "Can I get a refund if I move abroad?",
        "我想了解一下这份保单的保障范围",
        "What does the ombudsman do?",
    ],
)
def test_a_calm_question_about_a_grave_topic_is_not_strongly_negative(text: str) -> None:
    assert -0.3 < read(text).polarity <= 0.0


def test_asking_how_to_complain_differs_from_announcing_it() -> None:
    assert read("怎么投诉？").polarity > read("我要投诉").polarity
    assert read("我现在就要投诉，怎么投诉？").polarity <= STRONGLY_NEGATIVE


def test_a_question_quiets_only_its_own_sentence() -> None:
    assert read("我要投诉你们。电话是多少？").polarity == read("我要投诉你们。").polarity


@pytest.mark.parametrize(
    ("plain", "negated"), [("满意", "不太满意"), ("helpful", "not helpful"), ("很专业", "一点都没很专业")]
)
def test_a_negated_good_word_is_bad(plain: str, negated: str) -> None:
    assert read(plain).polarity > 0.0
    assert read(negated).polarity < 0.0


@pytest.mark.parametrize(("plain", "negated"), [("他们误导我", "他们没有误导我"), ("he was rude", "he was never rude")])
def test_a_negated_bad_word_is_nearly_silent_and_names_no_grievance(plain: str, negated: str) -> None:
    assert read(plain).polarity < read(negated).polarity <= 0.0
    assert read(negated).names == ()


def test_a_negation_reaches_neither_another_clause_nor_far() -> None:
    good = read("满意").polarity

    assert read("不是的，满意").polarity == good
    assert read("没收到短信通知但是满意").polarity == good


def test_strength_is_heard() -> None:
    assert read("非常失望").polarity < read("失望").polarity < read("有点失望").polarity < 0.0
    assert read("very helpful").polarity > read("helpful").polarity > read("a bit helpful").polarity > 0.0


def test_the_longest_phrase_counts_and_not_its_parts() -> None:
    assert read("不满意").hits == 1
    assert read("不满意").polarity < 0.0


@pytest.mark.parametrize("text", ["", "later translated", "I scammell Whalley", "保单号PDZA2026", "1234567", "🙂🙂"])
def test_a_text_without_phrases_is_neutral(text: str) -> None:
    assert read(text) == (0.0, 0, 0)


def test_case_and_the_shape_of_an_apostrophe_make_no_difference() -> None:
    assert read("I HAVEN’T HEARD BACK") == read("i haven't heard back")
    assert read("I HAVEN’T HEARD BACK").names == ("unanswered",)


@given(texts)
def test_polarity_stays_in_range_and_zero_hits_are_neutral(text: str) -> None:
    reading = read(text)

    assert -1.0 < reading.polarity < 1.0
    assert reading.hits > 0 or reading.polarity == 0.0


def test_what_is_beyond_the_limit_is_not_read() -> None:
    assert read("退" * MAX_CHARACTERS + "我要投诉") == read("退" * MAX_CHARACTERS)
    assert read("退" * (MAX_CHARACTERS - 4) + "我要投诉").names == ("complaint",)


@given(polarities, polarities, st.integers(0, 10**6))
def test_the_joined_polarity_moves_the_way_that_the_model_says_and_stays_in_range(
    lexicon: float, shift: float, seen: int
) -> None:
    joined = combine(lexicon, shift, seen)

    assert -1.0 <= joined <= 1.0
    assert (joined - lexicon) * shift >= 0.0


def test_an_untaught_model_changes_nothing_and_a_taught_one_never_silences_the_lexicon() -> None:
    assert combine(-0.8, 0.3, 0) == -0.8
    assert combine(-0.8, 0.3, 200) == pytest.approx(-0.65)
    assert combine(-0.8, 0.3, 10**6) == pytest.approx(-0.5, abs=0.01)


@given(st.lists(st.one_of(texts, texts.map(lambda text: text * 40)), max_size=6))
def test_reading_together_is_reading_each_and_all(several: list[str]) -> None:
    polarities, together = read_together(several)
    assert polarities == [read(text).polarity for text in several]
    assert together == read("\n".join(several))
