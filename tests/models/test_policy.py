"""The model ranks, the budget says how far down the list one can call, and rules say why."""

from __future__ import annotations

import pytest

from models.alerting.evidence import BLUE, NONE, ORANGE, RED, YELLOW, supported_levels
from models.engine import Engine
from models.entries import OpenAlert
from models.features import NAMES
from models.log_odds import probability_of
from models.moments import DAY
from models.parameters.policy import PolicyParams
from models.params import Params
from models.risk import untrained
from models.state import CustomerState
from schemas.snapshots import ModelWeights, RiskLine, RiskWeights
from schemas.ticks import SnapshotNotice
from tests.support.core import Core, told
from tests.support.events import action, call, claim, complaint, moment, promise, tick

ANGRY = "你们太差了，打了好几次都没人联系我，我要向银保监举报你们！"
NOW = moment().timestamp()
PARAMS = Params()


def _scored(score: float, **given: object) -> CustomerState:
    """A customer seen just now with a score in log-odds."""
    return CustomerState(clock=NOW, seen_at=NOW, cold=False, probability_7d=probability_of(score), **given)  # type: ignore[arg-type]


def _notice(score: float, number: int = 1) -> SnapshotNotice:
    """A model that gives everybody one score, and has seen enough to be trusted."""
    model = RiskWeights(intercept=score, dense=(0.0,) * len(NAMES), means=(0.0,) * len(NAMES))
    line = RiskLine(name="adagrad", risk_7d=model, risk_30d=model)
    weights = untrained(PARAMS).model_copy(update={"number": number, "positives_seen": 1_000, "lines": (line,)})
    return SnapshotNotice(partition=0, weights=ModelWeights.model_validate(weights.model_dump()))


def _core(score: float, **policy: float) -> Core:
    core = Core(Params(policy=PolicyParams(first_threshold=0.0, **policy)))  # type: ignore[arg-type]
    core.take(_notice(score))
    return core


@pytest.mark.parametrize(
    ("score", "level"),
    [(-2.01, NONE), (-1.99, YELLOW), (-1.31, YELLOW), (-1.29, ORANGE), (-0.61, ORANGE), (-0.59, RED)],
)
def test_the_distance_to_the_threshold_is_the_level(score: float, level: int) -> None:
    assert supported_levels(_scored(score), NOW, -2.0, PARAMS).get("complaint_risk", NONE) == level


def test_a_score_speaks_only_as_long_as_its_horizon() -> None:
    state = _scored(3.0)

    assert "complaint_risk" in supported_levels(state, NOW + 29.9 * DAY, -2.0, PARAMS)
    assert "complaint_risk" not in supported_levels(state, NOW + 30.1 * DAY, -2.0, PARAMS)


@pytest.mark.parametrize(
    ("asked_to_call", "score", "level"), [(BLUE, -2.4, NONE), (YELLOW, -2.4, YELLOW), (YELLOW, -2.6, NONE)]
)
def test_who_is_to_be_called_already_may_fall_a_little_below(asked_to_call: int, score: float, level: int) -> None:
    state = _scored(score, alerts=[OpenAlert("broken_promise", 0, asked_to_call, NOW, 0, NOW, NOW)])

    assert supported_levels(state, NOW, -2.0, PARAMS).get("complaint_risk", NONE) == level


def test_a_score_that_stays_raises_nothing() -> None:
    """That an alert is held a little below the threshold says nothing about how far above it the score is."""
    core = _core(0.3)

    assert told(core.alerts(call(day=0))) == [("complaint_risk", "opened", "yellow")]
    assert core.alerts(call(day=0.1, resolved=True), tick(0.3)) == []


def test_below_the_threshold_a_rule_says_no_more_than_watch() -> None:
    alerts = _core(-1.0).alerts(promise(day=0, due=1), promise(day=0, due=2), call(day=1.5), tick(3))

    assert told(alerts) == [("broken_promise", "opened", "blue")]


def test_above_the_threshold_a_rule_says_why_and_the_model_how_soon() -> None:
    alerts = _core(1.0).alerts(promise(day=0, due=1), tick(1.5))

    assert told(alerts)[0] == ("complaint_risk", "opened", "orange")
    assert ("broken_promise", "opened", "yellow") in told(alerts)


