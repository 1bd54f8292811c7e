"""Who answers for alerts: a tree without holes, clocks that run forward, and errors that say where and what to do."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest

from models.organisation import Organisation, load_organisation
from models.params import Params, load_params
from schemas.errors import ConfigurationError
from tests.support.peers import CHECKOUT

HOUR = 3_600.0
HQ = '[[units]]\npath = "HQ"\nowner = "role:quality"\n'


def _unit(path: str, owner: str = "role:branch", more: str = "") -> str:
    return f'\n[[units]]\npath = "{path}"\nowner = "{owner}"\n{more}'


def _loaded(folder: Path, text: str) -> Organisation:
    file = folder / "organisation.toml"
    file.write_text(text, encoding="utf-8")
    return load_organisation(file)


def test_nobody_is_supervised_by_default_and_the_hash_is_that_of_before() -> None:
    assert Organisation().chain("HQ/Guangdong") == ()
    assert not Organisation().limits_days
    assert Params().digest() == Params(organisation=Organisation(utc_offset_hours=8)).digest()


def test_an_organisation_is_part_of_the_hash(tmp_path: Path) -> None:
    file = tmp_path / "organisation.toml"
    file.write_text(HQ, encoding="utf-8")
    one = load_params(None, file)
    file.write_text(HQ.replace("quality", "service"), encoding="utf-8")

    assert len({Params().digest(), one.digest(), load_params(None, file).digest()}) == 3


def test_a_chain_goes_from_the_unit_to_head_office(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, HQ + _unit("HQ/Guangdong") + _unit("HQ/Guangdong/Shenzhen"))

    assert [post.path for post in loaded.chain("HQ/Guangdong/Shenzhen")] == [
        "HQ/Guangdong/Shenzhen",
        "HQ/Guangdong",
        "HQ",
    ]


def test_a_place_that_is_not_named_belongs_to_the_nearest_unit_above_it(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, HQ + _unit("HQ/Guangdong"))

    assert loaded.chain("HQ/Guangdong/Shenzhen/Futian")[0].path == "HQ/Guangdong"
    assert loaded.chain("HQ/Hubei")[0].path == "HQ"
    assert loaded.chain("Another/Branch") == ()


def test_a_unit_overrides_what_it_names_and_inherits_the_rest(tmp_path: Path) -> None:
    text = "[defaults]\nevidence = true\ncapacity = 9\n[defaults.clocks]\nred = { act_hours = 3 }\n" + HQ
    branch = _unit("HQ/A", more="capacity = 2\nevidence = false\nclocks = { red = { acknowledge_hours = 2 } }\n")

    head, unit = _loaded(tmp_path, text + branch).chain("HQ/A")[::-1]

    assert (head.evidence, head.capacity, unit.evidence, unit.capacity) == (True, 9, False, 2)
    assert (head.acknowledge[4], head.act[4]) == (HOUR, 3 * HOUR)
    assert (unit.acknowledge[4], unit.act[4]) == (2 * HOUR, 3 * HOUR)
    assert unit.acknowledge[:2] == unit.act[:2] == (inf, inf)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (_unit("HQ/Guangdong"), "no head office: HQ/Guangdong begins with HQ, which is not a unit here; add it"),
        (HQ + _unit("HQ/G/Shenzhen"), "unknown unit HQ/G, above HQ/G/Shenzhen: add it, or correct the path"),
        (HQ + HQ, "unit HQ is there twice: keep one"),
        (
            HQ + _unit("HQ/A", more="clocks = { red = { acknowledge_hours = 5 } }\n"),
            "unit HQ/A, clocks.red: act_hours 4 is below acknowledge_hours 5",
        ),
        (
            "[defaults.clocks.yellow]\nact_hours = 2\n" + HQ,
            "defaults.clocks.yellow: act_hours 2 is below acknowledge_hours 24",
        ),
        (
            HQ + _unit("HQ/A", more="capacity = 2\n") + _unit("HQ/B", more="capacity = 3\n"),
            "owner role:branch has the capacities 2 and 3; a day has one",
        ),
        (HQ + _unit("HQ/A", more="evidense = true\n"), "line 5, unit HQ/A, evidense: Extra inputs are not permitted"),
        (HQ + '\n[[units]]\npath = "HQ/A"\n', "line 5, unit HQ/A, owner: Field required"),
        (HQ + _unit("HQ//A"), "line 5, unit HQ//A, path: String should match"),
        ("[default]\nevidence = true\n" + HQ, "default: Extra inputs are not permitted"),
        (HQ + "owner =\n", "is not TOML: Invalid value \\(at line 4"),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_the_place_and_the_remedy(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as refused:
        _loaded(tmp_path, text)
    assert "organisation.toml" in str(refused.value)


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read the organisation from .*gone\.toml"):
        load_organisation(tmp_path / "gone.toml")
    (tmp_path / "gbk.toml").write_bytes('owner = "省公司"'.encode("gbk"))
    with pytest.raises(ConfigurationError, match=r"gbk\.toml is not UTF-8"):
        load_organisation(tmp_path / "gbk.toml")


def test_two_organisations_are_one_too_many(tmp_path: Path) -> None:
    params, organisation = tmp_path / "params.toml", tmp_path / "organisation.toml"
    organisation.write_text(HQ, encoding="utf-8")
    params.write_text(HQ.replace("units", "params.organisation.units"), encoding="utf-8")

    assert load_params(params).digest() == load_params(None, organisation).digest()
    with pytest.raises(ConfigurationError, match="keep one"):
        load_params(params, organisation)


def test_the_example_can_be_used() -> None:
    loaded = load_organisation(CHECKOUT / "examples" / "organisation.toml")

    assert [post.owner for post in loaded.chain("HQ/Guangdong/Shenzhen/Futian")] == [
        "shenzhen-service@insurer.example",
        "role:guangdong-service",
        "role:service-quality",
    ]
