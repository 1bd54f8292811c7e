"""Writes every dashboard, in both languages: python -m deploy.grafana [FOLDER]."""

from __future__ import annotations

import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.branch import BRANCH
from deploy.grafana.head_office import HEAD_OFFICE
from deploy.grafana.loop_value import LOOP_VALUE
from deploy.grafana.model_health import MODEL_HEALTH
from deploy.grafana.panels import LANGUAGES, written
from deploy.grafana.stream_health import STREAM_HEALTH

DASHBOARDS = (HEAD_OFFICE, BRANCH, LOOP_VALUE, MODEL_HEALTH, STREAM_HEALTH)
"""Every dashboard."""

FOLDER = Path(__file__).parent / "dashboards"
"""Where Grafana reads them from."""


def files() -> dict[str, str]:
    """Return the text of every file, by its path below the folder; the same plans give the same bytes."""
    encoder = JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False)
    return {
        f"{language}/{plan.uid}.json": encoder.encode(written(plan, language)) + "\n"
        for plan in DASHBOARDS
        for language in LANGUAGES
    }


def main() -> None:
    """Write them."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else FOLDER
    for name, text in files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
