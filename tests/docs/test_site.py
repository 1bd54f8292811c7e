"""The documentation site: built without a warning, whole by itself, every page in the sidebar, both languages found."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from docs.site.navigation import SECTIONS, homeless, pages_of
from tests.support.chromium import seen_in
from tests.support.documents import documents, links
from tests.support.peers import CHECKOUT

DOCS = CHECKOUT / "docs"
FRONTS = (DOCS / "README.md", DOCS / "README.zh-CN.md")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it: a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    options = " ".join(line for line in recipe_of_make() if "sphinx" in line).split("sphinx ", 1)[1].split()
    words = [word.replace("build/", f"{folder}/") for word in options]
    run = subprocess.run(
        [sys.executable, "-m", "sphinx", *words],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    return folder / "site"


def recipe_of_make() -> list[str]:
    """The lines of `make docs`, with continued ones joined."""
    told = subprocess.run(
        ["make", "--dry-run", "--assume-old=setup", "docs"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    return told.stdout.replace("\\\n", " ").splitlines()


class Reader(HTMLParser):
    """Collects from a page where it leads, what it loads, and where it can be led to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.ids.add(told.get("id") or "")
        if tag == "a" and (address := told.get("href")):
            self.links.append(address)
        elif tag in {"script", "img", "iframe", "link", "source"}:
            self.loaded += [address for name in ("src", "href") if (address := told.get(name))]


@cache
def read(page: Path) -> Reader:
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader


def pages(site: Path) -> list[Path]:
    return sorted(path for path in site.rglob("*.html") if not path.name.startswith("seen-"))


def test_every_page_of_the_docs_is_in_the_site(site: Path) -> None:
    made = {path.relative_to(site).with_suffix("").as_posix() for path in pages(site)}
    written = {path.relative_to(DOCS).with_suffix("").as_posix() for path in documents() if DOCS in path.parents}

    assert written - made == set()


def test_every_link_and_every_anchor_of_the_site_leads_somewhere(site: Path) -> None:
    broken = []
    for page in pages(site):
        for link in read(page).links:
            if link.startswith(("https://", "http://", "mailto:")):
                continue
            address, _, anchor = unquote(link).partition("#")
            target = (page.parent / address.partition("?")[0]).resolve() if address else page
            if not target.is_file() or (anchor and anchor not in read(target).ids):
                broken.append(f"{page.relative_to(site)}: {link}")

    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    loaded = {address for page in pages(site) for address in read(page).loaded}
    sheets = [sheet.read_text(encoding="utf-8") for sheet in site.rglob("*.css")]

    assert loaded
    assert {address for address in loaded if address.startswith(("http", "//"))} == set()
    assert [sheet for sheet in sheets if "url(http" in sheet or "@import" in sheet] == []


@pytest.mark.parametrize("front", FRONTS, ids=lambda path: path.name)
def test_every_page_is_reached_from_the_sidebar_of_each_language(site: Path, front: Path) -> None:
    page = site / f"{front.stem}.html"
    reached = {(page.parent / link).resolve().relative_to(site).as_posix() for link in sidebar_of(page)}
    names = {name for name in all_pages() if name.count("/")}
    own = {name for name in names if name.endswith(".zh-CN")}
    expected = (
        (own | {each for each in names - own if f"{each}.zh-CN" not in own}) if "zh" in page.name else names - own
    )

    assert reached == {f"{name}.html" for name in expected}


def sidebar_of(page: Path) -> list[str]:
    tree = page.read_text(encoding="utf-8").partition('class="sidebar-tree"')[2].partition("</div>")[0]
    reader = Reader()
    reader.feed(f"<div {tree}")
    return reader.links


def all_pages() -> set[str]:
    return {path.relative_to(DOCS).with_suffix("").as_posix() for path in documents() if DOCS in path.parents}


@pytest.mark.parametrize("front", FRONTS, ids=lambda path: path.name)
def test_the_front_page_names_every_page(front: Path) -> None:
    """When this fails, add a line about the page to `docs/README.md` and to `docs/README.zh-CN.md`."""
    linked = {unquote(link).removesuffix(".md") for link in links(front)}
    of_language = {name for name in all_pages() if name.count("/") and not name.endswith(".zh-CN")}
    if "zh" in front.name:
        of_language = {f"{name}.zh-CN" if f"{name}.zh-CN" in all_pages() else name for name in of_language}

    assert sorted(of_language - linked) == []


def test_a_page_that_the_front_page_does_not_name_comes_last_in_its_section() -> None:
    names = {"README", "how-to/b", "how-to/a", "how-to/new", "how-to/a.zh-CN", "reference/b"}

    assert pages_of("how-to", "en", "[B](how-to/b.md) and [A](how-to/a.md#start)", names) == [
        "how-to/b",
        "how-to/a",
        "how-to/new",
    ]


def test_a_page_in_no_section_is_named() -> None:
    assert homeless({"README", "README.zh-CN", "how-to/a", "runbooks/b", "loose"}) == ["loose", "runbooks/b"]


def test_a_file_that_a_page_links_to_is_shown_as_it_is(site: Path) -> None:
    shown = (site / "files/examples/company_export.toml.html").read_text(encoding="utf-8")

    assert "A made-up company keeps everything in one list" in shown


# -- in a browser

_LOOK = """{
  language: document.documentElement.lang,
  title: document.title,
  heading: document.querySelector("h1")?.innerText,
  captions: [...document.querySelectorAll(".sidebar-tree .caption-text")].map((each) => each.innerText),
  languages: [...document.querySelectorAll(".languages a")].map((each) => each.getAttribute("href")),
  results: [...document.querySelectorAll(".search li a")].map((each) => each.getAttribute("href")),
}"""


@pytest.mark.chromium
@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "language", "heading", "tutorial"),
    [
        ("index.html", "en", "Foreshock’s documentation", "Tutorial"),
        ("tutorial/first-alert.html", "en", "Your first alert", "Tutorial"),
        ("README.zh-CN.html", "zh-CN", "Foreshock（前震）文档", "教程"),
        ("tutorial/first-alert.zh-CN.html", "zh-CN", "第一条预警", "教程"),
    ],
)
def test_a_page_opens_in_its_language(
    site: Path, tmp_path: Path, page: str, language: str, heading: str, tutorial: str
) -> None:
    seen = seen_in(site / page, tmp_path, _LOOK)

    assert (seen["language"], seen["heading"].rstrip("#").replace("'", "’")) == (language, heading)
    assert len(seen["captions"]) == len(SECTIONS)
    assert seen["captions"][0].lower() == tutorial.lower()
    assert heading in seen["title"].replace("'", "’") or page == "index.html"
    assert len(seen["languages"]) == 2


@pytest.mark.chromium
@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("静默", "how-to/work-with-alerts.zh-CN.html"),
        ("退出码", "how-to/run-on-kafka.zh-CN.html"),
        ("jurisdiction pack", "how-to/write-a-jurisdiction-pack.html"),
        ("SinkRefusedError", "reference/errors.html"),
    ],
)
def test_search_finds_a_page_without_a_server(site: Path, tmp_path: Path, words: str, found: str) -> None:
    seen = seen_in(site / "search.html", tmp_path, _LOOK, f"?q={quote(words)}")

    assert found in {address.partition("#")[0].partition("?")[0] for address in seen["results"]}
