from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from schemas.codec import decode_as, decode_journal_line, encode
from schemas.dead_letters import DeadLetter
from schemas.events import Call
from schemas.ticks import Tick
from sinks.prometheus import Metrics
from streams.agents.event_clock import EventClock
from streams.agents.ingest import Ingest
from streams.journal import JournalLine
from streams.settings import Settings, load_settings
from streams.wiring import intake_of
from tests.support.journal import call
from tests.support.records import consumed

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
EARLIER = NOON - timedelta(days=2)
CALLS, CLAIMS = TopicPartition("calls", 0), TopicPartition("claims", 0)


def ingest_of(settings: Settings | None = None) -> Ingest:
    settings = settings or load_settings()
    return Ingest(settings, intake_of(settings), Metrics(CollectorRegistry()))


def test_an_event_reaches_the_partition_of_its_customer_as_one_line() -> None:
    lines, letters = ingest_of().prepare([consumed("foreshock.calls", encode(call(1)))])

    ((partition, (line,)),) = lines.items()
    event = decode_journal_line(line.text)
    assert line == JournalLine(line.text, sent_at=1_767_571_200_000)
    assert isinstance(event, Call)
    assert event.customer_id.startswith("c_")
    assert event.customer_id != call(1).customer_id
    assert 0 <= partition < 4
    assert letters == []


def test_a_producer_that_wrote_no_time_gives_none() -> None:
    settings = load_settings(clock="event", partitions=1)
    lines, _ = ingest_of(settings).prepare([consumed("foreshock.calls", encode(call(1)), timestamp=-1)])

    assert [line.sent_at for line in lines[0]] == [None, None]


def test_events_of_one_customer_stay_in_order() -> None:
    records = [consumed("foreshock.calls", encode(call(number, customers=1)), number) for number in range(5)]

    lines, _ = ingest_of().prepare(records)

    ((_, found),) = lines.items()
    assert [orjson.loads(line.text)["event_id"] for line in found] == ["e0", "e1", "e2", "e3", "e4"]


def test_what_cannot_be_read_becomes_a_dead_letter_with_its_place() -> None:
    ingest = ingest_of()
    _, (letter,) = ingest.prepare([consumed("foreshock.calls", b"{broken", offset=9, partition=2)])

    assert (letter.topic, letter.partition, letter.offset) == ("foreshock.calls", 2, 9)
    assert letter.reason == "not_json"


def test_neighbours_of_a_broken_event_go_on() -> None:
    good = encode(call(1))

    lines, letters = ingest_of().prepare([consumed("foreshock.calls", value) for value in (good, b"{broken", good)])

    assert sum(map(len, lines.values())) == 2
    assert len(letters) == 1


@pytest.mark.parametrize("timestamp", [-1, 0, 2**62])
def test_a_senseless_timestamp_stops_nothing(timestamp: int) -> None:
    settings = load_settings(clock="event")
    records = [
        consumed("foreshock.calls", encode(call(1)), timestamp=timestamp),
        consumed("foreshock.calls", b"{broken", timestamp=timestamp),
    ]

    lines, letters = ingest_of(settings).prepare(records)

    assert lines
    assert decode_as(DeadLetter, encode(letters[0])) == letters[0]


@given(value=st.one_of(st.none(), st.binary(max_size=300), st.text(max_size=100).map(str.encode)))
def test_no_bytes_stop_ingest(value: bytes | None) -> None:
    lines, letters = ingest_of().prepare([consumed("foreshock.calls", value)])

    assert sum(map(len, lines.values())) + len(letters) == 1
    assert all(decode_as(DeadLetter, encode(letter)) == letter for letter in letters)


