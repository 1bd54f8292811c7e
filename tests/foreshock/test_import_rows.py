"""Files as companies write them: quotes, encodings, broken lines, broken files."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pytest

from foreshock.importing.parts import Source
from foreshock.importing.rows import BadRow, Row, format_of, open_table
from schemas.errors import MappingError


def rows(data: bytes, name: str = "export.csv", **source: Any) -> list[tuple[int, Any]]:
    raw = io.BytesIO(data)
    with open_table(name, Source(**source), raw) as table:  # type: ignore[arg-type]
        return [(row.line, shown(row)) for row in table.rows]


def shown(row: Row | BadRow) -> Any:
    if isinstance(row, BadRow):
        return row.reason
    return {name: value for name, value in row.values.items() if not name.startswith("#")}


def test_rows_know_the_line_they_start_on() -> None:
    data = b'a,b\r\n1,"two\r\nlines"\r\n\r\n3,4\r\n'

    assert rows(data) == [(2, {"a": "1", "b": "two\r\nlines"}), (5, {"a": "3", "b": "4"})]


def test_a_bad_row_does_not_take_its_neighbours_with_it() -> None:
    found = rows(b'a,b\n1,2\n1,2,3\n"x"y,1\n5\n3,4\n')

    assert [line for line, _ in found] == [2, 3, 4, 5, 6]
    assert found[1][1] == "it has 3 cells, and there are 2 columns"
    assert "not a row of a table" in found[2][1]
    assert found[3][1] == "it has 1 cells, and there are 2 columns"
    assert found[4][1] == {"a": "3", "b": "4"}


def test_bytes_of_another_encoding_spoil_only_their_row() -> None:
    found = rows("a,b\n1,你好\n".encode() + "2,您好\n".encode("gb18030") + b"3,ok\n")

    assert found[0][1] == {"a": "1", "b": "你好"}
    assert "bytes that are not utf-8; is the file perhaps gb18030?" in found[1][1]
    assert found[2][1] == {"a": "3", "b": "ok"}


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("客户,b\n张,2\n".encode("gb18030"), "gb18030"),
        ("客户,b\n张,2\n".encode("gbk"), "gb18030"),
        ("\ufeff客户,b\n张,2\n".encode(), "utf-8"),
        ("\ufeff客户,b\n张,2\n".encode(), "UTF8"),
        ("客户,b\n张,2\n".encode("utf-16"), "utf-16"),
        ("客戶,b\n張,2\n".encode("big5"), "big5"),
    ],
)
def test_encodings(data: bytes, encoding: str) -> None:
    ((_, cells),) = rows(data, encoding=encoding)

    assert list(cells.items()) in ([("客户", "张"), ("b", "2")], [("客戶", "張"), ("b", "2")])


def test_utf_16_that_breaks_off_ends_with_a_report() -> None:
    found = rows("a,b\n1,2\n3,4\n".encode("utf-16")[:-1], encoding="utf-16")

    assert found[0] == (2, {"a": "1", "b": "2"})
    assert isinstance(found[-1][1], str)


def test_a_gzipped_file_that_breaks_off_gives_what_it_has_and_says_so() -> None:
    data = gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(20_000)))

    found = rows(data[: len(data) // 2], name="export.csv.gz")

    assert len(found) > 1000
    assert "the compressed file breaks off here" in found[-1][1]


def test_tabs_semicolons_and_plain_quotes() -> None:
    assert rows(b"a\tb\n1\t2\n", name="e.tsv") == [(2, {"a": "1", "b": "2"})]
    assert rows(b"a;b\n1;2,5\n", delimiter=";") == [(2, {"a": "1", "b": "2,5"})]
    assert rows(b'a\tb\n5" tv\t"\n', name="e.tsv", quotes=False) == [(2, {"a": '5" tv', "b": '"'})]


def test_a_file_without_a_header_is_given_one() -> None:
    assert rows(b"1,2\n", columns=("a", "b")) == [(1, {"a": "1", "b": "2"})]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "the file is empty"),
        (b"a,b,a\n1,2,3\n", "more than one column is named a"),
        (b'"a"x,b\n', "its first row cannot be read"),
        (b"\xff\xfe\xfd,b\n", "bytes that are not utf-8"),
    ],
)
def test_a_header_that_cannot_be_used_stops_everything(data: bytes, complaint: str) -> None:
    with pytest.raises(MappingError, match=complaint):
        rows(data)


def test_json_lines_good_and_bad() -> None:
    found = rows(b'{"a": 1}\n\n[1]\n{"a": \nnull\n{"a": {"b": 2}}', name="e.jsonl")

    assert found[0] == (1, {"a": 1})
    assert found[1] == (3, "not a JSON object")
    assert found[2][1].startswith("not JSON")
    assert found[3] == (5, "not a JSON object")
    assert found[4] == (6, {"a": {"b": 2}})


@pytest.mark.parametrize(
    ("name", "expected"),
    [("E.CSV", "csv"), ("e.tsv.gz", "tsv"), ("e.ndjson", "jsonl"), ("e.jsonl.GZ", "jsonl"), ("e.txt", "csv")],
)
def test_the_name_tells_the_format(name: str, expected: str) -> None:
    assert format_of(Source(), name) == expected


def test_a_name_that_tells_nothing_asks_for_the_format() -> None:
    with pytest.raises(MappingError, match='put format = "csv"'):
        format_of(Source(), "export.dat")
    assert format_of(Source(format="tsv"), "export.dat") == "tsv"
