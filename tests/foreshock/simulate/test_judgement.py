"""Judging alerts against the known truth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foreshock.simulate.judgement import Judgement, judge
from foreshock.simulate.truth import Grievance, KnownComplaint, Truth

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)


def day(number: float) -> datetime:
    """Tell a day of the simulation."""
    return BEGIN + timedelta(days=number)


def truth(*complaints: tuple[str, float, bool]) -> Truth:
    """Know of complaints: customer, day, whether silent before; each has been unhappy for ten days."""
    known = Truth()
    for number, (customer_id, at, silent) in enumerate(complaints):
        known.grievances.append(
            Grievance(customer_id, day(at - 10), "unresolved", "complaining", silent, ended_at=day(at))
        )
        known.complaints.append(
            KnownComplaint(
                event_id=f"CMP-{number}",
                customer_id=customer_id,
                complained_at=day(at),
                unhappy_at=day(at - 10),
                silent_before=silent,
                cause="unresolved",
                source="internal",
                escalated=False,
            )
        )
    return known


def judged(known: Truth, *alerts: tuple[str, float]) -> Judgement:
    """Judge alerts over a hundred days of ten customers."""
    return judge(known, [(who, day(at)) for who, at in alerts], customers=10, since=day(0), until=day(100))


def test_a_complaint_is_foreseen_by_an_alert_that_leaves_time_to_act() -> None:
    known = truth(("a", 50, False))

    assert judged(known, ("a", 45)).foreseen_share == 1.0
    assert judged(known, ("a", 45)).median_lead_hours == 120.0
    assert judged(known, ("a", 49.95)).foreseen_share == 0.0
    assert judged(known, ("a", 15)).foreseen_share == 0.0
    assert judged(known, ("b", 45)).foreseen_share == 0.0


def test_the_first_of_several_alerts_sets_the_lead() -> None:
    known = truth(("a", 50, False))

    assert judged(known, ("a", 49), ("a", 30), ("a", 10)).median_lead_hours == 480.0


def test_complaints_from_silence_are_counted_apart() -> None:
    known = truth(("a", 50, True), ("b", 50, False), ("c", 60, True))

    verdict = judged(known, ("a", 45), ("b", 45))
    assert verdict.foreseen_share == pytest.approx(2 / 3)
    assert verdict.foreseen_from_silence_share == 0.5


def test_an_alert_whose_horizon_has_not_passed_does_not_count_for_precision() -> None:
    known = truth(("a", 50, False), ("c", 95, False))

    verdict = judged(known, ("a", 45), ("b", 20), ("c", 90), ("d", 90))
    assert verdict.alerts == 4
    assert verdict.followed_share == 0.5


def test_an_alert_about_a_truly_unhappy_customer_is_justified_without_a_complaint() -> None:
    known = truth()
    known.grievances.append(Grievance("a", day(10), "mis_sold", "silent", quiet=True, ended_at=day(20)))
    known.grievances.append(Grievance("b", day(10), "mis_sold", "silent", quiet=True))

    verdict = judged(known, ("a", 15), ("a", 25), ("b", 25), ("c", 25))
    assert verdict.justified_share == 0.5
    assert verdict.alerted_share == pytest.approx(0.3)
    assert verdict.foreseen_share is None


def test_a_judgement_of_no_time_or_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="until"):
        judge(Truth(), [], customers=1, since=day(1), until=day(1))
    with pytest.raises(ValueError, match="customers"):
        judge(Truth(), [], customers=0, since=day(0), until=day(1))
