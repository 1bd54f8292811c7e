from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from models.clocks.packs import PACKS, load_pack
from models.params import Params, load_params
from schemas.alerts import CAUSES
from schemas.errors import ConfigurationError

HOME = Path(__file__).parents[3] / "models" / "packs"


@pytest.mark.parametrize("name", PACKS)
def test_every_pack_that_comes_along_can_be_read_and_places_every_cause(name: str) -> None:
    pack = load_pack(name)

    assert pack.name == name
    assert set(pack.causes) == set(CAUSES)
    assert all(clock.zh and clock.en for clock in pack.clocks)


def test_china_moves_working_days() -> None:
    china = load_pack("cn")

    assert china.works_on(date(2026, 2, 14))  # a Saturday that makes up for the Spring Festival
    assert not china.works_on(date(2026, 2, 17))  # the Spring Festival, a Tuesday
    assert not china.works_on(date(2026, 10, 1))
    assert china.works_on(date(2026, 3, 4))
    assert not china.works_on(date(2026, 3, 7))


def test_the_uk_has_bank_holidays() -> None:
    uk = load_pack("uk")

    assert not uk.works_on(date(2026, 4, 3))  # Good Friday
    assert not uk.works_on(date(2026, 5, 4))  # Early May bank holiday
    assert uk.works_on(date(2026, 5, 5))


def test_years_of_which_nobody_knows_holidays_have_monday_to_friday() -> None:
    assert load_pack("cn").works_on(date(2050, 10, 3))
    assert not load_pack("cn").works_on(date(2050, 10, 1))  # a Saturday


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("version = 1", "version = 0"), "line 3, version is missing"),
        (('country = "GB"', 'country = "XX"'), "line 5, no holidays are known for country 'XX'"),
        (
            ('name = "final response"', 'name = "summary resolution"'),
            "line 13, .* is there twice",
        ),
        (("days = 56", "days = 56\nred = 0.6"), "line 20, clock final response: .* must ascend"),
        (("days = 56", "days = 0"), r"line 23, clocks\.1\.days"),
        (("days = 56", "dais = 56"), r"line 19, clocks\.1\.days.*line 23, clocks\.1\.dais"),
        (("threat = {", "threats = {"), "line 28, causes.threats"),
        (("\nthreat = {", "\n# threat = {"), "line 26, causes lacks threat"),
        (('["internal", "regulator", "social", "court", "other"]', "[]"), "line 10, counts_as_complaint is empty"),
        (('["internal"', '["somebody"'), "counts_as_complaint"),
        (('zh = "最终答复"', 'zh = ""'), r"line 21, clocks\.1\.zh"),
        (("[causes]", "[causes"), "is not TOML: .*line 26"),
    ],
)
def test_a_pack_that_cannot_be_is_refused_with_its_place(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    text = (HOME / "uk.toml").read_text("utf-8")
    assert change[0] in text
    (path := tmp_path / "own.toml").write_text(text.replace(*change), "utf-8")

    with pytest.raises(ConfigurationError, match=told):
        load_pack(str(path))


def test_an_unknown_pack_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ConfigurationError, match="one of cn, uk"):
        load_pack("atlantis")


def test_only_a_pack_changes_the_hash() -> None:
    assert load_params(None, None, None).digest() == Params().digest()
    assert len({load_params(None, None, pack).digest() for pack in (None, "cn", "uk")}) == 3
