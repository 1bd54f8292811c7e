"""A network that can be cut: bytes stop, connections stay open, and nobody is told."""

from __future__ import annotations

import asyncio
import contextlib

_AT_ONCE = 1 << 16


class Proxy:
    """Passes TCP connections of one loopback port on to another.

    While it is cut, nothing is passed on and nothing is reset, as behind a firewall that drops packets. Once it is
    mended, what was under way arrives, as TCP would send it again.

    Parameters
    ----------
    port
        Where it listens.
    target
        Where connections go.
    """

    def __init__(self, port: int, target: int) -> None:
        self.port = port
        self._target = target
        self._passes = asyncio.Event()
        self._passes.set()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Drop every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def cut(self) -> None:
        """Pass nothing on from here on."""
        self._passes.clear()

    def mend(self) -> None:
        """Pass on again."""
        self._passes.set()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, in a task that `stop` can end."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio calls this in a task
        self._connections.add(task)
        try:
            await self._passes.wait()
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            with contextlib.closing(writer), contextlib.closing(back):
                await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))
        except (OSError, asyncio.CancelledError):
            writer.close()  # the broker is gone, or the proxy is: either way the connection ends here
        finally:
            self._connections.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one direction until it ends."""
        while portion := await reader.read(_AT_ONCE):
            await self._passes.wait()
            writer.write(portion)
            await writer.drain()
        await self._passes.wait()
        writer.close()
