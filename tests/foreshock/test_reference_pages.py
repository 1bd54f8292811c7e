"""The reference describes everything that exists, and only that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from foreshock.importing.fields import Value
from foreshock.reference.pages import pages
from foreshock.reference.text import range_of, table
from models.params import Params
from schemas.catalogue import TOPICS
from sinks.prometheus import Metrics
from streams.settings import Settings

PAGES = {name: content.decode() for name, content in pages().items()}
REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


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
