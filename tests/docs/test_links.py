"""Every link within the project leads somewhere."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.support.documents import anchors, documents, links, name_of


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_every_link_of_a_document_leads_to_a_file_and_a_heading(path: Path) -> None:
    broken = []
    for link in links(path):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        target, _, anchor = unquote(link).partition("#")
        found = (path.parent / target).resolve() if target else path
        if not found.exists() or (anchor and found.suffix == ".md" and anchor not in anchors(found)):
            broken.append(link)

    assert broken == []


def test_a_document_that_nobody_links_to_is_not_there() -> None:
    linked = {(path.parent / unquote(link).partition("#")[0]).resolve() for path in documents() for link in links(path)}
    lost = [name_of(path) for path in documents() if path.name != "README.md" and path.resolve() not in linked]

    assert lost == []
