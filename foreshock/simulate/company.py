"""The simulated insurer as an organisation file: its units, who answers for them, by when, and for how many a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from foreshock.simulate.insurer import ORG_PATHS
from foreshock.simulate.rhythm import UTC_OFFSET_HOURS


@dataclass(frozen=True, slots=True)
class Terms:
    """What the insurer asks of every unit."""

    yellow: tuple[float, float] = (24.0, 72.0)
    """Hours until an alert must be acknowledged, and until something must be done about it."""
    orange: tuple[float, float] = (4.0, 24.0)
    """The same."""
    red: tuple[float, float] = (1.0, 4.0)
    """The same."""
    capacity: int = 4
    """Alerts that an owner is told of per day: beyond what a branch of the demo gets on nine days in ten, so that the
    cap is seen at work on the others."""


def organisation_toml(terms: Terms = Terms()) -> str:
    """Write the organisation of the simulated insurer.

    Every branch of the simulation is a unit, with its province above it and head office above that.

    Parameters
    ----------
    terms
        What is asked of each unit.
    """
    clocks = "\n".join(
        f"{level} = {{ acknowledge_hours = {acknowledge:g}, act_hours = {act:g} }}"
        for level, (acknowledge, act) in (("yellow", terms.yellow), ("orange", terms.orange), ("red", terms.red))
    )
    head = (
        "# Who answers for the alerts of the simulated insurer (`foreshock simulate`).\n"
        "# Written by foreshock/simulate/company.py; a test compares them.\n\n"
        f"utc_offset_hours = {UTC_OFFSET_HOURS} # a day begins at midnight in Beijing\n\n"
        f"[defaults]\nevidence = true\ncapacity = {terms.capacity}\n\n[defaults.clocks]\n{clocks}\n"
    )
    return head + "".join(map(_unit, _paths(ORG_PATHS)))


def _unit(path: str) -> str:
    """Write one unit; only head office has no end to its day, because all that nobody answers ends there."""
    name = path.rpartition("/")[2].lower()
    desk = "service-quality" if "/" not in path else f"{name}-{'office' if path.count('/') == 1 else 'desk'}"
    room = "capacity = 200\n" if "/" not in path else ""
    return f'\n[[units]]\npath = "{path}"\nowner = "{desk}"\n{room}'


def _paths(leaves: Iterable[str]) -> list[str]:
    """Return units with all that are above them, from head office down."""
    found: dict[str, None] = {}
    for leaf in leaves:
        parts = leaf.split("/")
        found.update(dict.fromkeys("/".join(parts[:depth]) for depth in range(1, len(parts) + 1)))
    return sorted(found)
