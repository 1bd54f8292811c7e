"""What Chinese pages need beyond a translation: the theme's own words, and lines joined without a blank."""

from __future__ import annotations

import gettext
import re
from functools import cache
from pathlib import Path
from typing import Any

import sphinx
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

CHINESE = ".zh-CN"
"""Ends the name of a page in Chinese."""

# What the theme says and Sphinx's own catalogue does not know.
_THEME = {
    "On this page": "本页内容",
    "Back to top": "回到顶部",
    "Skip to content": "跳到正文",
    "Next": "下一页",
    "Previous": "上一页",
    "Home": "首页",
    "Made with ": "文档由 ",
}

_WRITING = re.compile(r"[\u3000-\u303f一-鿿\uff00-\uffef“”‘’…—]")


def language_of(page: str) -> str:
    """Language of a page, by its name: `en` or `zh-CN`."""
    return "zh-CN" if page.endswith(CHINESE) else "en"


def in_chinese(text: str) -> str:
    """Say in Chinese what the templates say in English; what nobody has translated stays."""
    return _THEME.get(text) or _catalogue().gettext(text)


def is_joined(before: str, after: str) -> bool:
    """Whether a line that ends with `before` goes on with `after` without a blank, as Chinese writing does.

    Examples
    --------
    >>> is_joined("一句话。", "另一句话。"), is_joined("改用", "Kafka")
    (True, False)
    """
    return bool(_WRITING.match(before[-1:]) and _WRITING.match(after[:1]))


class JoinLines(SphinxTransform):
    """In `docs/` a sentence has a line of its own; in Chinese no blank stands between sentences."""

    default_priority = 410

    def apply(self, **arguments: Any) -> None:
        """Go through one page; Sphinx calls this."""
        if language_of(self.env.docname) != "zh-CN":
            return
        for end in [text for text in self.document.findall(nodes.Text) if text == "\n"]:
            place = end.parent.index(end)
            around = [each.astext() for each in (*end.parent[:place][-1:], *end.parent[place + 1 :][:1])]
            if len(around) == 2 and is_joined(*around):
                end.parent.remove(end)


def setup(app: Sphinx) -> dict[str, Any]:
    """Take part in a build; Sphinx calls this."""
    app.add_transform(JoinLines)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


@cache
def _catalogue() -> gettext.NullTranslations:
    return gettext.translation("sphinx", Path(sphinx.__file__).parent / "locale", ["zh_CN"])
