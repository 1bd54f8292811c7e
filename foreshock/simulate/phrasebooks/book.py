"""The headings of a phrase book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foreshock.simulate.phrases import Phrase

Lines = Sequence[Phrase]


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """Everything that can be said in one language.

    The same words stand under calm and under angry headings on purpose: nobody may be able to tell who will complain
    from one phrase.
    """

    polite_openings: Lines
    """How a polite customer begins."""
    blunt_openings: Lines
    """How a blunt one begins."""
    polite_closings: Lines
    """How a polite customer ends."""
    blunt_closings: Lines
    """How a blunt one ends."""
    needs: Mapping[str, Lines]
    """Plain business, by need."""
    asking: Lines
    """Questions of content customers about complaints, regulators, lawyers and refunds."""
    thanks: Lines
    """Thanks, some of them for what came late."""
    annoyed: Lines
    """Being short with whoever answers: content customers are, too."""
    troubles: Mapping[str, Lines]
    """What went wrong, by trouble."""
    threats: Lines
    """What the customer says will follow; many who say so never do it."""
    good_comments: Lines
    """Comments of happy customers."""
    mixed_comments: Lines
    """Comments that are neither."""
    bad_comments: Lines
    """Comments of unhappy customers."""
    offers: Lines
    """What staff note when they offer something."""
    callback_answers: Lines
    """What customers say when they are called."""
    complaint_openings: Lines
    """How a complaint begins."""
    complaint_demands: Lines
    """What a complaint demands."""
    agent_lines: Lines
    """What staff say in a dialogue."""
    bot_lines: Lines
    """What the bot says."""
    filler: Lines
    """What customers say in between."""
    personal_data: Lines
    """How customers read out personal data."""


def book(**headings: str | dict[str, str]) -> PhraseBook:
    """Read a phrase book from its headings, each a text with one phrase per line, or such texts by name.

    Raises
    ------
    TypeError
        If a heading is missing or unknown.
    """
    read: dict[str, Any] = {heading: _read(texts) for heading, texts in headings.items()}
    return PhraseBook(**read)


def _read(texts: str | dict[str, str]) -> Lines | Mapping[str, Lines]:
    """Read the lines under one heading, or under each of its names."""
    if isinstance(texts, dict):
        return {name: _lines(text) for name, text in texts.items()}
    return _lines(texts)


def _lines(text: str) -> Lines:
    """Read one phrase per line."""
    return tuple(Phrase(line.strip()) for line in text.strip().splitlines())
