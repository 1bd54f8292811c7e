from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from foreshock.demonstration.plan import TERMS
from foreshock.simulate.company import Terms, organisation_toml
from foreshock.simulate.world import World
from models.organisation import load_organisation
from tests.support.peers import CHECKOUT

EXAMPLE = CHECKOUT / "examples/simulated_insurer.toml"


def test_the_example_is_what_the_simulator_writes() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == organisation_toml(), (
        "write it anew: python -c 'from foreshock.simulate.company import organisation_toml as o; print(o(), end=\"\")'"
    )


def test_every_branch_has_an_owner_a_province_and_head_office_above_it() -> None:
    organisation = load_organisation(EXAMPLE)
    world = World(seed=1, customers=200, start_at=datetime(2026, 1, 5, tzinfo=UTC))

    for branch in world.insurer.branches:
        own, province, head = organisation.chain(branch.org_path)
        assert (own.path, head.path) == (branch.org_path, "HQ")
        assert own.owner != province.owner != head.owner
        assert own.capacity == Terms().capacity
        assert own.evidence


def test_the_demos_organisation_can_be_read_and_has_slower_clocks(tmp_path: Path) -> None:
    path = tmp_path / "organisation.toml"
    path.write_text(organisation_toml(TERMS), encoding="utf-8")

    slow, usual = (load_organisation(each).post("HQ/Hubei/Wuhan") for each in (path, EXAMPLE))

    assert slow is not None
    assert usual is not None
    assert all(a >= b for a, b in zip(slow.acknowledge, usual.acknowledge, strict=True))
