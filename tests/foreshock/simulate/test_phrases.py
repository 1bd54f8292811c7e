"""Phrases with choices, and the phrase books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from random import Random

import pytest

from foreshock.simulate.contacts import NEED
from foreshock.simulate.phrasebooks.book import Lines, PhraseBook, book
from foreshock.simulate.phrases import Phrase
from foreshock.simulate.speech import BOOKS
from foreshock.simulate.truth import TROUBLES

SLOTS = (
    *("product", "city", "person", "weekday", "days", "minutes", "count", "money", "ref"),
    *("id_number", "mobile", "card", "plate", "email"),
)


def every_line(phrase_book: PhraseBook) -> Iterator[Lines]:
    """Yield the lines under every heading."""
    for heading in fields(phrase_book):
        lines = getattr(phrase_book, heading.name)
        yield from lines.values() if isinstance(lines, dict) else [lines]


def test_a_phrase_says_every_one_of_its_sentences_and_no_other() -> None:
    phrase = Phrase("{a|b{c|d}|}-<who>")

    said = {phrase.spoken(Random(seed), {"who": lambda: "x"}) for seed in range(100)}
    assert said == {"a-x", "bc-x", "bd-x", "-x"}


@pytest.mark.parametrize("template", ["{a|b", "a|b}", "a}", "{a{b}", "<name"])
def test_a_phrase_whose_braces_do_not_match_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"partner|substring"):
        Phrase(template)


def test_a_slot_that_nobody_fills_is_an_error() -> None:
    with pytest.raises(KeyError, match="who"):
        Phrase("<who>").spoken(Random(1), {})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_phrase_book_has_words_for_every_need_and_trouble(language: str) -> None:
    phrase_book = BOOKS[language]  # type: ignore[index]

    assert set(phrase_book.needs) == set(NEED)
    assert set(phrase_book.troubles) == set(TROUBLES)
    assert all(len(lines) >= 2 for lines in every_line(phrase_book))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_phrase_can_be_said_and_leaves_no_mark_of_how_it_was_made(language: str) -> None:
    phrase_book = BOOKS[language]  # type: ignore[index]
    chance, slots = Random(3), {name: (lambda: "1") for name in SLOTS}

    for lines in every_line(phrase_book):
        for phrase in lines:
            for _ in range(10):
                assert not set("{}|<>") & set(phrase.spoken(chance, slots))


def test_a_phrase_book_without_a_heading_is_refused() -> None:
    with pytest.raises(TypeError, match="threats"):
        book(thanks="thank you")
