"""Whole numbers as a short string: read back as they were, and refused when damaged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.packing import pack, pack_ascending, unpack, unpack_ascending

numbers = st.lists(st.integers(-(1 << 70), 1 << 70))


@given(numbers)
def test_numbers_are_read_back(numbers: list[int]) -> None:
    assert unpack(pack(numbers)) == numbers


@given(numbers)
def test_ascending_numbers_are_read_back(numbers: list[int]) -> None:
    assert unpack_ascending(pack_ascending(sorted(numbers))) == sorted(numbers)


def test_neighbours_take_one_byte_each() -> None:
    assert len(pack_ascending(range(1_000_000, 1_003_000))) < 3000 * 4 / 3 + 8


@pytest.mark.parametrize("damaged", ["gA==", "not base64!"])
def test_damage_is_refused(damaged: str) -> None:
    with pytest.raises(ValueError, match=r"break off|base64"):
        unpack(damaged)
