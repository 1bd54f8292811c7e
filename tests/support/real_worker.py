"""The worker as it is, as a process: `python -m tests.support.real_worker`. Settings come from the environment."""

from __future__ import annotations

import sys

from streams.settings import load_settings
from streams.worker import run_worker

if __name__ == "__main__":
    sys.exit(run_worker(load_settings()))
