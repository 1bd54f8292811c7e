"""What stands in a mapping file: the columns of an export, and the fields of events that they become."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from foreshock.importing.fields import Fields
from foreshock.importing.parts import Each, Part, Source, When, each_from_word
from schemas.codec import EventKind

_RULE_KEYS = frozenset({"kind", "when", "each", "once", "attributes", "fields"})


class Rule(Part):
    """Which rows become an event, of which kind, and how its fields are filled.

    Every rule that fits a row gives an event, in the order of the file.
    """

    kind: EventKind
    """call, claim, survey, complaint or action."""

    when: When = Field(default_factory=dict)
    """Which rows. Missing: every row that is not skipped."""

    each: Annotated[Each, BeforeValidator(each_from_word)] | None = None
    """One event per element of a list in the row, instead of one per row."""

    once: tuple[str, ...] = ()
    """Columns: only the first row with the same words in all of them makes an event. For logs that repeat a counter
    in every later row: `once = ["case", "reopened"]`. Memory grows with the number of different words."""

    fields: Fields = Field(default_factory=dict)
    """Field to value. In the file they stand beside `kind`, without a table of their own."""

    attributes: Fields = Field(default_factory=dict)
    """The company's own fields, by name."""

    @model_validator(mode="before")
    @classmethod
    def _fields_beside(cls, given: Any) -> Any:
        """Take every key that is not a rule's own as a field of the event."""
        return _gathered(given, _RULE_KEYS)


class Common(Part):
    """Fields that every event gets, unless its rule says otherwise."""

    fields: Fields = Field(default_factory=dict)
    """Field to value. In the file they stand directly under `[common]`."""

    attributes: Fields = Field(default_factory=dict)
    """The company's own fields, by name."""

    @model_validator(mode="before")
    @classmethod
    def _fields_beside(cls, given: Any) -> Any:
        """Take every other key as a field of the event."""
        return _gathered(given, frozenset({"attributes", "fields"}))


class Fill(Part):
    """Cells that stand only in the first row of a case: later rows of the same case take them over."""

    key: str
    """The column that names the case."""

    columns: tuple[str, ...] = Field(min_length=1)
    """Columns whose empty cells take what an earlier row of the same case said."""


class Skip(Part):
    """Rows that are left out on purpose, and why."""

    when: When = Field(min_length=1)
    """Which rows."""

    because: str
    """Why; the summary says it."""


class Mapping(Part):
    """A whole mapping file."""

    source: Source = Source()
    """How the file is written."""

    common: Common = Field(default_factory=Common)
    """Fields that every event gets."""

    fill: Fill | None = None
    """Cells to take over from earlier rows; memory grows with the number of cases."""

    skip: tuple[Skip, ...] = ()
    """Rows to leave out. A row that no skip and no rule fits is reported as bad."""

    event: tuple[Rule, ...] = Field(min_length=1)
    """Rules, one table `[[event]]` each."""

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """Names of the company's own fields, in order."""
        names = set(self.common.attributes)
        for rule in self.event:
            names |= rule.attributes.keys()
        return tuple(sorted(names))


def _gathered(given: Any, own: frozenset[str]) -> Any:
    """Move all keys but a table's own under `fields`."""
    if not isinstance(given, dict):
        return given
    fields = dict(given.get("fields", {}))
    fields.update({key: value for key, value in given.items() if key not in own})
    return {**{key: value for key, value in given.items() if key in own}, "fields": fields}
