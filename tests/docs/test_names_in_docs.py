"""Every topic, setting, metric and parameter that a document names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from models.params import Params
from schemas.catalogue import TOPICS
from sinks.prometheus import Metrics
from streams.settings import OF_A_GENERATION, Settings
from streams.topics import CHANGELOG, GROUPS
from tests.support.documents import documents, name_of
from tests.support.peers import CHECKOUT

_NOT_SETTINGS = re.compile(r"FORESHOCK_(CONFIG|TEST_[A-Z]+|REAL_DATA)$")
_CODE = re.compile(r"`([^`\n]+)`")
_GROUPS = {"ingest", "score", "learn", "group", "deliver", "deliver.<sink>"}
_NOT_TOPICS = {
    "toml",
    "db",
    "alert.v1",
    "risk.v1",
    "aggregate.v1",
    "example.risk.v1",
    "example.sentiment.v1",
    "snapshot.v1",
    "dead-letter.v1",
}


def metric_names() -> set[str]:
    """Names of all metrics, and of the series that each exposes."""
    registry = CollectorRegistry()
    Metrics(registry)
    exposed = generate_latest(registry).decode()
    families = {line.split()[2] for line in exposed.splitlines() if line.startswith("# TYPE")}
    series = {re.split(r"[{ ]", line)[0] for line in exposed.splitlines() if not line.startswith("#")}
    return families | series


def found(path: Path, pattern: str) -> set[str]:
    return set(re.findall(pattern, path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_every_setting_that_a_document_names_exists(path: Path) -> None:
    settings = {f"FORESHOCK_{name.upper()}" for name in Settings.model_fields}
    named = {name for name in found(path, r"FORESHOCK_[A-Z_]*[A-Z]") if not _NOT_SETTINGS.match(name)}

    assert named - settings == set()


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_every_metric_that_a_document_names_exists(path: Path) -> None:
    assert found(path, r"\bforeshock_[a-z_]+[a-z]\b") - metric_names() == set()


@pytest.mark.parametrize("path", [path for path in documents() if path.name != "CHANGELOG.md"], ids=name_of)
def test_every_topic_that_a_document_names_exists(path: Path) -> None:
    topics = {*TOPICS, GROUPS, CHANGELOG, *(f"{name}.2" for name in OF_A_GENERATION)}
    named = found(path, r"\bforeshock\.([a-z][a-z0-9.<>-]*[a-z0-9>])")
    package = CHECKOUT / "foreshock"
    modules = {
        path.relative_to(package).with_suffix("").as_posix().replace("/", ".")
        for path in (*package.iterdir(), *package.rglob("*.py"))
    }

    assert named - topics - _GROUPS - _NOT_TOPICS - modules == set()


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_every_parameter_that_a_document_names_exists(path: Path) -> None:
    groups = {name: set(type(group).model_fields) for name, group in Params()}
    named = {
        (group, name)
        for code in _CODE.findall(path.read_text(encoding="utf-8"))
        for group, name in re.findall(rf"\b({'|'.join(groups)})\.([a-z_0-9]+)$", code)
        if name not in {"py", "md", "toml"} and not code.startswith("models.")
    }

    assert {f"{group}.{name}" for group, name in named if name not in groups[group]} == set()


def test_every_document_that_the_code_names_exists() -> None:
    files = [
        *(
            path
            for folder in ("schemas", "models", "sinks", "streams", "foreshock", "tests", "bench", "deploy")
            for path in (CHECKOUT / folder).rglob("*")
            if path.suffix in {".py", ".yml", ".toml"} or path.name == "Dockerfile"
        ),
        CHECKOUT / "Makefile",
        CHECKOUT / "pyproject.toml",
        *CHECKOUT.glob("*.yml"),
    ]
    named = {
        (name_of(path), document)
        for path in files
        for document in re.findall(r"\bdocs/[\w/.-]*[\w/]", path.read_text(encoding="utf-8"))
    }

    # A decision may be named by its number alone.
    assert {each for each in named if not list(CHECKOUT.glob(f"{each[1]}*"))} == set()


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_every_test_that_a_document_names_exists(path: Path) -> None:
    tests = {
        name
        for file in (CHECKOUT / "tests").rglob("test_*.py")
        for name in (file.name, *re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8")))
    }
    named = {code for code in _CODE.findall(path.read_text(encoding="utf-8")) if re.fullmatch(r"test_\w+(\.py)?", code)}

    assert named - tests == set()
