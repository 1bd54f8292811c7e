"""The picture of a running demo, drawn from its figures for a terminal of any size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from foreshock.demonstration.figures import Figures
from foreshock.demonstration.quality import Quality
from foreshock.demonstration.words import Words
from schemas.alerts import Alert, Level

LEVEL_STYLES: dict[Level, str] = {
    "none": "dim",
    "blue": "bold blue",
    "yellow": "bold yellow",
    "orange": "bold dark_orange",
    "red": "bold red",
}
"""How levels look; each is written out too."""

_STAGE_STYLES = ("green", "yellow", "dark_orange", "red")
_SPARKS = "▁▂▃▄▅▆▇█"
_BAR = 12

# Lines of each part, and the size of terminal from which there is room for more.
_HEAD, _FOOT, _PANEL, _FRAME = 3, 2, 13, 3
_WIDE, _HIGH = 120, 40


def picture(figures: Figures, words: Words, width: int, height: int) -> RenderableType:
    """Draw a moment.

    Parameters
    ----------
    figures
        The moment.
    words
        In which language.
    width, height
        Of the terminal, in cells.
    """
    flow = Panel(_flow(figures, words), title=words("flow"))
    stages = Panel(_stages(figures, words), title=words("stages"))
    quality = Panel(_quality(figures, words), title=words("quality"))
    whole, upper, first = Layout(), Layout(size=_PANEL), Layout()
    if width >= _WIDE:
        upper.split_row(Layout(flow), Layout(stages), Layout(quality))
    elif height >= _HIGH:
        first.split_row(Layout(flow), Layout(quality))
        upper.split_column(first, Layout(stages))
        upper.size = 2 * _PANEL
    else:
        upper.split_row(Layout(flow), Layout(quality))
    title = words("newest", count=figures.warnings, alerts=figures.alerts)
    room = height - _HEAD - _FOOT - (upper.size or 0) - _FRAME
    newest = Panel(_newest(figures, words, room), title=title)
    head, foot = Layout(_head(figures, words), size=_HEAD), Layout(_foot(figures, words), size=_FOOT)
    whole.split_column(head, upper, Layout(newest), foot)
    return whole


def alert_line(alert: Alert, words: Words) -> tuple[Text, ...]:
    """Write an alert as cells: when, how urgent, where, and about what."""
    return (
        Text(f"{alert.at:%m-%d %H:%M}", style="dim"),
        Text(words(f"level.{alert.level}"), style=LEVEL_STYLES[alert.level]),
        Text(alert.org_path.rpartition("/")[2]),
        Text(words(f"cause.{alert.cause}"), style="bold"),
    )


def percent(share: float | None) -> str:
    """Write a share for people."""
    return "–" if share is None else f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"


def spark(values: Sequence[float], width: int) -> str:
    """Draw the last values as a line of small bars, the highest as high as it goes.

    Examples
    --------
    >>> spark([0, 50, 100], width=8)
    '▁▄█'
    """
    shown = values[-width:]
    highest = max(shown, default=0.0)
    return "".join(_SPARKS[int(value / highest * (len(_SPARKS) - 1)) if highest else 0] for value in shown)


def _head(figures: Figures, words: Words) -> RenderableType:
    """Say what this is, and how far it is."""
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column()
    grid.add_column(justify="right")
    title = Text.assemble(
        ("Foreshock ", "bold magenta"), words("title", customers=figures.customers, speed=figures.speed)
    )
    grid.add_row(title, Text(words("day", day=figures.day, moment=figures.moment), style="bold"))
    elapsed, seconds = figures.elapsed_seconds, figures.feed_seconds
    phase = f"{words(figures.phase)} {elapsed:.0f} s / {seconds:.0f} s"
    bar = ProgressBar(total=seconds, completed=min(elapsed, seconds))
    grid.add_row(bar, Text(phase, style="dim"))
    return grid


def _flow(figures: Figures, words: Words) -> RenderableType:
    """Show what goes in, what comes through, and what was learned."""
    latency = figures.latency_seconds
    rows: list[tuple[str, str] | tuple[str, Text]] = [
        ("fed", f"{figures.fed:,}"),
        ("applied", f"{figures.applied:,}"),
        ("behind", f"{figures.behind:,}"),
        ("per second", Text.assemble(f"{figures.per_second:,.0f} ", (spark(figures.history, 12), "cyan"))),
        ("duplicates", f"{figures.duplicates:,}"),
        ("dead letters", words("dead letters.value", found=figures.dead_letters, broken=figures.broken)),
        ("latency", "–" if latency is None else words("latency.value", seconds=latency)),
        ("examples", words("examples.value", examples=figures.examples, complaints=figures.complaints_learned)),
        ("snapshot", words("snapshot.value", active=figures.snapshot_active, published=figures.snapshots_published)),
        ("model", words("model.cold" if figures.is_cold else "model.warm")),
    ]
    if figures.restarts:
        rows.append(("restarts", Text(f"{figures.restarts}", style="bold red")))
    return _pairs(rows, words)


def _stages(figures: Figures, words: Words) -> RenderableType:
    """Show who Foreshock believes to be unhappy beside who is."""
    _, dissatisfied, grumbling, *complaint = figures.stages
    true = figures.true_stages
    rows = [
        ("dissatisfied", dissatisfied, true.silent),
        ("grumbling", grumbling, true.grumbling),
        ("complaint", sum(complaint), true.complaint),
    ]
    unhappy, truly = sum(row[1] for row in rows), sum(row[2] for row in rows)
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    for _ in range(2):
        grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_row("", Text(words("stages.found"), style="dim"), Text(words("stages.true"), style="dim"), "")
    most = max(1, *(max(row[1:]) for row in rows))
    grid.add_row(words("stage.content"), f"{figures.customers - unhappy:,}", f"{figures.customers - truly:,}", "")
    for (name, found, truth), style in zip(rows, _STAGE_STYLES[1:], strict=True):
        grid.add_row(words(f"stage.{name}"), f"{found:,}", f"{truth:,}", _bar(found / most, truth / most, style))
    fates = Text(words("fates", grievances=figures.grievances, shares=figures.fates), style="dim")
    return Group(grid, Text(), fates)


def _bar(share: float, mark: float, style: str) -> Text:
    """Draw a bar, with a mark where it ought to end."""
    bar = Text("█" * round(share * _BAR), style=style)
    bar.pad_right(_BAR + 1 - len(bar))
    place = min(round(mark * _BAR), _BAR)
    return bar[:place] + Text("│", style="bold white") + bar[place + 1 :]


def _quality(figures: Figures, words: Words) -> RenderableType:
    """Show what the alerts are worth."""
    if figures.quality is None:
        return Text(words("none yet"), style="dim")
    return _pairs(quality_figures(figures.quality, words), words)


def quality_figures(quality: Quality, words: Words) -> Iterator[tuple[str, str]]:
    """Say what the alerts are worth: names of words, and what there is to say."""
    told = quality.judgement
    lead = told.median_lead_hours
    yield "complaints", f"{told.complaints:,}"
    yield "foreseen", _share_of("complaints", told.foreseen_share, words)
    yield "foreseen from silence", percent(told.foreseen_from_silence_share)
    yield "lead", "–" if lead is None else words("lead.value", days=lead / 24)
    yield "alerted", _share_of("customers", quality.alerted_lately_share, words)
    yield "precision", _share_of("alerts", told.followed_share, words)
    yield "justified", _share_of("alerts", told.justified_share, words)


def _share_of(whole: str, share: float | None, words: Words) -> str:
    """Write a share with what it is of, unless there is none."""
    return percent(share) if share is None else words(f"of {whole}", share=percent(share))


def _newest(figures: Figures, words: Words, lines: int) -> RenderableType:
    """Show the newest alerts that fit, newest first; what a cold model says of them would only mislead."""
    if not figures.newest:
        return Text(words("none yet"), style="dim")
    table = Table(box=None, padding=(0, 1, 0, 0), expand=True, header_style="dim", pad_edge=False)
    for name in ("at", "level", "where", "cause"):
        table.add_column(words(f"column.{name}"), no_wrap=True)
    if not figures.is_cold:
        table.add_column(words("column.probability"), justify="right", no_wrap=True)
    table.add_column(words("column.reasons"), no_wrap=True, overflow="ellipsis", ratio=1)
    for alert in sorted(figures.newest, key=lambda alert: alert.at, reverse=True)[: max(1, lines)]:
        probability = () if figures.is_cold else (percent(alert.probability_30d),)
        reasons = " · ".join(words.reason(reason) for reason in alert.reasons)
        table.add_row(*alert_line(alert, words), *probability, Text(reasons))
    return table


def _foot(figures: Figures, words: Words) -> RenderableType:
    """Say where to look further."""
    pages = f"http://127.0.0.1:{figures.port}"
    return Text(
        f"{pages}/metrics · {pages}/healthz · {pages}/readyz\n"
        f"Kafka {figures.bootstrap}: {figures.prefix}alerts, {figures.prefix}risk · {words('foot.end')}",
        style="dim",
        no_wrap=True,
        overflow="ellipsis",
    )


def _pairs(rows: Iterable[tuple[str, str] | tuple[str, Text]], words: Words) -> Table:
    """Write labels and values in two columns."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(no_wrap=True)
    for name, value in rows:
        grid.add_row(words(name), value)
    return grid
