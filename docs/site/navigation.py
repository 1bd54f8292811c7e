"""Sidebar, order and languages of the site, from where the pages are and what the front pages link to.

A page is in the section of its folder, in the order in which its language's front page names it; one that the front
page does not name comes last in its section. So a new page needs nothing here. Its twin in Chinese is the file of the
same name with `.zh-CN` before the ending.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

from docs.site.chinese import CHINESE, in_chinese, language_of

FRONTS = {"en": "README", "zh-CN": "README.zh-CN"}
"""The front page of each language."""

SECTIONS = {
    "tutorial": {"en": "Tutorial", "zh-CN": "教程"},
    "how-to": {"en": "How-to", "zh-CN": "操作指南"},
    "reference": {"en": "Reference", "zh-CN": "参考"},
    "explanation": {"en": "Explanation", "zh-CN": "原理"},
    "decisions": {"en": "Decisions", "zh-CN": "设计决策"},
}
"""Folders of `docs/` in the order of the sidebar, and what each is called."""

_LINK = re.compile(r"\]\(([\w./-]+)\.md[)#]")


def twin_of(page: str) -> str:
    """Name of a page in the other language, whether or not there is one."""
    return page.removesuffix(CHINESE) if page.endswith(CHINESE) else page + CHINESE


def pages_of(section: str, language: str, front_page: str, names: set[str]) -> list[str]:
    """Pages of a section in one language, in their order.

    Parameters
    ----------
    section
        A folder of `docs/`.
    language
        `en` or `zh-CN`.
    front_page
        Text of that language's front page, whose links give the order.
    names
        All pages, as paths in `docs/` without their ending.
    """
    ours = {name for name in names if name.startswith(f"{section}/") and language_of(name) == language}
    linked = [name for name in dict.fromkeys(_LINK.findall(front_page)) if name in ours]
    return [*linked, *sorted(ours.difference(linked))]


def homeless(names: set[str]) -> list[str]:
    """Name the pages that are in no section, and so would be in no sidebar."""
    return sorted(name for name in names - {*FRONTS.values()} if name.partition("/")[0] not in SECTIONS)


def setup(app: Sphinx) -> dict[str, Any]:
    """Take part in a build; Sphinx calls this."""
    app.connect("env-before-read-docs", _refuse_homeless)
    app.connect("source-read", _add_contents)
    # The theme's own turn is at 500: before it what it need not do, after it what takes the place of its own.
    app.connect("html-page-context", _spare_the_theme, priority=400)
    app.connect("html-page-context", _describe, priority=600)
    app.connect("build-finished", _write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _refuse_homeless(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    if lost := homeless(env.found_docs):
        raise ExtensionError(
            f"in no section of the site: {', '.join(f'docs/{name}.md' for name in lost)}; "
            f"move each to one of docs/{{{','.join(SECTIONS)}}}, or name its folder in docs/site/navigation.py"
        )


def _add_contents(app: Sphinx, docname: str, source: list[str]) -> None:
    """Give a front page the hidden contents that Sphinx wants: it makes previous and next of them."""
    if docname not in FRONTS.values():
        return
    language = language_of(docname)
    found = [page for section in SECTIONS for page in _pages(app, section, language)]
    if language == "en":
        found.append(FRONTS["zh-CN"])
    source[0] += "\n".join(["", "```{toctree}", ":hidden:", "", *found, "```", ""])


def _pages(app: Sphinx, section: str, language: str) -> list[str]:
    front_page = (Path(app.srcdir) / f"{FRONTS[language]}.md").read_text(encoding="utf-8")
    return pages_of(section, language, front_page, app.env.found_docs)


def _spare_the_theme(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    """Keep the theme from making a sidebar of the contents, which took half the time of a build."""
    context.pop("toctree", None)


def _describe(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    """Tell the templates a page's language, its sidebar and where its twin is."""
    language = language_of(pagename)
    link = context["pathto"]
    context["language"] = language
    context["front_page"] = link(FRONTS[language])
    context["furo_navigation_tree"] = _sidebar(app, language, pagename, link)
    context["languages"] = [
        ("English", "en", link(_in_language(app, pagename, "en")), language == "en"),
        ("中文", "zh-CN", link(_in_language(app, pagename, "zh-CN")), language == "zh-CN"),
    ]
    if language == "zh-CN":
        context["_"] = context["gettext"] = in_chinese
    for neighbour in ("prev", "next"):
        shown = context.get(neighbour)
        if shown and (CHINESE in shown["link"]) != (language == "zh-CN"):
            context[neighbour] = None


def _in_language(app: Sphinx, page: str, language: str) -> str:
    """The page in that language: itself, its twin, or the front page when it has none."""
    if language_of(page) == language:
        return page
    return twin_of(page) if twin_of(page) in app.env.found_docs else FRONTS[language]


def _sidebar(app: Sphinx, language: str, page: str, link: Callable[[str], str]) -> str:
    lines = []
    for section, captions in SECTIONS.items():
        shown = _pages(app, section, language)
        if language != "en":
            shown += [each for each in _pages(app, section, "en") if twin_of(each) not in shown]
        lines.append(
            f'<p class="caption" role="heading"><span class="caption-text">{captions[language]}</span></p><ul>'
        )
        lines += [_entry(app, language, each, link(each), is_here=each == page) for each in shown]
        lines.append("</ul>")
    return "".join(lines)


def _entry(app: Sphinx, language: str, page: str, address: str, is_here: bool) -> str:
    title = escape(app.env.titles[page].astext())
    other = ' <span class="other-language">英文</span>' if language_of(page) != language else ""
    here = " current current-page" if is_here else ""
    return f'<li class="toctree-l1{here}"><a class="reference internal" href="{address}">{title}{other}</a></li>'


def _write_index(app: Sphinx, failure: Exception | None) -> None:
    """Put the front page where a web server and a person look for it."""
    if failure is None:
        front = Path(app.outdir) / "README.html"
        (Path(app.outdir) / "index.html").write_bytes(front.read_bytes())
