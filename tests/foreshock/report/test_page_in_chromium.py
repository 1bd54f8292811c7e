"""The page as a real browser shows it: no error, every chart drawn, the other language at a click."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.chromium import seen_in

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

_LOOK = """{
    language: document.documentElement.lang,
    text: document.body.innerText,
    headings: [...document.querySelectorAll("h2")].map((each) => each.innerText),
    charts: [...document.querySelectorAll(".chart")].map((each) => ({
      id: each.id, label: each.getAttribute("aria-label"), drawn: each.querySelectorAll("svg.main-svg").length,
      words: [...each.querySelectorAll("text")].map((word) => word.textContent).join(" "),
      width: each.querySelector("svg.main-svg")?.clientWidth,
    })),
    pressed: [...document.querySelectorAll("[aria-pressed=true]")].map((each) => each.dataset.to),
}"""


def look_at(page: Path, folder: Path, fragment: str = "", before: str = "") -> dict[str, Any]:
    """What Chromium shows of a page, after `before` has run in it."""
    copy = folder / "page.html"
    copy.write_bytes(page.read_bytes())
    return seen_in(copy, folder, _LOOK, fragment, before)


def test_it_opens_in_chinese_with_every_chart_drawn(page_of_simulation: Path, tmp_path: Path) -> None:
    seen = look_at(page_of_simulation, tmp_path)

    assert (seen["language"], seen["pressed"]) == ("zh-CN", ["zh"])
    assert seen["headings"] == [
        *("要点", "读入的数据", "每一级预警的得与失", "提前量", "预警量", "主要原因"),
        *("概率有多准", "逐周变化", "不同客群", "客户现在在哪一步"),
    ]
    assert len(seen["charts"]) == 7
    assert all(chart["drawn"] and chart["label"] and chart["width"] > 600 for chart in seen["charts"])
    assert "How good the probabilities are" not in seen["text"]


def test_a_click_shows_all_of_it_in_english(page_of_simulation: Path, tmp_path: Path) -> None:
    seen = look_at(page_of_simulation, tmp_path, before='document.querySelector("[data-to=en]").click();')

    assert (seen["language"], seen["pressed"]) == ("en", ["en"])
    assert "How good the probabilities are" in seen["headings"]
    assert not re.search("[一-鿿]", seen["text"].replace("中文", ""))
    assert not any(re.search("[一-鿿]", chart["words"] + chart["label"]) for chart in seen["charts"])


def test_a_link_may_name_the_language(page_of_typhoon: Path, tmp_path: Path) -> None:
    seen = look_at(page_of_typhoon, tmp_path, fragment="#en")

    assert seen["language"] == "en"
    assert "Too little to draw" in seen["text"]


def test_the_other_language_may_be_left_again(page_of_typhoon: Path, tmp_path: Path) -> None:
    back = 'for (const to of ["en", "zh"]) document.querySelector(`[data-to=${to}]`).click();'

    seen = look_at(page_of_typhoon, tmp_path, before=back)

    assert seen["language"] == "zh-CN"
    assert "数据太少，不作图" in seen["text"]
