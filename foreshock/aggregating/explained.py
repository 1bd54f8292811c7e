"""Looks for what was sent of an alert about many, derives it again, and compares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from foreshock.aggregating.account import Account, account_of
from foreshock.aggregating.deriving import derive, find_alert
from foreshock.aggregating.topic import TOPIC, Told, check_one, read_told, told_by
from foreshock.alerting.topic import check_name
from foreshock.explaining.basis import Basis
from schemas.errors import ConfigurationError


class _Recorded(NamedTuple):
    """What was sent of an alert about many."""

    where: str | None
    """Where it was looked for; None if nobody said where."""
    told: list[Told]
    """In the order in which it was sent."""


async def explained(basis: Basis, named: str, sent: str | None) -> Account:
    """Put together what is said of an alert about many.

    Parameters
    ----------
    basis
        What it is derived from.
    named
        Its id, or at least six characters of the beginning.
    sent
        A file with what was sent; without it the topic, if the journal of the broker is read.

    Raises
    ------
    ConfigurationError
        If there is no such alert, or several, or it was decided with other parameters.
    """
    check_name(named)
    source, params = basis.source, basis.params
    recorded = await _recorded(basis, named, sent)
    _check_params(recorded, params.aggregates.digest())
    alert = recorded.told[0].alert if recorded.told else await find_alert(source, params.aggregates, named.lower())
    if alert is None:
        raise ConfigurationError(_unknown(named, source.name, recorded.where))
    derived = await derive(source, params.aggregates, alert)
    if basis.is_at_broker and sent is None and len(derived) > len({told.alert.sequence for told in recorded.told}) > 0:
        # The role may have sent more since the topic was read.
        recorded = await _recorded(basis, alert.aggregate_id, sent)
    return account_of(source.name, recorded.where, recorded.told, derived, source.first_offsets, params)


async def _recorded(basis: Basis, named: str, sent: str | None) -> _Recorded:
    """Look for what was sent: in a file, or on the topic."""
    if sent is not None:
        return _Recorded(sent, _meant(named, _sent(sent)))
    if basis.is_at_broker:
        return _Recorded(basis.settings.topic(TOPIC), _meant(named, [told async for told in read_told(basis.settings)]))
    return _Recorded(None, [])


def _sent(name: str) -> Iterator[Told]:
    """Yield the transitions of a file."""
    with Path(name).open("rb") as lines:
        for line in lines:
            if (told := told_by(line.rstrip(b"\n"))) is not None:
                yield told


def _meant(named: str, told: Iterable[Told]) -> list[Told]:
    """Keep what is of the alert that is named."""
    meant = [each for each in told if each.alert.aggregate_id.startswith(named.lower())]
    check_one(named, [each.alert for each in meant])
    return meant


def _check_params(recorded: _Recorded, digest: str) -> None:
    """Refuse parameters that no transition was decided with: the hash alone would make all of them differ."""
    hashes = {told.alert.params_hash for told in recorded.told}
    if hashes and digest not in hashes:
        raise ConfigurationError(
            f"it was decided with the parameters of aggregates {', '.join(sorted(hashes))}, and these here are "
            f"{digest}: name what the worker has with --params or with FORESHOCK_PARAMS_FILE"
        )


def _unknown(named: str, source: str, where: str | None) -> str:
    """Say that there is no such alert, and why that may be."""
    told = f"no alert about many {named}: it does not follow from {source}"
    if where is not None:
        told += f", and {where} has nothing of it"
    return (
        f"{told}. Is the id whole, and are parameters and secret those of the worker? An alert about one customer is "
        "explained by `foreshock explain`"
    )
