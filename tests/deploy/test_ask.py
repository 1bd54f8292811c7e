from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tests.support.peers import CHECKOUT
from tests.support.ports import free_port

ASK = CHECKOUT / "deploy" / "image" / "ask.py"


class Pages(BaseHTTPRequestHandler):
    """Ready, and not healthy."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 503)
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def pages() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Pages) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def ask(port: int, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-IS", ASK, *arguments],
        env=os.environ | {"FORESHOCK_WEB_PORT": str(port)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize(
    ("arguments", "answer"), [(["readyz"], (0, "/readyz")), (["healthz"], (1, "/healthz")), ([], (1, "/healthz"))]
)
def test_it_prints_the_page_and_ends_with_what_it_says(arguments: list[str], answer: tuple[int, str]) -> None:
    with pages() as port:
        assert ask(port, *arguments) == answer


def test_where_nobody_answers_it_says_so() -> None:
    code, said = ask(free_port(), "livez")

    assert code == 1
    assert said.startswith("/livez on port ")
