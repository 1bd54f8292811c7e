"""Files that pages link to and that are no pages themselves: the site shows them as they were when it was built.

On a forge `[the mapping](../../examples/company_export.toml)` opens that file in the repository. The site has a view of
the same file, so that it is whole by itself, and cannot show another version than the one that it describes.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

CHECKOUT = Path(__file__).resolve().parents[2]


def page_of(path: str) -> str:
    """Name the site's page that shows a file or a folder, given from the root of the checkout."""
    return f"files/{path}"


class ViewLinks(SphinxTransform):
    """Links to files that exist and are no pages become links to views."""

    # Before Sphinx collects what may be downloaded, and before it looks for pages.
    default_priority = 400

    def apply(self, **arguments: Any) -> None:
        """Go through one page; Sphinx calls this."""
        links = (*self.document.findall(addnodes.pending_xref), *self.document.findall(addnodes.download_reference))
        for node in links:
            if node.get("reftype") == "myst":
                self._replace(node)

    def _replace(self, node: nodes.Element) -> None:
        target = str(node["reftarget"]).partition("#")[0]
        if node.get("refdomain") == "doc":
            # MyST takes every Markdown file for a page, also those outside of the site.
            if target in self.env.found_docs:
                return
            path = Path(f"{target}.md")
        else:
            path = Path(self.env.relfn2path(target, self.env.docname)[1])
        if target and path.exists() and path.is_relative_to(CHECKOUT):
            view = path.resolve().relative_to(CHECKOUT).as_posix()
            node.replace_self(nodes.reference("", "", *node.children, refuri="", internal=True, view=view))


def setup(app: Sphinx) -> dict[str, Any]:
    """Take part in a build; Sphinx calls this."""
    app.add_transform(ViewLinks)
    app.connect("doctree-resolved", _point_to_views)
    app.connect("html-collect-pages", _pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _view_links(document: nodes.document) -> list[nodes.reference]:
    return [node for node in document.findall(nodes.reference) if "view" in node]


def _point_to_views(app: Sphinx, document: nodes.document, docname: str) -> None:
    for node in _view_links(document):
        node["refuri"] = app.builder.get_relative_uri(docname, page_of(node["view"]))


def _pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """One page per file that is linked, and per folder with the files in it."""
    linked = {node["view"] for name in app.env.found_docs for node in _view_links(app.env.get_doctree(name))}
    folders = {path: _files_in(path) for path in linked if (CHECKOUT / path).is_dir()}
    files = {*linked.difference(folders), *(file for inside in folders.values() for file in inside)}
    for path in sorted(files):
        yield page_of(path), _context(path, _text(CHECKOUT / path)), "page.html"
    for folder, inside in sorted(folders.items()):
        yield page_of(folder), _context(folder, _contents(app, folder, inside)), "page.html"


def _context(path: str, shown: str) -> dict[str, Any]:
    return {"title": path, "body": f"<h1><code>{escape(path)}</code></h1>{shown}"}


def _files_in(folder: str) -> list[str]:
    inside = (path for path in (CHECKOUT / folder).iterdir() if path.is_file())
    return sorted(path.relative_to(CHECKOUT).as_posix() for path in inside)


def _contents(app: Sphinx, folder: str, inside: list[str]) -> str:
    addresses = {path: app.builder.get_relative_uri(page_of(folder), page_of(path)) for path in inside}
    entries = (f'<li><a href="{address}">{escape(Path(path).name)}</a></li>' for path, address in addresses.items())
    return f"<ul>{''.join(entries)}</ul>"


def _text(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    try:
        lexer = get_lexer_for_filename(path.name)
    except ClassNotFound:
        lexer = TextLexer()
    return str(highlight(text, lexer, HtmlFormatter(wrapcode=True)))
