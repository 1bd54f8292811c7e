"""Customers by stage, and open alerts by level, of every unit: what is counted is what the rows say, at every moment.

The companies and streams are those of the laws of crashes: customers move between units with nearly every message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.engine import Engine, step
from models.organisation import Organisation
from models.params import Params
from models.rows import decode_row, encode_row
from models.state import CustomerState
from schemas.alerts import LEVELS, STAGES
from schemas.codec import JournalMessage
from schemas.types import Position
from tests.laws.test_crash_laws import companies, crash_in, streams

COLUMNS = (*STAGES, *LEVELS[1:])
laws = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

Rows = Mapping[str, bytes]
Counts = Counter[tuple[str, str]]


class _Partition:
    """One partition from its rows on."""

    def __init__(self, company: Params, rows: Rows, own: bytes | None = None) -> None:
        self.engine = Engine(company, 0, "test")
        self.states: dict[str, CustomerState] = {key: decode_row(row) for key, row in rows.items()}
        self.engine.restore(rows.items(), own, None)

    def take(self, message: JournalMessage, offset: int) -> None:
        step(self.engine, self.states, message, Position(offset // 4, offset % 4))

    def rows(self) -> Rows:
        return {key: encode_row(state) for key, state in self.states.items()}

    def own(self) -> bytes:
        return self.engine.partition_rows()["@engine/0"]

    def counted(self) -> Counts:
        """What the engine says, without what it has none of."""
        return shown(self.engine.census)


def shown(census: Mapping[str, Sequence[int]]) -> Counts:
    return Counter(
        {
            (unit, column): count
            for unit, counts in census.items()
            for column, count in zip(COLUMNS, counts, strict=True)
            if count
        }
    )


def by_hand(rows: Rows, organisation: Organisation) -> Counts:
    """Count rows one by one, each for the nearest unit at or above its place."""
    named, counts = {unit.path for unit in organisation.units}, Counts()
    for row in rows.values():
        state = decode_row(row)
        if state.forgotten_at:
            continue
        steps = state.org_path.split("/")
        above = ["/".join(steps[:depth]) for depth in range(len(steps), 0, -1)]
        unit = next((path for path in above if path in named), "")
        counts[unit, STAGES[state.stage]] += 1
        counts.update((unit, LEVELS[alert.level]) for alert in state.alerts if alert.told)
    return counts


def over_units(partition: _Partition) -> list[int]:
    """Customers by stage, added up over units."""
    return [sum(counts[index] for counts in partition.engine.census.values()) for index in range(len(STAGES))]


@laws
@given(companies, streams)
def test_at_every_moment_units_are_counted_as_the_rows_say_and_add_up_to_the_company(
    company: Params, messages: list[JournalMessage]
) -> None:
    partition = _Partition(company, {})

    for offset, message in enumerate(messages):
        partition.take(message, offset)
        assert partition.counted() == by_hand(partition.rows(), company.organisation)
        assert over_units(partition) == partition.engine.customers_by_stage


@laws
@given(companies, streams, st.data())
def test_after_a_crash_units_are_counted_as_the_rows_say_all_through_the_replay(
    company: Params, messages: list[JournalMessage], data: st.DataObject
) -> None:
    kept, ahead, committed, favoured = crash_in(data, messages)
    whole = _Partition(company, {})
    rows, own = dict[str, bytes](), None
    for offset, message in enumerate(messages):
        whole.take(message, offset)
        if offset + 1 == kept:
            rows, own = dict(whole.rows()), whole.own()
        if offset + 1 == ahead:
            rows |= {key: row for key, row in whole.rows().items() if key in favoured}

    revived = _Partition(company, rows, own)
    assert revived.counted() == by_hand(rows, company.organisation)
    for offset, message in enumerate(messages[committed:], committed):
        revived.take(message, offset)
        assert revived.counted() == by_hand(revived.rows(), company.organisation)
        assert over_units(revived) == revived.engine.customers_by_stage
    assert revived.counted() == whole.counted()


@laws
@given(companies, companies, streams)
def test_rows_of_the_format_before_and_of_another_company_are_counted_alike(
    company: Params, other: Params, messages: list[JournalMessage]
) -> None:
    """With another organisation file the same rows are of other units."""
    partition = _Partition(company, {})
    for offset, message in enumerate(messages):
        partition.take(message, offset)
    rows = partition.rows()
    before = {key: of_format_5(row) for key, row in rows.items()}

    assert _Partition(company, before).counted() == partition.counted()
    assert _Partition(other, rows).counted() == by_hand(rows, other.organisation)
    assert _Partition(other, before).counted() == by_hand(rows, other.organisation)


def of_format_5(row: bytes) -> bytes:
    """Write a row as it was before it said at its beginning where its customer is."""
    _, *items = orjson.loads(row)
    if decode_row(row).forgotten_at:
        return orjson.dumps([5, *items])
    _, org_path, tenant = items[6:9]
    return orjson.dumps([5, *items[:6], tenant, org_path, *items[9:]])
