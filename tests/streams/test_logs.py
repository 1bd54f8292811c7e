from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from streams.logs import Seldom, set_up_logging
from streams.settings import load_settings


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in ("aiokafka", "faust", "mode")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def test_a_line_for_people_has_the_event_and_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(load_settings())
    logging.getLogger("streams.lanes").info("state_recovered", extra={"rows": 17})

    assert capsys.readouterr().err.strip().endswith("INFO streams.lanes state_recovered rows=17")


def test_a_line_for_a_log_store_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(load_settings(log_format="json"))
    logging.getLogger("streams.lanes").info("state_recovered", extra={"rows": 17})

    line = json.loads(capsys.readouterr().err)
    assert (line["message"], line["rows"], line["levelname"]) == ("state_recovered", 17, "INFO")


def test_the_root_is_never_at_debug_unless_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(load_settings())
    logging.getLogger("aiokafka.conn").warning("twenty a second without a broker")

    assert logging.getLogger().level == logging.INFO
    assert capsys.readouterr().err == ""


def test_what_a_client_says_again_and_again_is_written_once_in_a_while_with_how_often() -> None:
    now = 0.0
    seldom = Seldom(lambda: now)
    client = logging.getLogger("aiokafka.conn")
    written = []
    for number in range(1_000):
        now = number / 10
        record = client.makeRecord(client.name, logging.ERROR, "", 0, "Unable to connect: %s", (number,), None)
        if seldom.filter(record):
            written.append((now, vars(record).get("more_of_the_same", 0)))

    assert written == [(0.0, 0), (30.0, 299), (60.0, 299), (90.0, 299)]


def test_our_own_lines_and_what_a_client_says_for_the_first_time_are_written_always() -> None:
    seldom = Seldom(lambda: 0.0)
    ours, client = logging.getLogger("streams.watchdog"), logging.getLogger("aiokafka")

    assert all(seldom.filter(ours.makeRecord(ours.name, 30, "", 0, "part_stands_still", (), None)) for _ in range(9))
    assert seldom.filter(client.makeRecord(client.name, 40, "", 0, "one", (), None))
    assert seldom.filter(client.makeRecord(client.name, 40, "", 0, "two", (), None))


def test_texts_that_never_repeat_do_not_fill_memory() -> None:
    seldom = Seldom(lambda: 0.0)
    client = logging.getLogger("aiokafka")
    for number in range(5_000):
        assert seldom.filter(client.makeRecord(client.name, 40, "", 0, f"at {number}", (), None))

    assert len(seldom._said) <= 1_000


def test_a_lost_broker_does_not_flood_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(load_settings())
    for _ in range(100):
        logging.getLogger("aiokafka").error("Unable to update metadata from %s", [1])

    assert capsys.readouterr().err.count("Unable to update metadata") == 1
