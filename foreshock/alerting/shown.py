"""Alerts for people at a terminal, and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
from rich.table import Table

from foreshock.alerting.standing import Seen
from foreshock.wording.language import Language
from foreshock.wording.phrases import padded, say, table_with
from foreshock.wording.terms import term
from schemas.alerts import LEVELS, Alert, Cause, Level, Reason
from schemas.codec import encode

ID_SHOWN = 8
"""As many characters as a row has room for; commands take them for the whole id."""

STYLES = {"red": "bold red", "orange": "dark_orange", "yellow": "yellow", "blue": "blue"}
"""Level to how it looks."""


def urgent_first(alerts: Iterable[Seen]) -> list[Seen]:
    """Put the most urgent first, and of one level those that wait for nobody yet, then the oldest."""
    return sorted(
        alerts,
        key=lambda seen: (
            -LEVELS.index(seen.newest.level),
            seen.standing != "open",
            seen.newest.opened_at,
            seen.newest.alert_id,
        ),
    )


def table_of(alerts: Iterable[Seen], now: datetime, language: Language) -> Table:
    """Draw open alerts, in the order given.

    Parameters
    ----------
    alerts
        How they stand.
    now
        What ages are counted to.
    language
        To draw them in.
    """
    headings = ("alert", "level", "cause", "standing", "age", "unit", "policy", "customer")
    table = table_with(headings, "why", language)
    for seen in alerts:
        alert = seen.newest
        table.add_row(
            alert.alert_id[:ID_SHOWN],
            in_colour(alert.level, language),
            term("cause", alert.cause, language),
            term("standing", seen.standing, language),
            age_in_words(now - alert.opened_at, language),
            alert.org_path,
            alert.policy_ref or "-",
            alert.customer_key,
            in_language(alert.reasons[0], language) if alert.reasons else "",
        )
    return table


def as_line(seen: Seen) -> bytes:
    """Write an alert as it stands: its newest transition as on the topic, and `standing`."""
    fields: dict[str, Any] = orjson.loads(encode(seen.newest))
    return orjson.dumps({"standing": seen.standing, **fields})


def in_lines(alert: Alert, language: Language) -> Iterator[str]:
    """Tell a transition: what and when, then why."""
    moved = moved_in_words(alert.transition, alert.level, alert.cause, language)
    yield (
        f"{alert.at:%Y-%m-%d %H:%M:%S}  {alert.alert_id[:ID_SHOWN]}  {moved}  {alert.org_path}  "
        f"{alert.policy_ref or '-'}  {alert.customer_key}"
    )
    for reason in alert.reasons:
        evidence = f"  [{', '.join(reason.evidence)}]" if reason.evidence else ""
        yield f"    {in_language(reason, language)}{evidence}"


def in_language(reason: Reason, language: Language) -> str:
    """Return the sentence of a reason."""
    return reason.text.zh if language == "zh" else reason.text.en


def in_colour(level: Level, language: Language) -> str:
    """Say how urgent something is, in markup of `rich`."""
    word = term("level", level, language)
    return f"[{STYLES[level]}]{word}[/]" if level in STYLES else word


def moved_in_words(transition: str, level: Level, cause: Cause, language: Language) -> str:
    """Say what happened to an alert, in columns."""
    return "  ".join(
        (
            padded(term("transition", transition, language), 12 if language == "en" else 8),
            padded(term("level", level, language), 6 if language == "en" else 2),
            term("cause", cause, language),
        )
    )


def age_in_words(age: timedelta, language: Language = "en") -> str:
    """Say how old something is.

    Examples
    --------
    >>> age_in_words(timedelta(hours=50)), age_in_words(timedelta(minutes=90)), age_in_words(timedelta(seconds=-5))
    ('2 d', '1 h', '0 min')
    """
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes >= 2 * 24 * 60:
        return say(language, "days", count=minutes // (24 * 60))
    return say(language, "hours", count=minutes // 60) if minutes >= 60 else say(language, "minutes", count=minutes)
