"""What is wrong with a mapping is said before the first row is read: file, key, and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from foreshock.importing.loading import check_columns, load_mapping
from foreshock.importing.mapping import Mapping
from schemas.errors import MappingError

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
COMMON = '[common]\ncustomer_id = { column = "who" }\noccurred_at = { column = "at", format = "epoch_seconds" }\n'


def load(tmp_path: Path, text: str) -> Mapping:
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return load_mapping(path)


def trouble(tmp_path: Path, text: str) -> str:
    with pytest.raises(MappingError) as caught:
        load(tmp_path, text)
    message = str(caught.value)
    assert "mapping.toml" in message
    return message


def test_a_whole_mapping_is_three_lines_and_a_rule(tmp_path: Path) -> None:
    mapping = load(tmp_path, COMMON + '[[event]]\nkind = "call"\n')

    assert mapping.event[0].kind == "call"
    assert mapping.common.fields["customer_id"].column == ("who",)


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ('kind = "cal"', "event 1, kind: Input should be 'call', 'claim'"),
        ('kind = "call"\nchanel = "app"', "event 1 (call): chanel is no field of call; did you mean 'channel'?"),
        ('kind = "call"\nwhenn = { a = 1 }', "event 1, whenn.a: there is no such key"),
        (
            'kind = "call"\nchannel = { colum = "x" }',
            "channel.colum: there is no such key; did you mean 'column'?",
        ),
        ('kind = "call"\nchannel = { map = { a = "app" } }', "give exactly one of value, column, template"),
        ('kind = "call"\nchannel = { column = "x", value = "app" }', "got column and value"),
        ('kind = "call"\nchannel = "ap"', "event 1 (call): channel cannot be 'ap'; did you mean 'app'?"),
        (
            'kind = "call"\nchannel = { column = "x", map = { "电话" = "telephone" } }',
            "channel cannot be 'telephone'; it is one of agent, app, branch",
        ),
        ('kind = "claim"', "event 1 (claim): status is missing. Required: the step that was reached."),
        ('kind = "call"\ntext = { column = "x", otherwise = "y" }', "otherwise works only with map"),
        ('kind = "call"\nwait_seconds = { column = "x", unit = "yuan", multiply = 2 }', "unit or multiply, not both"),
        ('kind = "call"\nwait_seconds = { column = "x", unit = "weeks" }', "wait_seconds.unit: Input should be 'fen'"),
        ('kind = "call"\ntext = { column = "x", fields = { a = 1 } }', "fields works only with each"),
        ('kind = "call"\nturns = { each = "x" }', "each needs fields"),
        ('kind = "call"\ntext = { each = "x", fields = { a = { column = "x.a" } } }', "text is not a list of tables"),
        ('kind = "call"\nturns = { each = "x", fields = { says = "a" } }', "turns: says is no field of turn"),
        ('kind = "call"\nwhen = { x = { matches = "(" } }', "not a regular expression"),
        ('kind = "call"\nwhen = { x = {} }', "a condition must ask something"),
        ('kind = "call"\neach = { column = "x", pattern = "a" }', "the pattern needs named groups"),
        ('kind = "call"\noccurred_at = { column = "x", format = "%Y" }', 'zone = "Asia/Shanghai"'),
        (
            'kind = "call"\noccurred_at = { column = "x", zone = "Asia/Shenzen" }',
            "no time zone is named",
        ),
        ('kind = "call"\noccurred_at = { start = 2026-01-01T00:00:00 }', "start needs an offset"),
        ('kind = "call"\noccurred_at = { column = "x", step_seconds = 1 }', "step_seconds works only with start"),
        ('kind = "call"\ntext = { column = "x", words = "w" }', "words needs one place for the element"),
        ('kind = "call"\n[[skip]]\nbecause = "x"', "skip 1, when: is missing"),
        ('kind = "call"\n[source]\nencoding = "klingon"', "no encoding is named 'klingon'"),
        ('kind = "call"\n[source]\ncompression = "zip"', "source, compression: there is no such key"),
        ('kind = "call"\n[sources]\nformat = "csv"', "sources: there is no such key; did you mean 'source'?"),
    ],
)
def test_a_slip_is_named_with_what_would_be_right(tmp_path: Path, rule: str, complaint: str) -> None:
    assert complaint in trouble(tmp_path, f"{COMMON}[[event]]\n{rule}\n")


def test_fields_of_one_kind_have_no_place_in_common(tmp_path: Path) -> None:
    text = COMMON + 'text = { column = "x" }\n[[event]]\nkind = "call"\n'

    assert "common: text is no field of event" in trouble(tmp_path, text)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    told = trouble(tmp_path, '[[event]]\nkind = "call"\nchannel = "ap"\n')

    assert "customer_id is missing" in told
    assert "occurred_at is missing" in told
    assert "did you mean 'app'?" in told


def test_a_mapping_without_rules_is_refused(tmp_path: Path) -> None:
    assert "event: is missing" in trouble(tmp_path, COMMON)


def test_chinese_keys_without_quotes_are_explained(tmp_path: Path) -> None:
    assert 'a key that is not plain ASCII needs quotes: "类型" = ...' in trouble(tmp_path, "[common]\n客户 = 1\n")


def test_a_mapping_that_is_not_there_or_not_utf_8_is_named(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"nowhere\.toml: cannot be read: No such file"):
        load_mapping(tmp_path / "nowhere.toml")
    path = tmp_path / "mapping.toml"
    path.write_bytes("# 说明".encode("gb18030"))
    with pytest.raises(MappingError, match=r"not UTF-8: .* save it as UTF-8"):
        load_mapping(path)


def test_a_column_that_the_export_lacks_is_named_with_the_nearest(tmp_path: Path) -> None:
    mapping = load(
        tmp_path, COMMON + '[[event]]\nkind = "call"\nwhen = { type = "in" }\ntext = { template = "{words}" }\n'
    )

    with pytest.raises(MappingError) as caught:
        check_columns(mapping, ["who", "att", "type", "word"], "export.csv")

    message = str(caught.value)
    assert "common: occurred_at: export.csv has no column 'at'; did you mean 'att'?" in message
    assert "event 1 (call): text: export.csv has no column 'words'; did you mean 'word'?" in message
    assert "its columns are: att, type, who, word" in message


def test_columns_inside_lists_count_as_their_list(tmp_path: Path) -> None:
    rule = 'kind = "call"\neach = "turns"\nwhen = { "turns.by" = "c" }\ntext = { column = "turns.said" }\n'
    mapping = load(tmp_path, f"{COMMON}[[event]]\n{rule}")

    assert check_columns(mapping, ["who", "at", "turns", "more"], "export") == {"who", "at", "turns"}


ORGANISATIONS = {"organisation", "simulated_insurer"}
"""Examples that say who answers for alerts."""


@pytest.mark.parametrize("name", sorted({path.stem for path in EXAMPLES.glob("*.toml")} - ORGANISATIONS))
def test_the_mappings_that_we_ship_are_sound(name: str) -> None:
    load_mapping(EXAMPLES / f"{name}.toml")
