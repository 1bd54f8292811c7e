"""A message of our own, made without a check, is what a checked one would be."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.alerts import BilingualText, Reason
from schemas.codec import encode
from schemas.examples import Shadow

_SHADOW: dict[str, Any] = {
    "learner": "ftrl",
    "score_7d": -3.0,
    "score_30d": -2.0,
    "probability_7d": 0.05,
    "probability_30d": 0.12,
}


def test_one_that_names_every_field_is_equal_to_a_checked_one() -> None:
    trusted = Shadow.trusted(**_SHADOW)

    assert trusted == Shadow(**_SHADOW)
    assert trusted.model_fields_set == set(_SHADOW)


def test_fields_are_written_in_their_order_whatever_order_they_are_named_in() -> None:
    backwards = dict(reversed(_SHADOW.items()))

    assert encode(Shadow.trusted(**backwards)) == encode(Shadow(**_SHADOW))


def test_what_is_not_named_has_its_default() -> None:
    text = BilingualText(zh="投诉", en="complaint")
    named: dict[str, Any] = {"code": "threat", "text": text, "numbers": {"days": 2.0}}

    trusted = Reason.trusted(**named)

    assert trusted == Reason(**named)
    assert trusted.model_fields_set == set(named)


def test_to_copy_one_with_a_change_leaves_the_others_as_they_are() -> None:
    changed = Shadow.trusted(**_SHADOW).model_copy(update={"learner": "adagrad"})

    assert changed.learner == "adagrad"
    assert Shadow.trusted(**_SHADOW) == Shadow(**_SHADOW)


@pytest.mark.parametrize("change", [{"unknown": 1}, {"learner": None}])
def test_a_field_that_is_missing_or_unknown_is_refused(change: dict[str, Any]) -> None:
    named = {name: value for name, value in (_SHADOW | change).items() if value is not None}

    with pytest.raises(TypeError, match="Shadow has the fields learner, score_7d"):
        Shadow.trusted(**named)
