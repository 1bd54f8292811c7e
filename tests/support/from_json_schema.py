"""Hypothesis draws what a JSON Schema allows: the published contract itself says what to try."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import jsonschema
from hypothesis import strategies as st

Schema = dict[str, Any]


def allowed_by(schema: Schema) -> st.SearchStrategy[Any]:
    """Draw documents that a schema allows: as much of draft 2020-12 as our contracts use.

    Rules between fields (`if`, `not`, `allOf`) are left to a check at the end, which throws away what breaks them.
    """
    validator = jsonschema.Draft202012Validator(schema)
    return _drawn(schema, schema.get("$defs", {})).filter(validator.is_valid)


def _drawn(schema: Schema, known: dict[str, Schema]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return st.deferred(lambda: _drawn(known[schema["$ref"].removeprefix("#/$defs/")], known))
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return st.one_of([_drawn(option, known) for option in schema[choice]])
    match schema.get("type"):
        case "object":
            return _objects(schema, known)
        case "array":
            return _arrays(schema, known)
        case "string":
            return _texts(schema)
        case "integer":
            return st.integers(schema.get("minimum", -(2**53)), schema.get("maximum", 2**53))
        case "number":
            low, high = schema.get("minimum"), schema.get("maximum")
            return st.floats(low, high, allow_nan=False, allow_infinity=False)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _:
            return st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5)


def _objects(schema: Schema, known: dict[str, Schema]) -> st.SearchStrategy[Any]:
    fields = {name: _drawn(field, known) for name, field in schema.get("properties", {}).items()}
    required = set(schema.get("required", ()))
    fixed = st.fixed_dictionaries(
        {name: drawn for name, drawn in fields.items() if name in required},
        optional={name: drawn for name, drawn in fields.items() if name not in required},
    )
    more = schema.get("additionalProperties", False)
    if fields or not more:
        return fixed
    names = _texts(schema.get("propertyNames", {"maxLength": 8}))
    values = _drawn(more if isinstance(more, dict) else {}, known)
    return st.dictionaries(names, values, max_size=min(4, schema.get("maxProperties", 4)))


def _arrays(schema: Schema, known: dict[str, Schema]) -> st.SearchStrategy[Any]:
    if "prefixItems" in schema:
        return st.tuples(*[_drawn(item, known) for item in schema["prefixItems"]]).map(list)
    longest = min(3, schema.get("maxItems", 3))
    return st.lists(_drawn(schema.get("items", {}), known), min_size=schema.get("minItems", 0), max_size=longest)


def _texts(schema: Schema) -> st.SearchStrategy[str]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("format") == "date-time":
        moments = st.datetimes(datetime(1971, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC))
        return moments.map(lambda at: at.isoformat())
    if "pattern" in schema:
        # `$` of a pattern also fits before a final line end, which no producer means.
        drawn = st.from_regex(schema["pattern"], fullmatch=True)
        return drawn.filter(lambda text: len(text) <= schema.get("maxLength", 10**6) and not text.endswith("\n"))
    longest = min(40, schema.get("maxLength", 40))
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=schema.get("minLength", 0), max_size=longest)
