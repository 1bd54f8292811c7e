"""Whether complaints can be foreseen, and whether one phrase or one fact gives them away."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

from foreshock.simulate.parameters import Rates
from foreshock.simulate.world import World
from schemas.events import Call

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
HORIZON = timedelta(days=30)


@cache
def contacts_before_and_apart() -> tuple[list[Call], list[Call]]:
    """Simulate 60 days, and part inbound contacts by whether their customer complained within 30 days."""
    world = World(11, 8000, MONDAY, days=60, rates=Rates().clean())
    calls = [
        emission.event
        for emission in world.events()
        if isinstance(emission.event, Call) and emission.event.direction == "inbound"
    ]
    complaints: dict[str, list[datetime]] = defaultdict(list)
    for complaint in world.truth.complaints:
        complaints[complaint.customer_id].append(complaint.complained_at)
    before: list[Call] = []
    apart: list[Call] = []
    for call in calls:
        if call.occurred_at > MONDAY + timedelta(days=60) - HORIZON:
            continue  # whether a complaint follows is not known
        follows = any(
            timedelta(0) < complained_at - call.occurred_at <= HORIZON for complained_at in complaints[call.customer_id]
        )
        (before if follows else apart).append(call)
    return before, apart


def area_under_curve(found_before_share: float, found_apart_share: float) -> float:
    """Tell how well one fact that is there or not tells the two apart: 0.5 is not at all."""
    return 0.5 + (found_before_share - found_apart_share) / 2


def test_no_phrase_gives_a_complaint_away() -> None:
    # Some 200 texts before complaints: the standard error of one phrase's area is at most 0.018, so that 0.65 is
    # 8 errors from nothing and 0.60, the most that was seen over several seeds, is below it by 3.
    seen = []
    for calls in contacts_before_and_apart():
        grams: Counter[str] = Counter()
        texts = [" ".join([call.text or "", *(turn.text for turn in call.turns)]).strip() for call in calls]
        spoken = [text for text in texts if text]
        assert len(spoken) > 150
        for text in spoken:
            words = text.lower().split()
            pairs = {text[at : at + 2] for at in range(len(text) - 1)}
            grams.update(pairs | set(words) | {" ".join(pair) for pair in pairwise(words)})
        seen.append({gram: count / len(spoken) for gram, count in grams.items()})

    before, apart = seen
    areas = {gram: area_under_curve(before.get(gram, 0), apart.get(gram, 0)) for gram in before.keys() | apart.keys()}
    telling = {gram: area for gram, area in areas.items() if not 0.35 <= area <= 0.65}
    assert telling == {}


def test_what_went_wrong_foretells_a_complaint_without_proving_it() -> None:
    before, apart = contacts_before_and_apart()

    def failed_share(calls: list[Call]) -> float:
        return sum(call.resolved is False for call in calls) / len(calls)

    assert failed_share(before) > 1.5 * failed_share(apart)
    assert area_under_curve(failed_share(before), failed_share(apart)) < 0.7


def test_content_customers_speak_of_complaints_too() -> None:
    _, apart = contacts_before_and_apart()

    texts = [call.text for call in apart if call.text]
    assert sum("投诉" in text or "complain" in text for text in texts) > 20


def test_four_contacts_in_five_need_no_person() -> None:
    calls = [call for calls in contacts_before_and_apart() for call in calls]

    assert sum(call.tier != "human" for call in calls) / len(calls) > 0.8


def test_contacts_come_at_the_rate_of_66_000_a_day_for_a_million_customers() -> None:
    calls = [call for calls in contacts_before_and_apart() for call in calls]

    per_day = len(calls) / 8000 / 30
    assert 0.055 < per_day < 0.07


def test_contacts_touch_every_stage_of_the_journey() -> None:
    before, apart = contacts_before_and_apart()

    assert {call.journey_stage for call in before + apart} == {
        "sales",
        "application",
        "consultation",
        "policy_service",
        "claim",
        "value_added",
        "renewal",
        "other",
    }
