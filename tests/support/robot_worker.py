"""The worker as it is, with WeCom on this machine: `python -m tests.support.robot_worker`.

`ROBOT_URL` says where; Apprise knows only the real one.
"""

from __future__ import annotations

import os
import sys

from apprise.plugins.wecombot import NotifyWeComBot

from streams.settings import load_settings
from streams.worker import run_worker

if __name__ == "__main__":
    NotifyWeComBot.notify_url = os.environ["ROBOT_URL"] + "/wecom?key={key}"
    sys.exit(run_worker(load_settings()))
