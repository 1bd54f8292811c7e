"""What `.dockerignore` lets through to the builder."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path


class Ignored:
    r"""The patterns of a `.dockerignore`; the last one that matches a path, or a folder above it, decides.

    Parameters
    ----------
    text
        Of the file.

    Examples
    --------
    >>> ignored = Ignored("*\n!models/\n**/__pycache__/")
    >>> [ignored(path) for path in (".env", "models/heat.py", "models/__pycache__/heat.pyc")]
    [True, False, True]
    """

    def __init__(self, text: str) -> None:
        lines = [line.strip() for line in text.splitlines()]
        told = [line for line in lines if line and not line.startswith("#")]
        self._rules = [(_regex(line.removeprefix("!")), not line.startswith("!")) for line in told]
        self.kept = [line.removeprefix("!").rstrip("/") for line in told if line.startswith("!")]
        """Paths that are let through by name."""

    def __call__(self, path: str) -> bool:
        """Tell whether a path, relative and with `/`, stays out."""
        parts = path.split("/")
        above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        is_out = False
        for pattern, puts_out in self._rules:
            if any(pattern.fullmatch(each) for each in above):
                is_out = puts_out
        return is_out

    def files(self, folder: Path) -> Iterator[str]:
        """Yield what of a folder reaches the builder, relative to it."""
        for top, folders, files in os.walk(folder):
            place = Path(top).relative_to(folder).as_posix()
            names = {name: name if place == "." else f"{place}/{name}" for name in [*folders, *files]}
            # A folder that stays out is looked into only if something in it may be let through.
            folders[:] = sorted(name for name in folders if not self(names[name]) or self._holds_kept(names[name]))
            yield from sorted(names[name] for name in files if not self(names[name]))

    def _holds_kept(self, folder: str) -> bool:
        return any(kept.startswith(f"{folder}/") for kept in self.kept)


def copy_context(checkout: Path, target: Path) -> int:
    """Copy what the builder would be sent; returns how many files that are."""
    ignored = Ignored((checkout / ".dockerignore").read_text(encoding="utf-8"))
    names = list(ignored.files(checkout))
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(checkout / name, target / name)
    return len(names)


def _regex(pattern: str) -> re.Pattern[str]:
    """Translate one pattern."""
    parts = re.split(r"(\*\*/|\*|\?)", pattern.strip("/"))
    known = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(known.get(part, re.escape(part)) for part in parts))
