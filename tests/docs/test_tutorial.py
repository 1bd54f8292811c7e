"""The tutorial, followed word by word in an empty folder, ends with an alert about a customer of its CSV."""

from __future__ import annotations

import csv
from pathlib import Path

import orjson
import pytest

from models.pseudonym import Pseudonymiser
from streams.settings import load_settings
from tests.support.documents import TUTORIALS, answers, blocks, files, newcomers_folder, prose, run_shell, tidy


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.name)
def test_the_tutorial_word_by_word_ends_with_an_alert_about_a_customer_of_its_list(tutorial: Path) -> None:
    shown, printed = {}, {}
    with newcomers_folder(tutorial) as folder:
        assert {path.name for path in folder.iterdir()} == {"contacts.csv", "mapping.toml"}
        for command, answer in answers(tutorial):
            shown[command.text] = tidy(answer.text) if answer else ""
            printed[command.text] = run_shell(command.text, folder)
        customers = customers_of(folder / "contacts.csv")
        alerts = [orjson.loads(line) for line in (folder / "alerts.jsonl").read_bytes().splitlines()]

    assert printed == shown
    assert {customers[alert["customer_key"]] for alert in alerts} == {"C-42"}
    assert "complained" in {alert["transition"] for alert in alerts}


def customers_of(path: Path) -> dict[str, str]:
    """The ids in the third column of a list, by their pseudonyms."""
    _, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines())
    pseudonyms = Pseudonymiser(load_settings().pseudonym_secret())
    return {pseudonyms.key_of("default", row[2]): row[2] for row in rows}


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.name)
def test_what_is_to_be_saved_is_named_to_the_reader_too(tutorial: Path) -> None:
    assert files(tutorial)
    assert [name for name in files(tutorial) if f"`{name}`" not in prose(tutorial)] == []


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.name)
def test_every_command_but_the_set_up_is_run(tutorial: Path) -> None:
    commands = [block for block in blocks(tutorial) if block.language == "sh"]

    assert [block.text.splitlines()[0] for block in commands if block.comment] == ["make setup"]
    assert len(answers(tutorial)) == len(commands) - 1
