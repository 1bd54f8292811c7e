"""All that is said of an alert about many: derived, compared, and why it may differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import orjson

from foreshock.aggregating.deriving import Derived
from foreshock.aggregating.topic import Told
from foreshock.explaining import comparing
from foreshock.explaining.comparing import Comparison, compare
from foreshock.explaining.parameters import Parameter, values_of
from models.params import Params
from schemas.aggregates import AggregateAlert, AggregateTransition
from schemas.codec import encode

Hint = Literal["beginnings_gone", "other_parameters", "grouper_behind", "contradicted", "unknown"]
"""Why a derivation may differ from what was sent."""

_OF_TRANSITION: Mapping[AggregateTransition, tuple[str, ...]] = {
    "opened": (),
    "raised": (),
    "grown": ("grown_by",),
    "lowered": ("calm_hours",),
    "expired": ("calm_hours",),
}
"""Parameters that a transition turned on besides."""

_COMPARED = ("improbable", "orange_below", "calm_above", "usual_half_life_days", "warm_up_days")
"""Parameters that say what is usual, and what is too many beside it; households are compared with nothing."""


class Account(NamedTuple):
    """What is said of an alert about many."""

    source: str
    """What it was derived from."""
    compared_with: str | None
    """Where what was sent was looked for; None if nobody said where."""
    derived: list[Derived]
    """Its transitions, in order."""
    comparison: Comparison | None
    """How they compare with what was sent; None if nothing was found to compare with."""
    gone: dict[int, int]
    """First offset that is left of each partition whose beginning is gone."""
    params_hash: str
    """Hash of the parameters of aggregates used."""
    parameters: list[Parameter]
    """Those that mattered."""
    hints: list[Hint]
    """Why it may differ; empty if it does not."""

    @property
    def is_same(self) -> bool:
        """Whether nothing that could be compared differs."""
        return self.comparison is None or not self.comparison.differences

    @property
    def speaking(self) -> Derived | None:
        """The last transition that told people of more: its customers speak for the alert."""
        more = [each for each in self.derived if each.alert.transition in ("opened", "raised", "grown")]
        return next(reversed(more or self.derived), None)


def account_of(
    source: str,
    compared_with: str | None,
    recorded: Sequence[Told],
    derived: Sequence[Derived],
    first_offsets: Mapping[int, int],
    params: Params,
) -> Account:
    """Put together what is said of an alert about many.

    Parameters
    ----------
    source, compared_with
        Where both come from.
    recorded
        What was sent, as often as it was; may be nothing.
    derived
        What follows from the journal.
    first_offsets
        First offset that is left of each partition of the journal.
    params
        What it was derived with.
    """
    sent = {told.alert.sequence: told.raw for told in reversed(recorded)}
    comparison = compare(sent, {each.alert.sequence: each.raw for each in derived}) if sent else None
    gone = {partition: first for partition, first in first_offsets.items() if first > 0}
    alerts = [each.alert for each in derived]
    account = Account(
        source,
        compared_with,
        list(derived),
        comparison,
        gone,
        params.aggregates.digest(),
        _mattered(params, alerts),
        [],
    )
    return account._replace(hints=list(_hints(account, recorded)))


def as_dict(account: Account) -> dict[str, Any]:
    """Write an account for a program."""
    return {
        "aggregate_id": account.derived[-1].alert.aggregate_id if account.derived else None,
        "source": account.source,
        "compared_with": account.compared_with,
        "is_same": account.is_same if account.comparison is not None else None,
        "comparison": comparing.as_dict(account.comparison),
        "hints": account.hints,
        "journal": {"first_offsets": {str(partition): first for partition, first in account.gone.items()}},
        "params_hash": account.params_hash,
        "parameters": {each.name: {"value": each.value, "is_default": each.is_default} for each in account.parameters},
        "transitions": [
            {
                "aggregate": orjson.loads(each.raw),
                "counted": [orjson.loads(encode(evidence)) for evidence in each.counted],
            }
            for each in account.derived
        ],
    }


def _mattered(params: Params, alerts: Sequence[AggregateAlert]) -> list[Parameter]:
    """Name the parameters that the transitions turned on, each once."""
    if not alerts:
        return []
    by = alerts[0].by
    names = dict.fromkeys(("evidence_level", f"{by}.customers", f"{by}.days", f"{by}.keep"))
    names |= dict.fromkeys(() if by == "household" else _COMPARED)
    for alert in alerts:
        names |= dict.fromkeys(_OF_TRANSITION[alert.transition])
    return values_of(params, (f"aggregates.{name}" for name in names))


def _hints(account: Account, recorded: Sequence[Told]) -> Iterator[Hint]:
    """Say why it may differ."""
    if len({(told.alert.sequence, told.raw) for told in recorded}) > len({told.alert.sequence for told in recorded}):
        yield "contradicted"
    if account.comparison is None or account.is_same:
        return
    known = False
    if account.gone:
        known = True
        yield "beginnings_gone"
    if any(told.alert.params_hash != account.params_hash for told in recorded):
        known = True
        yield "other_parameters"
    newest = max(told.alert.sequence for told in recorded)
    if all(each.kind == "not_recorded" and each.sequence > newest for each in account.comparison.differences):
        known = True
        yield "grouper_behind"
    if not known:
        yield "unknown"
