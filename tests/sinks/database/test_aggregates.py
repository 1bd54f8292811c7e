"""SQLite and PostgreSQL keep the same alerts about many customers, and answer the same questions about them."""

from __future__ import annotations

import re
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, insert, inspect, select

from schemas.aggregates import AggregateAlert
from schemas.errors import ConfigurationError
from sinks.database import migrating
from sinks.database.aggregate_queries import (
    aggregate_history,
    aggregates_of_alert,
    aggregates_of_alert_query,
    members_query,
    open_aggregates,
    open_aggregates_query,
    transitions_query,
)
from sinks.database.sink import AggregatesSink, DatabaseSink, RiskHistorySink, SuppressionsSink
from sinks.database.store import engine_of
from sinks.database.tables import AGGREGATE_MEMBERS, AGGREGATE_TRANSITIONS, AGGREGATES, METADATA
from tests.support.aggregates import aggregate
from tests.support.alerts import SOME_TIME, alert
from tests.support.databases import engine_with_tables, explained
from tests.support.observations import aggregates, evidence, watermark
from tests.support.peers import CHECKOUT
from tests.support.postgresql import PostgresqlNode
from tests.support.risks import risk
from tests.support.suppressions import suppression

OURS = {AGGREGATES.name, AGGREGATE_TRANSITIONS.name, AGGREGATE_MEMBERS.name}


async def deliver(url: str, *alerts: AggregateAlert) -> None:
    sink = AggregatesSink(url)
    await sink.open()
    for each in alerts:
        await sink.deliver(each)
    await sink.close()


def held(engine: Engine, tables: set[str]) -> dict[str, list[Any]]:
    """Every row of some tables, in the order of their keys."""
    with engine.connect() as connection:
        return {
            name: connection.execute(select(METADATA.tables[name]).order_by(*METADATA.tables[name].primary_key)).all()
            for name in sorted(tables)
        }


def story() -> list[AggregateAlert]:
    """What is said of a unit of which ever more customers wait, and then nobody does, and of two of one household."""
    many = [evidence(f"c{number:02}", number / 4, org_path="HQ/South/Shenzhen") for number in range(24)]
    home = [evidence(name, 1.0, household_ref="h_1", cause="threat", org_path="HQ/North") for name in ("x", "y")]
    passing = [watermark(at) for at in range(8, 2_000, 4)]
    return aggregates([watermark(0), *sorted([*many, *home], key=lambda each: each.clock), *passing])


async def test_an_alert_about_many_stands_as_its_newest_transition_says(url: str, connection: Connection) -> None:
    told = [
        aggregate("s"),
        aggregate("s", 1, transition="grown", customers=10, severe=2, usual=0.5, chance=1e-9, level="orange"),
    ]
    await deliver(url, *told)
    found = aggregate_history(connection, "s")

    assert found is not None
    stands = found.aggregate
    assert (stands["sequence"], stands["transition"], stands["level"]) == (1, "grown", "orange")
    assert (stands["customers"], stands["severe"], stands["usual"], stands["chance"]) == (10, 2, 0.5, 1e-9)
    assert (stands["is_open"], stands["opened_at"], stands["closed_at"]) == (True, SOME_TIME, None)
    assert (stands["grouped_by"], stands["group_key"]) == ("unit", "HQ/South")
    assert [AggregateAlert.model_validate(row["message"]) for row in found.transitions] == told
    assert aggregate_history(connection, "another") is None


async def test_one_that_has_ended_is_closed_and_what_comes_again_opens_it_no_more(
    url: str, connection: Connection
) -> None:
    opened = aggregate("s")
    ended = aggregate("s", 1, transition="expired", customers=0, members=())
    await deliver(url, opened, ended, opened)
    found = aggregate_history(connection, "s")

    assert found is not None
    assert (found.aggregate["is_open"], found.aggregate["closed_at"]) == (False, SOME_TIME + timedelta(hours=1))
    assert open_aggregates(connection, "HQ") == []
    assert {row["alert_id"] for row in found.members} == {"a", "b", "c"}


async def test_any_order_and_any_repeat_leave_the_same_rows(empty: str, tmp_path: Any) -> None:
    told = story()
    one_by_one, shuffled = engine_with_tables(f"sqlite:///{tmp_path / 'in-order.db'}"), engine_with_tables(empty)
    await deliver(str(one_by_one.url), *told)
    chance = Random(7)
    again = [*told, *told]
    chance.shuffle(again)
    sink = AggregatesSink(empty)
    for begin in range(0, len(again), 5):
        await sink.deliver_together(again[begin : begin + 5])
    await sink.close()

    rows = held(shuffled, OURS)
    assert {each.transition for each in told} >= {"opened", "grown", "expired"}
    assert {each.by for each in told} >= {"unit", "household"}
    assert rows == held(one_by_one, OURS)
    assert len(rows["aggregate_transitions"]) == len(told)
    assert len(rows["aggregate_members"]) == sum(len(each.members) for each in told)
    one_by_one.dispose()
    shuffled.dispose()


