"""The sections of the report, in the order in which they are read; one that has too little says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from statistics import median

from foreshock.report import charts, quality_charts
from foreshock.report.blocks import Block, Card, Cards, Chart, Facts, Note, Section, Table, TooLittle
from foreshock.report.collecting import LEAST_IN_WEEK
from foreshock.report.curves import LEAST_COMPLAINTS, LEAST_EXAMPLES, Interval, wilson
from foreshock.report.figures import Figures, LevelFigures
from foreshock.report.phrases import joined, known_or, plain, say
from foreshock.report.quality import quality_section
from foreshock.wording.language import Text
from schemas.alerts import Level

HEADLINE_LEVEL: Level = "yellow"
"""The least level that asks for a call; blue only watches."""

LEAST_LEADS, LEAST_WEEKS = 10, 3
"""Complaints in a histogram, and weeks in a line, below which a shape means nothing."""


def sections_of(figures: Figures) -> tuple[Section, ...]:
    """Put the figures in words, tables and charts."""
    every = charts.days_per_bar(figures.opened_by_day)
    return (
        _section("headline", _headline(figures)),
        _section("read", _read(figures)),
        _section("levels", _levels(figures)),
        _section("lead", _lead(figures)),
        _section("daily", _daily(figures, every), every=say(f"every_{every}")),
        _section("reasons", _reasons(figures)),
        quality_section(figures),
        _section("drift", _drift(figures)),
        _section("cohorts", _cohorts(figures)),
        _section("stages", _stages(figures)),
    )


def _section(key: str, blocks: Iterator[Block], **values: object) -> Section:
    """Make a section of the texts of its name."""
    return Section(key, say(key), say(f"{key}_shows", **values), tuple(blocks))


def _headline(figures: Figures) -> Iterator[Block]:
    """Show five figures, from the least level that asks for a call."""
    level = next(each for each in figures.levels if each.level == HEADLINE_LEVEL)
    if not level.complaints:
        yield Note(say("no_complaints"))
    elif level.complaints < LEAST_LEADS:
        yield Note(say("few_complaints", count=level.complaints, least=LEAST_LEADS))
    decided = level.true + level.false
    alerted = "card_alerted_note" if figures.windows else "card_alerted_short"
    yield Cards(
        (
            Card(plain(f"{level.complaints:,}"), say("card_complaints"), say("card_complaints_note")),
            Card(
                _share(level.foreseen, level.complaints),
                say("card_foreseen"),
                say("card_foreseen_note", count=level.foreseen, total=level.complaints),
            ),
            Card(_median_lead(level), say("card_lead"), say("card_lead_note", count=len(level.lead_hours))),
            Card(plain(f"{level.alerted_share:.1%}"), say("card_alerted"), say(alerted, windows=figures.windows)),
            Card(
                _share(level.true, decided),
                say("card_precision"),
                say("card_precision_note", count=level.true, total=decided),
            ),
        )
    )


def _read(figures: Figures) -> Iterator[Block]:
    """Say what was read."""
    period = say("none")
    if figures.began_at and figures.ended_at:
        days = (figures.ended_at - figures.began_at).total_seconds() / 86_400
        period = say(
            "period_value", began=f"{figures.began_at:%Y-%m-%d}", ended=f"{figures.ended_at:%Y-%m-%d}", days=days
        )
    kinds = {"complaint_event" if kind == "complaint" else kind: count for kind, count in figures.events.items()}
    yield Facts(
        (
            (say("files"), plain(" · ".join(figures.files))),
            (say("period"), period),
            (say("customers"), plain(f"{figures.customers:,}")),
            (say("events"), _counted(kinds)),
            (say("facts"), _counted(figures.facts)),
            (say("dead_letters"), _counted(figures.dead_letters)),
            (say("params_hash"), plain(figures.params_hash)),
            (say("snapshot"), plain(f"{figures.snapshot:,}") if figures.snapshot else say("no_snapshot")),
        )
    )


def _levels(figures: Figures) -> Iterator[Block]:
    """Show what each level is worth."""
    headings = (
        "level",
        "alerted_share",
        "foreseen",
        "median_lead",
        "precision",
        "true",
        "false",
        "unknown",
        "undecided",
    )
    rows = tuple(
        (
            say(each.level),
            plain(f"{each.alerted_share:.1%}"),
            _with_interval(wilson(each.foreseen, each.complaints), each.complaints),
            _median_lead(each),
            _with_interval(wilson(each.true, each.true + each.false), each.true + each.false),
            *(plain(f"{count:,}") for count in (each.true, each.false, each.unknown, each.undecided)),
        )
        for each in figures.levels
    )
    yield Table(say("levels"), tuple(say(heading) for heading in headings), rows)
    yield Note(say("levels_note"))


def _lead(figures: Figures) -> Iterator[Block]:
    """Draw how early complaints were known."""
    if len(figures.lead_hours) < LEAST_LEADS:
        yield TooLittle(say("lead_little", count=len(figures.lead_hours), least=LEAST_LEADS))
        return
    yield Chart("lead-chart", say("lead_shows"), partial(charts.lead_times, figures.lead_hours))


def _daily(figures: Figures, every: int) -> Iterator[Block]:
    """Draw how many alerts reached people."""
    if not figures.opened_by_day:
        yield TooLittle(say("daily_little"))
        return
    label = say("daily_shows", every=say(f"every_{every}"))
    yield Chart("daily-chart", label, partial(charts.alerts_over_time, figures.opened_by_day, every))


def _reasons(figures: Figures) -> Iterator[Block]:
    """Draw why alerts opened, and show what people read."""
    if not figures.reasons:
        yield TooLittle(say("reasons_little"))
        return
    yield Chart("reasons-chart", say("reasons_shows"), partial(charts.reasons, figures.reasons))
    rows = tuple(
        (
            known_or(f"reason_{each.code}", each.code),
            Text(each.sentence.zh, each.sentence.en),
            plain(f"{each.count:,}"),
            _share(each.true, each.true + each.false),
        )
        for each in figures.reasons[: charts.REASONS_DRAWN]
    )
    headings = ("reason", "sentence", "alerts", "precision")
    yield Table(say("reasons"), tuple(say(heading) for heading in headings), rows, words=2)


def _drift(figures: Figures) -> Iterator[Block]:
    """Draw predictions and truth by week."""
    if len(figures.weeks) < LEAST_WEEKS:
        yield TooLittle(say("drift_little", count=len(figures.weeks), least=LEAST_IN_WEEK))
        return
    yield Chart("drift-chart", say("drift_shows"), partial(quality_charts.weeks, figures.weeks, figures.moved))
    if figures.moved:
        headings = ("monitor", "since", "before", "after")
        rows = tuple(
            (
                _monitor(each.monitor),
                plain(f"{each.since:%Y-%m-%d}"),
                plain(f"{each.before:.4g}"),
                plain(f"{each.after:.4g}"),
            )
            for each in figures.moved
        )
        yield Note(say("moved"))
        yield Table(say("drift"), tuple(say(heading) for heading in headings), rows)


def _cohorts(figures: Figures) -> Iterator[Block]:
    """Show each group that is large enough."""
    if not figures.cohorts:
        yield TooLittle(say("cohorts_little", least=LEAST_EXAMPLES, least_complaints=LEAST_COMPLAINTS))
        return
    rows = tuple(
        (
            joined([say(f"cohort_{each.name}"), known_or(each.value, each.value)], ": "),
            plain(f"{each.quality.examples:,}"),
            plain(f"{each.quality.complaints:,}"),
            plain(f"{each.quality.base_rate:.2%}"),
            plain(f"{each.predicted:.2%}"),
            plain(f"{each.quality.base_rate / each.predicted:.2f}" if each.predicted else "–"),
            plain(f"{each.quality.auc:.3f}"),
            plain(f"{each.quality.ece:.4f}"),
        )
        for each in figures.cohorts
    )
    headings = ("cohort", "matured", "positives", "base_rate", "mean_probability", "ratio", "auc", "ece")
    yield Table(say("cohorts"), tuple(say(heading) for heading in headings), rows)
    if figures.small_cohorts:
        yield Note(say("cohorts_small", count=figures.small_cohorts))


def _stages(figures: Figures) -> Iterator[Block]:
    """Draw where customers stand at the end."""
    if not figures.customers:
        yield TooLittle(say("stages_little"))
        return
    yield Chart("stages-chart", say("stages_shows"), partial(charts.stages, figures.stages))


def _monitor(name: str) -> Text:
    """Name a monitor: its kind in words, and what it watches as it is called."""
    kind, _, watched = name.partition(".")
    return joined([known_or(f"monitor_{kind}", kind), plain(watched)], " ")


def _share(count: int, total: int) -> Text:
    """Give a share, or a dash where there is nothing to share."""
    return plain(f"{count / total:.0%}" if total else "–")


def _with_interval(interval: Interval, total: int) -> Text:
    """Give a share with its interval."""
    return plain(f"{interval.share:.0%} ({interval.low:.0%}–{interval.high:.0%})" if total else "–")


def _median_lead(level: LevelFigures) -> Text:
    """Give a time in hours, or in days where it is long."""
    if not level.lead_hours:
        return plain("–")
    hours = median(level.lead_hours)
    return say("hours", hours=hours) if hours < 48 else say("days", days=hours / 24)


def _counted(counts: Mapping[str, int]) -> Text:
    """Put counts in one line, without those that are zero."""
    parts = [joined([known_or(name, name), plain(f"{count:,}")], " ") for name, count in counts.items() if count]
    return joined(parts) if parts else say("none")
