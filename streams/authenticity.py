"""Only models and commands that bear our signature reach the core; what they did is logged."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol, TypeVar

from schemas.codec import JournalMessage, SignedMessage
from schemas.errors import UnreadableMessageError
from schemas.signing import is_authentic
from schemas.silences import SilenceCommand
from schemas.ticks import ModelCommand, SnapshotNotice
from schemas.types import Position

log = logging.getLogger(__name__)

REMEDY = (
    "if the key was changed, give every worker and every person who runs `foreshock models` the same "
    "FORESHOCK_SNAPSHOT_KEY (without it, the same FORESHOCK_PSEUDONYM_KEY); if it was not, find out who else may write "
    "to this topic"
)
"""What a person does about a signature that is not ours."""

_SIGNED = (SnapshotNotice, ModelCommand, SilenceCommand)  # asked of every message, so it is not made anew each time


class Commanded(Protocol):
    """What the core says became of a command."""

    @property
    def refused(self) -> str | None:
        """Why it was not obeyed."""


EngineT = TypeVar("EngineT")
StatesT = TypeVar("StatesT")
OutcomeT = TypeVar("OutcomeT", bound=Commanded)
Step = Callable[[EngineT, StatesT, JournalMessage, Position], OutcomeT]


def guarded(step: Step[EngineT, StatesT, OutcomeT], key: bytes) -> Step[EngineT, StatesT, OutcomeT]:
    """Wrap the core's door: notices and commands without our signature stay outside.

    Parameters
    ----------
    step
        The door.
    key
        What models are signed with.

    Returns
    -------
    callable
        The same, which raises `UnreadableMessageError` with reason `not_authentic`: the line becomes a dead letter.
    """

    def guarded_step(engine: EngineT, states: StatesT, message: JournalMessage, position: Position) -> OutcomeT:
        if not isinstance(message, _SIGNED):
            return step(engine, states, message, position)
        refuse_foreign(message, key, position)
        outcome = step(engine, states, message, position)
        if isinstance(message, ModelCommand):
            _report(message, outcome)
        elif isinstance(message, SilenceCommand):
            _report_silence(message)
        return outcome

    return guarded_step


def refuse_foreign(message: SignedMessage, key: bytes, position: Position) -> None:
    """Raise if a message that has to be signed is not ours.

    Raises
    ------
    UnreadableMessageError
        With reason `not_authentic`.
    """
    if is_authentic(message, key):
        return
    facts = {"kind": message.kind, "partition": message.partition, "offset": position.offset, "line": position.line}
    log.error("not_authentic", extra={**facts, "what_to_do": REMEDY})
    raise UnreadableMessageError("not_authentic", f"this {message.kind} bears no signature of ours: {REMEDY}")


def _report_silence(command: SilenceCommand) -> None:
    """Log what a person asked not to be told, or to be told again."""
    facts = {
        "command": command.command,
        "silence": command.name,
        "partition": command.partition,
        "until": command.until.isoformat() if command.until is not None else None,
        "by": command.by,
        "because": command.because,
    }
    log.info("silence_obeyed", extra={name: value for name, value in facts.items() if value is not None})


def _report(command: ModelCommand, outcome: Commanded) -> None:
    """Log what a person decided, and what became of it."""
    facts = {
        "command": command.command,
        "partition": command.partition,
        "learner": command.learner,
        "snapshot": command.weights.number if command.weights is not None else None,
        "by": command.by,
        "because": command.because,
    }
    told = {name: value for name, value in facts.items() if value is not None}
    if outcome.refused is None:
        log.info("model_command_obeyed", extra=told)
    else:
        log.warning("model_command_refused", extra={**told, "why": outcome.refused})
