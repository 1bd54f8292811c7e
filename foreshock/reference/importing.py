"""The page about mapping files of `foreshock import`."""

from __future__ import annotations

from pydantic import BaseModel

from foreshock.importing.fields import UNITS, Value
from foreshock.importing.mapping import Fill, Rule, Skip
from foreshock.importing.parts import Condition, Each, Source
from foreshock.importing.rows import ITEM, LINE, ROW
from foreshock.reference.text import default_of, fields_table, page, sentence, table
from schemas.codec import EVENT_TYPES
from schemas.events import Event, ServqualItem, Turn

_ABOUT = """\
A mapping file tells `foreshock import` what the columns of a company's own export mean.
It is TOML, and everything in it that cannot be is said before the first row is read.

Whole ones to start from:
[company_export.toml](../../examples/company_export.toml) with [its export](../../examples/company_export.csv),
[road_traffic_fines.toml](../../examples/road_traffic_fines.toml) and
[stc3_helpdesk_zh.toml](../../examples/stc3_helpdesk_zh.toml)."""

_COMMON = """\
Fields that every event gets, unless its rule says otherwise: the fields of every event, below.
`[common.attributes]` holds the company's own fields by name; declare the names in `FORESHOCK_ATTRIBUTES`."""

_FILL = """\
Logs of cases often tell a case's properties only in its first row.
A derived `event_id` then depends on what came before; give `event_id` of columns."""

_EVENT = """\
Every rule that fits a row makes an event of it, in the order of the file; a row that no rule and no skip fits is bad.
The fields of the event stand beside `kind`; `[event.attributes]` after a rule holds the company's own.
Without `event_id`, the id is derived from the row, so that the same row exported again is the same event."""

_VALUE = """\
A bare value is a constant: `channel = "hotline"`.
A table says where the value comes from and how it is turned:
`status = { column = "进度", map = { "已报案" = "reported" } }`.
Keys that are not plain ASCII need quotes."""

_CONDITION = """\
`when` is a table of column to condition; all of them must hold.
A bare word or list is short for `one_of`: `when = { "类型" = ["来电", "柜面"] }`."""

_OWN = f"""\
Three columns are always there: `{LINE}` (line of the file, from 1), `{ROW}` (row of data, from 1), and inside a rule's
`each` also `{ITEM}` (element, from 0)."""


def import_page() -> bytes:
    """Describe everything that a mapping file can say."""
    rule_keys = frozenset({"fields", "attributes"})
    units = table(("unit", "is"), ((f"`{name}`", _unit(name)) for name in UNITS))
    parts = [
        ("`[source]`: how the file is written", fields_table(Source)),
        ("`[common]`: what all events share", _COMMON),
        ("`[fill]`: cells that later rows take over", f"{_FILL}\n\n{fields_table(Fill)}"),
        ("`[[skip]]`: rows to leave out", fields_table(Skip)),
        ("`[[event]]`: rows that become events", f"{_EVENT}\n\n{fields_table(Rule, rule_keys)}"),
        ("Values", f"{_VALUE}\n\n{fields_table(Value)}\n\n{_OWN}"),
        ("Units", units),
        ("Conditions", f"{_CONDITION}\n\n{fields_table(Condition)}"),
        ("Lists inside a row", fields_table(Each)),
        ("Fields of every event", _message(Event)),
        *((f"Fields of `{kind}`", _message(message, Event)) for kind, message in EVENT_TYPES.items()),
        ("Fields of an entry of `turns`", _message(Turn)),
        ("Fields of an entry of `items`", _message(ServqualItem)),
    ]
    return page("Mapping files", _ABOUT, *(f"## {title}\n\n{text}" for title, text in parts))


def _message(message: type[BaseModel], beyond: type[BaseModel] | None = None) -> str:
    """Describe the fields of a message, without those of its envelope."""
    left_out = {"kind", *(beyond.model_fields if beyond else ())}
    rows = (
        (f"`{name}`", "from the row" if name == "event_id" else default_of(field), sentence(field))
        for name, field in message.model_fields.items()
        if name not in left_out
    )
    return table(("field", "default", "meaning"), rows)


def _unit(name: str) -> str:
    """Say what a unit becomes."""
    if name == "clock":
        return "a duration written as 1:02:03 or 02:03, in seconds"
    return f"{UNITS[name].normalize():f} {'fen' if name in {'fen', 'yuan', 'wan_yuan'} else 'seconds'}"  # type: ignore[index]
