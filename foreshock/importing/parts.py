"""What tables of a mapping file are made of: how the file is written, conditions on rows, lists inside rows."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

Scalar = bool | int | float | str
"""A constant as TOML writes it."""


class Part(BaseModel):
    """A table of the mapping file: frozen, and refusing keys that it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        populate_by_name=True,
    )


def _one_of(given: Any) -> Any:
    """Read a bare word as "is this", and a bare list as "is one of these"."""
    if isinstance(given, dict | BaseModel):
        return given
    return {"one_of": given if isinstance(given, list) else [given]}


class Source(Part):
    """How the file is written."""

    format: Literal["csv", "tsv", "jsonl"] | None = None
    """Missing: by the file's name (`.csv`, `.tsv`, `.jsonl`, `.ndjson`, each also with `.gz`)."""

    encoding: str = "utf-8"
    """Such as `utf-8` (with or without a byte order mark), `gb18030`, `big5`, `utf-16`."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """What separates columns. Missing: a comma for CSV, a tab for TSV."""

    quotes: bool = True
    """Whether `"` encloses cells, as spreadsheets do. False where a `"` is only a character."""

    columns: tuple[str, ...] | None = None
    """Names of the columns, for a file whose first row is already data."""

    empty: tuple[str, ...] = ()
    """Words that mean "nothing here", such as `NULL`, `\\N`, `-`, `无`. Empty cells always do."""

    @field_validator("encoding")
    @classmethod
    def _known(cls, name: str) -> str:
        """Refuse an encoding that Python does not have."""
        try:
            "".encode(name)
        except LookupError:
            raise ValueError(f"no encoding is named {name!r}; try utf-8 or gb18030") from None
        return name


class Condition(Part):
    """What a column must be for a row to count. All that is given must hold."""

    one_of: tuple[Scalar, ...] | None = None
    """One of these words. A bare word or list is short for it."""

    none_of: tuple[Scalar, ...] | None = None
    """None of these words."""

    contains: str | None = None
    """Holds this text somewhere."""

    matches: str | None = None
    """A regular expression that is found somewhere in it."""

    at_least: float | None = None
    """A number that is this or more. A cell that is no number does not hold."""

    at_most: float | None = None
    """A number that is this or less."""

    above: float | None = None
    """A number beyond this."""

    below: float | None = None
    """A number under this."""

    empty: bool | None = None
    """Whether there is nothing in it."""

    @field_validator("matches")
    @classmethod
    def _pattern(cls, pattern: str | None) -> str | None:
        """Refuse what is not a regular expression."""
        return _compiled(pattern)

    @model_validator(mode="after")
    def _asks_something(self) -> Condition:
        """Refuse a condition that everything meets."""
        if not self.model_fields_set:
            raise ValueError("a condition must ask something, such as one_of = [...]")
        return self


When = dict[str, Annotated[Condition, BeforeValidator(_one_of)]]
"""Column to condition; a row counts when all of them hold."""


class Each(Part):
    """A list inside a row: the elements of a JSON array, or the lines of a transcript in one cell."""

    column: str
    """The column that holds the list. Its elements' own fields are then `column.field`."""

    pattern: str | None = None
    """For a cell of text: a regular expression with named groups that the first line of each element matches;
    `(?P<who>客户|坐席)[:：](?P<text>.*)`. A line that does not match goes on with the last group of the one before."""

    @field_validator("pattern")
    @classmethod
    def _named_groups(cls, pattern: str | None) -> str | None:
        """Refuse a pattern that names nothing."""
        if _compiled(pattern) is not None and not re.compile(str(pattern)).groupindex:
            raise ValueError("the pattern needs named groups, such as (?P<text>.*)")
        return pattern


def each_from_word(given: Any) -> Any:
    """Read a bare word as the column."""
    return {"column": given} if isinstance(given, str) else given


def _compiled(pattern: str | None) -> str | None:
    """Refuse what is not a regular expression."""
    if pattern is not None:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
    return pattern
