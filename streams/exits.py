"""Exit codes: how a worker tells its supervisor what happened."""

from __future__ import annotations

import logging
import os
import sys
from enum import IntEnum
from typing import NoReturn

log = logging.getLogger(__name__)


class ExitCode(IntEnum):
    """What a worker process ends with."""

    STOPPED = 0
    """It was asked to stop and did."""

    CONFIGURATION = 2
    """A setting or a topic is not usable. Starting again cannot help; a person must change something."""

    INFRASTRUCTURE = 75
    """The broker refused or lost something, or an offset was skipped. Start again: the journal replays."""

    STUCK = 76
    """A part of the worker stood still although the broker answers. Start again: the journal replays."""


RESTARTABLE = frozenset({ExitCode.INFRASTRUCTURE, ExitCode.STUCK})
"""Codes after which a supervisor starts the worker again."""


def die(reason: str, code: ExitCode = ExitCode.INFRASTRUCTURE, **facts: object) -> NoReturn:
    """End the process now, without stopping anything in order.

    An orderly stop would commit offsets and flush buffers of a worker that no longer knows what it has
    delivered. Whatever was not acknowledged is still in the journal, so going on is worse than starting again.

    Parameters
    ----------
    reason
        Event name for the log, such as `batch_refused`.
    code
        What the supervisor is told.
    **facts
        What is known, for the log.
    """
    log.critical(reason, extra={**facts, "exit_code": int(code)})
    for handler in logging.getLogger().handlers:
        handler.flush()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
