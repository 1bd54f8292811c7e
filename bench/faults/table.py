"""The verdicts as a table for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from bench.faults.judge import Verdict

_COLUMNS = (
    ("what happens", "left"),
    ("broker", "left"),
    ("events", "right"),
    ("lost", "right"),
    ("state\n- / +", "right"),
    ("rows\nwrong", "right"),
    ("alerts", "right"),
    ("lost", "right"),
    ("wrong", "right"),
    ("un-\nknown", "right"),
    ("again", "right"),
    ("about\nmany", "right"),
    ("silence\ns", "right"),
    ("ended", "left"),
    ("", "left"),
)

LEGEND = (
    "events: records on the source topics; lost: of them neither in the journal nor dead letters; state: events that\n"
    "states count too few and too many; rows wrong: rows in the changelog that differ from the replay's by any byte;\n"
    "alerts: transitions by the truth, then lost, with other bytes, with an id that the truth lacks, and repeated (to\n"
    "be dropped by id); about many: transitions of aggregate alerts by the truth; silence: longest gap at the\n"
    "outputs; ended: what became of the processes, and how many ended themselves. The last column says `exact`, or\n"
    "what is not; it also looks at beliefs, examples, observations, aggregate alerts and deliveries."
)


def print_verdicts(verdicts: Iterable[Verdict], console: Console) -> None:
    """Print a row per verdict, and what the columns mean."""
    table = Table(title="Fault matrix", title_justify="left")
    for name, justify in _COLUMNS:
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for verdict in verdicts:
        table.add_row(*row_of(verdict))
    console.print(table)
    console.print(LEGEND, markup=False, highlight=False)


def row_of(verdict: Verdict) -> Sequence[str]:
    """Write one verdict as cells."""
    restarts = f" ({len(verdict.exits)})" if verdict.exits else ""
    return (
        f"{verdict.title} [{verdict.scenario}]".replace("[", "\\["),
        verdict.broker,
        f"{verdict.fed:,}",
        f"{verdict.lost:,}",
        f"{verdict.under_count:,} / {verdict.over_count:,}",
        f"{verdict.rows_wrong:,}",
        f"{verdict.alerts:,}",
        f"{verdict.alerts_lost:,}",
        f"{verdict.alerts_wrong:,}",
        f"{verdict.alerts_unknown:,}",
        f"{verdict.alerts_repeated:,}",
        f"{verdict.aggregates:,}",
        f"{verdict.silence_seconds:.1f}",
        f"{verdict.ending}{restarts}",
        "exact" if verdict.is_exact else "; ".join(verdict.complaints),
    )
