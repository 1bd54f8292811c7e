from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from prometheus_client import CollectorRegistry

from sinks.prometheus import Metrics
from streams.claims import Claim, End, Patience, claims_of_duty, claims_of_score, watched_partitions
from streams.duty import Duty
from streams.handover import HandOver
from streams.holes import Holes
from streams.lanes import Standing
from streams.oversight import Oversight
from streams.settings import load_settings

TP = TopicPartition("foreshock.calls", 0)
PATIENCE = Patience.of(load_settings(stuck_after_seconds=30.0, rebalance_timeout_seconds=60.0))


class Reading(Duty):
    """A duty whose positions are given."""

    def __init__(self, position: int) -> None:
        super().__init__("ingest")
        self.position = position
        self.hand_over = HandOver()
        self.hand_over.is_settled = True

    def positions(self) -> dict[TopicPartition, int]:
        return {TP: self.position} if self.is_joined else {}


def due(claims: Any) -> set[tuple[str, str]]:
    return {(claim.part, claim.at) for claim in claims if claim.is_due}


def test_a_reader_at_the_end_of_its_topics_has_nothing_to_do() -> None:
    assert due(claims_of_duty(Reading(7), {TP: End(0, 7)}, PATIENCE)) == set()


def test_a_reader_that_is_behind_has_to_read_as_a_whole_and_in_that_partition() -> None:
    found = list(claims_of_duty(Reading(6), {TP: End(0, 7)}, PATIENCE))

    assert due(found) == {("reading", ""), ("reading", "foreshock.calls-0")}
    whole, single = (claim for claim in found if claim.part == "reading")
    assert (whole.end_after, single.end_after) == (30.0, 120.0)
    assert single.report_after <= 60.0


def test_what_the_broker_has_removed_cannot_be_read_and_is_not_waited_for() -> None:
    assert due(claims_of_duty(Reading(-1), {TP: End(50, 50)}, PATIENCE)) == set()


def test_work_in_hand_is_judged_by_itself() -> None:
    duty = Reading(6)
    with duty.working():
        assert due(claims_of_duty(duty, {TP: End(0, 7)}, PATIENCE)) == {("working", "")}


def test_waiting_for_a_sink_on_purpose_is_no_stall() -> None:
    duty = Reading(6)
    with duty.working(), duty.waiting_for("jsonl"):
        assert due(claims_of_duty(duty, {TP: End(0, 7)}, PATIENCE)) == set()


def test_a_sink_counts_as_away_until_a_try_has_shown_otherwise() -> None:
    duty = Duty("deliver", "deliver.jsonl")
    with duty.working():
        with duty.waiting_for("jsonl"):
            pass
        # The next try is under way.
        assert duty.waits_for == "jsonl"
        assert due(claims_of_duty(duty, {}, PATIENCE)) == {("working", "")}
        duty.goes_on()

    assert duty.waits_for is None


def test_a_sink_that_holds_itself_back_is_neither_stuck_nor_away() -> None:
    duty = Duty("deliver", "deliver.wecom")
    with duty.working(), duty.pausing():
        assert due(claims_of_duty(duty, {}, PATIENCE)) == set()
        assert duty.waits_for is None


def test_a_worker_whose_sink_cannot_be_opened_is_as_ready_as_it_can_be() -> None:
    duty = Duty("deliver", "deliver.database")
    before = duty.is_ready
    with duty.waiting_for("database"):
        assert (before, duty.is_ready) == (False, True)


def test_a_sink_with_timeouts_of_its_own_is_given_them_before_it_counts_as_stuck() -> None:
    duty = Reading(6)
    duty.longest_step = 80.0

    ends = {claim.part: claim.end_after for claim in claims_of_duty(duty, {}, PATIENCE) if not claim.at}

    assert ends == {"working": 110.0, "group": 180.0, "reading": 30.0}


def test_looking_after_something_again_and_again_hides_no_reader_that_stands_still() -> None:
    duty = Reading(6)
    before = duty.steps
    with duty.looking_after():
        assert due(claims_of_duty(duty, {}, PATIENCE)) == {("working", "")}

    assert duty.steps == before


def test_every_try_at_a_sink_is_progress() -> None:
    duty = Duty("deliver", "deliver.jsonl")
    before = duty.steps
    with duty.waiting_for("jsonl"):
        pass

    assert duty.steps > before


