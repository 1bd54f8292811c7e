"""The texts of an account, in one of two languages."""

from __future__ import annotations

from pathlib import Path

import orjson

from foreshock.alerting.shown import in_language
from foreshock.explaining.parameters import Parameter
from foreshock.report.phrases import Language, read_phrases
from schemas.alerts import Reason

PHRASES = read_phrases(Path(__file__).with_name("phrases.toml"))
"""Texts by key."""


def say(language: Language, key: str, **values: object) -> str:
    """Give a text with its values."""
    return PHRASES[key].in_(language).format(**values)


def in_both(reason: Reason, first: Language) -> str:
    """Give a reason in both languages."""
    other: Language = "en" if first == "zh" else "zh"
    return f"{in_language(reason, first)} | {in_language(reason, other)}"


def parameter(language: Language, given: Parameter) -> str:
    """Say what a parameter is."""
    default = "" if given.is_default else say(language, "not_default")
    return say(language, "parameter", name=given.name, value=in_json(given.value), default=default)


def in_json(value: object) -> str:
    """Write a value as a message has it."""
    return orjson.dumps(value).decode()
