from __future__ import annotations

from typing import Any

import pytest

from streams.delivery.feeds import ALERTS, RISK, SUPPRESSIONS, Feed
from streams.settings import load_settings
from streams.topics import plan_topics


@pytest.mark.parametrize("feed", [ALERTS, RISK, SUPPRESSIONS], ids=lambda feed: feed.topic)
def test_gaps_mean_something_exactly_where_nothing_is_compacted(feed: Feed[Any]) -> None:
    settings = load_settings()
    (plan,) = (plan for plan in plan_topics(settings) if plan.name == settings.topic(feed.topic))

    assert feed.is_whole == (plan.configs.get("cleanup.policy") != "compact")
