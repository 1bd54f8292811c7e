"""SQLite and PostgreSQL keep the same alerts, and answer the same questions."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, func, insert, select, text

from schemas.alerts import Alert, Transition
from schemas.errors import ConfigurationError, SinkRefusedError, SinkUnavailableError
from sinks.database.migrating import VERSION_TABLE, newest_revision, upgrade, upgrade_sql
from sinks.database.queries import (
    alert_history,
    counts_per_day,
    counts_query,
    held_back,
    open_alerts,
    open_alerts_of_owner,
    open_alerts_of_supervisor,
    open_alerts_query,
    owner_query,
    risk_of_customer,
    risk_query,
    supervisor_query,
)
from sinks.database.sink import DatabaseSink, RiskHistorySink, SuppressionsSink
from sinks.database.store import engine_of
from sinks.database.tables import ALERTS, METADATA, RISK_HISTORY, SUPPRESSIONS, TRANSITIONS
from tests.support.alerts import SOME_TIME, alert
from tests.support.databases import engine_with_tables, explained
from tests.support.postgresql import PostgresqlNode
from tests.support.risks import risk
from tests.support.suppressions import suppression

DAY = timedelta(days=1)


async def deliver(url: str, *alerts: Alert) -> None:
    sink = DatabaseSink(url)
    await sink.open()
    for each in alerts:
        await sink.deliver(each)
    await sink.close()


async def test_the_migrations_make_exactly_the_tables_that_the_queries_use(connection: Connection) -> None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})

    assert compare_metadata(context, METADATA) == []


async def test_an_upgrade_can_be_run_again(url: str) -> None:
    engine = engine_of(url)

    assert upgrade(engine) == (newest_revision(), newest_revision())
    engine.dispose()


async def test_a_database_without_tables_is_refused_with_the_command_that_makes_them(empty: str) -> None:
    sink = DatabaseSink(empty)

    with pytest.raises(ConfigurationError, match="run `foreshock database upgrade`"):
        await sink.open()
    await sink.close()


async def test_tables_of_a_newer_version_are_refused_by_name(url: str) -> None:
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE foreshock_schema SET version_num = '9999'"))
    engine.dispose()
    sink = DatabaseSink(url)

    with pytest.raises(ConfigurationError, match="revision 9999, which a newer Foreshock made"):
        await sink.open()
    await sink.close()


async def test_the_statements_for_others_to_run_make_the_same_tables(empty: str) -> None:
    engine = engine_of(empty)
    statements = upgrade_sql(engine)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.connection.executescript(statements)  # type: ignore[attr-defined]
        else:
            connection.exec_driver_sql(statements.replace("BEGIN;", "").replace("COMMIT;", ""))
    engine.dispose()
    sink = DatabaseSink(empty)

    await sink.open()
    await sink.close()


async def test_an_alert_stands_as_its_newest_transition_says(url: str, connection: Connection) -> None:
    later = SOME_TIME + DAY
    await deliver(
        url,
        alert("a", level="yellow"),
        alert("a", 1, transition="acknowledged", at=later),
        alert("a", 2, transition="lowered", level="blue", at=later),
    )
    found = alert_history(connection, "a")

    assert found is not None
    assert (found.alert["sequence"], found.alert["level"], found.alert["is_open"]) == (2, "blue", True)
    assert found.alert["acknowledged_at"] == later
    assert [row["transition"] for row in found.transitions] == ["opened", "acknowledged", "lowered"]
    assert Alert.model_validate(found.transitions[0]["message"]) == alert("a", level="yellow")


async def test_an_alert_that_grows_is_no_longer_acknowledged(url: str, connection: Connection) -> None:
    await deliver(url, alert("a"), alert("a", 1, transition="acknowledged"), alert("a", 2, transition="raised"))
    found = alert_history(connection, "a")

    assert found is not None
    assert found.alert["acknowledged_at"] is None


async def test_what_comes_again_turns_nothing_back(url: str, connection: Connection) -> None:
    opened, resolved = alert("a"), alert("a", 1, transition="resolved", at=SOME_TIME + DAY)
    await deliver(url, opened, resolved, opened)
    found = alert_history(connection, "a")

    assert found is not None
    assert (found.alert["is_open"], found.alert["closed_at"]) == (False, SOME_TIME + DAY)
    assert len(found.transitions) == 2


async def test_many_are_committed_together_in_their_order(url: str, connection: Connection) -> None:
    sink = DatabaseSink(url)
    await sink.deliver_together([alert("a"), alert("b"), alert("a", 1, transition="acknowledged"), alert("a")])
    await sink.close()

    assert connection.scalar(select(func.count()).select_from(TRANSITIONS)) == 3
    found = alert_history(connection, "a")
    assert found is not None
    assert found.alert["acknowledged_at"] == SOME_TIME


async def test_open_alerts_are_those_of_a_unit_and_below_it(url: str, connection: Connection) -> None:
    await deliver(
        url,
        alert("south", org_path="HQ/South", level="yellow"),
        alert("shenzhen", org_path="HQ/South/Shenzhen", level="red"),
        alert("alike", org_path="HQ/South-2", level="red"),
        alert("percent", org_path="HQ/South%/x", level="red"),
        alert("blue", org_path="HQ/South", level="blue"),
        alert("closed", 1, org_path="HQ/South", transition="resolved"),
    )

    assert [row["alert_id"] for row in open_alerts(connection, "HQ/South", "yellow")] == ["shenzhen", "south"]
    assert [row["alert_id"] for row in open_alerts(connection, "HQ/South", "yellow", limit=1)] == ["shenzhen"]
    assert open_alerts(connection, "HQ/South", tenant="another") == []


async def test_open_alerts_are_those_of_an_owner_or_of_a_supervising_unit(url: str, connection: Connection) -> None:
    await deliver(
        url,
        alert("a", owner="li", supervisor="HQ/South"),
        alert("b", owner="li", supervisor="HQ/South/Port", level="red", org_path="HQ/South/Port"),
        alert("up", owner="li", supervisor="HQ/South"),
        alert("up", 1, transition="escalated", owner="wang", supervisor="HQ"),
        alert("closed", 1, owner="li", supervisor="HQ/South", transition="resolved"),
        alert("nobody"),
    )
    history = alert_history(connection, "up")

    assert [row["alert_id"] for row in open_alerts_of_owner(connection, "li")] == ["b", "a"]
    assert [row["alert_id"] for row in open_alerts_of_owner(connection, "li", "red")] == ["b"]
    assert [row["alert_id"] for row in open_alerts_of_owner(connection, "wang", tenant="default")] == ["up"]
    assert [row["alert_id"] for row in open_alerts_of_supervisor(connection, "HQ/South")] == ["b", "a"]
    assert {row["alert_id"] for row in open_alerts_of_supervisor(connection, "HQ")} == {"a", "b", "up"}
    assert history is not None
    assert [(row["owner"], row["supervisor"]) for row in history.transitions] == [("li", "HQ/South"), ("wang", "HQ")]


async def test_tables_of_before_there_were_owners_are_filled_from_their_messages(empty: str) -> None:
    engine = engine_of(empty)
    upgrade(engine, "0001")
    with engine.begin() as connection:
        for each in (alert("a", owner="li", supervisor="HQ/South"), alert("b")):
            message = each.model_dump(mode="json")
            transition = {"alert_id": each.alert_id, "sequence": 0, "transition": "opened", "at": SOME_TIME}
            transition |= {"level": each.level, "message": message}
            state = {name: message[name] for name in ("tenant", "customer_key", "org_path", "cause")}
            state |= {"is_open": True, "opened_at": SOME_TIME, "level_rank": 3}
            connection.execute(insert(TRANSITIONS), [transition])
            connection.execute(insert(ALERTS), [transition | state])
    before, after = upgrade(engine)

    with engine.connect() as connection:
        (found,) = open_alerts_of_owner(connection, "li")
        nobody = alert_history(connection, "b")
    engine.dispose()

    assert (before, after) == ("0001", newest_revision())
    assert (found["alert_id"], found["supervisor"]) == ("a", "HQ/South")
    assert nobody is not None
    assert (nobody.alert["owner"], nobody.transitions[0]["supervisor"]) == (None, None)


async def test_alerts_are_counted_by_the_local_day(url: str, connection: Connection) -> None:
    evening = SOME_TIME + timedelta(hours=15, minutes=59)  # 23:59 in China
    await deliver(
        url,
        alert("a", opened_at=evening),
        alert("b", opened_at=evening + timedelta(minutes=2)),
        alert("c", opened_at=evening + timedelta(minutes=2), cause="unanswered", org_path="HQ/South"),
    )

    counted = counts_per_day(connection, SOME_TIME, SOME_TIME + 3 * DAY, "HQ")
    assert [tuple(row.values()) for row in counted] == [
        ("2026-01-05", "threat", 1),
        ("2026-01-06", "threat", 1),
        ("2026-01-06", "unanswered", 1),
    ]
    only_south = counts_per_day(connection, SOME_TIME, SOME_TIME + 3 * DAY, "HQ/South", timedelta(0))
    assert [tuple(row.values()) for row in only_south] == [("2026-01-05", "unanswered", 1)]


@pytest.mark.parametrize("taking", ["acknowledged", "started", "snoozed"])
async def test_somebody_has_an_alert_from_the_first_taking_until_it_pages_again(
    url: str, connection: Connection, taking: Transition
) -> None:
    sink = DatabaseSink(url)
    await sink.deliver(alert("a", 0))
    await sink.deliver(alert("a", 1, transition=taking, at=SOME_TIME + DAY))
    await sink.deliver(alert("a", 2, transition="started", at=SOME_TIME + 2 * DAY))
    first = connection.execute(select(ALERTS.c.acknowledged_at)).scalar_one()
    connection.rollback()
    await sink.deliver(alert("a", 3, transition="lapsed", at=SOME_TIME + 3 * DAY))
    await sink.close()

    assert first == SOME_TIME + DAY
    assert connection.execute(select(ALERTS.c.acknowledged_at)).scalar_one() is None


async def test_the_course_of_risk_has_a_row_where_something_changed(url: str, connection: Connection) -> None:
    sink = RiskHistorySink(url, step=0.05)
    await sink.open()
    beliefs = [
        risk("c", 1),
        risk("c", 2, at=SOME_TIME + DAY, probability_7d=0.04, probability_30d=0.06),
        risk("c", 3, at=SOME_TIME + 2 * DAY, probability_7d=0.05, probability_30d=0.07),
        risk("c", 4, at=SOME_TIME + 3 * DAY, probability_7d=0.05, probability_30d=0.07, stage="grumbling"),
    ]
    for _ in range(2):  # a crash repeats what was delivered and not committed
        await sink.deliver_together(beliefs)
    await sink.deliver(risk("d", 9))
    await sink.close()

    rows = risk_of_customer(connection, "c", SOME_TIME)
    assert [row["journal_offset"] for row in rows] == [1, 3, 4]
    assert [row["journal_offset"] for row in risk_of_customer(connection, "c", SOME_TIME + DAY, limit=1)] == [4]


async def test_what_was_held_back_has_a_row_each_and_is_counted_by_rule(url: str, connection: Connection) -> None:
    sink = SuppressionsSink(url)
    await sink.open()
    decisions = [
        suppression("a", "silence", 1, author="li"),
        suppression("a", "complained_after", 2),
        suppression("b", "silence", 3, author="li"),
        suppression("c", "inhibit", 4, org_path="HQ/South"),
        suppression("d", "silence", 5, at=SOME_TIME + 9 * DAY),
    ]
    for _ in range(2):  # a crash repeats what was delivered and not committed
        await sink.deliver_together(decisions)
    await sink.deliver(decisions[0])
    await sink.close()

    def counted(unit: str) -> dict[str, int]:
        return {row["rule"]: row["count"] for row in held_back(connection, SOME_TIME, SOME_TIME + DAY, unit)}

    assert counted("HQ") == {"complained_after": 1, "inhibit": 1, "silence": 2}
    assert counted("HQ/South") == {"inhibit": 1}
    kept = connection.execute(select(SUPPRESSIONS.c.author).order_by(SUPPRESSIONS.c.suppression_id)).scalars().all()
    assert sorted(kept) == ["li", "li", "policy", "policy", "policy"]


async def test_a_journal_that_begins_anew_is_not_taken_for_a_repetition(url: str, connection: Connection) -> None:
    sink = RiskHistorySink(url, step=0.05)
    await sink.deliver(risk("c", 900))
    await sink.deliver(risk("c", 1, at=SOME_TIME + DAY, level="red"))
    await sink.close()

    assert [row["level"] for row in risk_of_customer(connection, "c", SOME_TIME)] == ["none", "red"]


@pytest.mark.postgresql
async def test_text_that_postgresql_cannot_hold_is_refused_for_good_and_takes_no_other_alert_along(
    node: PostgresqlNode,
) -> None:
    url = node.new_database()
    engine = engine_with_tables(url)
    sink = DatabaseSink(url)

    with pytest.raises(SinkRefusedError) as raised:
        await sink.deliver(alert("a", org_path="HQ\x00"))

    assert "HQ" not in str(raised.value)
    await sink.deliver(alert("b"))
    await sink.close()
    engine.dispose()


@pytest.mark.postgresql
async def test_a_postgresql_that_comes_back_takes_alerts_again(node: PostgresqlNode) -> None:
    url = node.new_database()
    engine_with_tables(url).dispose()
    sink = DatabaseSink(url)
    await sink.deliver(alert("a"))
    node.stop()
    try:
        with pytest.raises(SinkUnavailableError):
            await sink.deliver(alert("b"))
    finally:
        node.start()

    await sink.deliver(alert("b"))
    await sink.close()


async def test_a_folder_that_is_not_there_can_come(tmp_path: Path) -> None:
    sink = DatabaseSink(f"sqlite:///{tmp_path / 'not' / 'there.db'}")

    with pytest.raises(SinkUnavailableError):
        await sink.deliver(alert("a"))
    await sink.close()


@pytest.mark.parametrize("url", ["mysql://root@127.0.0.1/x", "alerts.db", "postgresql+nonsense://x/y"])
def test_another_kind_of_database_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="must be sqlite:///FILE or postgresql://"):
        DatabaseSink(url)


@pytest.mark.postgresql
def test_every_question_of_a_console_is_served_by_an_index(node: PostgresqlNode) -> None:
    engine = engine_with_tables(node.new_database())
    with engine.begin() as connection:
        fill(connection)
        connection.execute(text("ANALYZE"))
    questions = {
        "alerts_open": open_alerts_query("HQ/branch7", "orange", 50, None),
        "alerts_open_of_owner": owner_query("owner7", "orange", 50, None),
        "alerts_open_of_supervisor": supervisor_query("HQ/branch7", "orange", 50, None),
        "alerts_by_day": counts_query("postgresql", SOME_TIME, SOME_TIME + 3 * DAY, "HQ", timedelta(hours=8)),
        "risk_history_pkey": risk_query("c_77", SOME_TIME, 100),
        "alerts_pkey": select(ALERTS).where(ALERTS.c.alert_id == "a77"),
        "alert_transitions_pkey": select(TRANSITIONS).where(TRANSITIONS.c.alert_id == "a77"),
    }

    with engine.connect() as connection:
        for index, question in questions.items():
            plan = explained(connection, question)
            assert index in plan, plan
            assert "Seq Scan" not in plan, plan
    engine.dispose()


def fill(connection: Connection) -> None:
    """Give the tables the size at which an index pays: 200 days, 100 units, one alert in ten open."""
    document: dict[str, Any] = {}
    connection.execute(
        insert(ALERTS),
        [
            {
                "alert_id": f"a{number}",
                "sequence": 0,
                "transition": "opened",
                "at": SOME_TIME,
                "is_open": number % 10 == 0,
                "opened_at": SOME_TIME + timedelta(minutes=number * 15),
                "tenant": "default",
                "customer_key": f"c_{number}",
                "org_path": f"HQ/branch{number % 97}",
                "cause": "threat",
                "level": "red",
                "level_rank": number % 5,
                "owner": f"owner{number % 97}",
                "supervisor": f"HQ/branch{number % 97}",
                "message": document,
            }
            for number in range(20_000)
        ],
    )
    connection.execute(
        insert(TRANSITIONS),
        [
            {"alert_id": f"a{number}", "sequence": 0, "transition": "opened", "at": SOME_TIME, "level": "red"}
            | {"message": document}
            for number in range(20_000)
        ],
    )
    connection.execute(
        insert(RISK_HISTORY),
        [
            {
                "customer_key": f"c_{number % 2_000}",
                "at": SOME_TIME + timedelta(minutes=number),
                "journal_partition": 0,
                "journal_offset": number,
                "journal_line": 0,
                "tenant": "default",
                "org_path": "HQ",
                "stage": "content",
                "level": "none",
                "probability_7d": 0.1,
                "probability_30d": 0.1,
                "heat": 0.0,
                "snapshot": 1,
            }
            for number in range(20_000)
        ],
    )
