from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from foreshock.cli import main
from foreshock.demonstration.words import Language
from foreshock.summary import Summary
from foreshock.summary_words import called
from models.outcome import Outcome
from schemas.alerts import CAUSES, STAGES, TRANSITIONS, Alert, Level, Transition
from schemas.codec import EVENT_TYPES
from schemas.dead_letters import DEAD_LETTER_REASONS
from tests.support.alerts import alert
from tests.support.events import START
from tests.support.peers import CHECKOUT

TYPHOON = CHECKOUT / "examples" / "typhoon.jsonl"


def transition_of(
    customer: str, level: Level, transition: Transition = "opened", hour: float = 0.0, **fields: Any
) -> Alert:
    given = {"alert_id": f"alert-of-{customer}", "opened_at": START, "at": START + timedelta(hours=hour)} | fields
    return alert(**given, customer_key=customer, level=level, transition=transition)


def summary_of(alerts: Iterable[Alert]) -> Summary:
    summary = Summary()
    summary.count([Outcome(alerts=list(alerts))])
    return summary


def shown(summary: Summary, language: Language = "both") -> str:
    console = Console(width=120, record=True, file=StringIO())
    console.print(summary.render([0, 0, 0, 0, 0], language))
    return console.export_text()


def test_the_most_urgent_alert_stands_first_with_its_reason_in_both_languages() -> None:
    text = shown(summary_of([transition_of("a", "yellow"), transition_of("b", "red"), transition_of("c", "blue")]))

    assert text.index("red") < text.index("yellow")
    assert "客户提到要向监管投诉" in text
    assert "Named the regulator" in text


def test_a_customer_with_many_alerts_is_named_once() -> None:
    many = [transition_of("a", "orange", alert_id=f"alert-{number}", hour=number) for number in range(9)]

    assert [each.customer_key for each in summary_of([*many, transition_of("b", "blue")]).urgent] == ["a", "b"]


def test_each_language_has_its_own_reasons_and_words() -> None:
    summary = summary_of([transition_of("a", "red"), transition_of("a", "red", "complained", lead_seconds=3_600.0)])
    summary.staff = {7: {"acknowledged": 3}}

    english, chinese = shown(summary, "en"), shown(summary, "zh")
    assert "Named the regulator" in english
    assert "客户" not in english
    assert "模拟员工（种子 7）" in chinese
    assert "已接手 3；文件中的客户不会对此作出反应" in chinese
    assert "升级投诉 0" in chinese
    assert "Named the regulator" not in chinese


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("kind", [*EVENT_TYPES, "tick", "snapshot_notice", "model_command", "silence_command"]),
        ("reason", DEAD_LETTER_REASONS),
        ("stage", STAGES),
        ("cause", CAUSES),
        ("transition", [*TRANSITIONS, "contacted"]),
    ],
)
def test_everything_that_is_counted_has_a_name_in_chinese(group: str, names: Iterable[str]) -> None:
    told = {name: called(name, group, is_chinese=True) for name in names}

    assert {name for name, text in told.items() if text.isascii()} == set()
    assert len(set(told.values())) == len(told)


def test_the_language_is_the_readers_unless_it_is_asked_for() -> None:
    for environment, options, title in (
        ({"LC_ALL": "zh_CN.UTF-8"}, [], "处理情况"),
        ({"LC_ALL": "zh_CN.UTF-8"}, ["--lang", "en"], "facts"),
        ({"LC_ALL": "C.UTF-8"}, [], "facts"),
        ({"LC_ALL": "C.UTF-8"}, ["--lang", "zh"], "处理情况"),
    ):
        result = CliRunner(env=environment).invoke(main, ["replay", str(TYPHOON), *options])
        assert result.exit_code == 0, result.output
        assert any(line.startswith(title) for line in result.stderr.splitlines()), result.stderr


def test_an_alert_that_rose_says_how_long_before_the_complaint_it_rose() -> None:
    text = shown(
        summary_of(
            [
                transition_of("a", "yellow"),
                transition_of("a", "orange", "raised", hour=10),
                transition_of("a", "orange", "complained", hour=34, lead_seconds=34 * 3600.0),
            ]
        )
    )

    assert "complained 24 h later" in text
    assert "median lead hours 34.0" in text


def test_an_alert_that_came_true_is_not_replaced_by_what_follows_the_complaint() -> None:
    came_true = [
        transition_of("a", "yellow"),
        transition_of("a", "yellow", "complained", hour=10, lead_seconds=36_000.0),
    ]
    summary = summary_of(
        [*came_true, transition_of("a", "orange", alert_id="later", hour=20), transition_of("b", "red")]
    )

    assert [each.alert_id for each in summary.urgent] == ["alert-of-a", "alert-of-b"]
