"""A sink whose destination forgets is told again what was delivered before it, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.alerts import Alert
from sinks.memory import MemorySink
from streams.settings import Settings
from tests.support.alerts import alert
from tests.support.delivering import delivering, until, write
from tests.support.journal import broker_settings, prepare_topics

pytestmark = pytest.mark.broker


@pytest.fixture(params=["embedded", pytest.param("apache", marks=pytest.mark.kafka)])
async def of_some_broker(request: pytest.FixtureRequest) -> Settings:
    """Settings with topics of one's own, on each kind of broker."""
    if request.param == "embedded":
        bootstrap = request.getfixturevalue("embedded_broker").bootstrap_servers
    else:
        bootstrap = request.getfixturevalue("apache_kafka")
    settings = broker_settings(bootstrap, session_timeout_seconds=6.0)
    await prepare_topics(settings)
    return settings


class Remembering(MemorySink):
    """Notes what it is told to remember."""

    def __init__(self, look_back: timedelta) -> None:
        super().__init__()
        self.look_back = look_back
        self.recalled: list[str] = []

    def recall(self, alert: Alert) -> None:
        self.recalled.append(alert.alert_id)

    def forget(self) -> None:
        self.recalled.clear()

    async def keep(self) -> None:
        """Nothing to remind."""


async def test_what_was_delivered_before_is_recalled_and_nothing_else(of_some_broker: Settings) -> None:
    settings = of_some_broker
    await write(settings, "alerts", [alert(f"old{number}", customer_key=f"c_{number}") for number in range(20)])
    first = Remembering(timedelta(days=1))
    end = await delivering(settings, first)
    await until(lambda: len(first.delivered) == 20, lambda: first.delivered)
    await end()
    await write(settings, "alerts", [alert("new")])
    second = Remembering(timedelta(days=1))
    end = await delivering(settings, second)
    await until(lambda: len(second.delivered) == 1, lambda: second.delivered)

    assert first.recalled == []
    assert sorted(second.recalled) == sorted(f"old{number}" for number in range(20))
    assert [each.alert_id for each in second.delivered] == ["new"]
    await end()


@pytest.mark.kafka
async def test_what_is_older_than_the_look_back_is_not_read(apache_kafka: str) -> None:
    settings = broker_settings(apache_kafka, session_timeout_seconds=6.0)
    await prepare_topics(settings)
    await write(settings, "alerts", [alert("a"), alert("b")])
    first = Remembering(timedelta(days=1))
    end = await delivering(settings, first)
    await until(lambda: len(first.delivered) == 2, lambda: first.delivered)
    await end()
    await write(settings, "alerts", [alert("c")])
    second = Remembering(timedelta(0))
    end = await delivering(settings, second)
    await until(lambda: len(second.delivered) == 1, lambda: second.delivered)
    await end()

    assert second.recalled == []
