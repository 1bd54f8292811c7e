"""`foreshock import`, as a company uses it: a file and a mapping in, events and a report out."""

from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from foreshock.cli import main
from schemas.codec import CustomerEvent, decode_event

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EXPORT, MAPPING = EXAMPLES / "company_export.csv", EXAMPLES / "company_export.toml"


def run(*arguments: object, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, arguments)], input=given)


def events_in(text: str | bytes) -> list[CustomerEvent]:
    lines = text.encode() if isinstance(text, str) else text
    return [decode_event(line) for line in lines.splitlines()]


@pytest.fixture(scope="module")
def imported() -> Result:
    return run("--mapping", MAPPING, EXPORT)


def test_the_example_gives_every_kind_of_event_and_one_bad_row(imported: Result) -> None:
    assert imported.exit_code == 0
    assert "25 rows -> 23 events (1 action, 8 call, 8 claim, 2 complaint, 4 survey)" in imported.stderr
    assert "company_export.csv:12: event 1 (call): occurred_at: not a time written as %Y-%m-%d %H:%M" in imported.stderr
    assert "1 row skipped: line tests of the company's own" in imported.stderr
    assert len(events_in(imported.stdout)) == 23


def test_cells_become_fields_in_our_units(imported: Result) -> None:
    by_id = {
        event.event_id: event.model_dump(mode="json", exclude_defaults=True) for event in events_in(imported.stdout)
    }

    assert by_id["crm-1"] == {
        "event_id": "crm-1",
        "occurred_at": "2026-03-02T01:05:00Z",
        "customer_id": "C1001",
        "org_path": "HQ/广东/深圳",
        "channel": "hotline",
        "product_line": "motor",
        "policy_ref": "P-88001",
        "claim_ref": "A-2001",
        "staff_ref": "8012",
        "language": "zh",
        "wait_seconds": 35.0,
        "talk_seconds": 250.0,
        "resolved": True,
        "text": "你好，我的车早上在停车场被刮了，想报案。",
    }
    assert by_id["crm-2"]["claimed_fen"] == 320_000
    assert by_id["crm-5"]["due_at"] == "2026-03-03T10:00:00Z"
    assert [turn.get("speaker", "customer") for turn in by_id["crm-3"]["turns"]] == ["customer", "agent", "customer"]
    assert by_id["crm-20"]["status"] == "unanswered"
    assert by_id["crm-21"]["source"] == "regulator"
    assert by_id["crm-25"]["withdrawn"] is True


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
def test_the_same_list_in_another_encoding_gives_the_same_events(
    encoding: str, imported: Result, tmp_path: Path
) -> None:
    export = tmp_path / "export.csv"
    export.write_bytes(EXPORT.read_text(encoding="utf-8").encode(encoding))

    assert run("--mapping", MAPPING, "--encoding", encoding, export).stdout == imported.stdout


