from __future__ import annotations

from foreshock.alerting.held import Tally
from schemas.suppressions import Rule, Suppression
from tests.support.alerts import SOME_TIME


def held(alert_id: str, rule: Rule) -> Suppression:
    return Suppression(
        alert_id=alert_id,
        sequence=0,
        transition="complained" if rule == "complained_after" else "opened",
        rule=rule,
        customer_key="c_1",
        org_path="HQ",
        cause="threat",
        level="yellow",
        at=SOME_TIME,
        position=(0, 1, 0),
    )


def test_of_each_rule_it_is_known_how_many_of_its_alerts_ended_with_a_complaint() -> None:
    tally = Tally()
    for alert_id, rule in (
        ("a", "silence"),
        ("b", "silence"),
        ("b", "dedup"),
        ("b", "complained_after"),
        ("c", "inhibit"),
    ):
        tally.take(held(alert_id, rule))  # type: ignore[arg-type]

    assert tally.records == {"silence": 2, "dedup": 1, "inhibit": 1}
    assert (tally.complained("silence"), tally.complained("inhibit"), tally.complained_in_all) == (1, 0, 1)
