"""Reading a mapping file, and finding what is wrong with it before the first row is read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from foreshock.importing.fields import Fields, Value
from foreshock.importing.mapping import Common, Mapping, Rule, Skip
from foreshock.importing.parts import Source
from foreshock.importing.rows import OWN_COLUMNS
from schemas.codec import EVENT_TYPES
from schemas.errors import MappingError
from schemas.events import Event, ServqualItem, Turn

_ENTRIES: dict[str, type[BaseModel]] = {"turns": Turn, "items": ServqualItem}
"""Fields that are lists of tables, and what an entry is."""

_FILLED_BY_US = frozenset({"kind", "attributes", "event_id"})
"""Fields of an event that a rule need not or must not list."""


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file and check all of it that can be checked without the data.

    Parameters
    ----------
    path
        A TOML file.

    Raises
    ------
    MappingError
        Naming the file, the key, what is wrong and what would be right.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise MappingError(f"{path}: not UTF-8: {error.reason} at byte {error.start}; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        # The most common slip where columns have Chinese names.
        is_key = any(word in str(error) for word in ("key", "statement"))
        hint = '; a key that is not plain ASCII needs quotes: "类型" = ...' if is_key else ""
        raise MappingError(f"{path}: not TOML: {error}{hint}") from error
    try:
        mapping = Mapping.model_validate(given)
    except ValidationError as error:
        raise MappingError(_explained(path, error)) from None
    problems = list(_problems(mapping))
    if problems:
        raise MappingError(_listed(path, problems))
    return mapping


def check_columns(mapping: Mapping, columns: Iterable[str], where: str) -> set[str]:
    """Check that every column that a mapping reads is there.

    Parameters
    ----------
    mapping
        What reads them.
    columns
        All columns of the export; for JSON the keys seen in its first rows.
    where
        The export's name, for the message.

    Returns
    -------
    set of str
        The columns that are read; of `a.b` the column `a`.

    Raises
    ------
    MappingError
        Naming each column that is missing, where the mapping reads it, and the nearest one that exists.
    """
    known = set(columns) | OWN_COLUMNS
    problems = []
    read = set()
    for key, column in _columns_read(mapping):
        found = {parent for parent in known if column == parent or column.startswith(f"{parent}.")}
        read |= found
        if not found:
            problems.append(f"{key}: {where} has no column {column!r}{_nearest(column, known)}")
    if problems:
        told = f"its columns are: {', '.join(sorted(known - OWN_COLUMNS))}"
        raise MappingError(_listed("the mapping does not fit the file", [*dict.fromkeys(problems), told]))
    return read


def name_of(number: int, rule: Rule) -> str:
    """Name a rule for people: `event 2 (claim)`."""
    return f"event {number + 1} ({rule.kind})"


def words_of(annotation: Any) -> frozenset[str]:
    """Give the closed set of words that a type allows; empty where any text will do."""
    found: set[str] = set()
    for part in get_args(annotation):
        found |= {part} if isinstance(part, str) else words_of(part)
    return frozenset(found)


def is_text(annotation: Any) -> bool:
    """Tell whether a type is text, or text or nothing."""
    if get_origin(annotation) in (Annotated, Union, UnionType):
        return any(map(is_text, get_args(annotation)))
    return annotation is str


def _problems(mapping: Mapping) -> Iterator[str]:
    """Say everything about a mapping that no event could satisfy."""
    yield from _misfits("common", mapping.common.fields, Event)
    for number, rule in enumerate(mapping.event):
        name, kind = name_of(number, rule), EVENT_TYPES[rule.kind]
        yield from _misfits(name, rule.fields, kind)
        filled = {*mapping.common.fields, *rule.fields}
        for field, info in kind.model_fields.items():
            if info.is_required() and field not in filled | _FILLED_BY_US:
                yield f"{name}: {field} is missing. {' '.join((info.description or '').split())}"


def _misfits(name: str, fields: Fields, message: type[BaseModel]) -> Iterator[str]:
    """Say which fields a message does not have, and which words a field does not know."""
    for field, value in fields.items():
        info = message.model_fields.get(field)
        if info is None or field in {"kind", "attributes"}:
            known = [other for other in message.model_fields if other not in {"kind", "attributes"}]
            what = "a table of its own" if field == "attributes" else f"no field of {message.__name__.lower()}"
            yield f"{name}: {field} is {what}{_nearest(field, [*known, 'when', 'each'])}"
            continue
        words = words_of(info.annotation)
        for word in _words_written(value) if words else ():
            if word not in words:
                near = _nearest(word, words) or f"; it is one of {', '.join(sorted(words))}"
                yield f"{name}: {field} cannot be {word!r}{near}"
        entry = _ENTRIES.get(field)
        for part in (value.fields, *value.parts):
            if part and entry is None:
                yield f"{name}: {field} is not a list of tables"
            elif part and entry is not None:
                yield from _misfits(f"{name}: {field}", part, entry)


def _words_written(value: Value) -> Iterator[str]:
    """Give every word that the mapping itself writes into a field."""
    constant = value.value if isinstance(value.value, list) else [value.value]
    for word in (*constant, *value.map.values(), value.otherwise, value.default):
        if isinstance(word, str):
            yield word


def _columns_read(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Give every column that is read, with the key that reads it."""
    yield from _read_by("common", mapping.common)
    if mapping.fill:
        yield "fill: key", mapping.fill.key
        for column in mapping.fill.columns:
            yield "fill: columns", column
    for number, skip in enumerate(mapping.skip):
        yield from _read_by(f"skip {number + 1}", skip)
    for number, rule in enumerate(mapping.event):
        yield from _read_by(name_of(number, rule), rule)


