"""How Sphinx makes the site of the pages in `docs/`: `make docs`, into `build/site`.

The pages stay plain Markdown that any forge shows; what a site has beyond them is made here, in `navigation.py`
(sidebar), `chinese.py` (what Chinese pages need), `views.py` (files that pages link to) and `words.py` (search).
Nothing is fetched while it is built, nor when it is read.
"""

from __future__ import annotations

project = html_title = "Foreshock"
language = "en"
root_doc = "README"
extensions = ["myst_parser", "docs.site.chinese", "docs.site.navigation", "docs.site.views", "docs.site.words"]

# Links to headings, as forges make them.
myst_heading_anchors = 6
nitpicky = True
# Quotes and dashes stay as they are written.
smartquotes = False

html_theme = "furo"
html_search_language = "en+zh"
templates_path = ["templates"]
html_static_path = ["static"]
html_css_files = ["site.css"]
html_use_index = html_domain_indices = False
html_copy_source = html_show_copyright = html_show_sphinx = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/languages.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
