"""Commands about models: checked against what is kept before they are written."""

from __future__ import annotations

import click

from foreshock.broker.commanding import now_in_seconds
from foreshock.modelling.shelf import Kept, Shelf
from models.params import Params
from models.risk import Scorer
from schemas.errors import ConfigurationError, SnapshotError
from schemas.ticks import CommandName, ModelCommand


def command_of(name: CommandName, by: str, because: str | None, **given: object) -> ModelCommand:
    """Make a command of this moment; its partition and signature follow when it is written."""
    return ModelCommand(
        partition=0,
        command=name,
        by=by,
        at=now_in_seconds(),
        because=because,
        **given,  # type: ignore[arg-type]  # pydantic checks it
    )


def promotable(shelf: Shelf, learner: str) -> Kept:
    """Return the newest snapshot if it has a learner of this name.

    Raises
    ------
    ConfigurationError
        If there is no snapshot yet, or it has no such learner; names those that it has.
    """
    if not shelf.kept:
        raise ConfigurationError(f"{shelf.topic} holds no snapshot yet: there is nothing to promote")
    newest = _ours(shelf, max(shelf.kept))
    names = [line.name for line in newest.weights.lines]
    if learner not in names:
        hint = "" if len(names) > 1 else " A challenger is named by learning.challenger in FORESHOCK_PARAMS_FILE."
        raise ConfigurationError(
            f"the newest snapshot ({newest.weights.number}) has no learner {learner!r}: it has "
            f"{', '.join(names)}.{hint}"
        )
    return newest


def returnable(shelf: Shelf, number: int, params: Params) -> Kept:
    """Return a snapshot if this version can score with it.

    Raises
    ------
    ConfigurationError
        If it is not kept, not ours, or made for other features.
    """
    if number in shelf.unreadable:
        raise ConfigurationError(f"snapshot {number} cannot be read by this version: {shelf.unreadable[number]}")
    if number not in shelf.kept:
        kept = f"it holds {min(shelf.kept)} to {max(shelf.kept)}" if shelf.kept else "it holds none"
        raise ConfigurationError(f"{shelf.topic} has no snapshot {number}: {kept}; `foreshock models list` shows them")
    found = _ours(shelf, number)
    try:
        Scorer(found.weights, params)
    except SnapshotError as error:
        raise ConfigurationError(f"this version cannot score with snapshot {number}: {error}") from error
    return found


def confirm(what_happens: str, is_asked: bool) -> None:
    """Say what a command will do, and ask unless that was answered before."""
    click.echo(what_happens, err=True)
    if is_asked:
        click.confirm("Do it?", abort=True, err=True)


def _ours(shelf: Shelf, number: int) -> Kept:
    """Return a snapshot that bears our signature.

    Raises
    ------
    ConfigurationError
        If it does not.
    """
    found = shelf.kept[number]
    if not found.is_authentic:
        raise ConfigurationError(
            f"snapshot {number} bears no signature of ours: it was changed, or FORESHOCK_SNAPSHOT_KEY (without it, "
            "FORESHOCK_PSEUDONYM_KEY) is not the workers' own"
        )
    return found