def test_a_gzipped_export_is_read_whatever_its_name(imported: Result, tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.write_bytes(gzip.compress(EXPORT.read_bytes()))

    assert run("--mapping", MAPPING, export).stdout == imported.stdout


def test_standard_input_is_a_file_too(imported: Result) -> None:
    assert run("--mapping", MAPPING, "-", given=EXPORT.read_bytes()).stdout == imported.stdout


def test_the_wrong_encoding_is_named_and_the_right_one_guessed(tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.write_bytes(EXPORT.read_text(encoding="utf-8").encode("gb18030"))

    result = run("--mapping", MAPPING, export)

    assert result.exit_code == 2
    assert "bytes that are not utf-8; is the file perhaps gb18030? (--encoding gb18030)" in result.stderr


def test_rejects_hold_the_row_and_the_reason(tmp_path: Path) -> None:
    rejects, output = tmp_path / "bad.jsonl", tmp_path / "events.jsonl"

    result = run("--mapping", MAPPING, EXPORT, "--rejects", rejects, "--output", output)

    (bad,) = map(orjson.loads, rejects.read_bytes().splitlines())
    assert (bad["line"], bad["row"]["流水号"]) == (12, "9")
    assert "occurred_at" in bad["reason"]
    assert result.stdout == ""
    assert len(events_in(output.read_bytes())) == 23


def test_strict_fails_on_a_bad_row_after_writing_the_good_ones() -> None:
    result = run("--mapping", MAPPING, EXPORT, "--strict")

    assert result.exit_code == 1
    assert len(events_in(result.stdout)) == 23


def test_sort_orders_by_time_and_keeps_ties_as_they_were(tmp_path: Path) -> None:
    header, *rows = EXPORT.read_text(encoding="utf-8").replace("\n坐席", " ").replace("\n客户", " ").splitlines()
    export = tmp_path / "export.csv"
    tie = rows[3].replace("4,", "4b,", 1)
    export.write_text("\n".join([header, *reversed(rows), tie]) + "\n", encoding="utf-8")

    events = events_in(run("--mapping", MAPPING, export, "--sort").stdout)

    assert [event.occurred_at for event in events] == sorted(event.occurred_at for event in events)
    ids = [event.event_id for event in events]
    assert ids.index("crm-4") + 1 == ids.index("crm-4b")


def test_several_files_are_one_import(tmp_path: Path) -> None:
    header, *rows = EXPORT.read_text(encoding="utf-8").splitlines()
    halves = [tmp_path / "a.csv", tmp_path / "b.csv"]
    halves[0].write_text("\n".join([header, *rows[:2]]), encoding="utf-8")
    halves[1].write_text("\n".join([header, *rows[1:2], *rows[5:9]]), encoding="utf-8")

    result = run("--mapping", MAPPING, *halves)

    assert [event.event_id for event in events_in(result.stdout)][:3] == ["crm-1", "crm-2", "crm-2"]
    assert "1 event with an event_id that was there before" in result.stderr


def test_an_export_of_which_nothing_can_be_read_fails(tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.write_text(EXPORT.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")

    result = run("--mapping", MAPPING, export)

    assert result.exit_code == 1
    assert "nothing could be read" in result.stderr


def test_a_missing_file_is_named() -> None:
    result = run("--mapping", MAPPING, "nowhere.csv")

    assert result.exit_code == 2
    assert "nowhere.csv: No such file or directory" in result.stderr


def test_many_bad_rows_are_counted_not_listed(tmp_path: Path) -> None:
    header, first = EXPORT.read_text(encoding="utf-8").splitlines()[:2]
    export = tmp_path / "export.csv"
    export.write_text("\n".join([header, first, *["only,three,cells"] * 30]) + "\n", encoding="utf-8")

    result = run("--mapping", MAPPING, export)

    assert result.stderr.count("it has 3 cells, and there are 20 columns") == 20
    assert "... and 10 more bad rows; --rejects FILE keeps them all" in result.stderr


def test_words_that_nobody_mapped_are_told(tmp_path: Path) -> None:
    export = tmp_path / "export.jsonl"
    export.write_text('{"who": 7, "at": "2026-03-02T09:00:00+08:00", "by": "鸽子"}\n' * 2, encoding="utf-8")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        '[common]\ncustomer_id = { column = "who" }\noccurred_at = { column = "at" }\n'
        '[[event]]\nkind = "call"\nchannel = { column = "by" }\n',
        encoding="utf-8",
    )

    result = run("--mapping", mapping, export)

    assert "2 x call.channel = '鸽子' is read as 'other'" in result.stderr
    assert "1 event with an event_id that was there before" in result.stderr
    assert [event.customer_id for event in events_in(result.stdout)] == ["7", "7"]


def test_the_help_text_teaches_with_a_mapping_that_works(tmp_path: Path) -> None:
    text = run("--help").stdout
    lines = text[text.index("[common]") : text.index("Then:")].splitlines()
    mapping, export = tmp_path / "mapping.toml", tmp_path / "export.csv"
    mapping.write_text("\n".join(lines), encoding="utf-8")
    export.write_text(
        "类型,客户号,时间,分公司,内容\n来电,C1,2026-03-02 09:05,广东,你好\n投诉,C1,2026-03-03 09:05,广东,\n"
        "内部测试,C9,2026-03-03 09:05,广东,\n",
        encoding="utf-8",
    )

    events = events_in(run("--mapping", mapping, export).stdout)

    assert [(event.kind, event.org_path, event.channel) for event in events] == [
        ("call", "HQ/广东", "hotline"),
        ("complaint", "HQ/广东", "other"),
    ]


def test_later_rows_of_a_case_take_over_what_the_first_one_said(tmp_path: Path) -> None:
    export, mapping = tmp_path / "log.csv", tmp_path / "mapping.toml"
    steps = ["1,a,gold,5", "2,a,iron,", "1,b,,", "2,b,,7", ",b,,", "1,c,tin,"]
    rows = [f"{10**9 + number},{step}" for number, step in enumerate(steps)]
    export.write_text("\n".join(["at,case,step,plan,sum", *rows]), encoding="utf-8")
    mapping.write_text(
        '[fill]\nkey = "case"\ncolumns = ["plan", "sum"]\n'
        '[common]\ncustomer_id = { column = "case" }\noccurred_at = { column = "at", format = "epoch_seconds" }\n'
        'event_id = { template = "{case}{step}" }\n'
        '[common.attributes]\nplan = { column = "plan" }\nsum = { column = "sum", number = true }\n'
        '[[event]]\nkind = "call"\n',
        encoding="utf-8",
    )

    result = run("--mapping", mapping, export)

    assert [(event.event_id, event.attributes) for event in events_in(result.stdout)] == [
        ("1a", {"plan": "gold", "sum": 5}),
        ("2a", {"plan": "iron"}),
        ("1b", {"plan": "gold", "sum": 5}),
        ("2b", {"plan": "iron", "sum": 7}),
        ("1c", {"plan": "tin", "sum": 5}),
    ]
    assert "log.csv:6: event 1 (call): customer_id: Field required" in result.stderr


def test_a_counter_that_every_later_row_repeats_makes_one_event_each_time_it_rises(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        """
        [source]
        format = "csv"
        [common]
        customer_id = { column = "case" }
        occurred_at = { column = "at", format = "epoch_seconds" }
        [[event]]
        kind = "complaint"
        when = { reopened = { above = 0 } }
        once = ["case", "reopened"]
        [[event]]
        kind = "claim"
        status = "other"
        """,
        encoding="utf-8",
    )
    given = [("A", 1, 0), ("A", 2, 1), ("B", 3, 1), ("A", 4, 1), ("A", 5, 2), ("B", 6, 1)]
    rows = ["case,at,reopened", *(f"{case},160000000{at},{count}" for case, at, count in given)]

    done = run("--mapping", mapping, "-", given="\n".join(rows).encode())

    assert "6 rows -> 9 events (6 claim, 3 complaint)" in done.stderr
    made = [event for event in events_in(done.stdout) if event.kind == "complaint"]
    assert [(event.customer_id, event.occurred_at.timestamp() % 10) for event in made] == [("A", 2), ("B", 3), ("A", 5)]