def test_a_rebalance_may_take_as_long_as_its_slowest_member() -> None:
    duty = Reading(6)
    assert duty.hand_over is not None
    duty.hand_over.is_settled = False

    found = list(claims_of_duty(duty, {TP: End(0, 7)}, PATIENCE))
    (group,) = (claim for claim in found if claim.is_due)

    assert group.part == "group"
    assert group.report_after <= 60.0
    assert group.end_after == 30.0 + 60.0 + 10.0


def test_with_the_usual_settings_every_stall_is_seen_within_a_minute() -> None:
    settings = load_settings()
    patience = Patience.of(settings)
    metrics = Metrics(CollectorRegistry())
    oversight = Oversight(settings, CollectorRegistry(), metrics, Holes(metrics))
    between_looks = oversight._every + oversight._probe_every
    begun, joining = Reading(6), Reading(6)
    assert joining.hand_over is not None
    joining.hand_over.is_settled = False
    scoring = [lane(in_hand=5), lane(is_writing=True), Standing(0, 5, 5, False, 0, is_opening=True), lane(4)]

    found = [claim for duty in (begun, joining) for claim in claims_of_duty(duty, {TP: End(0, 7)}, patience)]
    for one in (*map(app, scoring), app(in_recovery=True, has_settled=False), app(has_settled=False)):
        found += claims_of_score(one, ENDS, patience)

    assert {claim.part for claim in found} == {"working", "group", "reading", "recovery", "carrying", "writing"}
    assert max(claim.report_after for claim in found) + between_looks <= 60.0


def app(*lanes: Standing, in_recovery: bool = False, has_settled: bool = True) -> Any:
    return SimpleNamespace(
        in_recovery=in_recovery,
        has_settled=has_settled,
        rebalances=1,
        tables=SimpleNamespace(recovery=SimpleNamespace(active_offsets={})),
        ledger=SimpleNamespace(topic="foreshock.journal"),
        journal_partitions=lambda: {TopicPartition("foreshock.journal", lane.partition) for lane in lanes},
        lanes=SimpleNamespace(
            progress=SimpleNamespace(moves=3, is_loading=False), standing=lambda partitions: list(lanes)
        ),
    )


def lane(next_offset: int = 5, in_hand: int | None = None, is_writing: bool = False) -> Standing:
    return Standing(0, next_offset, in_hand, is_writing, groups=2)


ENDS = {TopicPartition("foreshock.journal", 0): End(0, 5)}


def test_opening_a_lane_of_many_customers_is_given_time() -> None:
    opening = app(Standing(0, 5, in_hand=5, is_writing=False, groups=0, is_opening=True))

    (claim,) = (found for found in claims_of_score(opening, ENDS, PATIENCE) if found.is_due)
    assert (claim.part, claim.end_after) == ("carrying", 600.0)


@pytest.mark.parametrize(
    ("found", "parts"),
    [
        (app(lane()), set()),
        (app(lane(next_offset=4)), {"reading"}),
        (app(lane(in_hand=5)), {"carrying"}),
        (app(lane(is_writing=True)), {"writing"}),
        # The record in hand waits for room, which the writer has to make.
        (app(lane(next_offset=4, in_hand=4, is_writing=True)), {"writing"}),
        (app(in_recovery=True, has_settled=False), {"recovery"}),
        (app(has_settled=False), {"group"}),
        (app(), set()),
    ],
    ids=[
        "idle",
        "behind",
        "in the core",
        "at the writer",
        "waits for the writer",
        "recovery",
        "group",
        "no partitions",
    ],
)
def test_scoring_says_which_part_has_something_to_do(found: Any, parts: set[str]) -> None:
    claims: list[Claim] = list(claims_of_score(found, ENDS, PATIENCE))

    assert {claim.part for claim in claims if claim.is_due} == parts


def test_outputs_are_watched_where_they_are_and_not_where_a_later_journal_has_more_partitions() -> None:
    known = SimpleNamespace(partitions_for_topic=lambda name: {0, 1, 2})
    scoring = app(Standing(4, 0, None, is_writing=False, groups=0))
    scoring.outlet = SimpleNamespace(client=SimpleNamespace(cluster=known))
    scoring.ledger = SimpleNamespace(topic="foreshock.journal.2")

    found = watched_partitions(load_settings(partitions=5, journal_generation=2), [], scoring)

    assert {(tp.topic, tp.partition) for tp in found} == {
        ("foreshock.journal.2", 4),
        ("foreshock.score-states-changelog.2", 4),
        *(("foreshock.alerts", partition) for partition in range(3)),
        *(("foreshock.risk", partition) for partition in range(3)),
    }
