from __future__ import annotations

import tomllib
from string import Formatter

import click
import pytest

from foreshock.explaining.words import say as of_explain
from foreshock.wording.language import Text
from foreshock.wording.phrases import padded, say
from foreshock.wording.terms import IN_CHINESE, Term, term
from schemas.aggregates import AGGREGATE_TRANSITIONS, GROUP_KINDS
from schemas.alerts import CAUSES, LEVELS, STATUSES, TRANSITIONS
from schemas.suppressions import RULES
from sinks.chat.texts import DEFAULT_TEXTS

CODES = {
    "level": LEVELS,
    "cause": CAUSES,
    "transition": (*TRANSITIONS, *AGGREGATE_TRANSITIONS),
    "standing": STATUSES,
    "rule": RULES,
    "group": GROUP_KINDS,
}


@pytest.mark.parametrize("kind", CODES)
def test_every_code_has_a_name_of_its_own_and_no_other_thing_has(kind: str) -> None:
    assert IN_CHINESE[kind].keys() == set(CODES[kind])
    assert len(set(IN_CHINESE[kind].values())) == len(IN_CHINESE[kind])


@pytest.mark.parametrize("kind", ["level", "cause", "transition"])
def test_a_robot_and_a_terminal_say_the_same(kind: str) -> None:
    of_robots = tomllib.loads(DEFAULT_TEXTS.read_text(encoding="utf-8"))["zh"][kind]

    assert of_robots.items() <= IN_CHINESE[kind].items()


def test_an_option_takes_a_code_by_either_name_and_refuses_others_with_the_codes() -> None:
    level = Term("level", LEVELS)

    assert level.convert("红", None, None) == level.convert("red", None, None) == "red"
    with pytest.raises(click.BadParameter, match="orange"):
        level.convert("紫", None, None)


def test_what_has_no_name_is_called_by_itself() -> None:
    assert term("cause", "of_a_later_version", "zh") == "of_a_later_version"


def test_columns_count_a_chinese_character_as_two() -> None:
    assert [padded("红", 4), padded("red", 4), padded("重新打开", 4)] == ["红  ", "red ", "重新打开"]


@pytest.mark.parametrize("text", [*say.texts.values(), *of_explain.texts.values()])
def test_both_languages_have_the_same_places(text: Text) -> None:
    places = [{name for _, name, _, _ in Formatter().parse(each) if name} for each in text]

    assert places[0] == places[1]
