"""Markdown for reference pages: tables, and values as people write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

GENERATED = "<!-- Written by `foreshock schema` from the code: change the code, then run `make docs`. -->"


def page(title: str, *parts: str) -> bytes:
    """Join the parts of a page under a title and the notice that it is generated."""
    return "\n\n".join((f"# {title}", GENERATED, *parts)).encode() + b"\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; line ends and bars in cells are made harmless."""
    written = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in written)


def sentence(field: FieldInfo) -> str:
    """Give what the docstring of a field says, on one line."""
    return " ".join((field.description or "").split())


def default_of(field: FieldInfo) -> str:
    """Write the default of a field as it would stand in a TOML file; empty where there is none."""
    if field.is_required():
        return "*required*"
    value = field.get_default(call_default_factory=True, validated_data={})
    return "" if value is None or value is PydanticUndefined else f"`{_toml(value)}`"


def range_of(described: dict[str, Any]) -> str:
    """Write what a value may be, from its JSON Schema."""
    options = described.get("anyOf", [described])
    if len(options) > 1:
        return " or ".join(filter(None, (range_of(option) for option in options if option.get("type") != "null")))
    option = options[0]
    if "const" in option:
        return f"`{option['const']}`"
    if "enum" in option:
        return ", ".join(f"`{word}`" for word in option["enum"])
    if option.get("type") == "array":
        return f"list of {range_of(option.get('items', {}))}" if option.get("items") else "list"
    words = {"integer": "whole number", "number": "number", "boolean": "true or false", "string": "text"}
    return " ".join(filter(None, (words.get(option.get("type", ""), ""), _bounds(option))))


def fields_table(model: type[BaseModel], leave_out: frozenset[str] = frozenset()) -> str:
    """Write the fields of a model: name, default, meaning."""
    rows = (
        (f"`{field.alias or name}`", default_of(field), sentence(field))
        for name, field in model.model_fields.items()
        if name not in leave_out
    )
    return table(("key", "default", "meaning"), rows)


def _bounds(option: dict[str, Any]) -> str:
    """Write the bounds of a number."""
    low, above = option.get("minimum"), option.get("exclusiveMinimum")
    high, below = option.get("maximum"), option.get("exclusiveMaximum")
    told = (
        f"from {low:g}" if low is not None else "",
        f"above {above:g}" if above is not None else "",
        f"to {high:g}" if high is not None else "",
        f"below {below:g}" if below is not None else "",
    )
    return " ".join(filter(None, told))


def _toml(value: Any) -> str:
    """Write a value as TOML does."""
    match value:
        case bool():
            return str(value).lower()
        case SecretStr():
            return "..."
        case str() | Path():
            return f'"{value}"'
        case tuple() | list():
            return f"[{', '.join(map(_toml, value))}]"
        case dict() | BaseModel():
            return "{}"
        case _:
            return str(value)


def _cell(cell: str) -> str:
    """Keep a cell within its cell."""
    return " ".join(cell.split()).replace("|", "\\|")
