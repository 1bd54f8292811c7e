"""All that is said of an alert: derived, compared, and why it may differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import orjson

from foreshock.alerting.topic import Told
from foreshock.explaining import comparing
from foreshock.explaining.comparing import Comparison, compare
from foreshock.explaining.parameters import Parameter, mattered
from foreshock.explaining.scores import Score, adds_up, sum_of
from foreshock.explaining.witness import Derived, Witness
from models.log_odds import log_odds
from models.params import Params
from schemas.alerts import PAGING, Cause
from schemas.codec import CustomerEvent, encode

Hint = Literal["beginning_gone", "other_parameters", "snapshot_missing", "scorer_behind", "contradicted", "unknown"]
"""Why a derivation may differ from what was sent."""


class Taxonomy(NamedTuple):
    """Where a jurisdiction's pack puts a cause."""

    pack: str
    """Name of the pack."""
    zh: str
    """What it calls the cause in Chinese."""
    en: str
    """The same in English."""
    branch: str
    """Where that hangs in its tree."""


class Account(NamedTuple):
    """What is said of an alert."""

    source: str
    """What it was derived from."""
    compared_with: str | None
    """Where what was sent was looked for; None if nobody said where."""
    witness: Witness
    """What the run showed."""
    comparison: Comparison | None
    """How that compares with what was sent; None if nothing was found to compare with."""
    first_offset: int
    """First journal offset that is left of the partition."""
    params_hash: str
    """Hash of the parameters used."""
    parameters: list[Parameter]
    """Those that mattered."""
    missing_snapshots: list[int]
    """Snapshots that what was sent was scored with, and the journal no longer has."""
    hints: list[Hint]
    """Why it may differ; empty if it does not."""
    taxonomy: Taxonomy | None
    """Where the pack in force puts its cause; None without a pack."""

    @property
    def is_same(self) -> bool:
        """Whether nothing that could be compared differs."""
        return self.comparison is None or not self.comparison.differences

    @property
    def speaking(self) -> Derived | None:
        """The transition whose score speaks for the alert: the last by which it opened or rose."""
        derived = self.witness.derived
        risen = [each for each in derived if each.alert.transition in PAGING]
        return next(reversed(risen or derived), None)


def account_of(
    source: str,
    compared_with: str | None,
    recorded: Sequence[Told],
    contradicted: set[int],
    witness: Witness,
    first_offset: int,
    params: Params,
) -> Account:
    """Put together what is said of an alert.

    Parameters
    ----------
    source, compared_with
        Where both come from.
    recorded
        What was sent; may be nothing.
    contradicted
        Numbers of transitions that were sent with other bytes too.
    witness
        What the run showed.
    first_offset
        First journal offset that is left of the partition.
    params
        What it was derived with.
    """
    sent = {told.alert.sequence: told.raw for told in recorded}
    comparison = compare(sent, {each.alert.sequence: each.raw for each in witness.derived}) if sent else None
    missing = sorted({told.alert.snapshot for told in recorded} - witness.snapshots)
    alerts = [each.alert for each in witness.derived]
    is_cold = all(each.score is None or each.score.cold for each in witness.derived)
    account = Account(
        source,
        compared_with,
        witness,
        comparison,
        first_offset,
        params.digest(),
        mattered(params, alerts, is_cold=is_cold),
        missing,
        [],
        _taxonomy_of(params, alerts[-1].cause) if alerts else None,
    )
    hints = [] if account.is_same and not contradicted else list(_hints(account, recorded, contradicted))
    return account._replace(hints=hints)


def as_dict(account: Account, *, with_texts: bool) -> dict[str, Any]:
    """Write an account for a program.

    Parameters
    ----------
    account
        The account.
    with_texts
        Whether what customers and staff said is told too, as redacted in the journal.
    """
    witness = account.witness
    return {
        "alert_id": witness.alert_id,
        "customer_key": witness.customer_key,
        "taxonomy": account.taxonomy._asdict() if account.taxonomy else None,
        "source": account.source,
        "compared_with": account.compared_with,
        "is_same": account.is_same if account.comparison is not None else None,
        "comparison": comparing.as_dict(account.comparison),
        "hints": account.hints,
        "missing_snapshots": account.missing_snapshots,
        "journal": {"partition": witness.partition, "first_offset": account.first_offset},
        "params_hash": account.params_hash,
        "parameters": {each.name: {"value": each.value, "is_default": each.is_default} for each in account.parameters},
        "evidence": [facts_of(event, with_texts=with_texts) for event in in_order(witness)],
        "transitions": [_transition(each, with_texts) for each in witness.derived],
    }


def in_order(witness: Witness) -> list[CustomerEvent]:
    """Return the evidence in the order of time."""
    return sorted(witness.evidence.values(), key=lambda event: (event.occurred_at, event.event_id))


def facts_of(event: CustomerEvent, *, with_texts: bool) -> dict[str, Any]:
    """Tell an event: which, when, and of which kind; what was said only where that is asked for."""
    fields: dict[str, Any] = orjson.loads(encode(event))
    facts = {name: fields[name] for name in ("event_id", "occurred_at", "kind", *_KINDS) if name in fields}
    if with_texts:
        facts |= {name: fields[name] for name in _TEXTS if name in fields}
    return facts


_KINDS = ("channel", "action", "status", "instrument", "score", "actor_ref", "due_at")
"""Fields that say what kind of event it was; none holds what somebody said."""

_TEXTS = ("text", "turns", "comment", "note")
"""Fields that hold what somebody said, as the journal has redacted it."""


def _taxonomy_of(params: Params, cause: Cause) -> Taxonomy | None:
    """Look a cause up in the pack in force."""
    entry = params.jurisdiction.causes.get(cause)
    return None if entry is None else Taxonomy(params.jurisdiction.name, entry.zh, entry.en, entry.branch)


def _hints(account: Account, recorded: Sequence[Told], contradicted: set[int]) -> Iterator[Hint]:
    """Say why it may differ."""
    if contradicted:
        yield "contradicted"
    differences = account.comparison.differences if account.comparison else []
    if not differences:
        return
    known = False
    if account.first_offset > 0:
        known = True
        yield "beginning_gone"
    if any(told.alert.params_hash != account.params_hash for told in recorded):
        known = True
        yield "other_parameters"
    if account.missing_snapshots:
        known = True
        yield "snapshot_missing"
    newest = max(told.alert.sequence for told in recorded)
    if all(each.kind == "not_recorded" and each.sequence > newest for each in differences):
        known = True
        yield "scorer_behind"
    if not known:
        yield "unknown"


def _transition(derived: Derived, with_texts: bool) -> dict[str, Any]:
    """Write a transition: the alert as it was sent, who made it, and what its score was made of."""
    alert, origin = derived.alert, derived.origin._asdict()
    if not with_texts:
        del origin["note"]
    explanation = alert.explanation
    return {
        "alert": orjson.loads(derived.raw),
        "by": origin,
        "log_odds_30d": log_odds(alert.probability_30d),
        "sum_of_contributions": sum_of(explanation) if explanation else None,
        "adds_up": adds_up(explanation, alert.probability_30d) if explanation else None,
        "score": _score(derived.score),
    }


def _score(score: Score | None) -> dict[str, Any] | None:
    """Write a score."""
    if score is None:
        return None
    return {
        **score._asdict(),
        "features": {each.name: {"value": each.value, "adds": each.adds} for each in score.features},
    }
