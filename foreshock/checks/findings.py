"""What a check found: how it stands, and what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Status = Literal["ok", "warning", "failed", "skipped"]
"""`ok`: as it should be. `warning`: works, and a person should know. `failed`: a worker would not run, or would
lose something. `skipped`: nothing can be said, and why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one check."""

    check: str
    """What was looked at."""

    status: Status
    """How it stands."""

    detail: str
    """What was found."""

    remedy: str = ""
    """What to do; empty where nothing has to be done."""

    def as_dict(self) -> dict[str, str]:
        """Return it for a program to read."""
        return asdict(self)
