"""A sink that appends to a JSON Lines file: one alert transition per line."""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from schemas.alerts import Alert
from schemas.codec import decode_as, encode
from schemas.errors import SinkUnavailableError, UnreadableMessageError

REMEMBERED = 100_000
"""Alert transitions known to be in the file: far more than a crash can repeat."""

_RETRY_AFTER = timedelta(seconds=5)


class JsonlSink:
    """Appends alerts to a file, and leaves out what is already there.

    Parameters
    ----------
    path
        The file; its folder is made when needed. What it already holds is read once, so that a delivery
        repeated after a restart leaves one line. A last line that a crash cut short is removed.
    """

    name = "jsonl"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._present: OrderedDict[tuple[str, int], None] = OrderedDict()

    async def deliver(self, alert: Alert) -> None:
        """Append the alert and wait until the disk has it.

        Raises
        ------
        SinkUnavailableError
            If the file cannot be written; a full disk may have room later.
        """
        try:
            await asyncio.to_thread(self._append, alert)
        except OSError as error:
            self._let_go()
            raise SinkUnavailableError(self.name, _RETRY_AFTER) from error

    async def close(self) -> None:
        """Close the file."""
        self._let_go()

    def _append(self, alert: Alert) -> None:
        """Write one line."""
        file = self._file or self._open()
        identity = (alert.alert_id, alert.sequence)
        if identity in self._present:
            return
        file.write(encode(alert) + b"\n")
        file.flush()
        os.fsync(file.fileno())
        self._remember(identity)

    def _open(self) -> BinaryIO:
        """Open the file, read what it holds, and cut off an unfinished line."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._present.clear()
        file = self._path.open("a+b")
        file.seek(0)
        end = 0
        for line in file:
            if not line.endswith(b"\n"):
                break
            end += len(line)
            try:
                alert = decode_as(Alert, line)
            except UnreadableMessageError:
                continue  # somebody else's line: leave it
            self._remember((alert.alert_id, alert.sequence))
        file.truncate(end)
        self._file = file
        return file

    def _remember(self, identity: tuple[str, int]) -> None:
        """Note that the file has this transition."""
        self._present[identity] = None
        if len(self._present) > REMEMBERED:
            self._present.popitem(last=False)

    def _let_go(self) -> None:
        """Close the file; the next delivery opens it anew."""
        file, self._file = self._file, None
        if file is not None:
            file.close()
