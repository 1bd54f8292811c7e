"""Every example in a docstring is true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator

import pytest

PACKAGES = ("schemas", "models", "sinks", "streams", "foreshock", "deploy.image", "docs.site")


def _modules() -> Iterator[str]:
    for name in PACKAGES:
        package = importlib.import_module(name)
        yield name
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not found.name.endswith("__main__"):
                yield found.name


@pytest.mark.parametrize("name", list(_modules()))
def test_the_examples_of_a_module_are_true(name: str) -> None:
    failures, _ = doctest.testmod(importlib.import_module(name))

    assert failures == 0
