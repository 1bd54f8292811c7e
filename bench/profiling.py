"""Where CPU time goes: a sampling profile of this process, by function and by line."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_EVERY_SECONDS = 0.001


class Sampler:
    """Looks at the main thread's stack every millisecond of CPU time.

    Time inside a function written in C is counted for the line that called it.
    """

    def __init__(self) -> None:
        self.samples = 0
        self._own: Counter[str] = Counter()
        self._within: Counter[str] = Counter()
        self._packages: Counter[str] = Counter()
        self._lines: Counter[str] = Counter()

    def start(self) -> None:
        """Begin to look."""
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, _EVERY_SECONDS, _EVERY_SECONDS)

    def stop(self) -> None:
        """Stop looking."""
        signal.setitimer(signal.ITIMER_PROF, 0.0)

    def table(self, rows: int = 45) -> str:
        """Write the dearest functions and lines, in percent of all samples."""
        total = max(1, self.samples)
        parts = [f"{self.samples} samples"]
        tables = {
            "own time by package": self._packages,
            "own time": self._own,
            "with callees": self._within,
            "lines": self._lines,
        }
        for title, counted in tables.items():
            parts.append(f"\n{title}")
            parts += [f"{count / total:7.1%}  {name}" for name, count in counted.most_common(rows)]
        return "\n".join(parts) + "\n"

    def _look(self, _number: int, frame: FrameType | None) -> None:
        """Count one stack."""
        if frame is None:
            return
        self.samples += 1
        self._own[_function(frame)] += 1
        self._packages[_package(frame)] += 1
        self._lines[f"{_file(frame)}:{frame.f_lineno} {frame.f_code.co_name}"] += 1
        seen: set[str] = set()
        above: FrameType | None = frame
        while above is not None:
            seen.add(_function(above))
            above = above.f_back
        self._within.update(seen)


@contextmanager
def profiled(path: str) -> Iterator[None]:
    """Write a profile of the block to a file; with an empty name do nothing."""
    if not path:
        yield
        return
    sampler = Sampler()
    sampler.start()
    try:
        yield
    finally:
        sampler.stop()
        Path(path).write_text(sampler.table(), encoding="utf-8")


def _function(frame: FrameType) -> str:
    return f"{_file(frame)} {frame.f_code.co_qualname}"


def _package(frame: FrameType) -> str:
    """Name the package, or the folder of ours, that a function belongs to."""
    return str(frame.f_globals.get("__name__", "?")).partition(".")[0]


def _file(frame: FrameType) -> str:
    """Name a file by its last two parts: no folders of this machine."""
    return "/".join(Path(frame.f_code.co_filename).parts[-2:])
