"""A receiver of HTTP requests that fails in every usual way, when it is told to."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from tests.support.listening import Listening

_REASONS = {200: "OK", 204: "No Content", 301: "Moved Permanently", 429: "Too Many Requests"}


@dataclass(frozen=True)
class Request:
    """What came."""

    method: str
    path: str
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What is given back, and how."""

    status: int = 204
    headers: tuple[str, ...] = ()
    body: bytes = b""
    wait_seconds: float = 0.0
    """Before the first byte."""
    closes: bool = False
    """Whether the connection ends without an answer."""


WELL = Answer()


class Receiver(Listening):
    """Listens on loopback; what it answered with 2xx, it has taken.

    Parameters
    ----------
    usual
        Its answer when it was told nothing else.
    certificate
        PEM file of certificate and key: it then speaks TLS.
    """

    def __init__(self, usual: Answer = WELL, certificate: Path | None = None) -> None:
        self.usual = usual
        self.next: deque[Answer] = deque()
        """Answers to give first, one per request."""
        self.taken: list[Request] = []
        self.seen: list[Request] = []
        super().__init__()
        self._certificate = certificate
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen, after a stop on the same port."""
        context = None
        if self._certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and drop who is connected."""
        await super().stop()
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while request := await _read(reader):
                await self._answer(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        answer = self.next.popleft() if self.next else self.usual
        self.seen.append(request)
        await asyncio.sleep(answer.wait_seconds)
        if answer.closes:
            raise ConnectionAbortedError
        if 200 <= answer.status < 300 and request.method == "POST":
            self.taken.append(request)
        head = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Status')}", *answer.headers]
        if answer.status != 204:
            head.append(f"Content-Length: {len(answer.body)}")
        writer.write("\r\n".join([*head, "", ""]).encode() + answer.body)
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    """Read one request; `None` at the end."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body)


def new_certificate(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1 that nobody has signed but itself; returns its PEM file, key included."""
    key, certificate, both = folder / "key.pem", folder / "certificate.pem", folder / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both
