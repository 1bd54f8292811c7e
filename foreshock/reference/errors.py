"""The reference page of errors: the whole tree, the worker's exit codes, and the reasons of dead letters."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from enum import Enum
from itertools import pairwise

from foreshock.demonstration.feeding import WorkerEndedError
from foreshock.migrating.carrying import UnlikeError
from foreshock.migrating.rest import NotAtRestError
from foreshock.reference.text import page, table
from models.aggregates.rows import NewerGroupError
from models.repartitioning import DisagreeingPartitionsError
from models.row_formats import NewerRowError
from schemas.dead_letters import DEAD_LETTER_HELP
from schemas.errors import ForeshockError
from streams.connections import BrokerUnavailableError
from streams.exits import RESTARTABLE, ExitCode
from streams.lanes import UnreadableRowError

ELSEWHERE = (
    BrokerUnavailableError,
    DisagreeingPartitionsError,
    NewerGroupError,
    NewerRowError,
    NotAtRestError,
    UnlikeError,
    UnreadableRowError,
    WorkerEndedError,
)
"""Errors of the tree that are declared beside what raises them: named here, they are always loaded."""

_ERRORS = """\
Everything that Foreshock raises on purpose is in one tree; the text says what is wrong this time, and where.
A command that meets one prints the text and exits with 2.
Wrong arguments of a Python function are `ValueError`, as everywhere.

*Again* says whether the same call can succeed later without anybody changing anything."""

_EXITS = """\
A worker tells its supervisor by its exit code what happened; [here is a unit](../how-to/run-on-kafka.md) that listens.
Other commands exit with 0 when they did what they are for, with 1 when they did not, and with 2 when they could not \
begin."""

_REASONS = """\
What could not be read or carried goes to the topic `dead-letters` with one of these reasons, and the stream goes on.
[How to redrive them](../how-to/redrive-dead-letters.md)."""


def errors_page() -> bytes:
    """Describe every error, exit code and reason."""
    return page(
        "Errors and exit codes",
        _ERRORS,
        table(("error", "declared in", "again", "meaning", "what to do"), map(_error, tree(ForeshockError))),
        f"## Exit codes of the worker\n\n{_EXITS}",
        table(("code", "name", "meaning", "the supervisor should"), _exits()),
        f"## Reasons of dead letters\n\n{_REASONS}",
        table(
            ("reason", "meaning", "usual cure"), ((f"`{reason}`", *told) for reason, told in DEAD_LETTER_HELP.items())
        ),
    )


def tree(root: type[ForeshockError]) -> Iterator[type[ForeshockError]]:
    """Give an error and all below it, each followed by its own."""
    yield root
    for below in sorted(root.__subclasses__(), key=lambda each: each.__name__):
        yield from tree(below)


def _error(error: type[ForeshockError]) -> tuple[str, ...]:
    depth = len(error.__mro__) - len(ForeshockError.__mro__)
    return (
        f"{'↳ ' * depth}`{error.__name__}`",
        f"`{error.__module__}`",
        "yes" if error.retriable else "no",
        inspect.cleandoc(error.__doc__ or "").partition("\n\n")[0],
        error.remedy,
    )


def _exits() -> Iterator[tuple[str, ...]]:
    meanings = _docstrings(ExitCode)
    for code in ExitCode:
        told = "start it again" if code in RESTARTABLE else "leave it" if code == ExitCode.STOPPED else "tell somebody"
        yield f"`{int(code)}`", f"`{code.name}`", meanings[code.name], told


def _docstrings(enumeration: type[Enum]) -> dict[str, str]:
    """Read what stands below each member, which Python itself forgets."""
    (declared,) = ast.parse(inspect.getsource(enumeration)).body
    body = declared.body if isinstance(declared, ast.ClassDef) else []
    told = {}
    for member, text in pairwise(body):
        match member, text:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(words))):
                told[name] = words
    return told
