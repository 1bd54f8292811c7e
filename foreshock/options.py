"""Kinds of options that several commands have."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import click

from foreshock.wording.language import LANGUAGES, language_of


class Duration(click.ParamType):
    """A number with s, m, h or d, such as 60s."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read a duration."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", str(value))
        if not match:
            self.fail(f"{value!r} is not a duration; say 60s, 5m, 2h or 1d", param, ctx)
        unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[match[2]]
        return timedelta(**{unit: float(match[1])})


check_signatures = click.option(
    "--check-signatures",
    is_flag=True,
    help="Refuse models that bear no signature of ours, as the worker did; needs its FORESHOCK_SNAPSHOT_KEY.",
)
"""Whether a journal's models are to be ours."""

organisation = click.option(
    "--organisation",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Units, owners and clocks of the company; without it FORESHOCK_ORGANISATION.",
)
"""Which organisation answers for alerts."""

pack = click.option(
    "--pack",
    metavar="NAME",
    help="Jurisdiction whose clocks run: `cn`, `uk`, or a file; without it FORESHOCK_PACK.",
)
"""Whose law sets complaints their clocks."""

language = click.option(
    "--lang",
    "--language",
    "language",
    type=click.Choice(LANGUAGES),
    default=lambda: language_of(os.environ) or "en",
    show_default="that of the locale, else en",
    help="Language of what is told.",
)
"""In which language a command tells people something; what programs read is the same in both."""

language_or_both = click.option(
    "--lang",
    "--language",
    "language",
    type=click.Choice((*LANGUAGES, "both")),
    default=lambda: language_of(os.environ) or "both",
    show_default="that of the locale, else both",
    help="Language of what is told; with both, reasons are in both.",
)
"""The same for what is shown to whoever looks on, who may read either."""
