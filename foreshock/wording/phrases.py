"""What commands about alerts tell at a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.cells import cell_len, set_cell_size
from rich.table import Table

from foreshock.wording.language import Language, Phrases

say = Phrases(Path(__file__).with_suffix(".toml"))
"""Gives a text with its values."""


def table_with(headings: Iterable[str], last: str, language: Language) -> Table:
    """Make a table without frames; its last column takes more than one line where it must."""
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for key in headings:
        table.add_column(say(language, key), no_wrap=True)
    table.add_column(say(language, last), no_wrap=last == "customer")
    return table


def padded(text: str, cells: int) -> str:
    """Fill a text up to so many cells; a Chinese character takes two."""
    return set_cell_size(text, cells) if cell_len(text) < cells else text
