"""What sections of the page are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from foreshock.wording.language import Language, Text

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph in small print."""

    text: Text
    shape: Literal["note"] = "note"


@dataclass(frozen=True, slots=True)
class TooLittle:
    """Stands where a chart would be noise, and says what is missing."""

    text: Text
    shape: Literal["too_little"] = "too_little"


@dataclass(frozen=True, slots=True)
class Card:
    """One headline figure."""

    figure: Text
    caption: Text
    note: Text


@dataclass(frozen=True, slots=True)
class Cards:
    """Headline figures beside each other."""

    cards: tuple[Card, ...]
    shape: Literal["cards"] = "cards"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they stand at."""

    rows: tuple[tuple[Text, Text], ...]
    shape: Literal["facts"] = "facts"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; the first column names the row, `words` counts columns of words, the rest are numbers."""

    caption: Text
    headings: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    words: int = 1
    shape: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart, with the heading and the sentence that say how to read it."""

    key: str
    """Its id on the page."""
    label: Text
    """What it shows, for those who cannot see it."""
    draw: Callable[[Language], go.Figure]
    """Draws it in one language."""
    shape: Literal["chart"] = "chart"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section, and how to read what follows."""

    title: Text
    shows: Text
    shape: Literal["heading"] = "heading"


Block = Note | TooLittle | Cards | Facts | Table | Chart | Heading


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page."""

    key: str
    """Its anchor."""
    title: Text
    shows: Text
    """One sentence: what it shows and how to read it."""
    blocks: tuple[Block, ...]
