"""Two languages, and who reads which."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple, get_args

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
"""Those that every text is written in."""


class Text(NamedTuple):
    """One text in the two languages; `{name}` stands for a value."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """Give it in one language."""
        return self.zh if language == "zh" else self.en


def read_phrases(path: Path) -> dict[str, Text]:
    """Read a table of texts by their keys."""
    return {key: Text(**texts) for key, texts in tomllib.loads(path.read_text(encoding="utf-8")).items()}


class Phrases:
    """Says things in one of the two languages.

    Parameters
    ----------
    path
        A table of texts by their keys.
    """

    def __init__(self, path: Path) -> None:
        self.texts = read_phrases(path)
        """Texts by key."""

    def __call__(self, language: Language, key: str, **values: object) -> str:
        """Give a text with its values."""
        return self.texts[key].in_(language).format(**values)


def language_of(environment: Mapping[str, str]) -> Language | None:
    """Guess the language of who is reading, as other programs do; None where it is neither of the two.

    Parameters
    ----------
    environment
        Of the process; LC_ALL wins over LC_MESSAGES, which wins over LANG.

    Examples
    --------
    >>> language_of({"LANG": "zh_CN.UTF-8"}), language_of({"LANG": "en_GB.UTF-8"}), language_of({"LANG": "C.UTF-8"})
    ('zh', 'en', None)
    """
    told = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return next((language for language in LANGUAGES if told.startswith(language)), None)
