"""What is true after every crash of a company that has all of it: a law, units with clocks and days, and silences."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from itertools import chain
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.clocks.jurisdiction import Jurisdiction
from models.clocks.packs import PACKS, load_pack
from models.engine import Engine, step
from models.organisation import Clock, Clocks, Defaults, Organisation, Unit
from models.outcome import Outcome
from models.parameters.policy import PolicyParams
from models.params import Params
from models.rows import decode_row, encode_row
from schemas.actions import Action
from schemas.codec import JournalMessage, encode
from schemas.ticks import Tick
from schemas.types import Position
from tests.laws.test_alert_laws import streams as lives

PARTITIONS = 2
PATHS = ["HQ", "HQ/G", "HQ/G/S"]

packs = st.sampled_from([None, *PACKS])
hours = st.floats(1, 60)
organisations = st.builds(
    lambda acknowledge, act, capacity, evidence, floor, depth: Organisation(
        utc_offset_hours=8,
        defaults=Defaults(
            clocks=Clocks(
                yellow=Clock(acknowledge_hours=2 * acknowledge, act_hours=2 * (acknowledge + act)),
                orange=Clock(acknowledge_hours=acknowledge, act_hours=acknowledge + act),
                red=Clock(acknowledge_hours=acknowledge / 2, act_hours=acknowledge + act),
            ),
            capacity=capacity,
            evidence=evidence,
            precision_floor=floor,
        ),
        units=tuple(Unit(path=path, owner=f"role:{path}") for path in PATHS[:depth]),
    ),
    hours,
    hours,
    st.sampled_from([None, 1, 2, 5]),
    st.booleans(),
    st.sampled_from([0.0, 0.05]),
    st.integers(0, len(PATHS)),
)
policies = st.builds(
    PolicyParams,
    inhibit=st.booleans(),
    acknowledge_first=st.booleans(),
    cold_positives=st.sampled_from([0, 20]),
    first_threshold=st.sampled_from([-6.0, -2.0]),
    budget_customers=st.just(1),
    review_days=st.sampled_from([1, 6]),
)


def _placed(message: JournalMessage, path: str) -> JournalMessage:
    """Let a message be about a unit: where the customer is served, who acts, or what a silence is for."""
    if isinstance(message, Action):
        return message.model_copy(update={"org_path": path, "actor_org": path})
    return message if isinstance(message, Tick) else message.model_copy(update={"org_path": path})


@cache
def _law(name: str) -> Jurisdiction:
    """Read a pack once: its calendar takes 50 ms."""
    return load_pack(name)


companies = st.builds(
    lambda pack, organisation, policy: Params(
        policy=policy, organisation=organisation, jurisdiction=_law(pack) if pack else Jurisdiction()
    ),
    packs,
    organisations,
    policies,
)
streams = lives.flatmap(
    lambda messages: st.lists(st.sampled_from([*PATHS, "elsewhere"]), min_size=50, max_size=50).map(
        lambda paths: [_placed(message, path) for message, path in zip(messages, paths, strict=False)]
    )
)
laws = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _with_ids(company: Params, messages: list[JournalMessage]) -> list[JournalMessage]:
    """Name alerts by their ids: the number that stands for one is its place among those that have opened."""
    partition, ids, named = _Partition(company), list[str](), list[JournalMessage]()
    for offset, message in enumerate(messages):
        if isinstance(message, Action) and message.alert_id is not None:
            place = int(message.alert_id)
            message = message.model_copy(update={"alert_id": ids[place] if place < len(ids) else "none"})
        outcome = step(partition.engine, partition.states, message, Position(offset, 0))
        ids += [each.alert_id for each in (*outcome.alerts, *outcome.suppressions) if each.sequence == 0]
        named.append(message)
    return named


class _Partition:
    """One partition from its rows on."""

    def __init__(self, company: Params, rows: dict[str, bytes] | None = None, own: bytes | None = None) -> None:
        self.engine = Engine(company, 0, "test", PARTITIONS)
        self.states = {key: decode_row(row) for key, row in (rows or {}).items()}
        self.engine.restore((rows or {}).items(), own, None)
        self.sent: set[bytes] = set()

    def run(self, messages: list[JournalMessage], first: int = 0) -> _Partition:
        for offset, message in enumerate(messages[first:], first):
            self.sent |= _sent(step(self.engine, self.states, message, Position(offset // 4, offset % 4)))
        return self

    def rows(self) -> dict[str, bytes]:
        return {key: encode_row(state) for key, state in self.states.items()}

    def own(self) -> bytes:
        return self.engine.partition_rows()["@engine/0"]


def _sent(outcome: Outcome) -> set[bytes]:
    """What leaves for topics, each with its position; not examples, whose index in a message may differ."""
    return set(map(encode, chain(outcome.alerts, outcome.suppressions, outcome.receipts, outcome.ledger)))


class Crash(NamedTuple):
    """A partition's row is at one message, the rows of some customers are ahead, the replay begins before both."""

    kept: int
    """Position of the partition's row."""
    ahead: int
    """Position of the rows of some customers."""
    committed: int
    """Where the replay begins."""
    favoured: set[str]
    """Customers whose rows are ahead."""


def crash_in(data: st.DataObject, messages: Sequence[JournalMessage]) -> Crash:
    """Draw where a worker was killed."""
    kept = data.draw(st.integers(0, len(messages)), label="position of the partition's row")
    ahead = data.draw(st.integers(kept, len(messages)), label="position of the rows of some customers")
    committed = data.draw(st.integers(0, kept), label="committed position")
    favoured = data.draw(st.sets(st.sampled_from("abc")), label="customers whose rows are ahead")
    return Crash(kept, ahead, committed, favoured)


@laws
@given(companies, streams, st.data())
def test_after_a_crash_rows_and_everything_that_was_sent_are_those_of_one_run(
    company: Params, messages: list[JournalMessage], data: st.DataObject
) -> None:
    kept, ahead, committed, favoured = crash_in(data, messages)
    start, messages = partial(_Partition, company), _with_ids(company, messages)
    whole = start().run(messages)
    crashed, further = start().run(messages[:kept]), start().run(messages[:ahead])

    rows = crashed.rows() | {key: row for key, row in further.rows().items() if key in favoured}
    replayed = start(rows, crashed.own() if kept else None).run(messages, committed)

    assert replayed.rows() == whole.rows()
    assert replayed.own() == whole.own()
    assert replayed.sent <= whole.sent
    assert crashed.sent | further.sent | replayed.sent == whole.sent


@laws
@given(companies, streams)
def test_the_same_log_gives_the_same_bytes_in_every_company(company: Params, messages: list[JournalMessage]) -> None:
    messages = _with_ids(company, messages)
    one, same = (_Partition(company).run(messages) for _ in range(2))

    assert (one.rows(), one.own(), one.sent) == (same.rows(), same.own(), same.sent)
