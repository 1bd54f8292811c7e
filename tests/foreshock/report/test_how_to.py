from __future__ import annotations

import pytest

from foreshock.report.phrases import say
from foreshock.wording.language import Language
from tests.support.documents import headings
from tests.support.peers import CHECKOUT

SECTIONS = ["headline", "read", "levels", "lead", "daily", "reasons", "quality", "drift", "cohorts", "stages"]


@pytest.mark.parametrize(("language", "name"), [("en", "read-a-report.md"), ("zh", "read-a-report.zh-CN.md")])
def test_the_guide_explains_every_section_under_its_own_name_in_order(language: Language, name: str) -> None:
    told = [heading.text for heading in headings(CHECKOUT / "docs" / "how-to" / name)]
    titles = [say(key).in_(language) for key in SECTIONS]

    assert [text for text in told if text in titles] == titles
