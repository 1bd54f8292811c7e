"""The lexicon's file: every line is one that a reader and the automaton understand."""

from __future__ import annotations

from collections import Counter

import pytest

from models.lexicon import AUTOMATON, LEXICON, Category, Modifier, read_lexicon


def test_every_category_and_modifier_has_phrases_in_both_languages() -> None:
    counts = Counter((phrase.language, phrase.category, phrase.modifier) for phrase in LEXICON)

    for language in ("zh", "en"):
        assert all(counts[language, int(category), None] >= 3 for category in Category)
        assert all(counts[language, 0, modifier] >= 3 for modifier in Modifier)


def test_only_thanks_satisfaction_and_resolution_are_good_news() -> None:
    good = Category.THANKS | Category.SATISFIED | Category.RESOLVED
    neutral = Category.QUESTION

    for phrase in LEXICON:
        if phrase.modifier is not None or phrase.category & neutral:
            assert phrase.weight == 0.0, phrase
        else:
            assert (phrase.weight > 0.0) == bool(phrase.category & good), phrase


def test_the_automaton_knows_every_phrase() -> None:
    assert {phrase.text for phrase in AUTOMATON.values()} == {phrase.text for phrase in LEXICON}


def test_categories_fit_one_small_integer_and_name_themselves() -> None:
    assert max(map(int, Category)) < 2**17
    assert (Category.DELAY | Category.REGULATOR).names == ("regulator", "delay")
    assert Category(0).names == ()


@pytest.mark.parametrize(
    "line",
    [
        "退保\tzh\tsurrender",
        "退保\tfr\tsurrender\t-1",
        "退保\tzh\tsurender\t-1",
        "退保\tzh\t\t-1",
        "退保\tzh\tsurrender\tbad",
        "退保\tzh\tsurrender\t-3.1",
        "Refund\ten\tsurrender\t-1",
    ],
)
def test_a_line_that_is_wrong_is_refused_with_the_line(line: str) -> None:
    with pytest.raises(ValueError, match=line.split("\t")[0]):
        read_lexicon(["phrase\tlanguage\tcategory\tweight", line])


def test_a_phrase_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="once"):
        read_lexicon(["退保\tzh\tsurrender\t-1", "退保\tzh\tanger\t-1"])


def test_comments_and_empty_lines_say_nothing() -> None:
    assert read_lexicon(["# why", "", "phrase\tlanguage\tcategory\tweight"]) == []
