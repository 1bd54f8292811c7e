"""Who answers for alerts: the units of a company from head office down, their owners, clocks and capacity.

It comes from one file (`FORESHOCK_ORGANISATION`) and is part of the parameters, so that their hash and every replay
know it. An empty one changes nothing: then no alert has a clock, and nobody's day has an end.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cached_property
from math import inf
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.alerts import LEVELS, Level
from schemas.errors import ConfigurationError
from schemas.types import OrgPath, Reference

_HOUR = 3_600.0
_SUPERVISED: tuple[Level, ...] = ("yellow", "orange", "red")
"""Levels that ask somebody for something: the others have no clocks."""


class _Part(BaseModel):
    """A frozen part of the organisation that refuses names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


class Clock(_Part):
    """How long a unit may take over an alert of one level, from when it was told; what is left out is inherited."""

    acknowledge_hours: float | None = Field(default=None, gt=0)
    """Until somebody has acknowledged it; after that it goes one unit up."""

    act_hours: float | None = Field(default=None, gt=0)
    """Until something was done about it; an acknowledged alert goes one unit up after that."""


class Clocks(_Part):
    """A clock per level of alert."""

    yellow: Clock = Clock()
    """For alerts that ask for a call this week."""
    orange: Clock = Clock()
    """For alerts that ask for a call today."""
    red: Clock = Clock()
    """For alerts that ask for a call now."""

    def of(self, level: Level) -> Clock:
        """Return the clock of a level from yellow up."""
        clock: Clock = getattr(self, level)
        return clock


class Defaults(_Part):
    """What holds for every unit that says nothing else."""

    clocks: Clocks = Clocks(
        yellow=Clock(acknowledge_hours=24, act_hours=72),
        orange=Clock(acknowledge_hours=4, act_hours=24),
        red=Clock(acknowledge_hours=1, act_hours=4),
    )
    """Hours per level; a level or an hour that a file does not name keeps these."""

    evidence: bool = False
    """Whether closing an alert needs a note or a reference to evidence."""

    capacity: int | None = Field(default=None, ge=1)
    """Most alerts from yellow up that an owner is told of per day, all units together; missing means no limit. Red
    alerts and threats are told beyond it."""

    precision_floor: float = Field(default=0.0, ge=0, lt=1)
    """Least calibrated probability of a complaint within 30 days for an alert to ask for a call: under it nobody is
    told although there is room. Holds once the model is warm; red alerts and threats are told all the same."""


class Unit(_Part):
    """One place in the company."""

    path: OrgPath
    """Required: from head office down, as events write it."""

    owner: Reference
    """Required: who answers for its alerts, a role or a mailbox."""

    clocks: Clocks = Clocks()
    """Hours that differ from the defaults."""

    evidence: bool | None = None
    """Whether closing needs evidence; missing means as the defaults say."""

    capacity: int | None = Field(default=None, ge=1)
    """Alerts per day that its owner is told of; missing means as the defaults say."""

    precision_floor: float | None = Field(default=None, ge=0, lt=1)
    """Least probability; missing means as the defaults say."""


class Post(NamedTuple):
    """What a unit's rules come to, defaults and all."""

    path: str
    """The unit."""
    owner: str
    """Who answers for its alerts."""
    acknowledge: tuple[float, ...]
    """Seconds until an alert must be acknowledged, by index into `LEVELS`; infinite where nothing is asked."""
    act: tuple[float, ...]
    """Seconds until something must be done, by index into `LEVELS`."""
    evidence: bool
    """Whether closing needs evidence."""
    capacity: int | None
    """Alerts that its owner is told of per day; None without limit."""
    floor: float
    """Least probability of a complaint within 30 days."""


