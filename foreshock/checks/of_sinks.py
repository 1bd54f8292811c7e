"""Checks of the sinks: whether each has what it needs, and whether its destination answers. Nothing is sent."""

from __future__ import annotations

import asyncio

from foreshock.checks.findings import Finding
from schemas.errors import ConfigurationError, SinkError
from sinks.abilities import Probes
from streams.settings import Settings
from streams.sink_settings import SinkName
from streams.sink_wiring import make_sink

_SETTINGS = "docs/reference/settings.md names the settings of every sink"
_LATER = "look at the destination and the way to it; a worker starts all the same, and tries again"


async def check_sinks(settings: Settings) -> list[Finding]:
    """Look at every sink at once."""
    return list(await asyncio.gather(*(_check(name, settings) for name in settings.sinks)))


async def _check(name: SinkName, settings: Settings) -> Finding:
    """Look at one sink."""
    check = f"sink {name}"
    try:
        sink = make_sink(name, settings)
    except ConfigurationError as error:
        return Finding(check, "failed", str(error), _SETTINGS)
    try:
        return Finding(check, "ok", await sink.probe() if isinstance(sink, Probes) else "needs no destination")
    except ConfigurationError as error:
        return Finding(check, "failed", str(error), "do what it says")
    except SinkError as error:
        return Finding(check, "warning", str(error), _LATER)
    finally:
        await sink.close()
