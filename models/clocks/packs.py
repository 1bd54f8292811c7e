"""Reads a pack: one that comes with Foreshock by its name, or a company's own by its path."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from models.clocks.jurisdiction import ContradictionError, Jurisdiction
from schemas.errors import ConfigurationError

_HOME = Path(__file__).parents[1] / "packs"
PACKS = tuple(sorted(path.stem for path in _HOME.glob("*.toml")))
"""Packs that come with Foreshock."""

_SATURDAY = 5

_YEARS = range(2020, 2031)
"""Years whose holidays are written out; before and after, Monday to Friday are working days."""


def load_pack(named: str) -> Jurisdiction:
    """Read a pack and write out its calendar.

    Parameters
    ----------
    named
        One of `PACKS`, or the path of a file.

    Raises
    ------
    ConfigurationError
        If there is no such pack or country, or what it says cannot be; the text names the place, and what to do.
    """
    path = _HOME / f"{named}.toml" if named in PACKS else Path(named)
    try:
        text = path.read_text(encoding="utf-8")
        said = Jurisdiction.model_validate(tomllib.loads(text))
    except OSError as error:
        known = ", ".join(PACKS)
        raise ConfigurationError(
            f"there is no pack {named} ({error.strerror}): set FORESHOCK_PACK to one of {known}, or to a file's path"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8: save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from error
    except ValidationError as error:
        told = "; ".join(each for e in error.errors() for each in _told(e, text))
        raise ConfigurationError(f"{path}: {told}") from error
    if not said.clocks:
        raise ConfigurationError(f"{path}: a pack without [[clocks]] changes nothing: add one, or unset FORESHOCK_PACK")
    off, on = _calendar(said, path, text)
    return said.model_copy(update={"days_off": off, "days_on": on})


def _calendar(said: Jurisdiction, path: Path, text: str) -> tuple[tuple[date, ...], tuple[date, ...]]:
    """Write out the weekdays without work and the weekends with work."""
    # Read once, at the edge; 50 ms that whoever has no pack is spared.
    from holidays import country_holidays

    try:
        known = country_holidays(said.country, subdiv=said.subdivision or None, years=_YEARS)
    except NotImplementedError as error:  # how the library says that it knows no such country
        raise ConfigurationError(
            f"{path}: {_on_line(text, ('country',))}no holidays are known for country {said.country!r} "
            f"{said.subdivision}: {error}"
        ) from error
    first, last = date(_YEARS[0], 1, 1), date(_YEARS[-1], 12, 31)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    off = tuple(day for day in days if day.weekday() < _SATURDAY and day in known)
    moved = getattr(known, "weekend_workdays", ()) or ()
    return off, tuple(sorted(day for day in moved if first <= day <= last))


def _told(error: ErrorDetails, text: str) -> Iterator[str]:
    """Say what cannot be, with the line that it stands on where it can be found."""
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, ContradictionError):
        for beginnings, told in cause.troubles:
            yield _on_line(text, beginnings) + told
    else:
        yield _place(error["loc"], text) + error["msg"].removeprefix("Value error, ")


def _place(location: tuple[int | str, ...], text: str) -> str:
    """Name a key, and the line that it stands on."""
    if not location:
        return ""
    table, number = next(((table, n) for table, n in pairwise(location) if isinstance(n, int)), (None, 0))
    keys = tuple(key for key in reversed(location) if isinstance(key, str) and not key.startswith("["))
    line = _on_line(text, keys, f"[[{table}]]" if table else None, number)
    return f"{line}{'.'.join(map(str, location))}: "


def _on_line(text: str, beginnings: tuple[str, ...], table: str | None = None, number: int = 0) -> str:
    """Say on which line something begins, within the table of that number where one is given; nothing if on none."""
    lines = list(enumerate((line.strip() for line in text.splitlines()), 1))
    if table is not None:
        begins = [index for index, (_, line) in enumerate(lines) if line.startswith(table)]
        # A key that is missing has no line: the table's own is where it belongs.
        lines = lines[begins[number] :] if number < len(begins) else lines
        rest = next((index for index, (_, line) in enumerate(lines[1:], 1) if line.startswith("[")), len(lines))
        lines = lines[:rest]
        beginnings = (*beginnings, table)
    found = next((at for each in beginnings for at, line in lines if line.startswith(each)), None)
    return f"line {found}, " if found is not None else ""
