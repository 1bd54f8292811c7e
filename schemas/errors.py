"""The error tree of the whole project.

::

    ForeshockError
    ├── ConfigurationError      the operator must change something; the process refuses to start
    ├── UnreadableMessageError  bytes that are not the message they claim to be; becomes a dead letter
    ├── SnapshotError           a model snapshot that cannot be used
    ├── MappingError            an import mapping that cannot be used
    └── SinkError               an alert that a sink did not take
        ├── SinkUnavailableError  trying again can help
        │   └── SinkPacedError    the sink holds itself back; no failure
        └── SinkRefusedError      trying again cannot help
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar


class ForeshockError(Exception):
    """Anything that Foreshock itself raises on purpose."""

    retriable: ClassVar[bool] = False
    """Whether the same call can succeed later without anybody changing anything."""

    remedy: ClassVar[str] = "Do what the text says."
    """What to do about it, for the reference; what is wrong this time is in the text."""


class ConfigurationError(ForeshockError):
    """A setting, a parameter file or a topic is not usable; the text says which one and what to do."""

    remedy = "Do what the text says, then start again; `foreshock check` tells beforehand."


class UnreadableMessageError(ForeshockError):
    """Bytes that cannot be read as the message they should be.

    Parameters
    ----------
    reason
        Why, as a member of `schemas.dead_letters.DeadLetterReason`: a closed set, so that it can label a metric.
    detail
        What is wrong and where, without the offending value (it may be personal data).
    """

    remedy = "Look up its reason below."

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class SnapshotError(ForeshockError):
    """A model snapshot is of another format, another parameter set, or not a snapshot at all."""

    remedy = "`foreshock models list` says which snapshots fit; pin one of them, or let the learner write a new one."


class MappingError(ForeshockError):
    """An import mapping names columns, fields or values that cannot be; the text says which one."""

    remedy = "Correct the line of the mapping file that the text names."


class SinkError(ForeshockError):
    """A sink did not take an alert."""

    remedy = "Ask `foreshock check` whether the destination answers."


class SinkUnavailableError(SinkError):
    """The destination is down or asked us to slow down."""

    retriable = True
    remedy = "None: it is tried again. If it lasts, look at the destination and at its address in the settings."

    def __init__(self, sink: str, retry_after: timedelta, why: str = "") -> None:
        super().__init__(f"{sink} is unavailable{f' ({why})' if why else ''}, retry after {retry_after}")
        self.sink = sink
        self.retry_after = retry_after
        self.why = why


class SinkPacedError(SinkUnavailableError):
    """The sink may not send more for now. Nothing failed, and no attempt is used up."""

    remedy = "None: it goes on by itself. For more at a time, raise the pace of the sink in the settings."


class SinkRefusedError(SinkError):
    """The destination understood the alert and will never take it."""

    remedy = "Correct what the text names at the destination or in the settings, then redrive the dead letter."

    def __init__(self, sink: str, why: str) -> None:
        super().__init__(f"{sink} refused the alert: {why}")
        self.sink = sink
        self.why = why
