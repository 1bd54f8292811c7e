"""What is true of every stream of messages."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.clocks.packs import load_pack
from models.engine import Engine, step
from models.features import FAMILIES, NAMES
from models.log_odds import probability_of
from models.parameters.policy import PolicyParams
from models.params import Params
from models.partition import decode_partition
from models.risk import untrained
from models.rows import decode_row, encode_row, row_position
from models.state import CustomerState
from schemas.alerts import CAUSES
from schemas.codec import JournalMessage, decode_journal_line, encode
from schemas.snapshots import RiskLine, RiskWeights
from schemas.ticks import Tick
from schemas.types import Position
from tests.support.core import Core, alert_bytes
from tests.support.events import action, call, claim, complaint, moment, promise, survey

TEXTS = [
    "你好，请问怎么缴费",
    "打了三次都没人回，我要投诉到银保监！",
    "thank you, all solved",
    "no one calls me back, my lawyer will",
]
CUSTOMERS = ["a", "b", "c"]

days = st.floats(min_value=0, max_value=60, allow_nan=False)
customers = st.sampled_from(CUSTOMERS)


_one = partial(st.builds, customer=customers, day=days)

events = st.one_of(
    _one(
        call,
        text=st.sampled_from([None, *TEXTS]),
        transfers=st.integers(0, 4),
        wait_seconds=st.floats(0, 3000),
        resolved=st.sampled_from([None, True, False]),
        direction=st.sampled_from(["inbound", "outbound"]),
        vulnerability=st.sampled_from([(), ("elder",)]),
    ),
    _one(
        claim,
        status=st.sampled_from(["reported", "assessed", "denied", "paid", "reopened"]),
        customer_visible=st.booleans(),
    ),
    _one(survey, score=st.integers(1, 5), comment=st.sampled_from([None, *TEXTS])),
    _one(survey, score=st.none(), status=st.sampled_from(["sent", "unanswered"])),
    _one(complaint, source=st.sampled_from(["internal", "regulator"]), withdrawn=st.booleans()),
    _one(action, what=st.sampled_from(["contacted", "promise_kept", "acknowledged", "resolved", "dismissed", "left"])),
    _one(action, what=st.just("erase")),
    _one(promise, due=days),
)
ticks = st.builds(lambda day: Tick(at=moment(day), partition=0), days)
streams = st.lists(st.one_of(events, ticks), max_size=40)
vectors = st.lists(st.floats(-3, 3), min_size=len(NAMES), max_size=len(NAMES))
CHINA = Params(jurisdiction=load_pack("cn"))
laws = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _run(messages: list[JournalMessage]) -> tuple[list[bytes], dict[str, bytes]]:
    core = Core()
    return alert_bytes(core.take(*messages)), core.rows()


@laws
@given(streams)
def test_the_same_log_gives_the_same_bytes(messages: list[JournalMessage]) -> None:
    again = [decode_journal_line(encode(message)) for message in messages]

    assert _run(messages) == _run(again)


@laws
@given(streams)
def test_another_customer_never_changes_this_one(messages: list[JournalMessage]) -> None:
    alone = [m for m in messages if isinstance(m, Tick) or m.customer_id == "a"]
    # Customers share one thing: the budget of calls, and so the threshold.
    without_model = Params(policy=PolicyParams(model=False))
    together, apart = Core(without_model), Core(without_model)

    together.take(*messages)
    apart.take(*alone)

    assert _without_position(together.states.get("a")) == _without_position(apart.states.get("a"))


def _without_position(state: CustomerState | None) -> bytes:
    if state is None:
        return b""
    state = state.copy()
    state.offset = state.line = -1
    state.lives, state.spent = (), ()
    return encode_row(state)


@laws
@given(streams)
def test_a_row_survives_being_written_and_read(messages: list[JournalMessage]) -> None:
    core = Core()
    core.take(*messages)

    for state in core.states.values():
        row = encode_row(state)
        assert encode_row(decode_row(row)) == row
        assert row_position(row) == ("test", state.position)


SPENDING = Params(policy=PolicyParams(budget_customers=1, first_threshold=-6.0, budget_gain=3.0, cold_positives=0))
"""So few customers, and so low a threshold, that almost every stream spends from the budget and moves it."""


@laws
@given(streams, streams, st.data())
def test_after_a_crash_the_replay_ends_where_the_uninterrupted_run_does(
    former: list[JournalMessage], messages: list[JournalMessage], data: st.DataObject
) -> None:
    """Rows reached some point, the committed offset lies before it, and each customer's row may be ahead of both.

    Some partitions have a former journal behind them: this one was created anew, and its positions start over.
    """
    old = _Partition("former").run(_placed(former))
    placed = _placed(messages)
    kept = data.draw(st.integers(0, len(placed)), label="position of the engine's row")
    ahead = data.draw(st.integers(kept, len(placed)), label="position of the rows of some customers")
    committed = data.draw(st.integers(0, kept), label="committed position")
    favoured = data.draw(st.sets(customers), label="customers whose rows are ahead")
    whole = old.revived().run(placed)

    crashed = old.revived().run(placed[:kept]) if kept else old
    further = old.revived().run(placed[:ahead]).rows()
    # What a customer had before stays where nothing of the new journal was written.
    rows = crashed.rows() | {key: row for key, row in further.items() if key in favoured}
    replayed = _Partition("test", rows, crashed.engine_row()).run(placed[committed:])

    assert replayed.rows() == whole.rows()
    assert replayed.believed() == whole.believed()
    assert set(replayed.alerts) <= set(whole.alerts)
    assert set(replayed.examples) <= set(whole.examples)


def _placed(messages: list[JournalMessage]) -> list[tuple[Position, JournalMessage]]:
    return [(Position(index // 5, index % 5), message) for index, message in enumerate(messages)]


class _Partition:
    """One partition of one journal, from its rows on."""

    def __init__(self, epoch: str, rows: dict[str, bytes] | None = None, engine_row: bytes | None = None) -> None:
        self.engine = Engine(SPENDING, epoch=epoch)
        self.states: dict[str, CustomerState] = {key: decode_row(row) for key, row in (rows or {}).items()}
        self.alerts: list[bytes] = []
        self.examples: list[bytes] = []
        """What each says, without its index: whoever has a row that is ahead releases nothing again."""
        self.engine.restore((rows or {}).items(), engine_row, None)

    def run(self, placed: list[tuple[Position, JournalMessage]]) -> _Partition:
        for at, message in placed:
            outcome = step(self.engine, self.states, message, at)
            self.alerts += alert_bytes([outcome])
            self.examples += [
                encode(example.model_copy(update={"source": (*example.source[:3], 0)})) for example in outcome.examples
            ]
        return self

    def revived(self) -> _Partition:
        """The same partition after a restart, of a journal created anew."""
        return _Partition("test", self.rows(), self.engine_row())

    def rows(self) -> dict[str, bytes]:
        return {key: encode_row(state) for key, state in self.states.items()}

    def engine_row(self) -> bytes:
        return self.engine.partition_rows()["@engine/0"]

    def believed(self) -> tuple[float, int, float]:
        """What the partition shares among its customers."""
        kept = decode_partition(self.engine_row())
        return kept.threshold, kept.customers, kept.now


@laws
@given(streams)
def test_probabilities_are_probabilities_and_never_cross(messages: list[JournalMessage]) -> None:
    core = Core()
    core.take(*messages)

    for key, state in _known(core):
        risk = core.engine.risk_of(key, state)
        assert 0.0 <= risk.probability_7d <= risk.probability_30d <= 1.0


def _known(core: Core) -> list[tuple[str, CustomerState]]:
    """Customers who have not been forgotten."""
    return [(key, state) for key, state in core.states.items() if not state.forgotten_at]


@laws
@given(streams)
def test_one_customer_has_one_open_alert_per_cause_and_every_transition_has_its_number(
    messages: list[JournalMessage],
) -> None:
    core = Core()
    seen: dict[str, int] = {}

    for message in messages:
        for alert in core.alerts(message):
            assert alert.sequence > seen.get(alert.alert_id, -1)
            assert alert.cause in CAUSES
            assert 1 <= len(alert.reasons) <= 5
            seen[alert.alert_id] = alert.sequence
        for state in core.states.values():
            causes = [alert.cause for alert in state.alerts]
            assert len(causes) == len(set(causes))


@laws
@given(streams)
def test_stages_are_counted_without_loss(messages: list[JournalMessage]) -> None:
    core = Core()
    core.take(*messages)

    stages = [0] * 5
    for state in core.states.values():
        if not state.forgotten_at:
            stages[state.stage] += 1
    assert core.engine.customers_by_stage == stages


@laws
@given(streams)
def test_every_prediction_is_decided_once_per_horizon(messages: list[JournalMessage]) -> None:
    core = Core()
    made: Counter[tuple[str, object, int]] = Counter()
    decided: Counter[tuple[str, object, int]] = Counter()

    for outcome in core.take(*messages, Tick(at=moment(60) + timedelta(days=38), partition=0)):
        for example in outcome.examples:
            if example.kind == "risk":
                for horizon in example.horizons:
                    key = (example.customer_key, example.predicted_at, horizon)
                    made[key] += example.phase == "predicted"
                    decided[key] += example.phase in ("matured", "censored")
    assert decided <= made
    for state in core.states.values():
        assert all(state.clock - prediction.at < 37 * 86_400 for prediction in state.predictions)


@laws
@given(streams, vectors, st.floats(-2, 2), st.sampled_from([Params(), CHINA]))
def test_the_parts_of_a_score_add_up_to_it(
    messages: list[JournalMessage], weights: list[float], short_lead: float, params: Params
) -> None:
    long = RiskWeights(intercept=-2.0, dense=tuple(weights), means=(0.3,) * len(NAMES), slope=0.7, offset=0.1)
    short = long.model_copy(update={"intercept": -2.0 + short_lead})
    line = RiskLine(name="adagrad", risk_7d=short, risk_30d=long)
    core = Core(params)
    core.engine.switch(untrained(params).model_copy(update={"number": 1, "lines": (line,)}))

    core.take(*messages)

    for _, state in _known(core):
        probability = probability_of(state.base + sum(state.contributions))
        assert abs(probability - state.probability_30d) < 2e-6
        assert state.probability_7d <= state.probability_30d


@laws
@given(streams, vectors)
def test_without_a_pack_no_weight_of_clocks_changes_a_byte(
    messages: list[JournalMessage], weights: list[float]
) -> None:
    rows = []
    for clocks in (weights[FAMILIES["clocks"]], [0.0, 0.0, 0.0]):
        dense = (*weights[: FAMILIES["clocks"].start], *clocks)
        risk = RiskWeights(intercept=-2.0, dense=dense, means=(0.0,) * len(NAMES))
        core = Core()
        line = RiskLine(name="adagrad", risk_7d=risk, risk_30d=risk)
        core.engine.switch(untrained(Params()).model_copy(update={"number": 1, "lines": (line,)}))
        outcomes = core.take(*messages)
        rows.append((core.rows(), alert_bytes(outcomes)))

    assert rows[0] == rows[1]
