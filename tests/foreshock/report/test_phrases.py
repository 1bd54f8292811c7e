from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from foreshock.report import phrases
from foreshock.report.phrases import PHRASES, joined, known_or, plain, say
from foreshock.wording.language import Text
from models.reasons import CODES
from schemas.alerts import LEVELS, STAGES
from schemas.codec import EVENT_TYPES
from schemas.dead_letters import DEAD_LETTER_REASONS

SAME_IN_BOTH = {"auc", "ece", "brier"}
ENDINGS = {"acknowledged", "resolved", "dismissed", "complained", "expired", "erased"}
BUILT = re.compile(r"bin_\d|every_\d+|reason_\w+|monitor_\w+|cohort_\w+|\w+_shows")


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", PHRASES)
def test_a_text_says_the_same_in_both_languages(key: str) -> None:
    zh, en = PHRASES[key]

    assert fields_of(zh) == fields_of(en)
    assert re.search("[一-鿿]", zh) or key in SAME_IN_BOTH
    assert not re.search("[一-鿿]", en)


@pytest.mark.parametrize(
    "key",
    [
        *LEVELS[1:],
        *STAGES,
        *DEAD_LETTER_REASONS,
        *("complaint_event" if kind == "complaint" else kind for kind in EVENT_TYPES),
        *(f"reason_{code}" for code in CODES if code not in ENDINGS),
    ],
)
def test_every_word_of_ours_has_a_text(key: str) -> None:
    assert key in PHRASES


def test_every_text_is_used() -> None:
    folder = Path(phrases.__file__).parent
    sources = "".join(path.read_text() for path in [*folder.glob("*.py"), *folder.glob("template/*.html")])
    named = {key for key in PHRASES if f'"{key}"' in sources or BUILT.fullmatch(key)}
    words = {*LEVELS, *STAGES, *DEAD_LETTER_REASONS, *EVENT_TYPES, "duplicates", "late", "out_of_order", "snapshots"}

    assert PHRASES.keys() - named - words == set()


def test_a_value_that_is_a_text_stands_in_its_own_language() -> None:
    assert say("daily_shows", every=Text("每天", "per day")).en.startswith("Alerts opened per day")
    assert say("daily_shows", every=Text("每天", "per day")).zh.startswith("每天新开")


def test_a_word_of_a_company_is_shown_as_it_is() -> None:
    assert known_or("reason_own_code", "own_code") == Text("own code", "own code")


def test_texts_are_joined_in_each_language() -> None:
    assert joined([Text("甲", "a"), plain(2)], ", ") == Text("甲, 2", "a, 2")
