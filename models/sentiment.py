"""How a customer feels, by what they wrote: text to polarity in [-1, 1]."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from models.lexicon import AUTOMATON, Category, Modifier, Phrase

#: Characters of a text that count: its mood shows long before, and its cost must end somewhere.
MAX_CHARACTERS = 400


class Reading(NamedTuple):
    """What the lexicon sees in a text."""

    polarity: float
    """-1 very unhappy to 1 very content; 0 if no phrase was found."""

    categories: int
    """What the customer talks about: one bit per `models.lexicon.Category`."""

    hits: int
    """Phrases that said something about the mood."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the categories, lower case."""
        return Category(self.categories).names


def read(text: str) -> Reading:
    """Read a text with the lexicon.

    Of phrases that overlap, the first counts, and of those the longest. In front of a phrase,
    within its clause, a negation reverses a good word and nearly silences a bad one (别敷衍我
    stays a bit bad), 非常 or "very" strengthens it, 有点 or "a bit" weakens it. In a sentence that
    asks (怎么投诉?) and announces nothing (我要投诉), what may be a mere topic counts a quarter.

    Parameters
    ----------
    text
        What was said or written, Chinese or English or both.

    Returns
    -------
    Reading
        Polarity, categories and number of phrases.

    Examples
    --------
    >>> read("打了好几次电话都没人联系我，我要投诉").names
    ('unanswered', 'repeated', 'complaint')
    """
    total, hits, categories = 0.0, 0, 0
    plain = text[:MAX_CHARACTERS].lower().replace("’", "'").replace(". ", "\n")
    for sentence in _SENTENCE.findall(plain):
        spots = _spots(sentence)
        is_question = _asks(spots)
        for index, (start, _, phrase) in enumerate(spots):
            if phrase.modifier is not None:
                continue
            factor, is_denied = _changed(sentence, spots[:index], start, phrase) if index else (1.0, False)
            if is_question and phrase.category & _TOPICS:
                factor *= _TOPIC_IN_QUESTION
            total += factor * phrase.weight
            hits += phrase.weight != 0.0
            # Who denies a thing does not bring it up.
            categories |= 0 if is_denied else phrase.category
    return Reading(total / math.hypot(total, _SCALE), categories, hits)


def combine(lexicon_polarity: float, learned_shift: float, examples_seen: int, trust: float = 200.0) -> float:
    """Join what the lexicon and the learned model say about one text.

    The model moves what the lexicon says by how far the text sounds from the mean rating, the more so the more rated
    comments it has seen. Moving, and not averaging: a learned polarity is shrunk towards the mean, and would silence
    the lexicon's furious words one by one.

    Parameters
    ----------
    lexicon_polarity
        In [-1, 1].
    learned_shift
        How far from the mean rating the text sounds.
    examples_seen
        Rated comments that the model learned from (>= 0).
    trust
        Rated comments after which half of its shift counts (> 0).

    Returns
    -------
    float
        In [-1, 1].
    """
    moved = lexicon_polarity + learned_shift * examples_seen / (examples_seen + trust)
    return max(-1.0, min(1.0, moved))


_SENTENCE = re.compile(r"[^。！!？?；;\n]+[？?]?")
_CLAUSE_BREAK = re.compile("[，,、：:…]")
# At this sum of weights polarity is ±0.71: one grave phrase (2.2) or two or three ordinary ones.
_SCALE = 2.0
# Characters between a modifier and what it changes: 不太会很满意, not at all really helpful.
_REACH_ZH, _REACH_EN = 4, 16

_REVERSED = -0.9  # not helpful: nearly as bad as helpful is good
_DENIED = 0.3  # 别敷衍我, no complaint: the bad word was still on somebody's mind
_STRONGER = 1.4
_WEAKER = 0.6

_TOPIC_IN_QUESTION = 0.25
# What people also ask about calmly. Being kept waiting or treated rudely is no such topic.
_TOPICS = int(
    Category.REGULATOR
    | Category.EXPOSURE
    | Category.LEGAL
    | Category.SURRENDER
    | Category.MIS_SELLING
    | Category.DENIAL
    | Category.COMPLAINT
)
_QUESTION = int(Category.QUESTION)


class _Spot(NamedTuple):
    """A phrase where it was found."""

    start: int
    end: int
    phrase: Phrase


def _spots(sentence: str) -> list[_Spot]:
    """Find the phrases of a sentence: the first, and of those the longest, without overlaps."""
    found: list[tuple[int, int, Phrase]] = []
    for last, phrase in AUTOMATON.iter(sentence):
        start, end = last + 1 - len(phrase.text), last + 1
        if phrase.is_word and not _is_between_words(sentence, start, end):
            continue
        found.append((start, -end, phrase))
    found.sort()
    spots: list[_Spot] = []
    free = 0
    for start, negative_end, phrase in found:
        if start >= free:
            free = -negative_end
            spots.append(_Spot(start, free, phrase))
    return spots


def _is_between_words(sentence: str, start: int, end: int) -> bool:
    """True if no letter or digit of English touches the phrase: "late" is not in "later"."""
    before = sentence[start - 1] if start else " "
    after = sentence[end] if end < len(sentence) else " "
    return not (before.isascii() and before.isalnum()) and not (after.isascii() and after.isalnum())


def _asks(spots: Sequence[_Spot]) -> bool:
    """True if a sentence asks, and does not say what the customer is about to do."""
    is_question = False
    for spot in spots:
        if spot.phrase.modifier is Modifier.RESOLVE:
            return False
        is_question = is_question or spot.phrase.category == _QUESTION
    return is_question


def _changed(sentence: str, before: Sequence[_Spot], start: int, phrase: Phrase) -> tuple[float, bool]:
    """Say by what the phrases before it multiply a weight, and whether they deny it."""
    factor, is_denied = 1.0, False
    for _, end, earlier in before:
        if earlier.modifier is None or start - end > (_REACH_EN if earlier.is_word else _REACH_ZH):
            continue
        if _CLAUSE_BREAK.search(sentence, end, start):
            continue
        if earlier.modifier is Modifier.NEGATION:
            is_denied = True
        elif earlier.modifier is Modifier.INTENSIFIER:
            factor *= _STRONGER
        elif earlier.modifier is Modifier.SOFTENER:
            factor *= _WEAKER
    if is_denied:
        factor *= _REVERSED if phrase.weight > 0.0 else _DENIED
    return factor, is_denied
