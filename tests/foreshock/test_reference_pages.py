"""The reference describes everything that exists, and only that."""

from __future__ import annotations

import re

import pytest
from prometheus_client import CollectorRegistry

from foreshock.importing.fields import Value
from foreshock.reference.errors import tree
from foreshock.reference.pages import pages
from foreshock.reference.text import range_of, table
from models.params import Params
from schemas.catalogue import TOPICS
from schemas.dead_letters import DEAD_LETTER_HELP, DEAD_LETTER_REASONS
from schemas.errors import ForeshockError
from sinks.prometheus import Metrics
from streams.exits import ExitCode
from streams.settings import Settings
from tests.support.peers import CHECKOUT

PAGES = {name: content.decode() for name, content in pages().items()}
REFERENCE = CHECKOUT / "docs" / "reference"


def first_column(page: str) -> list[str]:
    return re.findall(r"^\| \[?`([^`]+)`", page, flags=re.MULTILINE)


def test_every_setting_is_described() -> None:
    assert sorted(first_column(PAGES["settings.md"])) == sorted(
        f"FORESHOCK_{name.upper()}" for name in Settings.model_fields
    )


def test_every_parameter_is_described() -> None:
    names = [name for field in Params.model_fields.values() for name in field.annotation.model_fields]  # type: ignore[union-attr]

    assert first_column(PAGES["parameters.md"]) == names


def test_every_metric_is_described() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    exported = {f"{m.name}_total" if m.type == "counter" else m.name for m in registry.collect()}

    assert set(first_column(PAGES["metrics.md"])) == exported


def test_every_topic_is_described() -> None:
    assert first_column(PAGES["topics.md"]) == list(TOPICS)


def test_every_error_is_described_with_what_to_do_about_it() -> None:
    """When this fails, name the new error in `foreshock.reference.errors.ELSEWHERE`."""
    declared = {
        name
        for folder in ("schemas", "models", "sinks", "streams", "foreshock")
        for path in (CHECKOUT / folder).rglob("*.py")
        for name, parent in re.findall(r"^class (\w+)\((\w+)\):", path.read_text(encoding="utf-8"), re.MULTILINE)
        if parent in {error.__name__ for error in tree(ForeshockError)}
    }
    described = re.findall(r"^\| (?:↳ )*`(\w+Error)`", PAGES["errors.md"], flags=re.MULTILINE)

    assert set(described) == {"ForeshockError", *declared}
    assert all(error.remedy for error in tree(ForeshockError))


def test_every_exit_code_and_reason_is_described() -> None:
    shown = first_column(PAGES["errors.md"])

    assert [str(int(code)) for code in ExitCode] == [word for word in shown if word.isdecimal()]
    assert list(DEAD_LETTER_REASONS) == list(DEAD_LETTER_HELP) == shown[-len(DEAD_LETTER_REASONS) :]


def test_every_key_of_a_mapping_is_described() -> None:
    assert set(first_column(PAGES["import.md"])) >= Value.model_fields.keys()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_left_without_a_meaning(name: str) -> None:
    rows = [line for line in PAGES[name].splitlines() if line.startswith("| `") or line.startswith("| [`")]

    assert rows
    assert not [row for row in rows if row.endswith("|  |")]


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    prose = re.sub(r"`[^`]*`", "", PAGES[name])
    for target in re.findall(r"\]\(([^)#]+)\)", prose):
        assert (REFERENCE / target).exists(), target


def test_the_pages_do_not_depend_on_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESHOCK_PARTITIONS", "9")
    monkeypatch.setenv("FORESHOCK_TOPIC_PREFIX", "other.")

    assert {name: content.decode() for name, content in pages().items()} == PAGES


def test_bars_and_line_ends_stay_in_their_cell() -> None:
    assert table(["a"], [["x|y\nz"]]).splitlines()[-1] == "| x\\|y z |"


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ({"type": "integer", "minimum": 1, "exclusiveMaximum": 9}, "whole number from 1 below 9"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "list of `a`, `b`"),
        ({"const": 7}, "`7`"),
        ({}, ""),
    ],
)
def test_ranges_are_written_for_people(described: dict[str, object], words: str) -> None:
    assert range_of(described) == words
