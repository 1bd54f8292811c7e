"""Which rows count: the conditions of a mapping as questions about cells."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from foreshock.importing.cells import Cells, column_of, decimal_of, text_of
from foreshock.importing.parts import Condition, When
from schemas.errors import UnreadableMessageError


def compiled_when(when: When, empty: frozenset[str]) -> Callable[[Cells], bool]:
    """Make conditions into one question about a row."""
    tests = [(column_of((column,), empty), _condition(condition)) for column, condition in when.items()]
    return lambda cells: all(holds(find(cells)) for find, holds in tests)


def _condition(condition: Condition) -> Callable[[Any], bool]:
    """Make one condition into a question about a cell."""
    tests: list[Callable[[Any], bool]] = []
    if condition.one_of is not None:
        wanted = frozenset(map(text_of, condition.one_of))
        tests.append(lambda found: found is not None and text_of(found) in wanted)
    if condition.none_of is not None:
        unwanted = frozenset(map(text_of, condition.none_of))
        tests.append(lambda found: found is None or text_of(found) not in unwanted)
    if condition.contains is not None:
        part = condition.contains
        tests.append(lambda found: found is not None and part in text_of(found))
    if condition.matches is not None:
        pattern = re.compile(condition.matches)
        tests.append(lambda found: found is not None and pattern.search(text_of(found)) is not None)
    if condition.empty is not None:
        wants_nothing = condition.empty
        tests.append(lambda found: (found is None or found == []) is wants_nothing)
    tests += _bounds(condition)
    return lambda found: all(test(found) for test in tests)


def _bounds(condition: Condition) -> list[Callable[[Any], bool]]:
    """Compare a cell with numbers; what is no number is within no bound."""
    compare: dict[str, Callable[[Decimal, Decimal], bool]] = {
        "at_least": lambda cell, bound: cell >= bound,
        "at_most": lambda cell, bound: cell <= bound,
        "above": lambda cell, bound: cell > bound,
        "below": lambda cell, bound: cell < bound,
    }

    def test(name: str, bound: Decimal) -> Callable[[Any], bool]:
        def holds(found: Any) -> bool:
            try:
                return found is not None and compare[name](decimal_of(found), bound)
            except UnreadableMessageError:
                return False

        return holds

    given = ((name, getattr(condition, name)) for name in compare)
    return [test(name, Decimal(str(bound))) for name, bound in given if bound is not None]