@given(value=st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
def test_no_json_stops_ingest(value: object) -> None:
    lines, letters = ingest_of().prepare([consumed("foreshock.surveys", orjson.dumps({"kind": "survey", "x": value}))])

    assert (lines, len(letters)) == ({}, 1)


def test_the_event_clock_stays_behind_the_newest_event() -> None:
    clock = EventClock(load_settings(allowed_lateness_seconds=60.0, tick_seconds=10.0, partitions=2))
    clock.see(CALLS, NOON)
    clock.see(CALLS, NOON - timedelta(hours=1))

    ticks = [(partition, decode_journal_line(line)) for partition, line in clock.ticks()]

    at = NOON - timedelta(seconds=60)
    assert ticks == [(0, Tick(at=at, partition=0)), (1, Tick(at=at, partition=1))]


def test_the_event_clock_ticks_again_only_after_a_step() -> None:
    clock = EventClock(load_settings(tick_seconds=10.0, partitions=1))
    ticks = []
    for seconds in (0, 5, 9, 10, 19, 21):
        clock.see(CALLS, NOON + timedelta(seconds=seconds))
        ticks.append(len(list(clock.ticks())))

    assert ticks == [1, 0, 0, 1, 0, 1]


def test_a_partition_with_a_backlog_holds_the_event_clock_back() -> None:
    clock = EventClock(load_settings(allowed_lateness_seconds=0.0, partitions=1))
    clock.see(CALLS, NOON)

    assert list(clock.ticks(behind={CALLS, CLAIMS})) == []

    clock.see(CLAIMS, NOON - timedelta(days=2))
    (held,) = clock.ticks(behind={CLAIMS})
    (caught_up,) = clock.ticks()

    assert [decode_journal_line(line) for _, line in (held, caught_up)] == [
        Tick(at=NOON - timedelta(days=2), partition=0),
        Tick(at=NOON, partition=0),
    ]


def test_the_event_clock_says_nothing_before_the_first_event() -> None:
    assert list(EventClock(load_settings()).ticks()) == []


def test_with_the_event_clock_ticks_follow_the_events_that_move_it() -> None:
    settings = load_settings(clock="event", partitions=2)
    later = call(2).model_copy(update={"occurred_at": NOON + timedelta(days=1)})

    lines, _ = ingest_of(settings).prepare([consumed("foreshock.calls", encode(each)) for each in (call(1), later)])

    last = {partition: orjson.loads(found[-1].text)["kind"] for partition, found in lines.items()}
    assert last == {0: "tick", 1: "tick"}


def test_the_event_clock_begins_before_the_first_event_of_all_and_only_once() -> None:
    ingest = ingest_of(load_settings(clock="event", partitions=2, allowed_lateness_seconds=60.0))
    calls, claims = TopicPartition("foreshock.calls", 0), TopicPartition("foreshock.claims", 0)
    claim = b'{"event_id":"x","customer_id":"c","occurred_at":"2026-01-02T00:00:00Z","status":"reported"}'

    waiting, _ = ingest.prepare([consumed("foreshock.calls", encode(call(1)))], {calls, claims})
    begun, _ = ingest.prepare([consumed("foreshock.claims", claim)], {calls})
    later = call(2).model_copy(update={"occurred_at": NOON})
    further, _ = ingest.prepare([consumed("foreshock.calls", encode(later))], ())

    assert waiting == {}
    first = [decode_journal_line(found[0].text) for _, found in sorted(begun.items())]
    assert first == [Tick(at=datetime(2026, 1, 1, 23, 59, tzinfo=UTC), partition=number) for number in range(2)]
    told = [orjson.loads(line.text)["kind"] for found in further.values() for line in found]
    assert told.count("tick") == 2
    assert all(orjson.loads(found[-1].text)["kind"] == "tick" for found in further.values())


def test_with_the_wall_clock_an_event_from_the_future_is_refused() -> None:
    arrived = int((call(1).occurred_at - timedelta(days=1)).timestamp() * 1000)

    _, (letter,) = ingest_of().prepare([consumed("foreshock.calls", encode(call(1)), timestamp=arrived)])

    assert letter.reason == "from_the_future"


def test_what_is_ahead_of_a_backlog_waits_and_goes_on_in_the_order_of_event_time() -> None:
    ingest = ingest_of(load_settings(clock="event", partitions=1, allowed_lateness_seconds=0.0))
    late, early, middle = (encode(call(number)) for number in (2, 0, 1))
    calls, claims = TopicPartition("foreshock.calls", 0), TopicPartition("foreshock.claims", 0)
    claim = b'{"event_id":"x","customer_id":"c","occurred_at":"%b","status":"reported"}'

    ahead, _ = ingest.prepare([consumed("foreshock.claims", claim % b"2026-03-01T00:00:00Z", offset=7)], {calls})
    reached, _ = ingest.prepare([consumed("foreshock.calls", value) for value in (early, middle)], {calls})
    alignment = ingest.alignment
    assert alignment is not None
    waiting = alignment.first_waiting()
    rest, _ = ingest.prepare([consumed("foreshock.calls", late)], behind=())

    assert ahead == {}
    assert [orjson.loads(line.text)["kind"] for line in reached[0]] == ["tick", "call", "call"]
    assert waiting == {claims: 7}
    assert [orjson.loads(line.text)["kind"] for line in rest[0]] == ["call", "claim", "tick"]
    assert not alignment.is_holding


def test_after_a_rebalance_what_waited_is_forgotten_because_it_is_read_again() -> None:
    ingest = ingest_of(load_settings(clock="event", partitions=1))
    ingest.prepare([consumed("foreshock.calls", encode(call(1)))], {TopicPartition("foreshock.claims", 0)})
    assert ingest.alignment is not None

    ingest.alignment.forget()

    assert ingest.prepare([], behind=()) == ({}, [])


def test_an_event_that_came_late_stays_behind_what_it_came_after() -> None:
    ingest = ingest_of(load_settings(clock="event", partitions=1))
    values = [encode(call(number).model_copy(update={"occurred_at": at})) for number, at in enumerate((NOON, EARLIER))]

    lines, _ = ingest.prepare([consumed("foreshock.calls", value) for value in values])

    assert [orjson.loads(line.text).get("event_id") for line in lines[0]] == [None, "e0", "e1"]
