"""Two runs that the page is made of: a simulated insurer, and the small story of the typhoon."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from foreshock.cli import main
from tests.support.peers import CHECKOUT

TYPHOON = CHECKOUT / "examples" / "typhoon.jsonl"


def reported(events: Path, page: Path, *options: str) -> Path:
    """The page of a replay."""
    result = CliRunner().invoke(main, ["replay", str(events), "--quiet", "--report", str(page), *options])
    assert result.exit_code == 0, result.output
    return page


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Events of an insurer with many complaints, so that a small run has enough to draw."""
    events = tmp_path_factory.mktemp("report") / "events.jsonl"
    rates = ["--rate", "complaining_share=0.32", "--rate", "silent_share=0.45"]
    options = ["--customers", "400", "--days", "110", *rates, "--output", str(events)]
    assert CliRunner().invoke(main, ["simulate", *options]).exit_code == 0
    return events


@pytest.fixture(scope="session")
def page_of_simulation(simulated: Path) -> Path:
    """The page of a run that has enough of everything but cohorts."""
    return reported(simulated, simulated.with_suffix(".html"))


@pytest.fixture(scope="session")
def page_of_typhoon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run that has too little of most things."""
    return reported(TYPHOON, tmp_path_factory.mktemp("report") / "typhoon.html")