async def test_what_is_open_is_asked_for_by_unit_level_cause_and_tenant(url: str, connection: Connection) -> None:
    await deliver(
        url,
        aggregate("south"),
        aggregate("large", org_path="HQ/South", key="auto", by="product_line", customers=40),
        aggregate("shenzhen", org_path="HQ/South/Shenzhen", level="red", cause="threat"),
        aggregate("alike", org_path="HQ/South-2", level="red"),
        aggregate("all", org_path="HQ", key="auto", by="product_line", level="red", tenant="another"),
        aggregate("ended", 3, transition="expired"),
    )

    def found(unit: str, **asked: Any) -> list[str]:
        return [row["aggregate_id"] for row in open_aggregates(connection, unit, **asked)]

    assert found("HQ/South") == ["shenzhen", "large", "south"]
    assert found("HQ/South", limit=1) == ["shenzhen"]
    assert found("HQ/South", level="orange") == ["shenzhen"]
    assert found("HQ/South", cause="claim_stalled") == ["large", "south"]
    assert found("HQ", tenant="another") == ["all"]


async def test_of_a_household_nothing_is_usual(url: str, connection: Connection) -> None:
    await deliver(url, aggregate("h", by="household", key="h_1", customers=2, usual=None, chance=None))
    (found,) = open_aggregates(connection, "HQ")

    assert (found["group_key"], found["usual"], found["chance"]) == ("h_1", None, None)


async def test_its_members_are_told_with_their_customers_as_far_as_anybody_knows(
    url: str, connection: Connection
) -> None:
    await deliver(
        url,
        aggregate("s", members=("first", "told")),
        aggregate("s", 1, transition="grown", members=("held", "told", "red")),
    )
    single, untold = DatabaseSink(url), SuppressionsSink(url)
    await single.deliver_together(
        [
            alert("told", customer_key="c_1", level="yellow", org_path="HQ/South"),
            alert("red", customer_key="c_2", level="red"),
            alert("first", customer_key="c_3"),
            alert("first", 1, transition="resolved", customer_key="c_3"),
            alert("of nobody here"),
        ]
    )
    await untold.deliver_together([suppression("held", "silence", number) for number in (1, 2)])
    await single.close()
    await untold.close()
    found = aggregate_history(connection, "s")

    assert found is not None
    assert [tuple(row.values()) for row in found.members] == [
        ("red", 1, "c_2", "red", "opened", True, "HQ"),
        ("told", 1, "c_1", "yellow", "opened", True, "HQ/South"),
        ("held", 1, "c_held", None, None, None, None),
        ("first", 0, "c_3", "orange", "resolved", False, "HQ"),
    ]


async def test_an_alert_of_one_customer_knows_which_alerts_about_many_name_it(url: str, connection: Connection) -> None:
    await deliver(
        url,
        aggregate("ended", members=("a",)),
        aggregate("ended", 1, transition="expired", members=()),
        aggregate("old", members=("a", "b")),
        aggregate("old", 1, transition="raised", members=("a",)),
        aggregate("new", members=("a",), opened_at=SOME_TIME + timedelta(hours=1)),
    )

    assert [row["aggregate_id"] for row in aggregates_of_alert(connection, "a")] == ["new", "old", "ended"]
    assert [row["aggregate_id"] for row in aggregates_of_alert(connection, "b")] == ["old"]
    assert aggregates_of_alert(connection, "c") == []


async def test_tables_of_before_go_up_and_down_again_with_all_that_they_held(empty: str) -> None:
    engine = engine_of(empty)
    migrating.upgrade(engine, "0002")
    await fill_as_before(empty)
    before = held(engine, set(METADATA.tables) - OURS)
    assert all(before.values())
    refused = AggregatesSink(empty)
    with pytest.raises(ConfigurationError, match="of revision 0002, this version needs 0003: run `foreshock database"):
        await refused.open()
    await refused.close()

    assert migrating.upgrade(engine) == ("0002", "0003")
    await deliver(empty, *story())
    after, about_many = held(engine, set(METADATA.tables) - OURS), held(engine, OURS)
    downgrade(engine, "0002")
    named = set(inspect(engine).get_table_names())
    below = held(engine, set(METADATA.tables) - OURS)
    migrating.upgrade(engine)
    await deliver(empty, *story())

    assert after == below == before
    assert all(about_many.values())
    assert named == {*METADATA.tables, migrating.VERSION_TABLE} - OURS
    assert held(engine, OURS) == about_many
    engine.dispose()


