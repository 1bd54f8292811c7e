"""Redaction: nothing that names a person gets through, and nothing else is touched."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric

from models.redaction import Kind, redact, redact_bytes, redactions

# Every number in it was drawn by chance and given its check digit; none was taken from a person.
FIXTURE = Path(__file__).parent / "fixtures" / "redaction.jsonl"
ITEMS = [json.loads(line) for line in FIXTURE.read_text(encoding="utf-8").splitlines()]
PERSONAL = [item for item in ITEMS if item["text"] != item["redacted"]]
NEAR_MISSES = [item for item in ITEMS if item["text"] == item["redacted"]]


def test_the_fixture_is_large_and_holds_every_kind() -> None:
    tags = set(re.findall(r"<([a-z-]+)>", " ".join(item["redacted"] for item in PERSONAL)))

    assert len(PERSONAL) >= 80
    assert len(NEAR_MISSES) >= 60
    assert tags == {kind.value for kind in Kind}


@pytest.mark.parametrize("item", PERSONAL, ids=lambda item: item["text"][:40])
def test_personal_data_does_not_get_through(item: dict[str, str]) -> None:
    assert redact(item["text"]) == item["redacted"]


@pytest.mark.parametrize("item", NEAR_MISSES, ids=lambda item: item["text"][:40])
def test_amounts_dates_and_references_stay_as_they_are(item: dict[str, str]) -> None:
    assert redact(item["text"]) == item["text"]


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(alphabet="0123456789", min_size=count, max_size=count)


chinese = st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=12)
dates = st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 11, 22))
old_dates = st.tuples(st.integers(0, 99), st.integers(1, 12), st.integers(1, 28))
resident_ids = st.builds(
    lambda place, born, order: place + (first := f"{born:%Y%m%d}{order}") + ric.calc_check_digit(place + first + "0"),
    st.integers(110000, 829999).map(str),
    dates,
    digits(3),
)
old_resident_ids = st.builds(
    lambda place, born, order: place + "".join(f"{part:02}" for part in born) + order,
    st.sampled_from(["110105", "310115", "440301", "510107"]),
    old_dates,
    digits(3),
)
mobiles = st.builds(str.__add__, st.sampled_from(["138", "186", "159", "177", "199"]), digits(8))
# Valid areas and exchanges: none begins with 00.
landlines = st.builds(str.__add__, st.sampled_from(["01062", "02164", "0755-83", "(0571)87"]), digits(6))
bank_cards = st.builds(
    lambda issuer, rest: issuer + rest + luhn.calc_check_digit(issuer + rest),
    st.sampled_from(["622202", "455880", "518710", "955880"]),
    st.integers(9, 12).flatmap(digits),
)
letters = st.sampled_from("ABCDEFGHJKLMNPQRSTUVWXYZ")
plates = st.builds("{}{}{}{}".format, st.sampled_from("京沪粤苏鲁川"), letters, letters, digits(4))
green_plates = st.builds("{}{}{}{}".format, st.sampled_from("京沪粤苏鲁川"), letters, st.sampled_from("DF"), digits(5))
emails = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}@[a-z0-9]{1,10}\.(com|cn|co\.uk)", fullmatch=True)
passports = st.builds("护照{}{}".format, st.sampled_from("EG"), digits(8))
whole_numbers = st.one_of(resident_ids, old_resident_ids, mobiles, bank_cards)
personal = st.one_of(whole_numbers, landlines, plates, green_plates, emails, passports)
spelled = st.builds(lambda number, join: join.join(number), whole_numbers, st.sampled_from(["", " ", "-"]))


@given(before=chinese, item=personal, after=chinese)
def test_personal_data_never_survives_whatever_chinese_stands_around_it(before: str, item: str, after: str) -> None:
    redacted = redact(before + item + after)

    assert item not in redacted
    assert not re.search("[0-9]{5}", redacted)


@given(before=chinese, number=whole_numbers, after=chinese)
def test_digits_one_by_one_or_in_full_width_are_the_same_digits(before: str, number: str, after: str) -> None:
    full_width = number.translate({code: code + 0xFEE0 for code in range(0x30, 0x3A)})

    assert redact(before + " ".join(number) + after) == redact(before + number + after)
    assert redact(before + full_width + after) == redact(before + number + after)


pieces = st.one_of(
    st.text(max_size=8),
    personal,
    spelled,
    st.text(alphabet="0123456789 -.()+X@粤BD一二三", max_size=24),
)


@given(st.lists(pieces, max_size=6).map("".join))
@example("1@1@a.cn.cn 13800138000-13800138000")
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)

    assert redact(once) == once


@given(st.lists(pieces, max_size=6).map("".join))
def test_what_is_found_lies_in_order_inside_the_text(text: str) -> None:
    ends = [0]
    for _, start, end in redactions(text):
        assert ends[-1] <= start < end <= len(text)
        ends.append(end)


@given(
    st.text(
        alphabet=st.characters(exclude_categories=("Nd", "No", "Cs"), exclude_characters="@＠零〇一二三四五六七八九幺")
    )
)
def test_a_text_without_digits_or_an_at_sign_is_given_back_as_it_is(text: str) -> None:
    assert redact(text) is text


def test_a_wrong_check_digit_is_nobodys_id() -> None:
    right = "11010519491231002X"

    assert redact(f"证件{right}") == "证件<resident-id>"
    assert redact("证件110105194912310021") == "证件110105194912310021"


def test_an_id_from_a_county_that_the_registry_does_not_know_is_still_an_id() -> None:
    place_and_date = "99010119900307123"
    number = place_and_date + ric.calc_check_digit(place_and_date + "0")

    assert not ric.is_valid(number)
    assert redact(number) == "<resident-id>"


def test_dead_bytes_in_utf8_are_read_and_redacted() -> None:
    raw = '{"kind": "call", "text": "我是13800138000"'.encode()

    assert redact_bytes(raw, limit=200) == '{"kind": "call", "text": "我是<mobile>"'


def test_dead_bytes_in_the_encoding_of_older_systems_are_read_and_redacted() -> None:
    raw = "客户电话13800138000，车牌粤B12345".encode("gb18030")

    assert redact_bytes(raw, limit=200) == "客户电话<mobile>，车牌<plate>"


def test_numbers_between_bytes_that_are_no_text_are_redacted_too() -> None:
    raw = b"\xff\xfe\x00" + b"13800138000" + b"\x80\xff"

    redacted = redact_bytes(raw, limit=200)
    assert "<mobile>" in redacted
    assert "13800138000" not in redacted


@given(raw=st.binary(max_size=300), limit=st.integers(1, 50))
def test_any_bytes_become_a_text_within_the_limit(raw: bytes, limit: int) -> None:
    assert len(redact_bytes(raw, limit)) <= limit


@pytest.mark.parametrize("limit", range(1, 60))
def test_the_cut_never_lets_a_part_of_a_number_through(limit: int) -> None:
    raw = ("案" * 20 + "110105194912310" + "02X，" + "13800138000，" * 500).encode()

    assert not re.search(r"\d", redact_bytes(raw, limit))


def test_a_megabyte_of_digits_does_not_hold_up_the_stream() -> None:
    assert len(redact_bytes(b"1 " * 500_000, limit=1000)) <= 1000


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        redact_bytes(b"", limit=0)
