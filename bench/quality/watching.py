"""A bar for work that takes long, where a person watches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

_Item = TypeVar("_Item")

CONSOLE = Console(stderr=True)
"""Where bars go: beside the table, not into it."""


def watched(items: Sequence[_Item], label: str) -> Iterator[_Item]:
    """Yield items, and show how far they are."""
    yield from track(items, label, console=CONSOLE, transient=True, disable=not CONSOLE.is_terminal)