def _read_by(name: str, part: Common | Skip | Rule) -> Iterator[tuple[str, str]]:
    """Give every column that one table of the mapping reads."""
    if isinstance(part, Skip | Rule):
        for column in part.when:
            yield f"{name}: when", column
    if isinstance(part, Common | Rule):
        for field, value in (*part.fields.items(), *part.attributes.items()):
            for column in sorted(value.columns):
                yield f"{name}: {field}", column
    if isinstance(part, Rule):
        for column in (*part.once, *([part.each.column] if part.each else ())):
            yield f"{name}: {'once' if column in part.once else 'each'}", column


def _explained(path: Path, error: ValidationError) -> str:
    """Say per key what is wrong, in the words of the file."""
    problems = []
    for problem in error.errors(include_url=False):
        where = _place(problem["loc"])
        if problem["type"] == "extra_forbidden":
            keys = _keys_beside(problem["loc"])
            problems.append(f"{where}: there is no such key{_nearest(str(problem['loc'][-1]), keys)}")
        elif problem["type"] == "missing":
            problems.append(f"{where}: is missing")
        else:
            problems.append(f"{where}: {problem['msg'].removeprefix('Value error, ')}")
    return _listed(path, problems)


def _keys_beside(location: tuple[int | str, ...]) -> list[str]:
    """Guess which keys could have been meant where one is unknown."""
    if len(location) == 1:
        return list(Mapping.model_fields)
    if location[0] == "source":
        return list(Source.model_fields)
    return [*Value.model_fields, "once", "one_of", "none_of", "when", "because"]


def _place(location: tuple[int | str, ...]) -> str:
    """Write the place of a problem as a person would: `event 2, status.column`."""
    head, *rest = location or ("file",)
    if rest and isinstance(rest[0], int):
        head, rest = f"{head} {rest[0] + 1}", rest[1:]
    inner = ".".join(str(step) for step in rest if step != "fields")
    return f"{head}, {inner}" if inner else str(head)


def _nearest(word: str, known: Iterable[str]) -> str:
    """Suggest what may have been meant."""
    close = get_close_matches(word, sorted(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _listed(head: object, problems: list[str]) -> str:
    """Write several problems under one head."""
    return f"{head}:\n" + "\n".join(f"  - {problem}" for problem in problems)
