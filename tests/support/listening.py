"""A server of a test's own that listens on loopback while a test uses it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Self


class Listening(ABC):
    """Starts when it is entered and stops when it is left; stopped and started again, it keeps its port."""

    def __init__(self) -> None:
        self.port = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @abstractmethod
    async def start(self) -> None:
        """Listen."""

    async def stop(self) -> None:
        """Listen no more."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
