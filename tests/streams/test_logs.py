from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from streams.logs import set_up_logging
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
