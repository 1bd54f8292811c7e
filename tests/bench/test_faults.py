from __future__ import annotations

import asyncio
import struct
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka.errors import KafkaConnectionError
from click.testing import CliRunner

import bench.faults.feeder
from bench.faults.book import Book
from bench.faults.brokers import Embedded, Named
from bench.faults.command import main
from bench.faults.feeder import Feeder, Parcel, draw
from bench.faults.harness import parcels_of
from bench.faults.judge import Verdict, longest_gap
from bench.faults.kafka import Cluster, Kafka
from bench.faults.kinds import make_broker
from bench.faults.proxy import Proxy
from bench.faults.scenario import scenario
from bench.faults.scenarios import SCENARIOS
from bench.faults.scenarios.refusals import OUTPUTS
from bench.faults.scenarios.states import sleepers
from bench.faults.table import row_of
from models.moments import DAY
from schemas.catalogue import SOURCE_TOPICS, TOPICS
from streams.settings import load_settings
from streams.topics import CHANGELOG, GROUPS
from tests.support.ports import free_ports

KINDS = {"embedded": Embedded.abilities, "kafka": Kafka.abilities, "cluster": Cluster.abilities}


def test_every_scenario_can_be_played_somewhere_and_short_ones_where_they_are_to_be() -> None:
    for each in SCENARIOS.values():
        able = {kind for kind, abilities in KINDS.items() if each.fits(kind, abilities)}
        assert able, each.name
        assert able >= set(each.short_on), each.name


def test_two_scenarios_cannot_have_one_name() -> None:
    with pytest.raises(ValueError, match="two scenarios of the name killed"):
        scenario("killed", "again")


