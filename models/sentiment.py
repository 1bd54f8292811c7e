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
    return _reading(*_weighed(text))


def read_together(texts: Sequence[str]) -> tuple[list[float], Reading]:
    """Read several texts each by itself, and all of them, line by line, as one text; every phrase is looked for once.

    Parameters
    ----------
    texts
        What was said or written, oldest first.

    Returns
    -------
    tuple
        The polarity of each, and what `read` says of all, joined by line breaks.
    """
    if len(texts) == 1:
        reading = read(texts[0])
        return [reading.polarity], reading
    polarities: list[float] = []
    weights: list[float] = []
    categories, left = 0, MAX_CHARACTERS
    for text in texts:
        alone = _weighed(text)
        polarities.append(_reading(*alone).polarity)
        if left > 0:
            # No sentence goes beyond a line, so that one which is not cut weighs the same alone and among others.
            here, about = alone if len(text) <= left else _weighed(text[:left])
            weights += here
            categories |= about
            left -= len(text) + 1
    return polarities, _reading(weights, categories)


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


_ASCII_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_NEGATION, _INTENSIFIER, _SOFTENER, _RESOLVE = Modifier


class _Changer(NamedTuple):
    """A phrase that changes those after it."""

    end: int
    """Index after its last character."""
    reach: int
    """Characters to where a phrase must begin."""
    modifier: Modifier
    """What it does."""


def _reading(weights: Sequence[float], categories: int) -> Reading:
    """Squash the weights of the phrases of a text to one polarity."""
    total = 0.0
    for weight in weights:
        total += weight
    return Reading(total / math.hypot(total, _SCALE), categories, len(weights))


def _weighed(text: str) -> tuple[list[float], int]:
    """Find what the phrases of a text weigh, those that weigh nothing left out, and the categories they bring up."""
    weights: list[float] = []
    categories = 0
    plain = text[:MAX_CHARACTERS].lower().replace("’", "'").replace(". ", "\n")
    for sentence in _SENTENCE.findall(plain):
        found = _found(sentence)
        if not found:
            continue
        spots, changers, is_question = _sorted_out(found)
        for start, before, phrase in spots:
            _, _, _, category, _, weight = phrase
            factor, is_denied = _changed(sentence, changers[:before], start, weight) if before else (1.0, False)
            if weight:
                weights.append(factor * (_TOPIC_IN_QUESTION if is_question and category & _TOPICS else 1.0) * weight)
            # Who denies a thing does not bring it up.
            if not is_denied:
                categories |= category
    return weights, categories


def _found(sentence: str) -> list[tuple[int, int, Phrase]]:
    """Find the phrases of a sentence: where each begins, minus where it ends, and which."""
    found: list[tuple[int, int, Phrase]] = []
    for last, phrase in AUTOMATON.iter(sentence):
        end = last + 1
        start = end - len(phrase.text)
        if not phrase.is_word or _is_between_words(sentence, start, end):
            found.append((start, -end, phrase))
    return found


def _sorted_out(found: list[tuple[int, int, Phrase]]) -> tuple[list[tuple[int, int, Phrase]], list[_Changer], bool]:
    """Keep of the phrases that overlap the first, and of those the longest.

    Returns
    -------
    tuple
        The phrases that say something: where, after how many changers, and which; the changers; and whether the
        sentence asks, and does not say what the customer is about to do.
    """
    found.sort()
    spots: list[tuple[int, int, Phrase]] = []
    changers: list[_Changer] = []
    free, asks, announces = 0, False, False
    for start, negative_end, phrase in found:
        if start < free:
            continue
        free, modifier = -negative_end, phrase.modifier
        if modifier is None:
            spots.append((start, len(changers), phrase))
            asks = asks or phrase.category == _QUESTION
        elif modifier is _RESOLVE:
            announces = True
        else:
            changers.append(_Changer(free, _REACH_EN if phrase.is_word else _REACH_ZH, modifier))
    return spots, changers, asks and not announces


def _is_between_words(sentence: str, start: int, end: int) -> bool:
    """True if no letter or digit of English touches the phrase: "late" is not in "later"."""
    return sentence[end : end + 1] not in _ASCII_WORD and not (start and sentence[start - 1] in _ASCII_WORD)


def _changed(sentence: str, before: Sequence[_Changer], start: int, weight: float) -> tuple[float, bool]:
    """Say by what the phrases before it multiply a weight, and whether they deny it."""
    factor, is_denied = 1.0, False
    for end, reach, modifier in before:
        if start - end > reach or _CLAUSE_BREAK.search(sentence, end, start):
            continue
        if modifier is _NEGATION:
            is_denied = True
        else:
            factor *= _STRONGER if modifier is _INTENSIFIER else _WEAKER
    if is_denied:
        factor *= _REVERSED if weight > 0.0 else _DENIED
    return factor, is_denied