async def fill_as_before(url: str) -> None:
    """Write what could be written before there were alerts about many; the sinks would look at the revision first."""
    for sink, messages in (
        (DatabaseSink(url), [alert("a", owner="li"), alert("a", 1, transition="resolved"), alert("b")]),
        (RiskHistorySink(url, 0.05), [risk("c_1", 1), risk("c_2", 2)]),
        (SuppressionsSink(url), [suppression("z", "silence", 1)]),
    ):
        await sink.deliver_together(messages)  # type: ignore[attr-defined]  # each its own kind
        await sink.close()


def downgrade(engine: Engine, to: str) -> None:
    """Take the tables back to a revision, as `alembic downgrade` would."""
    with engine.begin() as connection:
        config = migrating._config()
        config.attributes["connection"] = connection
        command.downgrade(config, to)


@pytest.mark.parametrize("page", ["alerts-to-a-database.md", "alerts-to-a-database.zh-CN.md"])
async def test_what_the_page_on_the_database_asks_can_be_asked(page: str, url: str, connection: Connection) -> None:
    shown = (CHECKOUT / "docs" / "how-to" / page).read_text(encoding="utf-8")
    (block,) = re.findall(r"^```sql\n(.*?)^```", shown, re.MULTILINE | re.DOTALL)
    await deliver(
        url, aggregate("3fa1c2d4-9c1e-5b7a-8f21-6d0e4b9a7c55", org_path="HQ/Guangdong/Shenzhen", members=("a", "b"))
    )
    single = DatabaseSink(url)
    await single.deliver(alert("a", org_path="HQ/Guangdong", owner="role:guangdong-service"))
    await single.close()

    found = [len(connection.exec_driver_sql(query).all()) for query in block.strip().rstrip(";").split(";")]

    assert found == [1, 1, 1, 2]


@pytest.mark.postgresql
def test_every_question_about_many_is_served_by_an_index(node: PostgresqlNode) -> None:
    engine = engine_with_tables(node.new_database())
    with engine.begin() as connection:
        fill(connection)
        connection.exec_driver_sql("ANALYZE")
    questions = {
        "aggregates_open": open_aggregates_query("HQ/branch7", "orange", "threat", 50, None),
        "aggregates_pkey": select(AGGREGATES).where(AGGREGATES.c.aggregate_id == "s77"),
        "aggregate_transitions_pkey": transitions_query("s77"),
        "aggregate_members_pkey": members_query("s77"),
        "aggregate_members_of_alert": aggregates_of_alert_query("a77"),
    }

    with engine.connect() as connection:
        for index, question in questions.items():
            plan = explained(connection, question)
            assert index in plan, plan
            assert "Seq Scan on aggregate" not in plan, plan
    engine.dispose()


def fill(connection: Connection) -> None:
    """Give the tables the size at which an index pays: 100 units, one alert in ten open, three members each."""
    connection.execute(
        insert(AGGREGATES),
        [
            {
                "aggregate_id": f"s{number}",
                "sequence": 0,
                "transition": "opened",
                "at": SOME_TIME,
                "is_open": number % 10 == 0,
                "opened_at": SOME_TIME + timedelta(hours=number),
                "tenant": "default",
                "grouped_by": "unit",
                "group_key": f"HQ/branch{number % 97}",
                "org_path": f"HQ/branch{number % 97}",
                "cause": "threat",
                "level": "red",
                "level_rank": number % 5,
                "customers": 5,
                "severe": 1,
                "message": {},
            }
            for number in range(10_000)
        ],
    )
    shared = {"transition": "opened", "at": SOME_TIME, "level": "red", "customers": 5, "severe": 1, "message": {}}
    connection.execute(
        insert(AGGREGATE_TRANSITIONS),
        [{"aggregate_id": f"s{number}", "sequence": 0} | shared for number in range(10_000)],
    )
    connection.execute(
        insert(AGGREGATE_MEMBERS),
        [
            {"aggregate_id": f"s{number}", "sequence": 0, "place": place, "alert_id": f"a{number * 3 + place}"}
            for number in range(10_000)
            for place in range(3)
        ],
    )
