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


class ConfigurationError(ForeshockError):
    """A setting, a parameter file or a topic is not usable; the text says which one and what to do."""


class UnreadableMessageError(ForeshockError):
    """Bytes that cannot be read as the message they should be.

    Parameters
    ----------
    reason
        Why, as a member of `schemas.dead_letters.DeadLetterReason`: a closed set, so that it can label a metric.
    detail
        What is wrong and where, without the offending value (it may be personal data).
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class SnapshotError(ForeshockError):
    """A model snapshot is of another format, another parameter set, or not a snapshot at all."""


class MappingError(ForeshockError):
    """An import mapping names columns, fields or values that cannot be; the text says which one."""


class SinkError(ForeshockError):
    """A sink did not take an alert."""


class SinkUnavailableError(SinkError):
    """The destination is down or asked us to slow down."""

    retriable = True

    def __init__(self, sink: str, retry_after: timedelta, why: str = "") -> None:
        super().__init__(f"{sink} is unavailable{f' ({why})' if why else ''}, retry after {retry_after}")
        self.sink = sink
        self.retry_after = retry_after
        self.why = why


class SinkPacedError(SinkUnavailableError):
    """The sink may not send more for now. Nothing failed, and no attempt is used up."""


class SinkRefusedError(SinkError):
    """The destination understood the alert and will never take it."""

    def __init__(self, sink: str, why: str) -> None:
        super().__init__(f"{sink} refused the alert: {why}")
        self.sink = sink
        self.why = why
