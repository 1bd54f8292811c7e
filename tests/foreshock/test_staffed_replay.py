"""A simulated month with simulated staff: what the table says is what the alerts say, counted another way."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from foreshock.cli import main
from schemas.alerts import Alert
from schemas.codec import decode_as
from tests.support.peers import CHECKOUT

pytestmark = pytest.mark.slow

ORGANISATION = str(CHECKOUT / "examples/simulated_insurer.toml")
ASKING = ("yellow", "orange", "red")
TAKING = ("acknowledged", "started", "snoozed", "resolved", "dismissed")
STAFF = re.compile(r"-[1-6]$")
"""How the names of simulated people end."""


class Row(NamedTuple):
    """A row of the table as it was printed."""

    owner: str
    alerts: int
    load: str
    taken: str
    hours: str
    ends: str
    went_up: int
    came_up: int
    capped: int


class Month(NamedTuple):
    """What a replay of the month printed, and its alerts."""

    printed: str
    alerts: list[Alert]

    def rows(self) -> list[Row]:
        shape = r"^(\S.*?) +(\d+) +([\d./]+) +(\d+%|-) +(\S+) +((?:[\d-]+ +){5})(\d+)/(\d+) +(\d+) *$"
        found = re.findall(shape, self.printed, re.MULTILINE)
        return [
            Row(o, int(n), load, taken, hours, ends, int(went), int(came), int(c))
            for o, n, load, taken, hours, ends, went, came, c in found
        ]


def _run(*arguments: str) -> str:
    shown = CliRunner(env={"COLUMNS": "160"}).invoke(main, arguments)
    assert shown.exit_code == 0, shown.output
    return shown.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the month's events are."""
    folder = tmp_path_factory.mktemp("month")
    _run("simulate", "--customers", "1500", "--days", "30", "--output", str(folder / "events.jsonl"))
    return folder


def _replayed(folder: Path, *options: str) -> Month:
    alerts = folder / "alerts.jsonl"
    printed = _run(
        *("replay", str(folder / "events.jsonl"), "--alerts", str(alerts), "--until", "2026-02-10"),
        *("--organisation", ORGANISATION, *options),
    )
    return Month(printed, [decode_as(Alert, line) for line in alerts.read_bytes().splitlines()])


@pytest.fixture(scope="module")
def staffed(folder: Path) -> Month:
    return _replayed(folder, "--staff")


def _told(alerts: list[Alert]) -> Iterator[list[Alert]]:
    """The transitions of each alert from the first that asked somebody to call."""
    in_order = sorted(alerts, key=lambda alert: (alert.alert_id, alert.sequence))
    for _, transitions in groupby(in_order, key=lambda alert: alert.alert_id):
        every = list(transitions)
        asking = [place for place, each in enumerate(every) if each.level in ASKING and _asks(each)]
        if asking:
            yield every[asking[0] :]


def _asks(alert: Alert) -> bool:
    return alert.transition in ("opened", "raised", "told", "escalated", "woken", "lapsed", "reopened")


def test_the_table_says_what_the_alerts_say(staffed: Month) -> None:
    alerts = list(_told(staffed.alerts))
    (everybody,) = [row for row in staffed.rows() if row.owner.startswith("all ")]

    hours = sorted(
        (taken[0].at - first.at).total_seconds() / 3_600
        for first, *later in alerts
        if (taken := [each for each in later if each.transition in TAKING])
    )
    ends = Counter(
        last if (last := transitions[-1].transition) in ("resolved", "dismissed", "expired", "complained") else "open"
        for transitions in alerts
    )
    assert everybody.alerts == len(alerts) == ends.total()
    assert everybody.taken == f"{len(hours) / len(alerts):.0%}"
    assert everybody.hours.split("/")[0] == f"{median(hours):.1f}"
    shown = [int(share) for share in everybody.ends.split()]
    assert sum(shown) == 100
    for share, end in zip(shown, ("resolved", "dismissed", "expired", "complained", "open"), strict=True):
        assert abs(share - 100 * ends[end] / len(alerts)) < 1
    ups = sum(each.transition == "escalated" for transitions in alerts for each in transitions)
    assert everybody.went_up == everybody.came_up == ups > 0
    assert everybody.capped > 0


def test_each_owners_row_says_what_their_alerts_say(staffed: Month) -> None:
    per_day: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for first, *_ in _told(staffed.alerts):
        per_day[first.owner or ""][first.at.toordinal()] += 1
    days = {day for counts in per_day.values() for day in counts}
    span = max(days) - min(days) + 1
    named = [row for row in staffed.rows() if row.owner in per_day]

    assert len(named) >= 8
    for row in named:
        counts = per_day[row.owner]
        mean, _, _, busiest = row.load.split("/")
        assert (row.alerts, mean, busiest) == (
            counts.total(),
            f"{counts.total() / span:.2f}",
            str(max(counts.values())),
        )
    *rows, everybody = staffed.rows()
    for column in ("alerts", "went_up", "came_up", "capped"):
        assert sum(getattr(row, column) for row in rows) == getattr(everybody, column)


def test_the_lines_say_what_the_alerts_say(staffed: Month) -> None:
    leads = [
        first.lead_seconds / 3_600
        for transitions in _told(staffed.alerts)
        for first in transitions
        if first.lead_seconds is not None
    ]

    assert leads
    assert f"median {median(leads):.0f} h" in staffed.printed
    assert f"over {len(leads)} that complained" in staffed.printed
    assert re.search(r"held back and complained +\d+ of \d+ alerts held back", staffed.printed)
    assert re.search(r"told at once and complained +\d+ of \d+ alerts never held back", staffed.printed)


def test_the_same_seed_gives_the_same_bytes_and_another_gives_other_people(folder: Path, staffed: Month) -> None:
    first = (folder / "alerts.jsonl").read_bytes()

    assert (_replayed(folder, "--staff").printed, (folder / "alerts.jsonl").read_bytes()) == (staffed.printed, first)
    assert _replayed(folder, "--staff", "--staff-seed", "8").alerts != staffed.alerts


def test_it_is_said_that_staff_are_made_up_and_that_customers_do_not_react(folder: Path, staffed: Month) -> None:
    assert "simulated staff (seed 7)" in staffed.printed
    assert "the customers in the files do not react to them" in " ".join(staffed.printed.split())
    assert any(alert.by and STAFF.search(alert.by) for alert in staffed.alerts)

    alone = _replayed(folder)
    assert "simulated staff" not in alone.printed
    assert not any(alert.by and STAFF.search(alert.by) for alert in alone.alerts)
