"""Views: how a running demo is shown, live in a terminal or line by line where there is none."""

from __future__ import annotations

import time
from itertools import islice
from typing import Protocol

from rich.console import Console
from rich.live import Live

from foreshock.demonstration.figures import Figures
from foreshock.demonstration.picture import picture, quality_figures
from foreshock.demonstration.words import Words

_LINE_SECONDS = 3.0


class View(Protocol):
    """Somewhere to show a demo."""

    def step(self, name: str, detail: str = "") -> None:
        """Say what begins now; a name among `step.…` of the words."""

    def show(self, figures: Figures) -> None:
        """Show a moment."""

    def close(self) -> None:
        """Show no more moments."""


class PlainView:
    """One line now and then, for logs and for terminals that cannot do more.

    Parameters
    ----------
    console
        Where to write.
    words
        In which language.
    """

    def __init__(self, console: Console, words: Words) -> None:
        self._console = console
        self._words = words
        self._next_at = 0.0

    def step(self, name: str, detail: str = "") -> None:
        """Write a line."""
        _write(self._console, f"{self._words(f'step.{name}')}…{f'  {detail}' if detail else ''}")

    def show(self, figures: Figures) -> None:
        """Write a line, unless the last one is fresh."""
        if (now := time.monotonic()) < self._next_at:
            return
        self._next_at = now + _LINE_SECONDS
        _write(self._console, line(figures, self._words))

    def close(self) -> None:
        """Do nothing: a line is a line."""


class LiveView(PlainView):
    """A picture that fills the terminal and is gone when it ends."""

    def __init__(self, console: Console, words: Words) -> None:
        super().__init__(console, words)
        self._live: Live | None = None

    def show(self, figures: Figures) -> None:
        """Draw the picture anew."""
        if self._live is None:
            self._live = Live(console=self._console, screen=True, auto_refresh=False)
            self._live.start()
        self._live.update(picture(figures, self._words, *self._console.size), refresh=True)

    def close(self) -> None:
        """Give the terminal back."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def view_for(console: Console, words: Words) -> View:
    """Choose the view that a console can show."""
    return (
        LiveView(console, words) if console.is_terminal and not console.is_dumb_terminal else PlainView(console, words)
    )


def line(figures: Figures, words: Words) -> str:
    """Write a moment in one line."""
    told = [
        f"{figures.elapsed_seconds:4.0f} s",
        words("day", day=figures.day, moment=figures.moment),
        f"{words('fed')} {figures.fed:,}",
        f"{words('applied')} {figures.applied:,} ({words('summary.rate', rate=figures.per_second)})",
        f"{words('behind')} {figures.behind:,}",
        f"{words('examples')} {figures.examples:,}",
        f"{words('snapshot')} {figures.snapshot_active:,}",
        words("plain.alerts", count=figures.warnings, alerts=figures.alerts),
    ]
    if figures.quality is not None:
        told += [f"{words(name)} {value}" for name, value in islice(quality_figures(figures.quality, words), 2)]
    return " · ".join(told)


def _write(console: Console, text: str) -> None:
    """Write a line as it is, however long."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)
