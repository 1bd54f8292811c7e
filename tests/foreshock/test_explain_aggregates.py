from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from foreshock.cli import main
from tests.support.peers import CHECKOUT

STORY = CHECKOUT / "examples" / "branch_stalled.jsonl"
SECRET = "a secret for tests, long enough"


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The alerts about many of the story, as a replay writes them."""
    written = tmp_path_factory.mktemp("sent") / "many.jsonl"
    done = run("replay", STORY, "--aggregates", written, "--quiet")
    assert done.exit_code == 0, done.output
    return written


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)], env={"FORESHOCK_PSEUDONYM_KEY": SECRET})


def explained(*arguments: object) -> tuple[int, dict[str, Any]]:
    done = run("aggregates", "explain", *arguments, "--json")
    assert done.stdout, done.output
    return done.exit_code, orjson.loads(done.stdout)


def lines(sent: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in sent.read_bytes().splitlines()]


def alert_id(sent: Path) -> str:
    return str(lines(sent)[0]["aggregate_id"])


def test_the_alert_of_the_story_follows_again_with_those_whom_it_counted(sent: Path) -> None:
    code, account = explained(alert_id(sent), STORY, "--aggregates", sent)

    assert code == 0
    assert account["is_same"] is True
    assert [each["aggregate"] for each in account["transitions"]] == lines(sent)
    for each in account["transitions"]:
        assert len(each["counted"]) == each["aggregate"]["customers"]
        assert {counted["alert_id"] for counted in each["counted"]} == set(each["aggregate"].get("members", ()))
    assert account["parameters"]["aggregates.unit.customers"] == {"value": 5, "is_default": True}


def test_each_alert_that_was_counted_is_explained_as_one(sent: Path) -> None:
    _, account = explained(alert_id(sent), STORY)
    counted = account["transitions"][0]["counted"][0]

    told = run("explain", counted["alert_id"], STORY)

    assert told.exit_code == 0
    assert counted["customer_key"] in told.stdout


@pytest.mark.parametrize(("language", "words"), [("en", "customers counted, as of"), ("zh", "计入的客户")])
def test_it_is_told_in_two_languages(sent: Path, language: str, words: str) -> None:
    told = run("aggregates", "explain", alert_id(sent)[:8], STORY, "--aggregates", sent, "--lang", language)

    assert words in told.stdout
    assert all(member in told.stdout for member in lines(sent)[0]["members"])


def test_a_byte_that_was_changed_is_found_with_its_field(sent: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.jsonl"
    changed.write_bytes(sent.read_bytes().replace(b'"customers":5', b'"customers":6', 1))

    code, account = explained(alert_id(sent), STORY, "--aggregates", changed)

    assert code == 1
    (difference,) = account["comparison"]["differences"]
    assert {"path": "customers", "recorded": 6, "derived": 5} in difference["fields"]
    assert account["hints"] == ["unknown"]


def test_what_is_not_sent_yet_and_what_was_sent_in_two_ways_is_said(sent: Path, tmp_path: Path) -> None:
    opened, expired = sent.read_bytes().splitlines(keepends=True)
    early, twice = tmp_path / "early.jsonl", tmp_path / "twice.jsonl"
    early.write_bytes(opened)
    twice.write_bytes(opened + opened.replace(b'"severe":0', b'"severe":1') + expired)

    assert explained(alert_id(sent), STORY, "--aggregates", early)[1]["hints"] == ["grouper_behind"]
    code, account = explained(alert_id(sent), STORY, "--aggregates", twice)
    assert (code, account["hints"]) == (0, ["contradicted"])


def test_one_of_which_nothing_was_sent_is_derived_and_compared_with_nothing(sent: Path) -> None:
    code, account = explained(alert_id(sent)[:8], STORY)

    assert (code, account["is_same"]) == (0, None)
    assert [each["aggregate"]["transition"] for each in account["transitions"]] == ["opened", "expired"]


def test_other_parameters_are_refused_with_both_hashes(sent: Path, tmp_path: Path) -> None:
    params = tmp_path / "params.toml"
    params.write_text("[params.aggregates]\nimprobable = 0.002\n")

    refused = run("aggregates", "explain", alert_id(sent), STORY, "--aggregates", sent, "--params", params)

    assert refused.exit_code == 2
    assert lines(sent)[0]["params_hash"] in refused.output
    assert "--params" in refused.output


def test_a_name_of_none_points_to_the_other_command_and_so_does_that_one(sent: Path) -> None:
    assert "`foreshock explain`" in " ".join(run("aggregates", "explain", "00000000", STORY).output.split())
    assert "`foreshock aggregates explain`" in " ".join(run("explain", alert_id(sent), STORY).output.split())
    assert "at least the first 6" in run("aggregates", "explain", "abc", STORY).output
