"""Stories of one customer at a time: what the core believes and decides by rules; `test_policy` adds the model."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.parameters.labels import LabelParams
from models.parameters.policy import PolicyParams
from models.params import Params
from models.risk import untrained
from models.text.tokens import tokens
from schemas.alerts import STAGES
from schemas.examples import TextExample
from schemas.snapshots import ModelWeights
from schemas.ticks import SnapshotNotice
from tests.support.core import Core, told
from tests.support.events import action, call, claim, complaint, moment, promise, survey, tick

ANGRY = "你们太差了，打了好几次都没人联系我，我要向银保监举报你们！"


@pytest.fixture
def core() -> Core:
    return Core(Params(policy=PolicyParams(model=False)))


def test_a_missed_promise_fires_at_its_due_time_without_any_event(core: Core) -> None:
    core.take(promise(day=0, due=2))

    alerts = core.alerts(tick(1.9), tick(5))

    assert told(alerts) == [("broken_promise", "opened", "yellow")]
    assert alerts[0].at == moment(2)


def test_a_kept_promise_stays_quiet(core: Core) -> None:
    core.take(promise(day=0, due=2, promise_ref="p1"), action(day=1, what="promise_kept", promise_ref="p1"))

    assert core.alerts(tick(5)) == []


def test_a_promise_whose_due_time_had_passed_when_it_arrived_is_missed_at_once(core: Core) -> None:
    core.take(call(day=3))

    assert told(core.alerts(promise(day=0, due=1))) == [("broken_promise", "opened", "yellow")]


def test_a_claim_without_visible_progress_opens_at_the_threshold_and_rises_each_time_it_doubles(core: Core) -> None:
    core.take(claim(day=0), claim(day=2, status="assessed", customer_visible=False))

    alerts = [alert for alert in core.alerts(tick(3.9), tick(20)) if alert.cause == "claim_stalled"]

    assert [(alert.transition, alert.level, alert.at) for alert in alerts] == [
        ("opened", "blue", moment(4)),
        ("raised", "yellow", moment(8)),
        ("raised", "orange", moment(16)),
    ]


def test_visible_progress_restarts_the_clock_of_a_claim(core: Core) -> None:
    core.take(claim(day=0), claim(day=3, status="surveyed"))

    assert core.alerts(tick(6.9)) == []


def test_a_paid_claim_has_no_clock(core: Core) -> None:
    core.take(claim(day=0), claim(day=3, status="paid"))

    assert core.alerts(tick(60)) == []


def test_a_survey_left_unanswered_after_a_bad_contact_is_heard_as_silence(core: Core) -> None:
    core.take(
        call(day=0, resolved=False, transfers=3, wait_seconds=1200),
        survey(day=0.1, score=None, status="sent"),
    )

    alerts = core.alerts(tick(3.2))

    assert ("silent_after_bad_contact", "opened", "yellow") in told(alerts)
    assert STAGES[core.states["a"].stage] == "dissatisfied"


def test_a_survey_left_unanswered_after_a_good_contact_says_nothing(core: Core) -> None:
    core.take(call(day=0, resolved=True), survey(day=0.1, score=None, status="sent"))

    assert core.alerts(tick(10)) == []


def test_a_threat_opens_an_alert_at_once_with_reasons_in_both_languages(core: Core) -> None:
    alerts = core.alerts(call(day=0, text=ANGRY))

    threat = next(alert for alert in alerts if alert.cause == "threat")
    assert threat.level == "orange"
    assert 1 <= len(threat.reasons) <= 5
    assert all(reason.text.zh and reason.text.en for reason in threat.reasons)
    assert threat.reasons[0].evidence == (core.states["a"].evidence[-1],)
    assert STAGES[core.states["a"].stage] == "grumbling"


def test_asking_again_and_again_raises_one_alert_and_not_many(core: Core) -> None:
    alerts = core.alerts(*(call(day=day) for day in (0, 1, 2, 3, 4, 5)))

    repeated = [alert for alert in alerts if alert.cause == "repeat_contact"]
    assert told(repeated) == [("repeat_contact", "opened", "yellow"), ("repeat_contact", "raised", "orange")]
    assert len({alert.alert_id for alert in repeated}) == 1


def test_an_alert_that_nothing_supports_expires_and_cools_down(core: Core) -> None:
    core.take(call(day=0), call(day=1), call(day=2))

    expired = core.alerts(tick(30))

    assert ("repeat_contact", "expired", "yellow") in told(expired)


def test_a_dismissed_alert_does_not_come_back_at_the_same_level(core: Core) -> None:
    core.take(call(day=0), call(day=1), call(day=2))

    alerts = core.alerts(action(day=2.1, what="dismissed"), call(day=3), call(day=3.1))

    assert told(alerts) == [("repeat_contact", "dismissed", "yellow"), ("repeat_contact", "opened", "orange")]


def test_an_alert_that_was_resolved_does_not_come_back_on_old_evidence(core: Core) -> None:
    core.take(call(day=0), call(day=1), call(day=2), action(day=2.1, what="resolved"))

    alerts = core.alerts(call(day=6, tier="self", resolved=True), tick(9))

    assert alerts == []


def test_a_refusal_that_was_taken_back_no_longer_speaks(core: Core) -> None:
    core.take(claim(day=0), claim(day=1, status="denied"), claim(day=2, status="reopened"))

    core.take(claim(day=3, status="paid"))

    assert told(core.alerts(tick(7))) == [("claim_refused", "expired", "blue")]


def test_what_led_to_a_complaint_is_settled_by_it(core: Core) -> None:
    core.take(call(day=0, text=ANGRY), promise(day=0, due=1), complaint(day=2))

    alerts = core.alerts(complaint(day=3, withdrawn=True), tick(4))

    assert alerts == []


def test_a_claim_that_stays_silent_for_ever_does_not_keep_its_alert_for_ever(core: Core) -> None:
    core.take(claim(day=0))

    alerts = core.alerts(tick(400))

    assert told(alerts)[-1] == ("claim_stalled", "expired", "orange")


def test_acknowledging_twice_is_one_transition(core: Core) -> None:
    core.take(call(day=0), call(day=1), call(day=2))

    alerts = core.alerts(action(day=2.1, what="acknowledged"), action(day=2.2, what="acknowledged"))

    assert told(alerts) == [("repeat_contact", "acknowledged", "yellow")]


def test_a_complaint_ends_the_open_alerts_with_their_lead_time(core: Core) -> None:
    core.take(call(day=0, text=ANGRY))

    ended = [alert for alert in core.alerts(complaint(day=3, source="regulator")) if alert.at == moment(3)]

    assert {alert.transition for alert in ended} == {"complained"}
    assert max(alert.lead_seconds or 0 for alert in ended) == timedelta(days=3).total_seconds()
    assert STAGES[core.states["a"].stage] == "escalated"


def test_unhappiness_fades_until_the_customer_is_content_again(core: Core) -> None:
    core.take(call(day=0, text=ANGRY), action(day=0.5, what="resolved"))

    core.take(tick(90))

    assert STAGES[core.states["a"].stage] == "content"


def test_an_event_that_comes_again_days_later_counts_once(core: Core) -> None:
    first = call(day=0, event_id="same")
    again = call(day=0, event_id="same")

    _, _, outcome = core.take(first, call(day=5), again)

    assert outcome.duplicate
    assert len(core.states["a"].contacts) == 2


def test_a_late_event_counts_as_of_its_own_time_and_is_named(core: Core) -> None:
    ordered, shuffled = Core(), Core()
    early, late = call(day=0, transfers=2), call(day=1, transfers=1)

    ordered.take(early, late)
    outcome = shuffled.take(tick(1.5), late, early)[-1]

    assert outcome.late
    assert outcome.out_of_order
    assert shuffled.states["a"].heat == pytest.approx(ordered.states["a"].heat, rel=0.5)
    assert shuffled.states["a"].contacts == ordered.states["a"].contacts


def test_a_rated_comment_becomes_an_example_without_its_text(core: Core) -> None:
    comment = "等了两个星期没有人联系我"
    (outcome,) = core.take(survey(day=0, score=1, comment=comment))

    (example,) = [e for e in outcome.examples if isinstance(e, TextExample)]
    assert example.rating == -1.0
    assert [(turn.is_customer, turn.codes) for turn in example.turns] == [(True, tuple(tokens(comment)))]


def test_a_snapshot_is_active_from_its_notice_on_and_an_older_one_is_ignored(core: Core) -> None:
    def notice(number: int) -> SnapshotNotice:
        weights = untrained(Params()).model_copy(update={"number": number})
        return SnapshotNotice(partition=0, weights=ModelWeights.model_validate(weights.model_dump()))

    switched = [outcome.switched_to for outcome in core.take(notice(2), notice(1), notice(3))]

    assert switched == [2, None, 3]


def test_the_own_reserved_rows_bring_back_clock_and_snapshot(core: Core) -> None:
    weights = untrained(Params()).model_copy(update={"number": 4})
    core.take(call(day=0), tick(1), SnapshotNotice(partition=0, weights=weights))
    rows = core.engine.partition_rows()

    revived = Core()
    revived.engine.restore(core.rows().items(), rows["@engine/0"], rows["@snapshot/0"])

    assert revived.engine.now == moment(1).timestamp()
    assert revived.engine.scorer.number == 4
    assert revived.engine.customers_by_stage == core.engine.customers_by_stage


def test_rows_written_under_other_parameters_are_read_whole_for_their_timers() -> None:
    written = Core()
    written.take(call(day=0), promise(day=1, due=3))
    patient = Params(labels=LabelParams(short_days=2))

    def next_look(params: Params) -> float:
        revived = Core(params)
        revived.states = dict(written.states)
        revived.engine.restore(written.rows().items(), None, None)
        return min(revived.engine._agenda._restored[0]._times)

    assert next_look(Params()) == moment(3).timestamp()
    assert next_look(patient) == moment(2).timestamp()


def test_a_row_tells_its_timer_without_being_decoded(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    core.take(call(day=0), promise(day=1, due=3))
    rows = core.rows()
    monkeypatch.setattr("models.engine.decode_row", None)

    revived = Core(core.engine.params)
    revived.engine.restore(rows.items(), core.engine.partition_rows()["@engine/0"], None)

    assert revived.engine.customers_by_stage == core.engine.customers_by_stage
