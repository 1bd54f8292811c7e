"""What a memo keeps: answers, each asked for once, and never more than it may."""

from __future__ import annotations

import pytest

from models import memo
from models.memo import Memo


def test_each_answer_is_asked_for_once() -> None:
    asked: list[int] = []

    def double(number: int) -> int:
        asked.append(number)
        return 2 * number

    doubled = Memo(double)
    assert list(map(doubled.__getitem__, [1, 2, 1, 1])) == [2, 4, 2, 2]
    assert asked == [1, 2]


def test_a_full_memo_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "KEPT", 3)
    kept: Memo[int, int] = Memo(abs)
    assert [kept[number] for number in range(-5, 0)] == [5, 4, 3, 2, 1]
    assert len(kept) <= 3
