"""A page as a real browser shows it, told by a script that is put into it."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.support.peers import chromium_program

_OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1100,900", "--enable-logging=stderr")
_SCRIPT = """<script>
%(before)s
setTimeout(() => {
  const seen = %(look)s;
  const said = document.createElement("pre");
  said.id = "seen";
  said.textContent = JSON.stringify(seen);
  document.body.append(said);
}, 2000);
</script>"""


def seen_in(page: Path, profile: Path, look: str, address: str = "", before: str = "") -> dict[str, Any]:
    """Open a page and say what is in it; fails if the browser complains about anything.

    Parameters
    ----------
    page
        An HTML file. A copy with the script is left beside it, so that it finds what belongs to it.
    profile
        A folder in which the browser may keep its own things.
    look
        JavaScript: an object of what is seen.
    address
        What follows the page's name: `#en`, `?q=word`.
    before
        JavaScript that runs first, as a person's clicks would.
    """
    copy = page.with_name(f"seen-{page.name}")
    script = _SCRIPT % {"before": before, "look": look}
    copy.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{script}</body>"), encoding="utf-8")
    run = subprocess.run(
        [
            str(chromium_program()),
            *_OPTIONS,
            f"--user-data-dir={profile / 'profile'}",
            "--virtual-time-budget=10000",
            "--dump-dom",
            f"{copy.as_uri()}{address}",
        ],
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    complaints = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
    assert complaints == [], complaints
    said = re.search(r'<pre id="seen">(.*?)</pre>', run.stdout, re.DOTALL)
    assert said, run.stdout[-500:]
    seen: dict[str, Any] = json.loads(html.unescape(said[1]))
    return seen
