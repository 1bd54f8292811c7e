"""Features that wait in a row come back as they were, to what a model can feel."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features.categories import BUCKETS
from models.packing import packed_buckets, packed_numbers, unpacked_buckets, unpacked_numbers


@given(st.lists(st.floats(-1000, 1000), max_size=255))
def test_numbers_come_back_to_three_digits(numbers: list[float]) -> None:
    assert unpacked_numbers(packed_numbers(numbers)) == pytest.approx(tuple(numbers), rel=5e-4, abs=1e-7)


@given(st.sets(st.integers(0, BUCKETS - 1), max_size=100))
def test_buckets_come_back_the_same(buckets: set[int]) -> None:
    ascending = tuple(sorted(buckets))

    assert unpacked_buckets(packed_buckets(ascending)) == ascending


def test_what_is_packed_and_read_stays_the_same_when_packed_again() -> None:
    once = packed_numbers([0.0, 1.2345678, -0.333, 0.0, 700.0])

    assert packed_numbers(unpacked_numbers(once)) == once


def test_zeros_take_no_room() -> None:
    assert len(packed_numbers([0.0] * 60)) < 16
