from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.support import ports
from tests.support.ports import free_port, free_ports


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    """A port on which somebody listens."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", free_port()))
        server.listen()
        yield server


def test_ports_that_are_chosen_together_differ_and_are_free() -> None:
    chosen = free_ports(20)

    assert len(set(chosen)) == 20
    for port in chosen:
        with socket.socket() as server:
            server.bind(("127.0.0.1", port))


def test_a_port_that_is_taken_is_not_chosen(taken: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    port = taken.getsockname()[1]
    monkeypatch.setattr(ports, "_NEVER_GIVEN", range(port, port + 1))

    with pytest.raises(RuntimeError, match=f"no port from {port} to {port} is free"):
        free_port()
