"""Parameters: defaults that work, and errors that say which one and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.parameters.policy import PolicyParams
from models.parameters.stages import StageParams
from models.params import Params, load_params
from schemas.errors import ConfigurationError


def test_the_digest_changes_with_any_parameter_and_only_then() -> None:
    changed = Params(policy=PolicyParams(review_days=4))

    assert Params().digest() == Params().digest()
    assert changed.digest() != Params().digest()


def test_a_file_changes_only_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "foreshock.toml"
    file.write_text("[params.policy]\nrepeat_yellow = 4\n", encoding="utf-8")

    params = load_params(file)

    assert params.policy.repeat_yellow == 4
    assert params.heat == Params().heat


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[params.policy]\nrepeat_yelow = 4\n", "params.policy.repeat_yelow"),
        ("[params.policy]\norange_above = 1.5\n", "orange_above must be below red_above"),
        ("[params.labels]\nshort_days = 30\n", "short_days must be below long_days"),
        ("[params.labels]\ninstalments = [0.7, 0.4]\n", "instalments must be shares"),
        ('[params.learning]\nchampion = "oracle"\n', "params.learning.champion"),
        ("[params.policy]\nrepeat_yellow = 9\n", "repeat_yellow must be below"),
        ("[params.stages]\ncalm_heat = 2\n", "calm_heat must be below"),
        ("[params", "is not TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "foreshock.toml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=told) as refused:
        load_params(file)
    assert str(file) in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"gone\.toml"):
        load_params(tmp_path / "gone.toml")


def test_every_parameter_says_what_it_is() -> None:
    for group in Params.model_fields.values():
        fields = group.annotation.model_fields  # type: ignore[union-attr]
        assert all(field.description for field in fields.values())


def test_exit_lies_below_entry_by_default() -> None:
    assert StageParams().calm_heat < StageParams().dissatisfied_heat
