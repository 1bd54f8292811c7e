"""Alerts about many customers, for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from rich.table import Table

from foreshock.aggregating.figures import KINDS
from foreshock.alerting.shown import ID_SHOWN, STYLES, age_in_words, in_language
from foreshock.report.phrases import Language
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
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("alert", "level", "cause", "in common", "customers", "usual", "age", "unit"):
        table.add_column(title, no_wrap=True)
    table.add_column("why")
    for alert in alerts:
        table.add_row(
            alert.aggregate_id[:ID_SHOWN],
            f"[{STYLES[alert.level]}]{alert.level}[/]" if alert.level in STYLES else alert.level,
            alert.cause,
            in_common(alert, language),
            f"{alert.customers:,}",
            "-" if alert.usual is None else f"{alert.usual:.1f}",
            "ended" if alert.transition == "expired" else age_in_words(now - alert.opened_at),
            alert.org_path,
            in_language(alert.reasons[0], language) if alert.reasons else "",
        )
    return table


def in_lines(alert: AggregateAlert, language: Language) -> Iterator[str]:
    """Tell a transition: what and when, then why, then the alerts that it is made of."""
    yield (
        f"{alert.at:%Y-%m-%d %H:%M:%S}  {alert.aggregate_id[:ID_SHOWN]}  {alert.transition:<7}  {alert.level:<6}  "
        f"{alert.cause}  {in_common(alert, language)}  {alert.customers:,} customers  {alert.org_path}"
    )
    for reason in alert.reasons:
        yield f"    {in_language(reason, language)}"
    if alert.members:
        yield f"    alerts: {' '.join(each[:ID_SHOWN] for each in alert.members)}"


def in_common(alert: AggregateAlert, language: Language) -> str:
    """Say what its customers have in common."""
    return f"{KINDS[alert.by][language == 'zh']} {alert.key}"
