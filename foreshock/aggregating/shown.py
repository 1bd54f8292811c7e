"""Alerts about many customers, for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from rich.table import Table

from foreshock.aggregating.figures import KINDS
from foreshock.alerting.shown import ID_SHOWN, age_in_words, in_colour, in_language, moved_in_words
from foreshock.wording.language import Language
from foreshock.wording.phrases import say, table_with
from foreshock.wording.terms import term
from schemas.aggregates import AggregateAlert
from schemas.alerts import LEVELS


def urgent_first(alerts: Iterable[AggregateAlert]) -> list[AggregateAlert]:
    """Put the most urgent first, and of one level those with most customers, then the oldest."""
    return sorted(
        alerts,
        key=lambda alert: (-LEVELS.index(alert.level), -alert.customers, alert.opened_at, alert.aggregate_id),
    )


def table_of(alerts: Iterable[AggregateAlert], now: datetime, language: Language) -> Table:
    """Draw alerts about many, in the order given; ages are counted to `now`."""
    headings = ("alert", "level", "cause", "in_common", "customers", "usual", "age", "unit")
    table = table_with(headings, "why", language)
    for alert in alerts:
        is_over = alert.transition == "expired"
        table.add_row(
            alert.aggregate_id[:ID_SHOWN],
            in_colour(alert.level, language),
            term("cause", alert.cause, language),
            in_common(alert, language),
            f"{alert.customers:,}",
            "-" if alert.usual is None else f"{alert.usual:.1f}",
            say(language, "ended") if is_over else age_in_words(now - alert.opened_at, language),
            alert.org_path,
            in_language(alert.reasons[0], language) if alert.reasons else "",
        )
    return table


def in_lines(alert: AggregateAlert, language: Language) -> Iterator[str]:
    """Tell a transition: what and when, then why, then the alerts that it is made of."""
    moved = moved_in_words(alert.transition, alert.level, alert.cause, language)
    customers = say(language, "many", count=alert.customers)
    yield (
        f"{alert.at:%Y-%m-%d %H:%M:%S}  {alert.aggregate_id[:ID_SHOWN]}  {moved}  {in_common(alert, language)}  "
        f"{customers}  {alert.org_path}"
    )
    for reason in alert.reasons:
        yield f"    {in_language(reason, language)}"
    if alert.members:
        yield f"    {say(language, 'alerts', ids=' '.join(each[:ID_SHOWN] for each in alert.members))}"


def in_common(alert: AggregateAlert, language: Language) -> str:
    """Say what its customers have in common."""
    return f"{KINDS[alert.by][language == 'zh']} {alert.key}"
