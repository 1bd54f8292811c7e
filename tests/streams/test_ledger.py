from __future__ import annotations

import pytest

from streams.ledger import Ledger

JOURNAL = ("journal", 0)


def test_a_commit_beyond_what_is_settled_is_lowered() -> None:
    ledger = Ledger("journal")
    ledger.settle(0, 5)

    assert ledger.cap({JOURNAL: 9}) == {JOURNAL: 5}
    assert ledger.capped_count == 1


def test_nothing_is_committed_for_a_partition_where_nothing_is_settled() -> None:
    assert Ledger("journal").cap({JOURNAL: 9}) == {}


def test_what_is_committed_already_is_not_committed_again() -> None:
    ledger = Ledger("journal")
    ledger.settle(0, 5)
    ledger.committed({JOURNAL: 5})

    assert ledger.cap({JOURNAL: 5}) == {}
    assert ledger.uncommitted() == {}


def test_other_topics_pass_unchanged() -> None:
    assert Ledger("journal").cap({("other", 3): 7}) == {("other", 3): 7}


def test_what_settles_later_is_left_to_commit() -> None:
    ledger = Ledger("journal")
    ledger.settle(1, 4)
    ledger.committed({("journal", 1): 4})
    ledger.settle(1, 6)

    assert ledger.uncommitted() == {1: 6}


def test_after_a_rebalance_nothing_is_known() -> None:
    ledger = Ledger("journal")
    ledger.settle(0, 5)
    ledger.forget()

    assert ledger.settled(0) is None
    assert ledger.cap({JOURNAL: 5}) == {}


def test_settling_backwards_is_an_error() -> None:
    ledger = Ledger("journal")
    ledger.settle(0, 5)

    with pytest.raises(ValueError, match="settled up to 5, got 4"):
        ledger.settle(0, 4)
