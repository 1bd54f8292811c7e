"""Free ports on loopback, for programs that cannot be told to choose one."""

from __future__ import annotations

import secrets
import socket

# Below those that systems give to who asks for any, so that none is taken between here and the program's start: not
# by a connection, nor by a server of another test. At random, because tests beside this one choose too.
_NEVER_GIVEN = range(20_000, 32_000)
_TRIES = 1_000


def free_ports(count: int) -> list[int]:
    """Choose `count` different TCP ports that nobody listens on now.

    Raises
    ------
    RuntimeError
        If so few are free that none was found.
    """
    sockets = [_bound() for _ in range(count)]
    try:
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


def free_port() -> int:
    """Choose one TCP port that nobody listens on now."""
    return free_ports(1)[0]


def _bound() -> socket.socket:
    """Hold a port that was free."""
    for _ in range(_TRIES):
        held = socket.socket()
        try:
            held.bind(("127.0.0.1", secrets.choice(_NEVER_GIVEN)))
        except OSError:
            held.close()
        else:
            return held
    raise RuntimeError(f"no port from {_NEVER_GIVEN.start} to {_NEVER_GIVEN.stop - 1} is free on 127.0.0.1")
