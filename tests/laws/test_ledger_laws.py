"""What is true of every ledger: received = answered + kept + missed + expired + waived + open, at every instant."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.engine import Engine, step
from models.parameters.ledgers import LedgerParams
from models.parameters.memory import MemoryParams
from models.params import Params
from models.rows import decode_row, encode_row
from models.state import CustomerState
from schemas.codec import JournalMessage
from schemas.ledgers import LedgerEntry
from schemas.types import Position
from tests.support.events import action, call, complaint, promise, survey, tick

days = st.floats(min_value=0, max_value=90, allow_nan=False)
_one = partial(st.builds, customer=st.sampled_from(["a", "b"]), day=days)
names = st.sampled_from([None, "r1", "r2"])
events = st.one_of(
    _one(
        call,
        text=st.sampled_from([None, "打了三次都没人回，太差了！", "thank you, all solved, great", "你好"]),
        direction=st.sampled_from(["inbound", "outbound"]),
        conversation_ref=names,
    ),
    _one(survey, score=st.integers(1, 5), comment=st.sampled_from([None, "差"])),
    _one(complaint, withdrawn=st.booleans(), complaint_ref=names),
    _one(
        action,
        what=st.sampled_from(["contacted", "offer", "promise_kept", "resolved", "acknowledged"]),
        feedback_ref=names,
        promise_ref=names,
    ),
    _one(
        action,
        what=st.just("waived"),
        actor_ref=st.just("chief"),
        note=st.just("agreed"),
        feedback_ref=names,
        promise_ref=names,
    ),
    _one(promise, due=days, promise_ref=names, feedback_ref=names),
    _one(action, what=st.just("erase")),
)
ticks = st.builds(tick, days)


@st.composite
def streams(draw: st.DrawFn) -> list[JournalMessage]:
    """Messages in any order, some of them sent again."""
    messages: list[JournalMessage] = draw(st.lists(st.one_of(events, ticks), max_size=30))
    again = draw(st.lists(st.sampled_from(messages), max_size=5)) if messages else []
    return [*messages, *again]


laws = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# So few may wait that many streams push something out.
NARROW = Params(ledger=LedgerParams(open_feedback=2), memory=MemoryParams(promises=2, forget_after_days=60.0))
ENDS = {"feedback": {"answered", "expired", "waived"}, "promise": {"kept", "missed", "expired", "waived"}}


class _Books:
    """One partition, and what its ledger has said."""

    def __init__(self, rows: dict[str, bytes] | None = None, engine_row: bytes | None = None) -> None:
        self.engine = Engine(NARROW, epoch="test")
        self.states: dict[str, CustomerState] = {key: decode_row(row) for key, row in (rows or {}).items()}
        self.engine.restore((rows or {}).items(), engine_row, None)
        self.entries: list[LedgerEntry] = []

    def take(self, message: JournalMessage, at: Position) -> list[LedgerEntry]:
        entries = step(self.engine, self.states, message, at).ledger
        self.entries += entries
        return entries

    def rows(self) -> dict[str, bytes]:
        return {key: encode_row(state) for key, state in self.states.items()}

    def open(self) -> Counter[tuple[str, str]]:
        waiting: Counter[tuple[str, str]] = Counter()
        for key, state in self.states.items():
            waiting[key, "promise"] += len(state.promises)
            waiting[key, "feedback"] += len(state.feedback)
        return waiting


def _owed(entries: list[LedgerEntry]) -> Counter[tuple[str, str]]:
    """Received less ended, per customer and kind."""
    owed: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        owed[entry.customer_key, entry.kind] += 1 if entry.state == "received" else -1
    return owed


@laws
@given(streams())
def test_what_was_received_is_answered_or_open_or_expired_or_waived_at_every_instant(
    messages: list[JournalMessage],
) -> None:
    books = _Books()

    for index, message in enumerate(messages):
        books.take(message, Position(index // 4, index % 4))
        assert +_owed(books.entries) == +books.open()
        assert not -_owed(books.entries)


@laws
@given(streams())
def test_nothing_leaves_without_an_answer_a_named_waiver_or_its_time(messages: list[JournalMessage]) -> None:
    books, moves = _Books(), defaultdict[str, list[str]](list)

    for index, message in enumerate(messages):
        books.take(message, Position(index, 0))
    for entry in books.entries:
        moves[f"{entry.customer_key}/{entry.kind}/{entry.event_id}"].append(entry.state)
        if entry.state == "received":
            assert entry.reason is None
            continue
        assert entry.state in ENDS[entry.kind]
        if entry.state == "waived":
            assert entry.by == "chief"
        if entry.state in ("answered", "kept", "waived"):
            assert entry.closed_by
            assert entry.at >= entry.opened_at or entry.kind == "promise"
        if entry.reason == "due":
            assert entry.at == entry.due_at
    # Who was forgotten, and whose events are sent again, is a stranger: their entries begin anew.
    for told in moves.values():
        assert all((state == "received") == (number % 2 == 0) for number, state in enumerate(told))
    assert len({entry.identity for entry in books.entries}) == len(books.entries)


@laws
@given(streams())
def test_after_the_last_due_time_nothing_is_open(messages: list[JournalMessage]) -> None:
    books = _Books()

    for index, message in enumerate([*messages, tick(200)]):
        books.take(message, Position(index, 0))

    assert not +books.open()
    assert not +_owed(books.entries)


@laws
@given(streams(), st.data())
def test_after_a_crash_the_ledger_says_the_same_and_drops_to_the_same(
    messages: list[JournalMessage], data: st.DataObject
) -> None:
    placed = [(message, Position(index // 4, index % 4)) for index, message in enumerate(messages)]
    kept = data.draw(st.integers(0, len(placed)), label="rows are written up to here")
    committed = data.draw(st.integers(0, kept), label="committed position")
    whole, crashed = _Books(), _Books()
    for message, at in placed:
        whole.take(message, at)

    for message, at in placed[:kept]:
        crashed.take(message, at)
    engine_row = crashed.engine.partition_rows()["@engine/0"] if kept else None
    revived = _Books(crashed.rows(), engine_row)
    for message, at in placed[committed:]:
        revived.take(message, at)

    assert revived.rows() == whole.rows()
    assert [entry.identity for entry in (*crashed.entries, *revived.entries)] == [
        entry.identity for entry in whole.entries
    ]
