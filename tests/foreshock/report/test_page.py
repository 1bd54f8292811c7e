from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from foreshock.cli import main
from foreshock.journal_dump import dump_header, dump_record
from foreshock.report.charts import days_per_bar
from tests.support.events import call, complaint, tick
from tests.support.peers import CHECKOUT
from tests.support.records import record_of

TYPHOON = CHECKOUT / "examples" / "typhoon.jsonl"
SECTIONS = ["headline", "read", "levels", "lead", "daily", "reasons", "quality", "drift", "cohorts", "stages"]


class Seen(HTMLParser):
    """What a page holds outside scripts and styles."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def charts_of(page: Path) -> dict[str, dict[str, dict[str, object]]]:
    match = re.search(r'<script type="application/json" id="charts">(.*?)</script>', page.read_text(encoding="utf-8"))
    assert match
    found: dict[str, dict[str, dict[str, object]]] = json.loads(match[1])
    return found


def test_every_section_is_there_with_a_heading_and_how_to_read_it(page_of_simulation: Path) -> None:
    seen = Seen(page_of_simulation)

    assert [given["id"] for tag, given in seen.tags if tag == "section"] == SECTIONS
    headings = [tag for tag, _ in seen.tags if tag in ("h1", "h2", "h3")]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    assert headings.count("h2") == len(SECTIONS)


def test_every_chart_is_drawn_in_both_languages_and_says_what_it_shows(page_of_simulation: Path) -> None:
    charts = charts_of(page_of_simulation)

    assert {key.removesuffix("-chart") for key in charts} == {
        *("lead", "daily", "reasons", "precision-recall", "reliability", "drift", "stages")
    }
    for drawn in charts.values():
        assert drawn.keys() == {"zh", "en"}
        assert drawn["zh"]["label"] != drawn["en"]["label"]
        assert drawn["zh"]["data"]


def test_what_has_too_little_says_so_instead_of_a_chart(page_of_typhoon: Path) -> None:
    seen = Seen(page_of_typhoon)

    assert {key.removesuffix("-chart") for key in charts_of(page_of_typhoon)} == {"daily", "reasons", "stages"}
    assert "只有 1 件投诉之前有预警，至少要 10 件。" in seen.text
    assert "30 days: 0 final labels" in seen.text


def test_the_story_of_the_typhoon_is_told_by_its_figures(page_of_typhoon: Path) -> None:
    text = Seen(page_of_typhoon).text

    assert "typhoon.jsonl" in text
    assert "2026-09-07 至 2026-09-29（22 天）" in text
    assert "无：预警全部来自起步规则" not in text


def test_a_page_asks_nothing_of_a_network(page_of_simulation: Path) -> None:
    seen = Seen(page_of_simulation)
    loaded = [given[name] for _, given in seen.tags for name in ("src", "href") if name in given]

    assert all(str(address).startswith("#") for address in loaded)
    policy = next(given["content"] for tag, given in seen.tags if tag == "meta" and "http-equiv" in given)
    assert str(policy).startswith("default-src 'none'")


def test_a_page_holds_no_customer(page_of_typhoon: Path, tmp_path: Path) -> None:
    risk = tmp_path / "risk.jsonl"
    CliRunner().invoke(main, ["replay", str(TYPHOON), "--quiet", "--risk", str(risk)])
    keys = [json.loads(line)["customer_key"] for line in risk.read_bytes().splitlines()]
    ids = {json.loads(line)["customer_id"] for line in TYPHOON.read_bytes().splitlines()}
    page = page_of_typhoon.read_text(encoding="utf-8")

    assert keys
    assert [name for name in (*keys, *ids) if name in page] == []


def test_the_same_events_give_the_same_bytes(page_of_typhoon: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.html"
    CliRunner().invoke(main, ["replay", str(TYPHOON), "--quiet", "--report", str(again)])

    assert again.read_bytes() == page_of_typhoon.read_bytes()


@pytest.mark.parametrize(("language", "others"), [("zh", "How good"), ("en", "[一-鿿]")])
def test_a_page_of_one_language_holds_no_other_and_no_switch(language: str, others: str, tmp_path: Path) -> None:
    page = tmp_path / "one.html"
    arguments = ["replay", str(TYPHOON), "--quiet", "--report", str(page), "--report-language", language]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    seen = Seen(page)

    assert not re.search(others, seen.text)
    assert not [tag for tag, _ in seen.tags if tag == "button"]
    assert {key for drawn in charts_of(page).values() for key in drawn} == {language}


def test_what_a_report_lacks_is_named_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("foreshock.report", "plotly"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "plotly", None)

    result = CliRunner().invoke(main, ["replay", str(TYPHOON), "--report", str(tmp_path / "out.html")])

    assert result.exit_code == 2
    assert "--report needs plotly" in result.output
    assert "pip install jinja2 plotly" in result.output


def test_a_run_of_one_event_has_a_page_too(tmp_path: Path) -> None:
    lines = TYPHOON.read_bytes().splitlines()[:1]
    (tmp_path / "one.jsonl").write_bytes(lines[0] + b"\nnot json\n")
    page = tmp_path / "one.html"
    arguments = ["replay", str(tmp_path / "one.jsonl"), "--quiet", "--report", str(page)]

    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert "不是 JSON 1" in Seen(page).text
    assert "时段内没有投诉，无从评判预警。" in Seen(page).text
    assert "无：预警全部来自起步规则" in Seen(page).text


def test_a_journal_dump_has_a_page_too(tmp_path: Path) -> None:
    records = [record_of(call(day=0)), record_of(complaint(day=1), tick(day=2)), b"not json"]
    dumped = [dump_header(1, "epoch"), *(dump_record(0, offset, value) for offset, value in enumerate(records))]
    (tmp_path / "dump.jsonl").write_bytes(b"\n".join(line.rstrip(b"\n") for line in dumped) + b"\n")
    page = tmp_path / "dump.html"
    arguments = ["replay", str(tmp_path / "dump.jsonl"), "--quiet", "--report", str(page)]

    result = CliRunner().invoke(main, arguments)

    assert result.exit_code == 0, result.output
    assert "联系 1 · 投诉 1" in Seen(page).text
    assert "不是 JSON 1" in Seen(page).text


@pytest.mark.parametrize(("days", "every"), [(10, 1), (200, 1), (400, 7), (4_000, 30)])
def test_bars_stay_wide_enough_to_be_told_apart(days: int, every: int) -> None:
    assert days_per_bar({(0, "blue"): 1, (days, "red"): 1}) == every
