"""How the topics are on the broker, beside how the settings want them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from foreshock.broker.reaching import admin_client
from streams.settings import Settings
from streams.topics import TopicPlan, plan_topics


@dataclass(frozen=True, slots=True)
class TopicState:
    """One topic, as wanted and as found."""

    short: str
    """Its name without the prefix."""

    plan: TopicPlan
    """How the settings want it."""

    partitions: int | None
    """Partitions found; `None` if the broker has no such topic."""

    configs: Mapping[str, str]
    """Configuration found, of the keys that the plan or a reader cares for; empty if the topic is missing."""


_CARED_FOR = ("cleanup.policy", "retention.ms", "min.compaction.lag.ms")


async def topic_states(settings: Settings, *names: str) -> list[TopicState]:
    """Ask the broker about topics.

    Parameters
    ----------
    settings
        Where the brokers are.
    *names
        Short names; none means every topic.

    Raises
    ------
    BrokerUnavailableError
        If no broker answers.
    """
    plans = {plan.name: plan for plan in plan_topics(settings)}
    wanted = [settings.topic(name) for name in names] or list(plans)
    async with admin_client(settings) as admin:
        counts = await partition_counts(admin)
        configs = await _configs(admin, [name for name in wanted if name in counts])
    return [
        TopicState(
            short=plans[name].short,
            plan=plans[name],
            partitions=counts.get(name),
            configs=configs.get(name, {}),
        )
        for name in wanted
    ]


async def partition_counts(admin: AIOKafkaAdminClient) -> dict[str, int]:
    """Return the partitions of every topic at the broker.

    Never asked by name: a broker that creates topics automatically would create those that are missing.
    """
    return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}


async def _configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    """Ask for the configuration of topics."""
    if not names:
        return {}
    responses = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    return {
        name: {entry[0]: entry[1] for entry in entries if entry[0] in _CARED_FOR}
        for response in responses
        for _, _, _, name, entries in _resources(response)
    }


def _resources(response: Any) -> list[tuple[int, str, int, str, list[tuple[Any, ...]]]]:
    """Return the resources of a response: error, its text, type, name and entries of each."""
    return list(response.resources)
