"""What fires at Alertmanager: the labels and texts of an alert, and of an alert about many customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert, Level, Reason
from sinks.lifecycle import acknowledged_after, closes
from sinks.places import Post, PostOf, UnitOf, first_steps, nobody

ALERT_NAME = "ForeshockAlert"
"""Label `alertname` of an alert about one customer, to route by."""

AGGREGATE_NAME = "ForeshockAggregate"
"""Label `alertname` of an alert about many customers: routes of before do not take it for one about one."""


class Leveled(Protocol):
    """What both kinds of alert have."""

    @property
    def sequence(self) -> int:
        """Number of this transition within the alert."""

    @property
    def level(self) -> Level:
        """How urgent it is."""


M = TypeVar("M", bound=Leveled)
M_contra = TypeVar("M_contra", bound=Leveled, contravariant=True)


@dataclass(frozen=True, slots=True)
class Firing:
    """What Alertmanager should know of one open alert."""

    sequence: int
    is_acknowledged: bool
    labels: dict[str, str]
    rest: dict[str, Any]

    def until(self, moment: datetime) -> dict[str, Any]:
        """Write it for the API, to fire until then; with the present it is resolved."""
        return {"labels": self.labels, **self.rest, "endsAt": moment.isoformat()}


class Portrait(Protocol[M_contra]):
    """Shows one kind of alert to Alertmanager."""

    def id_of(self, alert: M_contra, /) -> str:
        """Return what names the alert, whatever its transition."""

    def is_over(self, alert: M_contra, /) -> bool:
        """Whether the alert ends with this transition."""

    def show(self, alert: M_contra, before: Firing | None, /) -> Firing:
        """Describe it, given what fired before: labels from closed sets and its id, and never a customer."""


class AlertPortrait:
    """Shows alerts about one customer each.

    Parameters
    ----------
    unit_of
        How places are named in the label `unit`.
    """

    def __init__(self, unit_of: UnitOf = first_steps) -> None:
        self._unit_of = unit_of

    def id_of(self, alert: Alert) -> str:
        """Return its id."""
        return alert.alert_id

    def is_over(self, alert: Alert) -> bool:
        """Whether nobody has to act on it any more."""
        return closes(alert)

    def show(self, alert: Alert, before: Firing | None) -> Firing:
        """Describe it; who has the alert is what it was before, unless this transition says something else."""
        is_acknowledged = acknowledged_after(alert, before is not None and before.is_acknowledged)
        labels = {
            "alertname": ALERT_NAME,
            "alert_id": alert.alert_id,
            "cause": alert.cause,
            "level": alert.level,
            "acknowledged": "yes" if is_acknowledged else "no",
            "unit": self._unit_of(alert.org_path),
        }
        # Both come from the organisation's file, which is validated and finite; without one there is neither.
        if alert.owner is not None:
            labels["owner"] = alert.owner
        if alert.supervisor is not None:
            labels["supervisor"] = alert.supervisor
        annotations = _reasons(alert.reasons) | {
            "org_path": alert.org_path,
            "supervisor": alert.supervisor or "",
            "owner": alert.owner or "",
            "stage": alert.stage,
            "transition": alert.transition,
            "sequence": str(alert.sequence),
            "probability_30d": f"{alert.probability_30d:.2f}",
            "policy_ref": alert.policy_ref or "",
            "claim_ref": alert.claim_ref or "",
        }
        return Firing(alert.sequence, is_acknowledged, labels, _rest(annotations, alert.opened_at))


class AggregatePortrait:
    """Shows alerts about many customers.

    Which product or line it is about is an annotation: events name these, and no file closes their set. Which household
    is nowhere: its key stands for very few people, and notifications leave the company.

    Parameters
    ----------
    unit_of
        How places are named in the label `unit`: as in alerts about one customer, so that one can hide the other.
    post_of
        Who answers for a place.
    """

    def __init__(self, unit_of: UnitOf = first_steps, post_of: PostOf = nobody) -> None:
        self._unit_of = unit_of
        self._post_of = post_of

    def id_of(self, alert: AggregateAlert) -> str:
        """Return its id."""
        return alert.aggregate_id

    def is_over(self, alert: AggregateAlert) -> bool:
        """Whether nothing supports it any more; people do not end it."""
        return alert.transition == "expired"

    def show(self, alert: AggregateAlert, before: Firing | None) -> Firing:
        """Describe it; nobody acknowledges what is about many."""
        post = self._post_of(alert.org_path)
        labels = {
            "alertname": AGGREGATE_NAME,
            "aggregate_id": alert.aggregate_id,
            "grouped_by": alert.by,
            "cause": alert.cause,
            "level": alert.level,
            "unit": self._unit_of(alert.org_path),
        }
        annotations = _reasons(alert.reasons) | {
            "org_path": alert.org_path,
            "group": "" if alert.by == "household" else alert.key,
            "customers": str(alert.customers),
            "severe": str(alert.severe),
            "days": f"{alert.days:g}",
            "usual": "" if alert.usual is None else f"{alert.usual:g}",
            "transition": alert.transition,
            "sequence": str(alert.sequence),
        }
        return Firing(alert.sequence, False, labels | _post(post), _rest(annotations | _post(post), alert.opened_at))


def _post(post: Post | None) -> dict[str, str]:
    """Name who answers, where somebody does."""
    return {} if post is None else post._asdict()


def _reasons(reasons: tuple[Reason, ...]) -> dict[str, str]:
    """Write why, in both languages."""
    return {
        "reasons_zh": "；".join(reason.text.zh for reason in reasons),
        "reasons_en": "; ".join(reason.text.en for reason in reasons),
    }


def _rest(annotations: Mapping[str, str], opened_at: datetime) -> dict[str, Any]:
    """Put together what is no label."""
    return {
        "annotations": {name: text for name, text in annotations.items() if text},
        "startsAt": opened_at.isoformat(),
    }
