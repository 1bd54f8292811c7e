"""What the site's search takes for a word: English as Sphinx does, Chinese in pairs of characters.

Chinese has no blanks between words, and Sphinx alone would index what stands between two marks of punctuation as one
word. Pairs need no dictionary, find every word of two characters or more, and a longer one where all its pairs are.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.search import languages
from sphinx.search.en import SearchEnglish

_RUN = re.compile(r"[一-鿿]+|[^\W一-鿿]+")

# The same in the browser, for what is typed. Of pages opened as files a browser lets no script read others, so their
# results come without excerpts.
_SPLIT_QUERY = r"""
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
function splitQuery(query) {
  const runs = query.match(/[\u4e00-\u9fff]+|[\p{L}\p{N}_]+/gu) || [];
  return runs.flatMap((run) => {
    if (!/[\u4e00-\u9fff]/.test(run) || run.length === 1) return [run];
    return [...run.slice(1)].map((_, index) => run.slice(index, index + 2));
  });
}
"""


class EnglishAndChinese(SearchEnglish):
    """Both languages of the pages in one index."""

    lang = "en+zh"
    js_splitter_code = _SPLIT_QUERY

    def split(self, text: str) -> list[str]:
        """Words of a text, in their order.

        Examples
        --------
        >>> EnglishAndChinese({}).split("重复投诉 raises a level")
        ['重复', '复投', '投诉', 'raises', 'a', 'level']
        """
        return [word for run in _RUN.findall(text) for word in _pairs(run)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the language known to Sphinx, which calls this."""
    languages[EnglishAndChinese.lang] = EnglishAndChinese
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _pairs(run: str) -> list[str]:
    if not "一" <= run[0] <= "鿿" or len(run) == 1:
        return [run]
    return [run[start : start + 2] for start in range(len(run) - 1)]
