"""Alerts for people at a terminal, and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
from rich.table import Table

from foreshock.alerting.standing import Seen
from foreshock.report.phrases import Language
from schemas.alerts import LEVELS, Alert, Reason
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
        Of the first reason.
    """
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("alert", "level", "cause", "standing", "age", "unit", "policy", "customer"):
        table.add_column(title, no_wrap=True)
    table.add_column("why")
    for seen in alerts:
        alert = seen.newest
        table.add_row(
            alert.alert_id[:ID_SHOWN],
            f"[{STYLES[alert.level]}]{alert.level}[/]" if alert.level in STYLES else alert.level,
            alert.cause,
            seen.standing,
            age_in_words(now - alert.opened_at),
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
    yield (
        f"{alert.at:%Y-%m-%d %H:%M:%S}  {alert.alert_id[:ID_SHOWN]}  {alert.transition:<12}  {alert.level:<6}  "
        f"{alert.cause}  {alert.org_path}  {alert.policy_ref or '-'}  {alert.customer_key}"
    )
    for reason in alert.reasons:
        evidence = f"  [{', '.join(reason.evidence)}]" if reason.evidence else ""
        yield f"    {in_language(reason, language)}{evidence}"


def in_language(reason: Reason, language: Language) -> str:
    """Return the sentence of a reason."""
    return reason.text.zh if language == "zh" else reason.text.en


def age_in_words(age: timedelta) -> str:
    """Say how old something is.

    Examples
    --------
    >>> age_in_words(timedelta(hours=50)), age_in_words(timedelta(minutes=90)), age_in_words(timedelta(seconds=-5))
    ('2 d', '1 h', '0 min')
    """
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60)} d"
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"
