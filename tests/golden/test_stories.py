"""Did this story's ending change? Review the difference as you would code.

`FORESHOCK_UPDATE_GOLDEN=1 pytest tests/golden` writes the endings anew.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from foreshock.aggregating.offline import Aggregates
from foreshock.journal_dump import is_dump, read_header
from foreshock.runs import EventRun, JournalRun, Run
from models.intake import Intake
from models.outcome import Outcome
from models.params import load_params
from models.pseudonym import Pseudonymiser
from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert
from schemas.codec import PartitionMessage
from schemas.errors import UnreadableMessageError
from schemas.receipts import Receipt
from schemas.suppressions import Suppression
from tests.support.peers import CHECKOUT

HERE = Path(__file__).parent
ORGANISATIONS = {"branch_slept": "organisation.toml"}
"""Which file says who answers for a story's alerts."""
STORIES = sorted((CHECKOUT / "examples").glob("*.jsonl"))


def _ending(story: Path) -> str:
    intake = Intake(Pseudonymiser(b"a key for golden stories"), partitions=1, attributes=None)
    named = ORGANISATIONS.get(story.stem)
    params = load_params(None, story.parent / named if named else None)
    first, *rest = lines = story.read_bytes().splitlines()
    run: Run = EventRun(intake, params, timedelta(hours=1))
    if is_dump(first):
        run, lines = JournalRun(read_header(first).epoch, params, None), rest
    names: dict[str, str] = {}
    ending: list[str] = []
    many = Aggregates(params.aggregates)
    for raw in lines:
        for taken in run.take(raw):
            assert not isinstance(taken, UnreadableMessageError)
            message, outcomes = taken
            if not isinstance(message, PartitionMessage):
                names[message.customer_id] = message.policy_ref or names.get(message.customer_id, "no policy")
            ending += [*_lines(outcomes, names), *_of_many(many.take(outcomes))]
    last = run.finish(None)
    return "\n".join([*ending, *_lines(last, names), *_of_many(many.take(last))]) + "\n"


def _lines(outcomes: list[Outcome], names: dict[str, str]) -> list[str]:
    lines = [_line(alert, names) for outcome in outcomes for alert in outcome.alerts]
    lines += [_untold(held, names) for outcome in outcomes for held in outcome.suppressions]
    return lines + [_refused(receipt) for outcome in outcomes for receipt in outcome.receipts]


def _line(alert: Alert, names: dict[str, str]) -> str:
    who = alert.policy_ref or names.get(alert.customer_key, "?")
    what = (
        f"{alert.at:%Y-%m-%d %H:%M} {who:<16} {alert.cause:<24} {alert.transition:<12} {alert.level:<6} {alert.stage}"
    )
    if alert.supervisor:
        what += f"\n    -> {alert.supervisor}, {alert.owner}"
    return "\n".join([what, *(f"    {reason.text.zh} | {reason.text.en}" for reason in alert.reasons)])


def _untold(held: Suppression, names: dict[str, str]) -> str:
    who, until = names[held.customer_key], f" until {held.until:%m-%d %H:%M}" if held.until else ""
    what = f"{held.at:%Y-%m-%d %H:%M} {who:<16} {held.cause:<24} {held.transition:<12} {held.level:<6}"
    return f"{what} nobody is told: {held.rule}{f' by {held.author}' if held.author else ''}{until}"


def _of_many(alerts: list[AggregateAlert]) -> list[str]:
    return [
        "\n".join(
            [
                f"{alert.at:%Y-%m-%d %H:%M} {alert.by} {alert.key} {alert.cause} {alert.transition} {alert.level}",
                *(f"    {reason.text.zh} | {reason.text.en}" for reason in alert.reasons),
            ]
        )
        for alert in alerts
    ]


def _refused(receipt: Receipt) -> str:
    what = f"{receipt.at:%Y-%m-%d %H:%M} {receipt.event_id} is {receipt.result}: {receipt.code}"
    return f"{what}\n    {receipt.text.zh} | {receipt.text.en}"


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)
def test_the_ending_of_a_story_is_as_reviewed(story: Path) -> None:
    ending, reviewed = _ending(story), HERE / f"{story.stem}.txt"
    if os.environ.get("FORESHOCK_UPDATE_GOLDEN"):
        reviewed.write_text(ending, encoding="utf-8")

    assert ending == reviewed.read_text(encoding="utf-8")
