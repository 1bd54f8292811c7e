"""What is true of capacity in every order of events and ticks, and after every crash."""

from __future__ import annotations

from collections import Counter
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.engine import Engine, step
from models.moments import DAY
from models.organisation import Clock, Clocks, Defaults, Organisation, Unit
from models.parameters.policy import PolicyParams
from models.params import Params
from models.rows import decode_row, encode_row
from schemas.alerts import Alert
from schemas.codec import JournalMessage, encode
from schemas.suppressions import UNNUMBERED
from schemas.ticks import Tick
from schemas.types import Position
from tests.support.events import action, call, complaint, moment, survey

CAPACITY, PARTITIONS = 3, 2
_HOURS = Clock(acknowledge_hours=6, act_hours=30)
PARAMS = Params(
    policy=PolicyParams(review_days=6, repeat_yellow=2),
    organisation=Organisation(
        defaults=Defaults(clocks=Clocks(yellow=_HOURS, orange=_HOURS, red=_HOURS), capacity=CAPACITY),
        units=(Unit(path="HQ", owner="role:hq"), Unit(path="HQ/G", owner="role:g")),
    ),
)

days = st.floats(min_value=0, max_value=6, allow_nan=False)
customers = st.sampled_from(["a", "b", "c", "d", "e", "f"])
_one = partial(st.builds, customer=customers, day=days, org_path=st.sampled_from(["HQ", "HQ/G"]))
events = st.one_of(
    _one(survey, score=st.integers(1, 2), vulnerability=st.sampled_from([(), ("elder",)])),
    _one(call, text=st.sampled_from([None, "我要投诉到银保监！"]), resolved=st.just(False)),
    _one(action, what=st.sampled_from(["acknowledged", "resolved", "erase"])),
    _one(complaint),
)
ticks = st.builds(lambda day: Tick(at=moment(day), partition=0), days)
nights = [Tick(at=moment(day), partition=0) for day in (6.5, 7.5, 8.5)]
"""What was held back in the end has three more days to be told."""
streams = st.lists(st.one_of(events, events, ticks), max_size=50).map(lambda messages: [*messages, *nights])
laws = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class _Partition:
    """One partition from its rows on."""

    def __init__(self, rows: dict[str, bytes] | None = None, engine_row: bytes | None = None) -> None:
        self.engine = Engine(PARAMS, 0, "test", PARTITIONS)
        self.states = {key: decode_row(row) for key, row in (rows or {}).items()}
        self.engine.restore((rows or {}).items(), engine_row, None)
        self.told: list[tuple[int, Alert]] = []
        self.sent: set[bytes] = set()
        self.numbers: dict[str, list[int]] = {}

    def run(self, messages: list[JournalMessage], first: int = 0) -> _Partition:
        for offset, message in enumerate(messages[first:], first):
            outcome = step(self.engine, self.states, message, Position(offset, 0))
            self.told += [(int(self.engine.now // DAY), alert) for alert in outcome.alerts]
            self.sent |= {encode(each) for each in (*outcome.alerts, *outcome.suppressions)}
            numbered = [each for each in outcome.suppressions if each.rule not in UNNUMBERED]
            for each in (*outcome.alerts, *numbered):
                self.numbers.setdefault(each.alert_id, []).append(each.sequence)
        return self

    def rows(self) -> dict[str, bytes]:
        return {key: encode_row(state) for key, state in self.states.items()}

    def engine_row(self) -> bytes:
        return self.engine.partition_rows()["@engine/0"]


@laws
@given(streams)
def test_no_owner_is_told_of_more_than_the_partitions_share_of_a_day(messages: list[JournalMessage]) -> None:
    run = _Partition().run(messages)

    told: Counter[tuple[int, str | None]] = Counter()
    for day, alert in run.told:
        asks = alert.transition in ("opened", "raised", "told") and alert.level in ("yellow", "orange")
        if asks and alert.cause != "threat":
            told[day, alert.owner] += 1
    share = -(-CAPACITY // PARTITIONS)
    assert all(count <= share for count in told.values()), told


@laws
@given(streams)
def test_what_was_told_and_what_was_held_back_are_numbered_together(messages: list[JournalMessage]) -> None:
    run = _Partition().run(messages)

    for numbers in run.numbers.values():
        assert sorted(numbers) == list(range(len(numbers)))


@laws
@given(streams, st.data())
def test_after_a_crash_the_same_are_told_and_the_same_are_held_back(
    messages: list[JournalMessage], data: st.DataObject
) -> None:
    """The partition's row is at one message, the rows of some customers are ahead, the replay begins before both."""
    kept = data.draw(st.integers(0, len(messages)), label="position of the partition's row")
    ahead = data.draw(st.integers(kept, len(messages)), label="position of the rows of some customers")
    committed = data.draw(st.integers(0, kept), label="committed position")
    favoured = data.draw(st.sets(customers), label="customers whose rows are ahead")
    whole = _Partition().run(messages)
    crashed = _Partition().run(messages[:kept])
    further = _Partition().run(messages[:ahead])

    rows = crashed.rows() | {key: row for key, row in further.rows().items() if key in favoured}
    replayed = _Partition(rows, crashed.engine_row() if kept else None).run(messages, committed)

    assert replayed.rows() == whole.rows()
    assert replayed.engine_row() == whole.engine_row()
    assert replayed.sent <= whole.sent
    assert crashed.sent | further.sent | replayed.sent == whole.sent
