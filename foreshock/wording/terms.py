"""What levels, causes, transitions and other codes are called."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import click

from foreshock.wording.language import Language

IN_CHINESE: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
"""Kind of code, then code, to what it is called in Chinese."""


def term(kind: str, code: str, language: Language) -> str:
    """Say what a code is called; one that has no name is called by itself.

    Examples
    --------
    >>> term("level", "red", "zh"), term("level", "red", "en")
    ('红', 'red')
    """
    return IN_CHINESE[kind].get(code, code) if language == "zh" else code


class Term(click.Choice[str]):
    """A code as a value of an option, by its own name or the Chinese one.

    Parameters
    ----------
    kind
        Kind of code.
    codes
        Those that may be given.
    """

    def __init__(self, kind: str, codes: Sequence[str]) -> None:
        super().__init__(codes)
        self._codes = {IN_CHINESE[kind][code]: code for code in codes}

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read a value."""
        return super().convert(self._codes.get(value, value), param, ctx)
