"""Before a sink is fed, its destination is looked at."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from schemas.errors import SinkError
from sinks.abilities import Opens, Receiver
from sinks.fanout import RetryPolicy
from streams.duty import Duty

log = logging.getLogger(__name__)


async def open_patiently(sink: Receiver[Any], policy: RetryPolicy, stop: asyncio.Event, duty: Duty) -> None:
    """Open a sink that wants to be; one whose destination is down is tried until it answers, or `stop` is set.

    Raises
    ------
    ConfigurationError
        If the destination cannot be used before somebody changes something.
    """
    attempt = 1
    while isinstance(sink, Opens) and not stop.is_set():
        try:
            with duty.working():
                await sink.open()
        except SinkError as error:
            log.warning("sink_not_open", extra={"sink": sink.name, "error": str(error)})
            with duty.waiting_for(sink.name), suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), policy.wait_after(attempt, error).total_seconds())
            attempt += 1
        else:
            duty.goes_on()
            return
