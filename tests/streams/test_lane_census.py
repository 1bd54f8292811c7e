from __future__ import annotations

from prometheus_client import CollectorRegistry

from models.organisation import Organisation, Unit
from models.params import Params
from schemas.codec import encode
from schemas.events import Call
from sinks.prometheus import Metrics
from streams.lane import Lane
from streams.stores import MemoryRows
from streams.wiring import core_of, units_of
from tests.support.events import call

THREAT = "打了三次都没人回，我要投诉到银保监！"
PARAMS = Params(organisation=Organisation(units=tuple(Unit(path=path, owner="o") for path in ("HQ", "HQ/G"))))


def opened(rows: MemoryRows, metrics: Metrics) -> Lane:
    return Lane(0, "journal", core_of(PARAMS, "0", b"a key"), rows, set(), cached=10, observer=metrics)


def carried(lane: Lane, offset: int, *events: Call) -> None:
    """Take one record of events through a lane, to the end."""
    lane.carry(offset, b"\n".join(map(encode, events)), 0.0)
    group = lane.take()
    assert group is not None
    lane.acknowledged(group)


def test_a_customer_who_moves_is_shown_in_the_other_unit_with_what_is_open_also_after_a_restart() -> None:
    registry, rows = CollectorRegistry(), MemoryRows({})
    metrics = Metrics(registry, units_of(PARAMS, 8))
    lane = opened(rows, metrics)

    def open_and_known(unit: str) -> tuple[float | None, float]:
        customers = [s for family in registry.collect() for s in family.samples if s.name == "foreshock_unit_customers"]
        orange = registry.get_sample_value("foreshock_unit_open_alerts", {"unit": unit, "level": "orange"})
        return orange, sum(sample.value for sample in customers if sample.labels["unit"] == unit)

    carried(lane, 0, call("a", event_id="1", text=THREAT, org_path="HQ/G/S"), call("b", event_id="2", org_path="HQ/F"))
    metrics.counted(0, lane.census())
    assert (open_and_known("HQ/G"), open_and_known("HQ")) == ((1, 1), (0, 1))

    carried(lane, 1, call("a", event_id="3", day=1, org_path="HQ/F"), call("b", event_id="4", org_path="elsewhere"))
    metrics.counted(0, lane.census())
    assert (open_and_known("HQ/G"), open_and_known("HQ"), open_and_known("other")) == ((0, 0), (1, 1), (0, 1))

    metrics.lanes_closed()
    assert open_and_known("HQ") == (0, 0)
    metrics.counted(0, opened(rows, metrics).census())
    assert (open_and_known("HQ/G"), open_and_known("HQ"), open_and_known("other")) == ((0, 0), (1, 1), (0, 1))
