from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from streams.logs import Sparing, set_up_logging
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


def said_by(name: str, text: str, *facts: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "", 0, text, facts, None)


def test_a_client_that_says_the_same_again_and_again_is_heard_now_and_then_with_the_count() -> None:
    now = 0.0
    sparing = Sparing(lambda: now)
    heard = []
    for second in range(25):
        now = float(second)
        line = said_by("aiokafka", "Unable connect to node with id %s: %s", 1, second)
        if sparing.filter(line):
            heard.append((second, getattr(line, "repeated", 0)))

    assert heard == [(0, 0), (10, 9), (20, 9)]


def test_another_line_of_a_client_and_every_line_of_ours_are_heard() -> None:
    sparing = Sparing(lambda: 0.0)
    assert sparing.filter(said_by("aiokafka", "Unable to update metadata from %s", [1]))

    assert sparing.filter(said_by("aiokafka", "Heartbeat session expired"))
    assert all(sparing.filter(said_by("streams.lanes", "the same")) for _ in range(3))


def test_the_log_spares_its_readers(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(load_settings())
    for _ in range(3):
        logging.getLogger("aiokafka").error("Unable connect to node with id %s", 1)

    assert capsys.readouterr().err.count("Unable connect") == 1
