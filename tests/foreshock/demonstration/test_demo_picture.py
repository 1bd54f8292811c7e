from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from foreshock.demonstration.figures import Figures
from foreshock.demonstration.picture import picture
from foreshock.demonstration.quality import Quality, TrueStages
from foreshock.demonstration.views import LiveView, PlainView, line, view_for
from foreshock.demonstration.words import Words
from foreshock.simulate.judgement import Judgement
from tests.support.alerts import SOME_TIME, alert

FIGURES = Figures(
    phase="feeding",
    elapsed_seconds=27.0,
    feed_seconds=56.0,
    moment=datetime(2026, 3, 9, tzinfo=UTC),
    day=64,
    speed=199_000.0,
    customers=3000,
    fed=24_180,
    applied=24_100,
    behind=80,
    per_second=905.0,
    history=(100.0, 800.0, 905.0),
    duplicates=114,
    broken=27,
    dead_letters=26,
    latency_seconds=0.25,
    restarts=0,
    examples=8800,
    complaints_learned=142,
    complaints_needed=100,
    snapshots_published=44,
    snapshot_active=42,
    stages=(2740, 258, 41, 3, 1),
    true_stages=TrueStages(silent=144, grumbling=70, complaint=4),
    fates={"silent": 0.68, "grumbling": 0.25, "complaining": 0.07},
    grievances=662,
    quality=Quality(
        Judgement(
            complaints=29,
            foreseen_share=0.62,
            foreseen_from_silence_share=0.38,
            median_lead_hours=259.2,
            alerts=1216,
            followed_share=0.031,
            justified_share=0.41,
            alerted_share=0.3,
        ),
        alerted_lately_share=0.11,
    ),
    alerts=1563,
    warnings=1216,
    newest=tuple(alert(str(number), at=SOME_TIME + timedelta(hours=number)) for number in range(40)),
    port=8088,
    bootstrap="127.0.0.1:9092",
    prefix="foreshock.",
)


def drawn(figures: Figures, words: Words, width: int, height: int) -> str:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    console.print(picture(figures, words, width, height))
    return str(console.file.getvalue())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "told",
    [
        "24,180",
        "905 ▁▇█",
        "26 of 27 broken",
        "number 42 of 44",
        "8,800 (142 complaints)",
        "silent         258   144",
        "68% stay silent",
        "10.8 days",
        "11% of customers",
        "3.1% of alerts",
        "Newest alerts from yellow up (1,216 of 1,563 alerts)",
        "http://127.0.0.1:8088/metrics",
        "01-06 15:00 orange HQ    threat",
        "Named the regulator",
    ],
)
def test_a_wide_picture_shows_every_figure(told: str) -> None:
    assert told in drawn(FIGURES, Words("en"), 140, 45)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (100, 50), (140, 30), (200, 60)])
@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_the_picture_fills_the_terminal_and_no_more(width: int, height: int, language: str) -> None:
    shown = drawn(FIGURES, Words(language), width, height).splitlines()  # type: ignore[arg-type]

    assert len(shown) == height
    assert "threat" in "".join(shown) or "扬言投诉" in "".join(shown)


def test_the_newest_alert_stands_first() -> None:
    shown = drawn(FIGURES, Words("en"), 140, 45)

    assert shown.index("01-06 15:00") < shown.index("01-06 14:00")


def test_a_cold_model_is_not_quoted() -> None:
    warm, cold = FIGURES, replace(FIGURES, complaints_learned=99)

    assert "40%" in drawn(warm, Words("en"), 140, 45)
    assert "40%" not in drawn(cold, Words("en"), 140, 45)


def test_the_first_moment_can_be_drawn() -> None:
    empty = replace(
        FIGURES,
        fed=0,
        applied=0,
        history=(),
        stages=(0, 0, 0, 0, 0),
        true_stages=TrueStages(0, 0, 0),
        quality=None,
        newest=(),
        latency_seconds=None,
    )

    assert "none yet" in drawn(empty, Words("en"), 140, 45)


def test_a_moment_is_one_line_where_there_is_no_terminal() -> None:
    told = line(FIGURES, Words("en"))

    assert "\n" not in told
    assert "fed 24,180 · in states 24,100 (905 per second) · waiting 80" in told
    assert "first complaints 29 · alerted ≥ 2 h before 62% of complaints" in told


@pytest.mark.parametrize(
    ("is_terminal", "term", "view"), [(True, "xterm", LiveView), (True, "dumb", PlainView), (False, "xterm", PlainView)]
)
def test_only_a_terminal_gets_a_picture(is_terminal: bool, term: str, view: type) -> None:
    console = Console(file=io.StringIO(), force_terminal=is_terminal, _environ={"TERM": term})

    assert type(view_for(console, Words("en"))) is view


def test_a_progress_line_does_not_come_at_every_moment() -> None:
    console = Console(file=io.StringIO(), width=80)
    view = PlainView(console, Words("en"))
    for _ in range(5):
        view.show(FIGURES)

    assert console.file.getvalue().count("\n") == 1  # type: ignore[attr-defined]
