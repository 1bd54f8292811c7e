"""Every text of the report in Chinese and English, in one table, `phrases.toml`."""

from __future__ import annotations

from pathlib import Path

from foreshock.wording.language import Text, read_phrases

PHRASES: dict[str, Text] = read_phrases(Path(__file__).with_suffix(".toml"))
"""Texts by key."""


def say(key: str, **values: object) -> Text:
    """Give a text with its values; a value that is a text itself stands in its own language.

    Raises
    ------
    KeyError
        If there is no such text.
    """
    phrase = PHRASES[key]
    in_zh, in_en = (
        {name: value[index] if isinstance(value, Text) else value for name, value in values.items()}
        for index in range(2)
    )
    return Text(phrase.zh.format(**in_zh), phrase.en.format(**in_en))


def known_or(key: str, word: str) -> Text:
    """Give a text, or the word itself where the table has none: channels and codes may be a company's own."""
    return PHRASES.get(key, Text(word.replace("_", " "), word.replace("_", " ")))


def joined(parts: list[Text], separator: str = " · ") -> Text:
    """Put texts in one line."""
    return Text(separator.join(part.zh for part in parts), separator.join(part.en for part in parts))


def plain(word: object) -> Text:
    """Give what reads the same in both languages."""
    return Text(str(word), str(word))
