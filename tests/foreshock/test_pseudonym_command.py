from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from foreshock.cli import main
from models.pseudonym import Pseudonymiser

SECRET = "a secret for tests, long enough"
KEYS = Pseudonymiser(SECRET.encode())


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESHOCK_PSEUDONYM_KEY", SECRET)


def run(*arguments: object, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["pseudonym", *map(str, arguments)], input=given)


def test_ids_come_back_with_their_keys() -> None:
    result = run("C1001", "客户一", "--tenant", "north")

    assert result.output.splitlines() == [
        f"C1001\t{KEYS.key_of('north', 'C1001')}",
        f"客户一\t{KEYS.key_of('north', '客户一')}",
    ]


def test_a_csv_gets_one_more_column(tmp_path: Path) -> None:
    table, joined = tmp_path / "customers.csv", tmp_path / "joined.csv"
    table.write_bytes('客户号,名称\r\nC1,"甲, 乙"\r\n,无号\r\n C2 ,丙\r\n'.encode("gb18030"))

    result = run("--csv", table, "--column", "客户号", "--encoding", "gb18030", "--output", joined)

    assert result.exit_code == 0
    assert joined.read_text(encoding="utf-8").splitlines() == [
        "客户号,名称,customer_key",
        f'C1,"甲, 乙",{KEYS.key_of("default", "C1")}',
        ",无号,",
        f" C2 ,丙,{KEYS.key_of('default', 'C2')}",
    ]


def test_standard_input_with_a_byte_order_mark_and_tenants_of_its_own() -> None:
    given = "\ufeffcustomer_id,brand\nC1,north\nC1,\n".encode()

    result = run("--csv", "-", "--tenant-column", "brand", "--tenant", "south", given=given)

    assert result.output.splitlines() == [
        "customer_id,brand,customer_key",
        f"C1,north,{KEYS.key_of('north', 'C1')}",
        f"C1,,{KEYS.key_of('south', 'C1')}",
    ]


@pytest.mark.parametrize(
    ("arguments", "given", "complaint"),
    [
        ([], b"", "give customer ids, or a file of them with --csv"),
        (["C1", "--csv", "-"], b"", "give customer ids, or a file of them with --csv"),
        (["--csv", "-", "--column", "id"], b"a,b\n1,2\n", "there is no column 'id'; the columns are: a, b"),
        (["--csv", "-"], b"customer_id,customer_key\n1,2\n", "there is a column customer_key already"),
        (["--csv", "-"], b"customer_id,b\n1\n", "line 2: 1 cells, and there are 2 columns"),
        (["--csv", "-"], "customer_id\n客\n".encode("gb18030"), "'utf-8' codec can't decode"),
        (["--csv", "nowhere.csv"], b"", "nowhere.csv: No such file or directory"),
        ([" "], b"", "must not be blank"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], given: bytes, complaint: str) -> None:
    result = run(*arguments, given=given)

    assert result.exit_code == 2
    assert complaint in result.stderr


def test_without_a_secret_for_a_remote_broker_there_are_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORESHOCK_PSEUDONYM_KEY")
    monkeypatch.setenv("FORESHOCK_BOOTSTRAP_SERVERS", "kafka.example:9092")

    result = run("C1")

    assert result.exit_code == 2
    assert "FORESHOCK_PSEUDONYM_KEY is not set" in result.stderr
