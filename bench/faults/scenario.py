"""What a scenario is: a name, a few settings, and one function that does the harm."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.faults.brokers import Ability
from bench.faults.feeder import Spoil
from bench.faults.workers import ALL_ROLES

if TYPE_CHECKING:
    from bench.faults.stage import Stage

Act = Callable[["Stage"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Cast:
    """One worker of a scenario."""

    roles: str = ALL_ROLES
    """What it does."""
    fault: str = ""
    """What goes wrong inside it; see `bench.faults.faulted_worker`."""
    door: str = "front"
    """By which listener it comes to the broker, where that has several: Apache Kafka of our own."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way in which things go wrong."""

    name: str
    """Short name, for `--only`."""
    title: str
    """What happens, in words."""
    act: Act
    """Does it, while events are being fed."""
    cast: Mapping[str, Cast]
    """Workers that are there from the beginning, by name."""
    needs: frozenset[Ability] = frozenset()
    """What the broker must be able to do."""
    only: frozenset[str] = frozenset()
    """Kinds of broker to which it makes sense; empty for all."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What is not as usual with the workers."""
    params: str = ""
    """What is not as usual with the core's parameters, as TOML."""
    spoil: Spoil | None = None
    """What is not as usual with the input."""
    set_up: Act | None = None
    """What is done before the first worker starts."""
    short_on: tuple[str, ...] = ()
    """Kinds of broker on which `make test` plays it."""
    in_all: bool = True
    """Whether a run of everything includes it."""

    def fits(self, kind: str, abilities: frozenset[Ability]) -> bool:
        """Say whether it can be played on a broker."""
        return self.needs <= abilities and (not self.only or kind in self.only)


DECLARED: dict[str, Scenario] = {}
"""Every scenario by name, in the order in which they are declared."""


def scenario(
    name: str,
    title: str,
    *,
    cast: str | Mapping[str, Cast] = "a",
    needs: tuple[Ability, ...] = (),
    only: tuple[str, ...] = (),
    **options: Any,
) -> Callable[[Act], Act]:
    """Declare a scenario; the function decorated does the harm.

    Parameters
    ----------
    name, title
        As in `Scenario`.
    cast
        Workers by name; a string names plain ones by their letters.
    needs, only
        As in `Scenario`.
    **options
        Other fields of `Scenario`.

    Raises
    ------
    ValueError
        If the name is taken.
    """
    if name in DECLARED:
        raise ValueError(f"there are two scenarios of the name {name}")
    workers = {letter: Cast() for letter in cast} if isinstance(cast, str) else cast

    def declare(act: Act) -> Act:
        DECLARED[name] = Scenario(name, title, act, workers, frozenset(needs), frozenset(only), **options)
        return act

    return declare
