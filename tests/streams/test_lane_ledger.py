from __future__ import annotations

from prometheus_client import CollectorRegistry

from models.params import Params
from schemas.codec import decode_as, encode
from schemas.ledgers import LedgerEntry
from sinks.prometheus import Metrics
from streams.lane import Lane
from streams.stores import MemoryRows
from streams.wiring import core_of
from tests.support.events import action, promise, survey, tick


def test_the_moves_of_the_ledger_leave_with_the_other_outputs_and_are_counted() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    lane = Lane(0, "journal", core_of(Params(), "0", b"a key"), MemoryRows({}), set(), cached=10, observer=metrics)
    messages = [survey(score=1, event_id="s"), action(day=1), promise(day=2, due=3, event_id="p"), tick(9)]

    lane.carry(0, b"\n".join(map(encode, messages)), 0.0)
    group = lane.take()
    metrics.settled(0, 0, [], lane.customers_by_stage())

    assert group is not None
    records = group.outputs["ledger"]
    entries = [decode_as(LedgerEntry, record.value or b"") for record in records]
    assert [(entry.event_id, entry.state) for entry in entries] == [
        ("s", "received"),
        ("s", "answered"),
        ("p", "received"),
        ("p", "missed"),
    ]
    assert {record.key for record in records} == {b"a"}
    told = {"kind": "feedback", "state": "answered"}
    assert registry.get_sample_value("foreshock_ledger_total", told) == 1
