"""Certificates for tests, by the machine's own openssl: an authority, and whom it vouches for."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Authority:
    """A made-up authority in a folder of its own.

    Parameters
    ----------
    folder
        Where its files go; made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.cert = folder / "ca.pem"
        self._key = folder / "ca.key"
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90"),
            *("-keyout", self._key, "-out", self.cert, "-subj", "/CN=test authority"),
        )

    def issue(self, name: str, days: int = 20, password: str | None = None) -> tuple[Path, Path]:
        """Make a certificate for 127.0.0.1 and its key, which a password may lock; return both files."""
        key, request, cert = (self.folder / f"{name}.{ending}" for ending in ("key", "csr", "pem"))
        locked = ("-passout", f"pass:{password}") if password else ("-nodes",)
        _openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", *locked),
            *("-keyout", key, "-out", request, "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"),
        )
        _openssl(
            *("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self._key, "-CAcreateserial"),
            *("-days", days, "-out", cert, "-copy_extensions", "copy"),
        )
        return cert, key


def _openssl(*arguments: object) -> None:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr}")
