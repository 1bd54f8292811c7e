"""The words of unhappy and of content customers, Chinese and English."""

from __future__ import annotations

from enum import Enum, IntFlag, auto
from pathlib import Path
from typing import NamedTuple

import ahocorasick

_FILE = Path(__file__).with_name("lexicon.tsv")
#: What a phrase may weigh, either way.
MAX_WEIGHT = 3.0


class Category(IntFlag):
    """What a customer talks about: a closed set, stored in a state as one small integer."""

    REGULATOR = auto()
    EXPOSURE = auto()
    LEGAL = auto()
    SURRENDER = auto()
    UNANSWERED = auto()
    REPEATED = auto()
    DELAY = auto()
    ATTITUDE = auto()
    MIS_SELLING = auto()
    DENIAL = auto()
    COMPLAINT = auto()
    ANGER = auto()
    RESIGNATION = auto()
    THANKS = auto()
    SATISFIED = auto()
    RESOLVED = auto()
    QUESTION = auto()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the categories in it, lower case, in the order of this class."""
        return tuple(str(category.name).lower() for category in type(self) if category in self)


class Modifier(Enum):
    """A word that says nothing alone, but changes the next one."""

    NEGATION = auto()
    INTENSIFIER = auto()
    SOFTENER = auto()
    RESOLVE = auto()
    """I will, 我要: what sounds like a question is none."""


class Phrase(NamedTuple):
    """One line of the lexicon."""

    text: str
    """Lower case, as it is looked for."""

    language: str
    """zh or en."""

    is_word: bool
    """True if it must stand between word boundaries, as English and numbers (12345) do."""

    category: int
    """The bit of its `Category`; 0 for a modifier."""

    modifier: Modifier | None
    """What it does to the next phrase; None for a category."""

    weight: float
    """Contribution to polarity before it is squashed, in [-3, 3]; 0 for a modifier."""


def read_lexicon(lines: list[str]) -> list[Phrase]:
    """Read the lexicon's lines: phrase, language, category, weight, divided by tabs.

    Parameters
    ----------
    lines
        A header first; empty lines and lines that begin with # say nothing.

    Returns
    -------
    list of Phrase
        In the order of the lines.

    Raises
    ------
    ValueError
        If a line is not four fields, its language is neither zh nor en, its category is unknown,
        its weight is out of range, or its phrase was there before. The message has the line.
    """
    phrases: dict[str, Phrase] = {}
    categories = {str(category.name).lower(): int(category) for category in Category}
    modifiers = {modifier.name.lower(): modifier for modifier in Modifier}
    for line in lines:
        if not line.strip() or line.startswith("#") or line.startswith("phrase\t"):
            continue
        try:
            text, language, name, weight = line.rstrip("\n").split("\t")
            modifier = modifiers.get(name)
            category = 0 if modifier else categories[name]
            is_word = text[:1].isascii() and text[:1].isalnum()
            phrase = Phrase(text, language, is_word, category, modifier, float(weight))
        except (KeyError, ValueError) as error:
            raise ValueError(f"not a line of a lexicon: {line!r} ({error})") from error
        if language not in ("zh", "en"):
            raise ValueError(f"language must be zh or en, got {line!r}")
        if abs(phrase.weight) > MAX_WEIGHT:
            raise ValueError(f"weight must be within ±{MAX_WEIGHT}, got {line!r}")
        if text in phrases or text != text.lower().strip():
            raise ValueError(f"a phrase must be lower case and stand once, got {line!r}")
        phrases[text] = phrase
    return list(phrases.values())


def automaton_of(phrases: list[Phrase]) -> ahocorasick.Automaton:
    """Build the automaton that finds all phrases in one pass over a text."""
    automaton = ahocorasick.Automaton()
    for phrase in phrases:
        automaton.add_word(phrase.text, phrase)
    automaton.make_automaton()
    return automaton


LEXICON = read_lexicon(_FILE.read_text(encoding="utf-8").splitlines())
AUTOMATON = automaton_of(LEXICON)
