"""The id of an alert is a UUID of version 5, as the standard library would make it."""

from __future__ import annotations

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from schemas.alerts import alert_id_of

_NAMESPACE = UUID("6f1d1c3e-3f0b-5d0a-9a52-0d5e1b6f7a10")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=128), st.integers(0, 10**10), st.integers(0, 1000))
def test_an_id_is_that_of_the_standard_library(key: str, opened_at: int, number: int) -> None:
    name = f"{key}|threat|{opened_at:.3f}|{number}"

    assert alert_id_of(key, "threat", float(opened_at), number) == str(uuid5(_NAMESPACE, name))
