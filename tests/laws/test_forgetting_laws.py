"""What is true of every stream in which customers are forgotten, return, and are forgotten again."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.engine import Engine, step
from models.forgetting import SETTLED_RECORDS
from models.parameters.memory import MemoryParams
from models.parameters.policy import PolicyParams
from models.params import Params
from models.partition import decode_partition
from models.rows import decode_row, encode_row
from models.state import CustomerState
from schemas.codec import JournalMessage
from schemas.ticks import Tick
from schemas.types import Position
from tests.support.core import alert_bytes
from tests.support.events import action, call, claim, complaint, moment, survey

CUSTOMERS = ["a", "b"]
PARAMS = Params(
    memory=MemoryParams(forget_after_days=60, forget_left_days=60, tombstone_after_days=1),
    # So few customers, and so low a threshold, that almost every stream spends from the budget and moves it.
    policy=PolicyParams(budget_customers=1, first_threshold=-6.0, budget_gain=3.0, cold_positives=0),
)

days = st.floats(min_value=0, max_value=500, allow_nan=False)
customers = st.sampled_from(CUSTOMERS)


_one = partial(st.builds, customer=customers, day=days)

messages_of_any_kind = st.one_of(
    _one(
        call,
        text=st.sampled_from([None, "打了三次都没人回，我要投诉到银保监！"]),
        resolved=st.sampled_from([None, False]),
    ),
    _one(claim, status=st.sampled_from(["reported", "denied", "paid"])),
    _one(survey, score=st.integers(1, 5)),
    _one(complaint),
    _one(action, what=st.sampled_from(["left", "erase", "erase"])),
    st.builds(lambda day: Tick(at=moment(day), partition=0), days),
    st.builds(lambda day: Tick(at=moment(day), partition=0), days),
)
# Offsets jump, so that some of what happened lies out of the reach of a crash and rows are removed.
gaps = st.sampled_from([0, 1, 1, SETTLED_RECORDS // 3, 2 * SETTLED_RECORDS])
streams = st.lists(st.tuples(messages_of_any_kind, gaps), max_size=30)
laws = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _placed(messages: list[tuple[JournalMessage, int]], *, in_order: bool) -> list[tuple[Position, JournalMessage]]:
    """Give every message a position; in time's order if that is wanted, because then more is forgotten."""
    if in_order:
        times = sorted(messages, key=lambda pair: _time_of(pair[0]))
        messages = [(message, gap) for (message, _), (_, gap) in zip(times, messages, strict=True)]
    offset, placed = 0, []
    for message, gap in messages:
        offset += gap
        placed.append((Position(offset, len(placed)), message))
    return placed


def _time_of(message: JournalMessage) -> Any:
    return message.at if isinstance(message, Tick) else message.occurred_at  # type: ignore[union-attr]


class _Partition:
    """One partition, from its rows on."""

    def __init__(self, rows: dict[str, bytes] | None = None, engine_row: bytes | None = None) -> None:
        self.engine = Engine(PARAMS, epoch="test")
        self.states: dict[str, CustomerState] = {key: decode_row(row) for key, row in (rows or {}).items()}
        self.alerts: list[bytes] = []
        self.engine.restore((rows or {}).items(), engine_row, None)

    def run(self, placed: list[tuple[Position, JournalMessage]]) -> _Partition:
        for at, message in placed:
            self.alerts += alert_bytes([step(self.engine, self.states, message, at)])
        return self

    def rows(self) -> dict[str, bytes]:
        return {key: encode_row(state) for key, state in self.states.items()}

    def engine_row(self) -> bytes:
        return self.engine.partition_rows()["@engine/0"]

    def believed(self) -> tuple[float, int, float]:
        """What the partition shares among its customers."""
        kept = decode_partition(self.engine_row())
        return kept.threshold, kept.customers, kept.now


@laws
@given(streams, st.booleans(), st.data())
def test_after_a_crash_at_any_point_the_replay_ends_where_the_uninterrupted_run_does(
    messages: list[tuple[JournalMessage, int]], in_order: bool, data: st.DataObject
) -> None:
    """Also for customers who were forgotten, returned, or whose rows were removed, in between."""
    placed = _placed(messages, in_order=in_order)
    kept = data.draw(st.integers(0, len(placed)), label="position of the engine's row")
    # A group of records is shorter than what counts as settled.
    floor = placed[kept - 1][0].offset if kept else -1
    reach = [n for n in range(kept, len(placed) + 1) if not n or placed[n - 1][0].offset < floor + SETTLED_RECORDS]
    ahead = data.draw(st.sampled_from(reach or [kept]), label="position of the rows of some customers")
    committed = data.draw(st.integers(0, kept), label="committed position")
    favoured = data.draw(st.sets(customers), label="customers whose rows are ahead")
    whole = _Partition().run(placed)

    crashed = _Partition().run(placed[:kept])
    further = _Partition().run(placed[:ahead]).rows()
    rows = {key: row for key, row in crashed.rows().items() if key not in favoured}
    rows |= {key: row for key, row in further.items() if key in favoured}
    replayed = _Partition(rows, crashed.engine_row() if kept else None).run(placed[committed:])

    assert replayed.believed() == whole.believed()
    assert _living(replayed.rows()) == _living(whole.rows())
    assert set(replayed.alerts) <= set(whole.alerts)


def _living(rows: dict[str, bytes]) -> dict[str, bytes]:
    """Rows of those who are known; whether a forgotten one's row is removed at this tick or the next says nothing."""
    return {key: row for key, row in rows.items() if not decode_row(row).forgotten_at}


@laws
@given(streams, st.booleans())
def test_no_alert_of_a_new_life_has_the_id_of_an_old_one(
    messages: list[tuple[JournalMessage, int]], in_order: bool
) -> None:
    partition = _Partition()
    sequences: dict[str, int] = {}

    for at, message in _placed(messages, in_order=in_order):
        for alert in step(partition.engine, partition.states, message, at).alerts:
            assert alert.sequence > sequences.get(alert.alert_id, -1)
            sequences[alert.alert_id] = alert.sequence


@laws
@given(streams, st.booleans())
def test_as_many_customers_are_known_as_have_a_row_that_says_more_than_a_position(
    messages: list[tuple[JournalMessage, int]], in_order: bool
) -> None:
    partition = _Partition().run(_placed(messages, in_order=in_order))

    known = _living(partition.rows())
    assert partition.believed()[1] == len(known) == sum(partition.engine.customers_by_stage)
