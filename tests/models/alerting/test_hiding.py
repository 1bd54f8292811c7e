"""What nobody is told is written down, and told when the rule is over and it still stands."""

from __future__ import annotations

import orjson

from models.engine import step
from models.parameters.policy import PolicyParams
from models.params import Params
from models.partition import decode_partition
from models.rows import decode_row
from schemas.silences import SilenceCommand
from schemas.suppressions import Suppression
from schemas.types import Position
from tests.support.core import Core, told
from tests.support.events import action, call, claim, complaint, moment, promise, tick

ANGRY = "你们太差了，打了好几次都没人联系我，我要向银保监举报你们！"


def _core(**policy: object) -> Core:
    return Core(Params(policy=PolicyParams(model=False, review_days=30.0).model_copy(update=policy)))


def _silence(command: str = "set", until: float = 10.0, **given: object) -> SilenceCommand:
    return SilenceCommand(
        **{"partition": 0, "command": command, "name": "typhoon", "by": "li", "at": moment()}
        | {"until": moment(until)}
        | given
    )  # type: ignore[arg-type]


def _held(core: Core, *messages: object) -> list[Suppression]:
    return [held for outcome in core.take(*messages) for held in outcome.suppressions]  # type: ignore[arg-type]


def test_what_a_silence_hides_is_written_down_and_told_when_it_is_over() -> None:
    core = _core()
    (held,) = _held(core, _silence(until=3), promise(day=0, due=1), tick(2))

    assert (held.rule, held.author, held.silence, held.until) == ("silence", "li", "typhoon", moment(3))
    (shown,) = core.alerts(tick(4))
    assert (shown.transition, shown.at, shown.sequence) == ("told", moment(3), 1)


def test_a_silence_that_is_ended_early_shows_what_it_hid_within_the_hour() -> None:
    core = _core()
    core.take(_silence(), promise(day=0, due=1), tick(2))

    (shown,) = core.alerts(_silence("end"), tick(2.1))

    assert shown.transition == "told"
    assert shown.at <= moment(2 + 1 / 24)


def test_a_silence_means_only_what_it_matches() -> None:
    for given in ({"causes": ("threat",)}, {"org_path": "HQ/North"}, {"level": "blue"}):
        core = _core()
        assert told(core.alerts(_silence(**given), promise(day=0, due=1, org_path="HQ/Northern"), tick(2))) == [
            ("broken_promise", "opened", "yellow")
        ]
    assert _held(_core(), _silence(org_path="HQ/North"), promise(day=0, due=1, org_path="HQ/North/Port"), tick(2))


def test_a_silence_of_a_product_means_only_customers_of_it() -> None:
    for given in ({"product_line": "home"}, {"product_id": "PCAR-01"}, {"product_line": "motor", "product_id": "x"}):
        core = _core()
        car = promise(day=0, due=1, product_line="motor", product_id="PCAR-03")
        assert [each.transition for each in core.alerts(_silence(**given), car, tick(2))] == ["opened"]
    for given in ({"product_line": "motor"}, {"product_id": "PCAR-03"}, {"product_line": "motor", "org_path": "HQ"}):
        car = promise(day=0, due=1, product_line="motor", product_id="PCAR-03")
        (held,) = _held(_core(), _silence(**given), car, tick(2))
        assert (held.rule, held.product_line, held.product_id) == ("silence", "motor", "PCAR-03")


def test_a_silence_of_a_product_does_not_mean_customers_of_whom_none_is_known() -> None:
    assert _core().alerts(_silence(product_line="motor"), promise(day=0, due=1), tick(2))


def test_a_silence_of_a_row_of_before_means_any_product() -> None:
    core = _core()
    core.take(_silence())
    row = orjson.loads(core.engine.partition_rows()["@engine/0"])
    silences = next(item for item in row if isinstance(item, list) and item and isinstance(item[0], list))
    assert len(silences[0]) == 8
    silences[0] = silences[0][:6]

    (kept,) = decode_partition(orjson.dumps(row)).silences
    assert (kept.product_line, kept.product_id, kept.by) == ("", "", "li")


def test_the_silence_that_hid_a_complaint() -> None:
    core = _core()
    (opened,) = _held(core, _silence(), promise(day=0, due=1), tick(2))
    (outcome,) = core.take(complaint(day=3))

    (after,) = outcome.suppressions
    assert outcome.alerts == []
    assert (after.alert_id, after.rule, after.transition) == (opened.alert_id, "complained_after", "complained")


def test_a_red_alert_hides_the_yellow_ones_of_its_customer_until_it_ends() -> None:
    core = _core()
    core.take(complaint(day=0), action(day=1, what="resolved"))
    (outcome,) = core.take(call(day=2, text=ANGRY))
    red = next(alert for alert in outcome.alerts if alert.level == "red")
    held = _held(core, promise(day=2.1, due=3), tick(3.5))

    assert [(each.rule, each.cause) for each in held if each.cause == "broken_promise"] == [
        ("inhibit", "broken_promise")
    ]
    shown = core.alerts(action(day=4, what="dismissed", alert_id=red.alert_id))
    assert ("broken_promise", "told", "yellow") in told(shown)


def test_without_the_parameter_a_red_alert_hides_nothing() -> None:
    core = _core(inhibit=False)
    core.take(complaint(day=0), action(day=1, what="resolved"), call(day=2, text=ANGRY))

    assert _held(core, promise(day=2.1, due=3), tick(3.5)) == []


def test_who_acts_on_a_hidden_alert_is_not_paged_by_it_later() -> None:
    core = _core(lapse_days=30.0)
    core.take(_silence(until=3), promise(day=0, due=1), tick(2), action(day=2.5, what="acknowledged"))

    assert core.alerts(tick(9)) == []


def test_evidence_that_changes_nothing_and_a_cause_that_cools_down_are_written_down_once() -> None:
    core = _core()
    core.take(claim(day=0, status="denied"))
    again = _held(core, claim(day=1, status="denied", claim_ref="CL-2"))
    core.take(action(day=1.5, what="resolved"))
    cooling = _held(core, claim(day=2, status="denied", claim_ref="CL-3"), call(day=2.1, direction="outbound"))

    assert [(each.rule, each.cause) for each in again] == [("dedup", "claim_refused")]
    assert [(each.rule, each.cause) for each in cooling if each.cause == "claim_refused"] == [
        ("cool_down", "claim_refused")
    ]


def test_silences_and_what_they_hide_survive_a_restart() -> None:
    core = _core()
    core.take(_silence(until=3), promise(day=0, due=1), tick(2))
    again = _core()
    again.states = {key: decode_row(row) for key, row in core.rows().items()}
    again.engine.restore(core.rows().items(), core.engine.partition_rows()["@engine/0"], None)

    assert told(again.alerts(tick(2.5))) == []
    assert told(again.alerts(tick(4))) == [("broken_promise", "told", "yellow")]


def test_a_silence_that_comes_again_after_a_crash_does_not_end_others_by_a_later_clock() -> None:
    """The clock of the partition's row is that of a later message, by which the first silence is over."""
    messages = [tick(0), _silence(until=1, name="short"), _silence("end"), tick(1)]
    core, again = _core(), _core()
    for line, message in enumerate(messages):
        step(core.engine, core.states, message, Position(0, line))
    row = core.engine.partition_rows()["@engine/0"]

    again.engine.restore((), row, None)
    for line, message in enumerate(messages):
        step(again.engine, again.states, message, Position(0, line))

    assert again.engine.partition_rows()["@engine/0"] == row
