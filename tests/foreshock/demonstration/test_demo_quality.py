from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foreshock.demonstration.quality import TrueStages, assess, true_stages
from foreshock.simulate.truth import Grievance, KnownComplaint, Truth

START = datetime(2026, 1, 5, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def grievance(customer: str, began: float, **changes: datetime) -> Grievance:
    unhappy = Grievance(customer, day(began), "rude_staff", "complaining", quiet=False)
    for name, value in changes.items():
        setattr(unhappy, name, value)
    return unhappy


def complaint(customer: str, at: float) -> KnownComplaint:
    return KnownComplaint(f"{customer}-{at}", customer, day(at), day(at - 5), False, "rude_staff", "internal", False)


def test_warnings_by_key_are_judged_against_the_truth_by_customer() -> None:
    truth = Truth(
        grievances=[grievance("ann", 35), grievance("bob", 35)], complaints=[complaint("ann", 40), complaint("bob", 40)]
    )
    ids = {"c_ann": "ann", "c_bob": "bob", "c_carl": "carl", "c_dora": "dora"}

    quality = assess(truth, [("c_ann", day(36)), ("c_carl", day(5))], ids, START, day(80))

    assert quality.judgement.complaints == 2
    assert quality.judgement.foreseen_share == 0.5
    assert quality.judgement.median_lead_hours == pytest.approx(4 * 24)
    assert quality.judgement.followed_share == 0.5
    assert quality.judgement.justified_share == 0.5
    assert quality.judgement.alerted_share == 0.5


def test_only_the_last_month_counts_as_lately() -> None:
    ids = {"c_ann": "ann", "c_bob": "bob"}
    warnings = [("c_ann", day(10)), ("c_bob", day(70))]

    assert assess(Truth(), warnings, ids, START, day(80)).alerted_lately_share == 0.5
    assert assess(Truth(), warnings, ids, START, day(20)).alerted_lately_share == 0.5
    assert assess(Truth(), warnings, ids, START, day(120)).alerted_lately_share == 0.0


def test_who_is_unhappy_now_is_counted_by_what_they_have_shown() -> None:
    truth = Truth(
        grievances=[
            grievance("silent", 1),
            grievance("grumbler", 1, grumbled_at=day(2)),
            grievance("complainer", 1, grumbled_at=day(2), complained_at=day(3)),
            grievance("over", 1, complained_at=day(3), ended_at=day(4)),
        ]
    )

    assert true_stages(truth) == TrueStages(silent=1, grumbling=1, complaint=1)