def test_a_fresh_threat_needs_no_model() -> None:
    core = _core(-5.0)

    assert told(core.alerts(call(day=0, text=ANGRY))) == [("threat", "opened", "orange")]


def test_vulnerability_lifts_a_call_and_not_a_watch() -> None:
    calm = _core(-5.0).alerts(claim(day=0), promise(day=0, due=1, vulnerability=("elder",)), tick(1.5))
    warm = _core(0.1).alerts(promise(day=0, due=1, vulnerability=("elder",)), tick(1.5))

    assert told(calm) == [("broken_promise", "opened", "blue")]
    assert told(warm)[-1] == ("broken_promise", "opened", "orange")


def test_without_the_model_every_rule_speaks_for_itself() -> None:
    core = Core(Params(policy=PolicyParams(model=False)))
    core.take(_notice(5.0))

    alerts = core.alerts(promise(day=0, due=1), tick(1.5))

    assert told(alerts) == [("broken_promise", "opened", "yellow")]


def test_an_alert_of_the_model_stands_for_a_week_without_support() -> None:
    core = _core(1.0)
    core.take(call(day=0))

    assert told(core.alerts(_notice(-5.0, number=2), call(day=1), tick(6.9))) == []
    assert told(core.alerts(tick(7.1))) == [("complaint_risk", "expired", "orange")]


def test_who_has_complained_has_a_case_handler_already() -> None:
    core = _core(5.0)
    core.take(complaint(day=0))

    assert core.alerts(call(day=1), tick(20)) == []


def test_each_call_makes_the_next_one_harder_and_time_makes_it_easier() -> None:
    core = _core(0.1, budget_customers=10, budget_gain=2.0, budget=0.25)

    first = core.alerts(call("a", day=0))
    second = core.alerts(call("b", day=0))
    core.take(tick(0), tick(6.5))
    third = core.alerts(call("b", day=6.5))
    core.take(tick(20))
    fourth = core.alerts(call("c", day=20))

    # One call among ten customers raises the threshold by .2, above everybody; 6.5 days lower it by .11, 20 by .33.
    assert told(first) == [("complaint_risk", "opened", "yellow")]
    assert second == []
    assert told(third) == [("complaint_risk", "opened", "yellow")]
    assert told(fourth) == [("complaint_risk", "opened", "yellow")]


def test_an_alert_that_rises_is_not_spent_for_again() -> None:
    core = _core(0.1, budget_customers=10, budget_gain=2.0)
    core.take(call(day=0))
    threshold = _threshold(core.engine)

    alerts = core.alerts(_notice(3.0, number=2), call(day=1))

    assert told(alerts) == [("complaint_risk", "raised", "red")]
    assert _threshold(core.engine) == threshold


def test_watching_costs_nothing_of_the_budget() -> None:
    core = _core(-1.0, budget_customers=10, budget_gain=2.0)

    alerts = core.alerts(promise(day=0, due=1), tick(0), action(day=2, what="acknowledged"))

    assert told(alerts)[0] == ("broken_promise", "opened", "blue")
    assert _threshold(core.engine) == 0.0


def test_while_the_model_is_cold_every_rule_speaks_for_itself_and_the_threshold_waits() -> None:
    core = Core(Params(policy=PolicyParams(budget_customers=10)))

    alerts = core.alerts(tick(0), promise(day=0, due=1), call(day=0), tick(30))

    assert told(alerts)[0] == ("broken_promise", "opened", "yellow")
    assert not any(alert.cause == "complaint_risk" for alert in alerts)
    assert _threshold(core.engine) == PARAMS.policy.first_threshold


def test_from_the_first_warm_snapshot_on_the_model_decides_and_the_budget_counts() -> None:
    core = _core(1.0, budget_customers=10)

    alerts = core.alerts(call(day=0))

    assert told(alerts) == [("complaint_risk", "opened", "orange")]
    assert _threshold(core.engine) > 0.0


def _threshold(engine: Engine) -> float:
    return engine._frame.budget.threshold
