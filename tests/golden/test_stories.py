"""Did this story's ending change? Review the difference as you would code.

`FORESHOCK_UPDATE_GOLDEN=1 pytest tests/golden` writes the endings anew.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from models.intake import Intake
from models.params import load_params
from models.pseudonym import Pseudonymiser
from models.replaying import EventReplay
from schemas.alerts import Alert
from schemas.receipts import Receipt
from tests.support.peers import CHECKOUT

HERE = Path(__file__).parent
ORGANISATIONS = {"branch_slept": "organisation.toml"}
"""Which file says who answers for a story's alerts."""
STORIES = sorted((CHECKOUT / "examples").glob("*.jsonl"))


def _ending(story: Path) -> str:
    intake = Intake(Pseudonymiser(b"a key for golden stories"), partitions=1, attributes=None)
    named = ORGANISATIONS.get(story.stem)
    replay = EventReplay(intake, load_params(None, story.parent / named if named else None), timedelta(hours=1))
    names: dict[str, str] = {}
    lines: list[str] = []
    for raw in story.read_bytes().splitlines():
        event, outcomes = replay.take(raw)
        names[event.customer_id] = event.policy_ref or names.get(event.customer_id, "no policy")
        lines += [_line(alert, names) for outcome in outcomes for alert in outcome.alerts]
        lines += [_refused(receipt) for outcome in outcomes for receipt in outcome.receipts]
    lines += [_line(alert, names) for outcome in replay.finish() for alert in outcome.alerts]
    return "\n".join(lines) + "\n"


def _line(alert: Alert, names: dict[str, str]) -> str:
    who = alert.policy_ref or names.get(alert.customer_key, "?")
    what = (
        f"{alert.at:%Y-%m-%d %H:%M} {who:<16} {alert.cause:<24} {alert.transition:<12} {alert.level:<6} {alert.stage}"
    )
    if alert.supervisor:
        what += f"\n    -> {alert.supervisor}, {alert.owner}"
    return "\n".join([what, *(f"    {reason.text.zh} | {reason.text.en}" for reason in alert.reasons)])


def _refused(receipt: Receipt) -> str:
    what = f"{receipt.at:%Y-%m-%d %H:%M} {receipt.event_id} is {receipt.result}: {receipt.code}"
    return f"{what}\n    {receipt.text.zh} | {receipt.text.en}"


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)
def test_the_ending_of_a_story_is_as_reviewed(story: Path) -> None:
    ending, reviewed = _ending(story), HERE / f"{story.stem}.txt"
    if os.environ.get("FORESHOCK_UPDATE_GOLDEN"):
        reviewed.write_text(ending, encoding="utf-8")

    assert ending == reviewed.read_text(encoding="utf-8")
