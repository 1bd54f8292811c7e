"""Figures in a README are those of the bench run that it links to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.documents import READMES, links, prose
from tests.support.peers import CHECKOUT

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def figures(text: str) -> set[str]:
    """Numbers of a text, without the commas in them."""
    return {number.replace(",", "") for number in _NUMBER.findall(text)}


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_figure_of_the_table_is_in_the_results_it_links_to(readme: Path) -> None:
    (results,) = {CHECKOUT / link for link in links(readme) if link.startswith("bench/results/")}
    measured = figures(results.read_text(encoding="utf-8"))
    rounded = measured | {f"{float(number):.0f}" for number in measured}
    rows = [line for line in prose(readme).splitlines() if line.startswith("|") and _NUMBER.search(line)]

    assert len(rows) == 6
    assert {number for row in rows for number in figures(row.partition("|")[2].partition("|")[2])} - rounded == set()
    assert results.with_suffix(".json").exists()
