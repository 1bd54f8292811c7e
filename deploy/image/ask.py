#!/usr/bin/env -S python3 -IS
"""Ask one page of the worker in this container, such as `ask readyz`: prints it, and ends with 0 if it says 200.

Without the standard library's HTTP client and without site-packages, because a health check runs it every few
seconds: it takes some 20 ms.
"""

import os
import socket
import sys

TIMEOUT_SECONDS = 4.0


def ask(page: str, port: int) -> tuple[int, str]:
    """Return status and text of a page; status 0 if nobody answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as connection:
            connection.sendall(f"GET /{page} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), body.decode()
    except (OSError, ValueError, IndexError) as error:
        return 0, f"/{page} on port {port}: {error}"


if __name__ == "__main__":
    status, text = ask(sys.argv[1] if len(sys.argv) > 1 else "healthz", int(os.environ["FORESHOCK_WEB_PORT"]))
    print(text)
    sys.exit(status != 200)
