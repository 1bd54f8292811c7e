"""The closing: what happened, three alerts with their reasons, and the checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from foreshock.demonstration.alerts_found import Alerts
from foreshock.demonstration.figures import Figures
from foreshock.demonstration.picture import alert_line, quality_figures
from foreshock.demonstration.run import Ended
from foreshock.demonstration.verdict import Check, Losses
from foreshock.demonstration.words import Words
from foreshock.handling.telling import table, told
from schemas.alerts import CAUSES, LEVELS, TRANSITIONS, Alert

_SAMPLES = 3
_DAY_SECONDS = 86_400.0


def closing(ended: Ended, checks: list[Check], words: Words) -> RenderableType:
    """Draw the summary of a run.

    Parameters
    ----------
    ended
        The run.
    checks
        What holds and what does not.
    words
        In which language.
    """
    parts: list[RenderableType] = [
        Rule(words("summary"), align="left"),
        _facts(ended, words),
        *_owners(ended, words),
        *_samples(ended.monitor.found.alerts, words),
        Rule(align="left"),
        _checks(checks, words),
    ]
    is_ok = all(check.is_ok for check in checks)
    if ended.worker_log and (not is_ok or ended.figures.restarts):
        parts += [Text(words("worker log"), style="bold"), Text(ended.worker_log)]
    parts.append(Text(words("verdict.ok" if is_ok else "verdict.failed"), style="bold green" if is_ok else "bold red"))
    return Group(*parts)


def _facts(ended: Ended, words: Words) -> Table:
    """Write one line per group of figures."""
    figures, found, metrics = ended.figures, ended.monitor.found, ended.monitor.metrics
    events = [
        words("summary.span", days=figures.day, customers=figures.customers, seconds=ended.seconds),
        f"{words('fed')} {figures.fed:,}",
        f"{words('applied')} {figures.applied:,}",
        words("summary.rate", rate=figures.applied / ended.seconds),
        f"{words('duplicates')} {figures.duplicates:,}",
        words("summary.late", count=metrics.count("foreshock_messages_noted_total", "late")),
        words("summary.disordered", count=metrics.count("foreshock_messages_noted_total", "out_of_order")),
        f"{words('restarts')} {figures.restarts:,}",
    ]
    letters = [words("dead letters.value", found=figures.dead_letters, broken=figures.broken)]
    if found.dead_letters:
        letters.append(_counted(Counter(found.dead_letters.values())))
    examples = words("examples.value", examples=figures.examples, complaints=figures.complaints_learned)
    learned = [
        f"{words('examples')} {examples}",
        f"{words('snapshot')} "
        + words("snapshot.value", active=figures.snapshot_active, published=figures.snapshots_published),
    ]
    return _table(
        [
            ("events", " · ".join(events)),
            ("dead letters", " · ".join(letters)),
            ("learning", " · ".join(learned)),
            ("summary.causes", _counted(_named(found.alerts.opened, CAUSES, "cause", words))),
            ("summary.levels", _counted(_named(found.alerts.levels, LEVELS, "level", words))),
            ("summary.transitions", _counted(_named(found.alerts.transitions, TRANSITIONS, "transition", words))),
            ("stages", _stages(figures, words)),
            ("quality", _quality(figures, words)),
        ],
        words,
        [
            *told(found.handling, is_chinese=words.language == "zh"),
            *found.many.told(is_chinese=words.language == "zh"),
        ],
    )


def _owners(ended: Ended, words: Words) -> Iterator[RenderableType]:
    """Say how each owner lived with alerts."""
    drawn = table(ended.monitor.found.handling, is_chinese=words.language == "zh")
    if drawn is not None:
        yield Text()
        yield drawn


def _stages(figures: Figures, words: Words) -> str:
    """Say who is believed to be unhappy, and who is."""
    _, dissatisfied, grumbling, *complaint = figures.stages
    true = figures.true_stages
    found = {"dissatisfied": dissatisfied, "grumbling": grumbling, "complaint": sum(complaint)}
    truth = {"dissatisfied": true.silent, "grumbling": true.grumbling, "complaint": true.complaint}
    return " · ".join(
        f"{words(f'stage.{name}')} {count:,} ({words('stages.true')} {truth[name]:,})" for name, count in found.items()
    )


def _quality(figures: Figures, words: Words) -> str:
    """Say what the alerts were worth."""
    if figures.quality is None:
        return words("none yet")
    return " · ".join(f"{words(name).strip()} {told}" for name, told in quality_figures(figures.quality, words))


def _samples(alerts: Alerts, words: Words) -> Iterator[RenderableType]:
    """Show three alerts in full: those that came true if there are any, the most urgent first."""
    hits = sorted(alerts.hits, key=lambda hit: _weight(hit.alert))[-_SAMPLES:]
    shown: list[tuple[Alert, float | None]] = [(hit.alert, hit.lead_seconds) for hit in reversed(hits)]
    if not shown:
        newest = sorted(alerts.newest.values(), key=_weight)[-_SAMPLES:]
        shown = [(alert, None) for alert in reversed(newest)]
    yield Text()
    yield Text(words("summary.samples" if hits else "summary.newest samples"), style="bold")
    for alert, lead in shown:
        told = Text("  ").join(alert_line(alert, words))
        if lead is not None:
            told.append("  " + words("summary.lead", days=lead / _DAY_SECONDS), style="bold")
        yield told
        for reason in alert.reasons:
            yield Text(f"    {words.reason(reason)}")
    yield Text()


def _weight(alert: Alert) -> tuple[int, int]:
    """Order alerts by urgency, then by how much they say."""
    return LEVELS.index(alert.level), len(alert.reasons)


def _checks(checks: Sequence[Check], words: Words) -> Table:
    """Write every check with what it rests on."""
    grid = Table.grid(padding=(0, 2))
    for _ in range(2):
        grid.add_column(no_wrap=True)
    grid.add_column()
    for check in checks:
        verdict = Text(words("ok"), style="green") if check.is_ok else Text(words("failed"), style="bold red")
        grid.add_row(Text(words(f"check.{check.name}"), style="bold"), verdict, _told(check, words))
    return grid


def _told(check: Check, words: Words) -> str:
    """Say what a check rests on; where the accounts do not agree, say only where."""
    if check.name == "kept" and not check.is_ok:
        differing = (words(f"loss.{name}", count=check.figures[name]) for name in Losses._fields if check.figures[name])
        return words("told.differences", differences="; ".join(differing))
    return words(f"told.{check.name}", **check.figures)


def _named(counts: Counter[str], order: Sequence[str], group: str, words: Words) -> dict[str, int]:
    """Put counts in order, under the names that people read."""
    return {words(f"{group}.{name}"): counts[name] for name in order if counts[name]}


def _counted(counts: Mapping[str, int]) -> str:
    """Write counts in one line."""
    return " · ".join(f"{name} {count:,}" for name, count in counts.items()) or "0"


def _table(rows: Iterable[tuple[str, str]], words: Words, named: Iterable[tuple[str, str]]) -> Table:
    """Write names and what there is to say in two columns; `named` has its names in the language already."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column()
    for name, said in rows:
        grid.add_row(words(name), said)
    for name, said in named:
        grid.add_row(name, said)
    return grid