class Organisation(_Part):
    """The units of a company, and what is asked of each."""

    utc_offset_hours: float = Field(default=0.0, ge=-14, le=14)
    """How far the company's clock is ahead of UTC: a day of capacity begins at its midnight."""

    defaults: Defaults = Defaults()
    """What holds for every unit that says nothing else."""

    units: tuple[Unit, ...] = ()
    """Every unit that answers for alerts, head office among them. Alerts of a unit that is not here belong to the
    nearest one above it that is."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Refuse a tree with holes, and rules that contradict each other."""
        troubles = [*self._holes(), *self._contradictions()]
        if troubles:
            raise ValueError("; ".join(troubles))
        return self

    def chain(self, org_path: str) -> tuple[Post, ...]:
        """Return who answers for alerts of a place: its own unit first, head office last; empty where nobody does."""
        chains = self._chains
        while org_path not in chains:
            org_path, slash, _ = org_path.rpartition("/")
            if not slash:
                return ()
        return chains[org_path]

    def post(self, path: str) -> Post | None:
        """Return the rules of a unit that the file names."""
        chain = self._chains.get(path)
        return chain[0] if chain else None

    @cached_property
    def limits_days(self) -> bool:
        """Whether any owner's day has an end, or a floor holds anything back."""
        return any(chain[0].capacity is not None or chain[0].floor > 0 for chain in self._chains.values())

    @cached_property
    def _chains(self) -> dict[str, tuple[Post, ...]]:
        """Every unit with those above it."""
        posts = {unit.path: self._post_of(unit) for unit in self.units}
        return {path: tuple(posts[each] for each in (path, *_above(path))) for path in posts}

    def _post_of(self, unit: Unit) -> Post:
        """Put a unit's own rules over the defaults."""
        own, usual = unit.clocks, self.defaults
        clocks = [_merged(level, own, usual.clocks) if level in _SUPERVISED else (inf, inf) for level in LEVELS]
        return Post(
            unit.path,
            unit.owner,
            tuple(acknowledge * _HOUR for acknowledge, _ in clocks),
            tuple(act * _HOUR for _, act in clocks),
            usual.evidence if unit.evidence is None else unit.evidence,
            usual.capacity if unit.capacity is None else unit.capacity,
            usual.precision_floor if unit.precision_floor is None else unit.precision_floor,
        )

    def _holes(self) -> Iterator[str]:
        """Name units that are there twice, and units whose superior is not there."""
        paths = [unit.path for unit in self.units]
        for path in sorted({path for path in paths if paths.count(path) > 1}):
            yield f"unit {path} is there twice: keep one"
        for path in sorted(set(paths)):
            missing = [above for above in _above(path) if above not in paths]
            if missing and missing[-1] == _root(path):
                yield f"no head office: {path} begins with {missing[-1]}, which is not a unit here; add it"
            elif missing:
                yield f"unknown unit {missing[0]}, above {path}: add it, or correct the path"

    def _contradictions(self) -> Iterator[str]:
        """Name clocks that run backwards, and owners with two capacities."""
        for level in _SUPERVISED:
            yield from _backwards(f"defaults.clocks.{level}", *_merged(level, Clocks(), self.defaults.clocks))
            for unit in self.units:
                if unit.clocks.of(level) != Clock():
                    yield from _backwards(
                        f"unit {unit.path}, clocks.{level}", *_merged(level, unit.clocks, self.defaults.clocks)
                    )
        capacities: dict[str, int | None] = {}
        for unit in self.units:
            capacity = self.defaults.capacity if unit.capacity is None else unit.capacity
            if capacities.setdefault(unit.owner, capacity) != capacity:
                yield (
                    f"unit {unit.path}: owner {unit.owner} has the capacities {capacities[unit.owner]} and {capacity}; "
                    "a day has one"
                )


def load_organisation(path: Path) -> Organisation:
    """Read an organisation from a TOML file.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, or what it says cannot be; the text names the line or the key, and what to do.
    """
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
        return Organisation.model_validate(table)
    except OSError as error:
        raise ConfigurationError(f"cannot read the organisation from {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8: save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from error
    except ValidationError as error:
        told = "; ".join(_place(e["loc"], table, text) + e["msg"].removeprefix("Value error, ") for e in error.errors())
        raise ConfigurationError(f"{path}: {told}") from error


def _place(location: tuple[int | str, ...], table: dict[str, Any], text: str) -> str:
    """Name a key, and for a unit the line that it begins on."""
    if not location:
        return ""
    key = ".".join(map(str, location))
    if location[0] != "units" or len(location) < 2 or not isinstance(location[1], int):
        return f"{key}: "
    begins = [text.count("\n", 0, found.start()) + 1 for found in _UNIT.finditer(text)]
    number, rest = location[1], ".".join(map(str, location[2:]))
    line = f"line {begins[number]}, " if number < len(begins) else ""
    unit = table["units"][number]
    named = unit.get("path") if isinstance(unit, dict) else None
    return f"{line}unit {named or number + 1}, {rest}: "


_UNIT = re.compile(r"^[ \t]*\[\[[ \t]*units[ \t]*\]\]", re.MULTILINE)


def _merged(level: Level, own: Clocks, usual: Clocks) -> tuple[float, float]:
    """Return the two hours of a level: a unit's own, else the file's, else the built-in ones."""
    clocks = (own.of(level), usual.of(level), Defaults().clocks.of(level))
    acknowledge = next(clock.acknowledge_hours for clock in clocks if clock.acknowledge_hours is not None)
    return acknowledge, next(clock.act_hours for clock in clocks if clock.act_hours is not None)


def _backwards(place: str, acknowledge: float, act: float) -> Iterator[str]:
    """Name a clock by which something must be done before anybody needs to have seen it."""
    if act < acknowledge:
        yield (
            f"{place}: act_hours {act:g} is below acknowledge_hours {acknowledge:g}; both count from when the unit "
            "was told"
        )


def _above(path: str) -> list[str]:
    """Return the places above a place, the nearest first."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(len(parts) - 1, 0, -1)]


def _root(path: str) -> str:
    """Return the head office of a place."""
    return path.partition("/")[0]
