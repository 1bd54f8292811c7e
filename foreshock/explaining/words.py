"""The texts of an account, in one of two languages."""

from __future__ import annotations

from pathlib import Path

import orjson

from foreshock.alerting.shown import in_language
from foreshock.explaining.parameters import Parameter
from foreshock.wording.language import Language, Phrases
from foreshock.wording.terms import term
from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert, Reason

say = Phrases(Path(__file__).with_name("phrases.toml"))
"""Gives a text with its values."""


def head(language: Language, alert_id: str, newest: Alert | AggregateAlert, *, is_over: bool) -> str:
    """Say which alert it is, and whether it has ended."""
    ended = say(language, "ended", transition=term("transition", newest.transition, language))
    return say(
        language,
        "head",
        alert_id=alert_id,
        cause=term("cause", newest.cause, language),
        level=term("level", newest.level, language),
        standing=ended if is_over else say(language, "open"),
    )


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
