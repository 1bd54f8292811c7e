"""What sinks are told of the company's places: how a place is named in labels, and who answers for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Post(NamedTuple):
    """Who answers for what happens at a place."""

    owner: str
    """A role or a mailbox, as the organisation's file writes it."""

    supervisor: str
    """The unit that answers: the place itself, or the nearest one above it that the file names."""


PostOf = Callable[[str], Post | None]
"""Place to who answers for it; None where the company's organisation names nobody."""

UnitOf = Callable[[str], str]
"""Place to the value of the label `unit`."""


def nobody(org_path: str) -> Post | None:
    """Know of nobody: what holds where there is no organisation's file."""
    return None


def first_steps(org_path: str, depth: int = 2) -> str:
    """Name a place by the first steps of its path: the company's few large units, as events write them.

    Examples
    --------
    >>> first_steps("HQ/South/Shenzhen/Futian")
    'HQ/South'
    """
    return "/".join(org_path.split("/")[:depth])
