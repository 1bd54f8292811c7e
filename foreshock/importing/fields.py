"""Where the value of one field comes from, as a mapping file says it."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, Field, field_validator, model_validator

from foreshock.importing.parts import Each, Part, Scalar, each_from_word

Unit = Literal["fen", "yuan", "wan_yuan", "milliseconds", "seconds", "minutes", "hours", "clock"]

UNITS: dict[Unit, Decimal] = {
    "fen": Decimal(1),
    "yuan": Decimal(100),
    "wan_yuan": Decimal(1_000_000),
    "milliseconds": Decimal("0.001"),
    "seconds": Decimal(1),
    "minutes": Decimal(60),
    "hours": Decimal(3600),
    "clock": Decimal(1),
}
"""How many of our unit (fen, seconds) one of theirs is."""

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
"""A column in a template: `{claim no}`."""

NAMED_FORMATS = ("iso", "epoch_seconds", "epoch_milliseconds")
"""Names of time formats that are not patterns of strptime."""


def _constant(given: Any) -> Any:
    """Read a bare value as a constant."""
    return given if isinstance(given, dict | BaseModel) else {"value": given}


def _words(given: Any) -> Any:
    """Read one word as a list of one."""
    return [given] if isinstance(given, str) else given


class Value(Part):
    """Where one field comes from, and how it is turned into what the field needs.

    Exactly one of `value`, `column`, `template`, `each`, `parts` and `start` says where it comes from. The others
    work on what was found, in this order: `default`, `words`, `split`, `map`, numbers, times, `cut`.
    """

    value: Scalar | list[Scalar] | None = None
    """A constant. A bare value is short for it."""

    column: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()
    """A column; of several the first that is not empty. In JSON `a.b.0` reaches into objects and lists."""

    template: str | None = None
    """Text with columns in braces: `{claim no}-{step}`. Empty when one of its columns is."""

    each: Annotated[Each, BeforeValidator(each_from_word)] | None = None
    """One entry per element of a list in the row, each made by `fields`. For `turns` and `items`."""

    fields: dict[str, Annotated[Value, BeforeValidator(_constant)]] = Field(default_factory=dict)
    """With `each`: the fields of an entry."""

    parts: tuple[dict[str, Annotated[Value, BeforeValidator(_constant)]], ...] = ()
    """A list written out: one table of fields per entry. An entry with an empty field is left out."""

    start: datetime | None = None
    """Synthetic time, for data without any: the first row of a file is here, with an offset."""

    step_seconds: float = Field(default=60.0, ge=0)
    """With `start`: seconds from one row to the next."""

    item_seconds: float = Field(default=1.0, ge=0)
    """With `start`: seconds from one element of a rule's `each` to the next."""

    default: Scalar | None = None
    """What an empty cell means. Without it the field is left out."""

    words: str | None = None
    """Makes one text of a list: how each element is written, with blanks between. `w{}` makes `w17 w4` of [17, 4]."""

    split: str | None = None
    """What separates several words in one cell: `、`."""

    map: dict[str, Scalar] = Field(default_factory=dict)
    """Their words to ours. A word that is not in it stays as it is."""

    otherwise: Scalar | None = None
    """With `map`: what every other word becomes."""

    number: bool = False
    """Whether it is a number. Signs of money and separators of thousands are taken off."""

    unit: Unit | None = None
    """Unit of their number; it becomes fen or seconds. `clock` is a duration written as 1:02:03 or 02:03."""

    decimal: Literal[".", ","] = "."
    """What stands before a fraction."""

    multiply: Decimal | None = None
    """What their number is multiplied by: 100 for euros to cents."""

    add: Decimal | None = None
    """What is then added."""

    format: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()
    """How their time is written: a pattern of strptime such as `%Y-%m-%d %H:%M`, `iso`, `epoch_seconds` or
    `epoch_milliseconds`. Of several the first that fits. Times without one are read as `iso`."""

    zone: str | None = None
    """Zone of times that are written without an offset: `Asia/Shanghai`."""

    plus: Annotated[Value, BeforeValidator(_constant)] | None = None
    """Seconds to add to a time: an offset within a call, or the order of steps that have only a date."""

    cut: int | None = Field(default=None, ge=1)
    """Longest text to keep, in characters."""

    @field_validator("start")
    @classmethod
    def _aware(cls, start: datetime | None) -> datetime | None:
        """Refuse a start that is not a moment."""
        if start is not None and start.tzinfo is None:
            raise ValueError("start needs an offset: 2026-01-01T00:00:00+08:00")
        return start

    @field_validator("words")
    @classmethod
    def _has_a_place(cls, words: str | None) -> str | None:
        """Refuse words that say nothing of the element."""
        if words is not None and words.count("{}") != 1:
            raise ValueError('words needs one place for the element: "w{}"')
        return words

    @field_validator("zone")
    @classmethod
    def _on_the_map(cls, zone: str | None) -> str | None:
        """Refuse a zone that nobody lives in."""
        if zone is not None:
            try:
                ZoneInfo(zone)
            except (KeyError, ValueError, OSError):
                raise ValueError(
                    f"no time zone is named {zone!r}; write it like Asia/Shanghai "
                    "(on a system without zones, install tzdata)"
                ) from None
        return zone

    @model_validator(mode="after")
    def _one_origin(self) -> Value:
        """Refuse a value that comes from nowhere or from two places, and options that would do nothing."""
        given = {"value", "column", "template", "each", "parts", "start"} & self.model_fields_set
        if len(given) != 1:
            told = " and ".join(sorted(given)) or "none"
            raise ValueError(f"give exactly one of value, column, template, each, parts, start; got {told}")
        for needs, what in (("each", "fields"), ("start", "step_seconds"), ("start", "item_seconds")):
            if what in self.model_fields_set and needs not in given:
                raise ValueError(f"{what} works only with {needs}")
        if self.each and not self.fields:
            raise ValueError("each needs fields")
        if "otherwise" in self.model_fields_set and not self.map:
            raise ValueError("otherwise works only with map")
        if self.unit and self.multiply is not None:
            raise ValueError("give unit or multiply, not both")
        if self.zone is None and any(_is_local(pattern) for pattern in self.format):
            raise ValueError('times without an offset need their zone: zone = "Asia/Shanghai"')
        return self

    @property
    def is_number(self) -> bool:
        """Whether arithmetic is asked for."""
        return self.number or self.unit is not None or self.multiply is not None or self.add is not None

    @property
    def columns(self) -> set[str]:
        """Every column that it reads, apart from those of list elements."""
        found = {*self.column, *PLACEHOLDER.findall(self.template or "")}
        if self.each:
            found.add(self.each.column)
        if self.plus:
            found |= self.plus.columns
        for entry in (self.fields, *self.parts):
            found |= {column for value in entry.values() for column in value.columns}
        return found


Fields = dict[str, Annotated[Value, BeforeValidator(_constant)]]
"""Field to value; a bare value is a constant."""


def _is_local(pattern: str) -> bool:
    """Whether a pattern of strptime leaves out the offset."""
    return pattern not in NAMED_FORMATS and "%z" not in pattern
