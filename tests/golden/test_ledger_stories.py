"""Did the books of this story change? Review the difference as you would code.

`FORESHOCK_UPDATE_GOLDEN=1 pytest tests/golden` writes them anew.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models.intake import Intake
from models.outcome import Outcome
from models.params import Params
from models.pseudonym import Pseudonymiser
from models.replaying import EventReplay

STORIES = sorted((Path(__file__).parent / "stories").glob("*.jsonl"))
LATER = datetime(2026, 5, 1, tzinfo=UTC)
"""By then everything of these stories has come to its end."""


def _books(story: Path) -> str:
    intake = Intake(Pseudonymiser(b"a key for golden stories"), partitions=1, attributes=None)
    replay = EventReplay(intake, Params(), timedelta(0))
    outcomes = [outcome for raw in story.read_bytes().splitlines() for outcome in replay.take(raw)[1]]
    return "".join(line for outcome in [*outcomes, *replay.finish(LATER)] for line in _lines(outcome))


def _lines(outcome: Outcome) -> list[str]:
    moves = [
        f"{e.at:%Y-%m-%d %H:%M} {e.kind:<9} {e.event_id:<6} {e.state:<9} {e.reason or '-':<9} {e.by or '-'}\n"
        for e in outcome.ledger
    ]
    alerts = [
        f"{a.at:%Y-%m-%d %H:%M} alert     {a.policy_ref or '-':<6} {a.transition:<9} {a.level:<9} {a.cause}\n"
        for a in outcome.alerts
    ]
    return moves + alerts


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)
def test_the_books_of_a_story_are_as_reviewed(story: Path) -> None:
    books, reviewed = _books(story), story.with_suffix(".txt")
    if os.environ.get("FORESHOCK_UPDATE_GOLDEN"):
        reviewed.write_text(books, encoding="utf-8")

    assert books == reviewed.read_text(encoding="utf-8")
