"""Free ports on loopback, for programs that cannot be told to choose one."""

from __future__ import annotations

import socket


def free_ports(count: int) -> list[int]:
    """Choose `count` different TCP ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def free_port() -> int:
    """Choose one TCP port that nobody listens on now."""
    return free_ports(1)[0]
