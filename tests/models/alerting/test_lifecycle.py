"""An alert is opened, taken, worked on, left alone, ended and opened again; whoever acts on it gets an answer."""

from __future__ import annotations

import pytest

from models.parameters.policy import PolicyParams
from models.params import Params
from schemas.alerts import Alert
from schemas.receipts import Receipt
from tests.support.core import Core
from tests.support.events import action, call, complaint, moment, promise, tick

RULES_ALONE = PolicyParams(model=False, review_days=30.0)


def _core(**policy: object) -> tuple[Core, Alert]:
    """A customer with one alert, of a promise that was missed on day 1."""
    core = Core(Params(policy=RULES_ALONE.model_copy(update=policy)))
    alerts = core.alerts(promise(day=0, due=1), tick(1))
    return core, next(alert for alert in alerts if alert.cause == "broken_promise")


def _receipt(core: Core, alert_id: str, what: str, day: float, **given: object) -> Receipt:
    (outcome,) = core.take(action(day=day, what=what, alert_id=alert_id, actor_ref="li", **given))
    (receipt,) = outcome.receipts
    return receipt


def _answers(core: Core, alert_id: str, *deeds: tuple[str, float]) -> list[tuple[str, str]]:
    receipts = [_receipt(core, alert_id, what, day) for what, day in deeds]
    return [(receipt.result, receipt.code) for receipt in receipts]


def test_acting_twice_on_a_closed_one_and_on_an_unknown_one_have_defined_answers() -> None:
    core, alert = _core()

    answers = _answers(
        core,
        alert.alert_id,
        ("acknowledged", 1.1),
        ("acknowledged", 1.2),
        ("started", 1.3),
        ("contacted", 1.4),
        ("other", 1.5),
        ("resolved", 1.6),
        ("resolved", 1.7),
        ("acknowledged", 1.8),
    )

    assert answers == [
        ("done", "done"),
        ("already", "already"),
        ("done", "done"),
        ("done", "noted"),
        ("refused", "not_understood"),
        ("done", "done"),
        ("refused", "closed"),
        ("refused", "closed"),
    ]
    assert _answers(core, "nobody", ("acknowledged", 1.9), ("reopened", 2.0)) == [("refused", "unknown")] * 2


@pytest.mark.parametrize(("first", "code"), [(False, "done"), (True, "not_acknowledged")])
def test_resolving_before_acknowledging_is_as_the_parameter_says(first: bool, code: str) -> None:
    core, alert = _core(acknowledge_first=first)

    assert _answers(core, alert.alert_id, ("resolved", 1.1))[0][1] == code


def test_every_transition_of_a_person_says_who_and_why() -> None:
    core, alert = _core()
    (told,) = core.alerts(action(day=1.1, what="acknowledged", alert_id=alert.alert_id, actor_ref="li", note="at four"))

    assert (told.by, told.because, told.status, told.assignee) == ("li", "at four", "acknowledged", "li")
    (assigned,) = core.alerts(action(day=1.2, what="assigned", alert_id=alert.alert_id, assignee_ref="wu"))
    assert (assigned.transition, assigned.assignee, assigned.status) == ("assigned", "wu", "acknowledged")


def test_an_acknowledgement_lapses_after_days_without_anything_done_at_its_due_time() -> None:
    core, alert = _core(lapse_days=2.0)
    core.take(action(day=1.5, what="acknowledged", alert_id=alert.alert_id), action(day=2.5, what="contacted"))

    (lapsed,) = core.alerts(tick(10))

    assert (lapsed.transition, lapsed.at, lapsed.status) == ("lapsed", moment(4.5), "open")
    assert [reason.code for reason in lapsed.reasons][:2] == ["lapsed", "broken_promise"]


def test_an_alert_that_is_left_alone_wakes_at_its_time_and_rises_silently_to_yellow_only() -> None:
    core, alert = _core(lapse_days=1.0)
    core.take(action(day=1.5, what="snoozed", alert_id=alert.alert_id, until=moment(5)))
    assert core.alerts(tick(4.9)) == []
    (woken,) = core.alerts(tick(5.1))
    assert (woken.transition, woken.at) == ("woken", moment(5))

    core.take(action(day=6, what="snoozed", alert_id=alert.alert_id, until=moment(9)))
    alerts = core.alerts(promise(day=6.1, due=7), tick(7.5))
    rises = [(each.transition, each.level) for each in alerts if each.cause == "broken_promise"]
    assert rises == [("raised", "orange")]


def test_a_snooze_in_the_past_is_refused_and_one_without_end_is_cut() -> None:
    core, alert = _core(snooze_days=2.0)

    assert _receipt(core, alert.alert_id, "snoozed", 1.5, until=moment(1)).code == "past"
    (snoozed,) = core.alerts(action(day=1.5, what="snoozed", alert_id=alert.alert_id, until=moment(60)))
    assert snoozed.snoozed_until == moment(3.5)


def test_a_person_may_open_an_alert_again_for_some_days_unless_the_customer_has_complained() -> None:
    core, alert = _core(reopen_days=2.0)
    core.take(action(day=1.1, what="dismissed", alert_id=alert.alert_id))
    (again,) = core.alerts(action(day=2, what="reopened", alert_id=alert.alert_id))
    assert (again.alert_id, again.transition, again.sequence, again.status) == (alert.alert_id, "reopened", 2, "open")

    core.take(action(day=2.1, what="dismissed", alert_id=alert.alert_id))
    assert _answers(core, alert.alert_id, ("reopened", 5.0)) == [("refused", "too_late")]

    other, complained = _core()
    other.take(complaint(day=1.5))
    assert _answers(other, complained.alert_id, ("acknowledged", 1.6), ("reopened", 1.7)) == [
        ("refused", "closed"),
        ("refused", "complained"),
    ]


def test_who_sees_no_reason_to_act_vouches_for_the_quiet() -> None:
    """What was done before no longer censors a quiet horizon; what is done later does."""

    def labels(*deeds: tuple[str, float]) -> set[str | None]:
        core = Core()
        core.take(call(day=0), *(action(day=day, what=what) for what, day in deeds))
        examples = [each for outcome in core.take(tick(8)) for each in outcome.examples if each.kind == "risk"]
        return {each.censored_by for each in examples if each.predicted_at == moment(0) and 7 in each.horizons}

    assert labels(("contacted", 1)) == {"intervened"}
    assert labels(("contacted", 1), ("disagreed", 2)) == {None}
    assert labels(("disagreed", 1), ("contacted", 2)) == {"intervened"}
