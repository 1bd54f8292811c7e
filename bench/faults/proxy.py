"""A network that can be cut: bytes stop, connections stay open, and nobody is told."""

from __future__ import annotations

import asyncio
import contextlib
import struct

_AT_ONCE = 1 << 16
_SIZE = struct.Struct(">i")
_API = struct.Struct(">h")
_PRODUCE = 0
"""Number of the request that writes records, in Kafka's protocol."""


class Proxy:
    """Passes TCP connections of one loopback port on to another.

    While it is cut, nothing is passed on and nothing is reset, as behind a firewall that drops packets. Once it is
    mended, what was under way arrives, as TCP would send it again. It can also swallow the writes to one topic: the
    connection on which one comes is silent from there on, and the write never arrives.

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
        self._swallowed_topic = b""
        self.swallowed = 0
        """Writes that never arrived."""
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

    def swallow(self, topic: str) -> None:
        """Let no write to a topic (full name) through from here on."""
        self._swallowed_topic = _API.pack(len(topic)) + topic.encode()

    def mend(self) -> None:
        """Pass on again."""
        self._passes.set()
        self._swallowed_topic = b""

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, in a task that `stop` can end."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio calls this in a task
        self._connections.add(task)
        try:
            await self._passes.wait()
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            with contextlib.closing(writer), contextlib.closing(back):
                await asyncio.gather(self._pass_requests(reader, back), self._pass_on(there, writer))
        except (OSError, asyncio.CancelledError):
            writer.close()  # the broker is gone, or the proxy is: either way the connection ends here
        finally:
            self._connections.discard(task)

    async def _pass_requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry requests one by one until the client closes."""
        while True:
            try:
                size = await reader.readexactly(_SIZE.size)
                request = await reader.readexactly(*_SIZE.unpack(size))
            except asyncio.IncompleteReadError:
                break
            await self._passes.wait()
            if self._is_swallowed(request):
                self.swallowed += 1
                while await reader.read(_AT_ONCE):
                    pass
                break
            writer.write(size + request)
            await writer.drain()
        await self._passes.wait()
        writer.close()

    def _is_swallowed(self, request: bytes) -> bool:
        """Say whether a request writes to the topic that is swallowed."""
        topic = self._swallowed_topic
        return bool(topic) and _API.unpack_from(request)[0] == _PRODUCE and topic in request

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry answers until the broker closes."""
        while portion := await reader.read(_AT_ONCE):
            await self._passes.wait()
            writer.write(portion)
            await writer.drain()
        await self._passes.wait()
        writer.close()
