from __future__ import annotations

import string
from typing import get_args

import pytest

from foreshock.demonstration.verdict import CheckName, Losses
from foreshock.demonstration.words import TEXTS, Words
from schemas.alerts import CAUSES, LEVELS, TRANSITIONS
from tests.support.alerts import alert


@pytest.mark.parametrize("name", TEXTS)
def test_both_languages_have_places_for_the_same_figures(name: str) -> None:
    english, chinese = TEXTS[name]

    assert english != chinese
    assert places(english) == places(chinese)


def places(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def test_everything_that_can_be_named_has_a_name() -> None:
    needed = {
        *(f"cause.{cause}" for cause in CAUSES),
        *(f"level.{level}" for level in LEVELS),
        *(f"transition.{transition}" for transition in TRANSITIONS),
        *(f"loss.{field}" for field in Losses._fields),
        *(f"{group}.{check}" for check in get_args(CheckName) for group in ("check", "told")),
    }

    assert needed <= TEXTS.keys()


def test_a_reason_is_said_in_the_language_of_who_reads_it() -> None:
    (reason,) = alert("a").reasons

    assert Words("zh").reason(reason) == "客户提到要向监管投诉"
    assert Words("en").reason(reason) == "Named the regulator"
    assert Words("both").reason(reason) == "Named the regulator / 客户提到要向监管投诉"
