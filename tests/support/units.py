"""The units of systemd, read for the tests."""

from __future__ import annotations

from pathlib import Path

from tests.support.peers import CHECKOUT

UNIT = CHECKOUT / "deploy" / "systemd" / "foreshock.service"
COMPOSE_UNIT = UNIT.with_name("foreshock-compose.service")


def service(unit: Path = UNIT) -> dict[str, list[str]]:
    """Return what the section [Service] says, by key."""
    told: dict[str, list[str]] = {}
    section = unit.read_text("utf-8").split("[Service]\n")[1].split("\n[")[0]
    for line in section.splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.partition("=")
            told.setdefault(key, []).append(value)
    return told
