"""Customers are looked at when they are due, whenever that was noted."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from models.agenda import Agenda

_KEYS = st.sampled_from(["c_a", "c_b", "c_c", "ü"])
_DUES = st.sampled_from([1.0, 2.0, 3.0, 5.0, 8.0, inf])


def _looks(agenda: Agenda, until: float, dues: dict[str, float]) -> Iterator[str]:
    """Take what is due, and do it: nothing more is due for those who are taken."""
    for key in agenda.take(until, lambda key: dues.get(key, inf)):
        dues[key] = inf
        yield key


def test_customers_of_before_and_of_now_come_in_the_order_of_their_times() -> None:
    agenda, dues = Agenda(), {"late": 9.0, "early": 1.0, "never": inf, "b": 3.0, "a": 3.0}
    agenda.restore(dues.items())
    dues["new"] = 2.0
    agenda.note("new", 2.0)

    assert list(_looks(agenda, 5.0, dues)) == ["early", "new", "a", "b"]
    assert list(_looks(agenda, 9.0, dues)) == ["late"]


def test_customers_of_a_large_partition_come_in_their_order_too() -> None:
    agenda, dues = Agenda(), {f"c_{number}": float(number % 977) for number in range(40_000)}
    agenda.restore(dues.items())

    assert list(_looks(agenda, 500.0, dues)) == sorted(
        (key for key in list(dues) if int(key[2:]) % 977 <= 500), key=lambda key: (int(key[2:]) % 977, key)
    )


def test_a_customer_whose_timer_moved_on_since_the_start_is_looked_at_once() -> None:
    agenda, looks = Agenda(), []
    agenda.restore([("a", 1.0)])
    agenda.note("a", 3.0)

    def due_of(key: str) -> float:
        looks.append(key)
        return 4.0

    assert agenda.take(2.0, due_of) == []
    assert looks == []
    assert agenda.take(3.0, due_of) == []
    assert agenda.take(4.0, due_of) == ["a"]
    assert looks == ["a", "a"]


def test_a_customer_who_is_gone_is_passed_over() -> None:
    agenda = Agenda()
    agenda.restore([("a", 1.0)])

    assert agenda.take(2.0, lambda key: inf) == []


@given(
    restored=st.dictionaries(_KEYS, _DUES),
    changes=st.lists(st.tuples(st.floats(0.0, 1.0), st.dictionaries(_KEYS, _DUES)), max_size=8),
)
def test_nobody_is_looked_at_late_or_twice(
    restored: dict[str, float], changes: list[tuple[float, dict[str, float]]]
) -> None:
    agenda, dues, now = Agenda(), dict(restored), 0.0
    agenda.restore(restored.items())
    for elapsed, changed in changes:
        for key, due in changed.items():
            dues[key] = due
            agenda.note(key, due)
        now += elapsed * 4
        expected = [key for due, key in sorted((due, key) for key, due in dues.items() if due <= now)]

        assert list(_looks(agenda, now, dues)) == expected
