"""A jurisdiction: what counts as a complaint, by when it must be answered, on which days work is done.

It comes from one pack (`FORESHOCK_PACK`) and is part of the parameters, with the days that are no working days written
out, so that their hash and every replay know it whatever a library of holidays says later. Without one no clock runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.alerts import CAUSES, Cause
from schemas.labels import ComplaintSourceName


class ContradictionError(ValueError):
    """A pack contradicts itself.

    Parameters
    ----------
    troubles
        What a line begins with where the trouble is, the most telling beginning first; and what to do.
    """

    def __init__(self, troubles: list[tuple[tuple[str, ...], str]]) -> None:
        super().__init__("; ".join(told for _, told in troubles))
        self.troubles = troubles


ClockKind = Literal["calendar", "business"]
"""How days are counted."""


class _Part(BaseModel):
    """A frozen part of a pack that refuses names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


class ClockRule(_Part):
    """One time limit."""

    name: str = Field(min_length=1)
    """Names it."""
    zh: str = Field(min_length=1)
    """What it is for, in Chinese."""
    en: str = Field(min_length=1)
    """What it is for, in English."""
    days: int = Field(ge=1, le=365)
    """Days after the one of receipt."""
    kind: ClockKind = "calendar"
    """Whether all days count or business days only; the last one ends at the close of business."""
    yellow: float = Field(default=0.5, gt=0, lt=1)
    """Share of the time after which somebody should call this week."""
    orange: float = Field(default=0.75, gt=0, lt=1)
    """Share of the time after which somebody should call today."""
    red: float = Field(default=0.9, gt=0, le=1)
    """Share of the time after which it is for now; at the latest when it is over."""


class CauseEntry(_Part):
    """One cause in the taxonomy of the jurisdiction."""

    zh: str = Field(min_length=1)
    """Its name in Chinese."""
    en: str = Field(min_length=1)
    """Its name in English."""
    branch: str = Field(min_length=1)
    """Where it hangs in the tree, from the root, separated by `/`."""


class Jurisdiction(_Part):
    """What one pack says; the default says nothing."""

    version: int = Field(default=0, ge=0)
    """Format and edition of the pack; 0 for none."""
    name: str = ""
    """Names the pack."""
    country: str = ""
    """ISO 3166 code of the country whose holidays count."""
    subdivision: str = ""
    """Part of the country, where holidays differ."""
    utc_offset_hours: float = Field(default=0.0, ge=-12, le=14)
    """Local time of the clocks, in hours ahead of UTC."""
    closes_at_hour: int = Field(default=18, ge=1, le=24)
    """Hour of the day at which business closes."""
    counts_as_complaint: tuple[ComplaintSourceName, ...] = ()
    """Sources of complaints for which clocks run."""
    clocks: tuple[ClockRule, ...] = ()
    """Time limits; all run from the receipt."""
    causes: dict[Cause, CauseEntry] = Field(default_factory=dict)
    """Cause of an alert to its place in the taxonomy."""
    days_off: tuple[date, ...] = ()
    """Days from Monday to Friday without work; written out when the pack is read."""
    days_on: tuple[date, ...] = ()
    """Saturdays and Sundays with work, as China moves them; written out when the pack is read."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Refuse a pack that contradicts itself."""
        if self.clocks and (troubles := list(self._contradictions())):
            raise ContradictionError(troubles)
        return self

    def works_on(self, day: date) -> bool:
        """Say whether business is done on a day; years that nobody knows holidays of have Monday to Friday."""
        return day in self._on if day.weekday() >= _SATURDAY else day not in self._off

    @cached_property
    def _off(self) -> frozenset[date]:
        return frozenset(self.days_off)

    @cached_property
    def _on(self) -> frozenset[date]:
        return frozenset(self.days_on)

    def _contradictions(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Name what cannot be, and where."""
        if not self.version:
            yield ("version",), "version is missing: number the pack, from 1"
        if not self.counts_as_complaint:
            told = f"counts_as_complaint is empty, so no clock would ever run: name some of {_SOURCES}"
            yield ("counts_as_complaint",), told
        names = [clock.name for clock in self.clocks]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield _named(name), f"clock {name} is there twice: name each differently"
        for clock in self.clocks:
            if not clock.yellow < clock.orange < clock.red:
                yield _named(clock.name), f"clock {clock.name}: yellow, orange and red must ascend"
        missing = [cause for cause in CAUSES if cause not in self.causes]
        if missing:
            yield ("[causes]", "[causes."), f"causes lacks {', '.join(missing)}: give each cause a place"


def _named(name: str) -> tuple[str, ...]:
    """Return how the line of a clock's name begins."""
    return f'name = "{name}"', f"name = '{name}'", f'name="{name}"'


_SATURDAY = 5
_SOURCES = ", ".join(get_args(ComplaintSourceName))
