"""A change of what makes people complain."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from foreshock.simulate.change import fate_shares
from foreshock.simulate.command import simulate
from foreshock.simulate.parameters import Rates
from foreshock.simulate.truth import TROUBLES, Trouble
from foreshock.simulate.world import World

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)

# Eight times as many unhappy customers complain as by default: a small world has enough complaints to be counted.
ANGRY = replace(Rates(), silent_share=0.5, grumbling_share=0.25, complaining_share=0.25)


@given(cause=st.sampled_from(TROUBLES), complaining=st.floats(0, 1), changed=st.booleans())
def test_the_shares_of_fates_stay_shares(cause: Trouble, complaining: float, changed: bool) -> None:
    rates = Rates(silent_share=1 - complaining, grumbling_share=0.0, complaining_share=complaining)

    shares = fate_shares(rates, cause, changed=changed)

    assert all(0 <= share <= 1 for share in shares)
    assert sum(shares) == pytest.approx(1)


@pytest.mark.parametrize("cause", TROUBLES)
def test_before_the_change_the_cause_makes_no_difference(cause: Trouble) -> None:
    assert fate_shares(Rates(), cause, changed=False) == (0.69, 0.23, 0.08)


def test_up_to_the_change_the_records_are_those_of_a_world_without_it() -> None:
    change_at = MONDAY + timedelta(days=20)

    same, changing = (World(3, 400, MONDAY, days=40, rates=ANGRY, change_day=day) for day in (None, 20.0))

    before, after = (
        [emission.value for emission in takewhile(lambda emission: emission.arrives_at < change_at, world.events())]
        for world in (same, changing)
    )
    assert before == after != []


def test_after_the_change_complaints_are_mostly_about_claims() -> None:
    world = World(4, 1000, MONDAY, days=120, rates=ANGRY, change_day=60.0)

    for _ in world.events():
        pass

    change_at = MONDAY + timedelta(days=60)
    about_claims = {"claim_stalled", "documents_again", "video_survey_failed", "provider_delay", "claim_denied"}
    about_claims.add("claim_underpaid")
    causes = {changed: Counter[bool]() for changed in (False, True)}
    for grievance in world.truth.grievances:
        if grievance.fate == "complaining":
            causes[grievance.began_at >= change_at][grievance.cause in about_claims] += 1
    before, after = (causes[changed][True] / causes[changed].total() for changed in (False, True))
    assert before < 0.4
    assert after > 0.55
    assert causes[True].total() == pytest.approx(causes[False].total(), rel=0.35)


def test_the_truth_says_when_things_change_and_nothing_where_they_do_not(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    options = ["--customers", "50", "--days", "4", "--output", str(tmp_path / "events"), "--truth", str(truth)]

    def truths() -> list[dict[str, object]]:
        assert CliRunner().invoke(simulate, options).exit_code == 0
        return [line for line in map(json.loads, truth.read_text().splitlines()) if line["truth"] == "change"]

    assert truths() == []
    options += ["--change-day", "2"]
    assert truths() == [{"truth": "change", "change_at": "2026-01-07T00:00:00+00:00"}]


def test_a_change_before_the_beginning_is_refused() -> None:
    with pytest.raises(ValueError, match="change_day"):
        World(1, 10, MONDAY, days=1, change_day=-1.0)