def test_a_broker_that_is_named_is_used_and_can_be_told_less(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FORESHOCK_TEST_BOOTSTRAP", "192.0.2.1:9092")

    broker = make_broker("kafka", tmp_path)

    assert isinstance(broker, Named)
    assert broker.bootstrap == "192.0.2.1:9092"
    assert not SCENARIOS["broker-killed"].fits(broker.name, broker.abilities)
    assert SCENARIOS["alerts-refused"].fits(broker.name, broker.abilities)


def test_the_command_names_its_scenarios_and_refuses_others() -> None:
    listed = CliRunner().invoke(main, ["--list"])
    refused = CliRunner().invoke(main, ["--only", "earthquake"])

    assert all(name in listed.output for name in SCENARIOS)
    assert refused.exit_code == 2
    assert "there is no earthquake" in refused.output


def test_a_verdict_that_is_not_exact_says_why_in_its_row() -> None:
    verdict = Verdict("killed", "kafka", "worker SIGKILL", fed=10, lost=2, ending="hung", exits=[75])

    assert row_of(verdict)[-2:] == ("hung (1)", "lost 2; hung")
    assert row_of(Verdict("killed", "kafka", "worker SIGKILL"))[-1] == "exact"


def test_silence_is_the_longest_gap() -> None:
    assert longest_gap([5.0, 1.0, 2.0]) == 3.0
    assert longest_gap([1.0]) == 0.0


def test_the_same_seed_spoils_the_same_way() -> None:
    for name in ("poison-in-sources", "repeated-and-shuffled", "too-large"):
        spoiled = parcels_of(SCENARIOS[name], 400, seed=3)
        assert spoiled == parcels_of(SCENARIOS[name], 400, seed=3)
        assert spoiled != draw(400, seed=3)
        assert {parcel.key for parcel in spoiled} == {parcel.key for parcel in draw(400, seed=3)}


class Producer:
    """Stands for a producer; the broker refuses the second portion once."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int, bytes]] = []
        self.portions = 0

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, _: Any, topic: str, partition: int, records: list[Any]) -> None:
        self.portions += 1
        if self.portions == 2:
            raise KafkaConnectionError
        self.sent += [(topic, partition, record.value) for record in records]


@pytest.fixture
def producer(monkeypatch: pytest.MonkeyPatch) -> Producer:
    made = Producer()
    monkeypatch.setattr(bench.faults.feeder, "new_producer", lambda _: made)
    monkeypatch.setattr(bench.faults.feeder, "send_records", made.send)
    monkeypatch.setattr(bench.faults.feeder, "_AGAIN_AFTER_SECONDS", 0.01)
    return made


async def test_a_portion_that_is_refused_is_fed_again(producer: Producer) -> None:
    parcels = [Parcel("calls", b"k%d" % number, b"v%d" % number) for number in range(40)]
    feeder = Feeder(load_settings(), parcels, seconds=0.2)

    await feeder.run()

    assert {value for _, _, value in producer.sent} == {parcel.value for parcel in parcels}
    assert feeder.share == 1.0


async def test_a_feeder_that_pauses_goes_on_at_its_pace(producer: Producer) -> None:
    feeder = Feeder(load_settings(), [Parcel("calls", b"k", b"v")] * 100, seconds=0.5)
    feeder.pause()
    feeding = asyncio.create_task(feeder.run())
    await asyncio.sleep(0.3)
    assert feeder.fed_count == 0

    feeder.go_on()
    await asyncio.sleep(0.05)
    early = feeder.fed_count
    await feeding

    assert 0 < early < 60
    assert feeder.fed_count == 100


async def test_a_cut_network_holds_bytes_back_and_resets_nothing() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
            await writer.drain()
        writer.close()

    port, target = free_ports(2)
    server = await asyncio.start_server(echo, "127.0.0.1", target)
    proxy = Proxy(port, target)
    await proxy.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(produce("one"))
        assert await reader.read(100) == produce("one")

        proxy.cut()
        writer.write(produce("two"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(100), 0.2)

        proxy.mend()
        assert await reader.read(100) == produce("two")
        writer.close()
        await writer.wait_closed()
    finally:
        await proxy.stop()
        server.close()


def test_large_texts_are_still_events() -> None:
    spoiled = parcels_of(SCENARIOS["too-large"], 3000, seed=1)

    sizes = {len(parcel.value) // 10_000 for parcel in spoiled if len(parcel.value) > 20_000}

    assert sizes >= {3, 6, 7, 60}


def test_a_book_keeps_what_is_not_played_again(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    first = Book(path, {"broker": "some"})
    first.write(Verdict("killed", "kafka", "a title", lost=1, exits=[75], notes=["a note"]))
    first.write(Verdict("zombie", "kafka", "another"))

    second = Book(path, {"broker": "some"})
    second.write(Verdict("killed", "kafka", "a title", fed=7))

    assert [(v.scenario, v.lost, v.fed) for v in Book(path, {}).verdicts] == [("killed", 0, 7), ("zombie", 0, 0)]


def produce(topic: str) -> bytes:
    """A request that writes to a topic, as far as the proxy looks at it."""
    body = struct.pack(">hhi", 0, 8, 1) + struct.pack(">h", len(topic)) + topic.encode() + b"records"
    return struct.pack(">i", len(body)) + body


async def test_writes_to_one_topic_are_swallowed_with_their_connection_and_others_arrive() -> None:
    arrived: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            arrived.append(data)
        writer.close()

    port, target = free_ports(2)
    server = await asyncio.start_server(listen, "127.0.0.1", target)
    proxy = Proxy(port, target)
    await proxy.start()
    try:
        _, first = await asyncio.open_connection("127.0.0.1", port)
        _, second = await asyncio.open_connection("127.0.0.1", port)
        proxy.swallow("alerts")
        for request in (produce("risk"), produce("alerts"), produce("risk-too")):
            first.write(request)
        second.write(produce("more-alerts"))
        await asyncio.sleep(0.2)
        assert set(arrived) == {produce("more-alerts"), produce("risk")}
        assert proxy.swallowed == 1

        proxy.mend()
        second.write(produce("alerts"))
        first.write(produce("examples"))
        await asyncio.sleep(0.2)
        assert produce("alerts") in arrived
        assert produce("examples") not in arrived
        first.close()
        second.close()
    finally:
        await proxy.stop()
        server.close()


def test_everything_that_a_worker_writes_to_is_refused_and_expires() -> None:
    written = set(TOPICS) - set(SOURCE_TOPICS) | {GROUPS, CHANGELOG}
    short = {name: "changelog" if name == CHANGELOG else name for name in written}

    assert set(OUTPUTS) == written
    assert all(f"{name}-refused" in SCENARIOS and f"{name}-expire" in SCENARIOS for name in short.values())


def test_customers_to_be_read_back_are_of_many_kinds_and_sleep_through_the_scenario() -> None:
    found = sleepers()

    assert len(found) > 100
    # Whoever is to be forgotten is so two years after they were last heard of.
    assert min(state.due for state in found) > draw_end() + 180 * DAY


def draw_end() -> float:
    """When the last event of a scenario happens, in seconds since 1970: after fifty days, however many there are."""
    last = draw(2_000, seed=1)[-1].value
    return datetime.fromisoformat(orjson.loads(last)["occurred_at"]).timestamp()
