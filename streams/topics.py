"""Topics on the broker: declared once, created on request, checked at every start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

from schemas.catalogue import SOURCE_TOPICS, TOPICS
from schemas.errors import ConfigurationError
from streams.connections import BrokerUnavailableError, client_options
from streams.reaching import silent_client, unreachable_because
from streams.settings import Settings

TABLE = "states"
"""Name of the table of customer states."""

CHANGELOG = f"score-{TABLE}-changelog"
"""Short name of the table's changelog topic: Faust joins app id, table name and `changelog`."""

_HOUR_MILLISECONDS = 3_600_000
_TOPIC_ALREADY_EXISTS = 36


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """How one topic should be on the broker."""

    name: str
    """Full name, with the prefix."""

    partitions: int
    """How many partitions."""

    must_match: bool
    """Whether another number of partitions is an error: customers are spread by it, or order needs it."""

    configs: Mapping[str, str] = field(default_factory=dict)
    """Topic configuration at the broker."""


def plan_topics(settings: Settings) -> list[TopicPlan]:
    """Say how every topic should be, in the order of `schemas.catalogue.TOPICS`, the changelog last."""
    spread = settings.partitions
    compacted = {
        "cleanup.policy": "compact",
        # A stale row of a paused worker may lie behind the right one; recovery keeps the right one as long as
        # compaction has not removed it.
        "min.compaction.lag.ms": str(settings.min_compaction_lag_seconds * 1000),
    }
    # An hour of journal must never be missing under a worker that is behind: deletion only by age.
    plans = {
        "journal": (spread, True, _kept_for(settings.journal_retention_hours)),
        "risk": (spread, True, compacted),
        "alerts": (spread, True, _kept_for(settings.output_retention_hours)),
        "suppressions": (spread, True, _kept_for(settings.output_retention_hours)),
        "receipts": (spread, True, _kept_for(settings.output_retention_hours)),
        "ledger": (spread, True, _kept_for(settings.output_retention_hours)),
        # One partition: the learner takes examples in one order.
        "examples": (1, True, _kept_for(settings.output_retention_hours)),
        "snapshots": (1, True, compacted),
        "dead-letters": (1, False, _kept_for(settings.output_retention_hours)),
    }
    source = (spread, False, _kept_for(settings.source_retention_hours))
    declared = {name: source if name in SOURCE_TOPICS else plans[name] for name in TOPICS}
    declared[CHANGELOG] = (spread, True, compacted)
    return [TopicPlan(settings.topic(name), *plan) for name, plan in declared.items()]


async def create_topics(settings: Settings) -> list[str]:
    """Create the topics that are not there yet; those that are stay as they are.

    Returns
    -------
    list of str
        Full names of the topics created, in the order of the plan.

    Raises
    ------
    ConfigurationError
        If the broker refuses a topic.
    BrokerUnavailableError
        If no broker answers.
    """
    plans = plan_topics(settings)
    admin = await _connect(settings)
    try:
        response = await admin.create_topics(
            [
                NewTopic(plan.name, plan.partitions, settings.replication_factor, topic_configs=dict(plan.configs))
                for plan in plans
            ]
        )
    finally:
        await admin.close()
    created = []
    for name, code, message in ((entry[0], entry[1], entry[2]) for entry in response.topic_errors):
        if code == 0:
            created.append(name)
        elif code != _TOPIC_ALREADY_EXISTS:
            raise ConfigurationError(f"the broker refused topic {name}: {message or for_code(code).__name__}")
    order = [plan.name for plan in plans]
    return sorted(created, key=order.index)


async def check_topics(settings: Settings) -> None:
    """Compare the topics on the broker with the settings.

    Raises
    ------
    ConfigurationError
        If a topic is missing or has another number of partitions; says what to do.
    BrokerUnavailableError
        If no broker answers.
    """
    problems = topic_problems(plan_topics(settings), await _partition_counts(settings))
    if problems:
        raise ConfigurationError("topics are not as the settings say:\n" + "\n".join(f"  - {p}" for p in problems))


async def cluster_name(settings: Settings) -> str:
    """Ask the brokers for the name that Kafka itself has given the cluster.

    Raises
    ------
    BrokerUnavailableError
        If no broker answers.
    """
    admin = await _connect(settings)
    try:
        return str((await admin.describe_cluster())["cluster_id"])
    finally:
        await admin.close()


def topic_problems(plans: list[TopicPlan], found: Mapping[str, int]) -> list[str]:
    """Name every difference that would lose or mix up messages.

    Parameters
    ----------
    plans
        How topics should be.
    found
        Partitions per topic on the broker; a topic that is missing there is missing here.
    """
    problems = []
    for plan in plans:
        count = found.get(plan.name)
        if count is None:
            problems.append(f"{plan.name} does not exist: run `foreshock topics create`")
        elif count != plan.partitions and plan.must_match:
            problems.append(
                f"{plan.name} has {count} partitions, the settings say {plan.partitions}. Customers were spread over "
                f"{count} partitions when it was created, and changing the number would split their state: set "
                f"FORESHOCK_PARTITIONS={count}, or use another FORESHOCK_TOPIC_PREFIX and replay"
                if plan.partitions != 1
                else f"{plan.name} has {count} partitions and needs exactly one, because its order counts: "
                "delete it and run `foreshock topics create`"
            )
    return problems


def _kept_for(hours: int) -> dict[str, str]:
    """Configure deletion by age."""
    return {"cleanup.policy": "delete", "retention.ms": str(hours * _HOUR_MILLISECONDS)}


async def _partition_counts(settings: Settings) -> dict[str, int]:
    """Ask the broker which topics it has."""
    admin = await _connect(settings)
    try:
        # Not by name: a broker that creates topics automatically would create those that are missing.
        described = await admin.describe_topics()
    finally:
        await admin.close()
    return {topic["topic"]: len(topic["partitions"]) for topic in described if topic["error_code"] == 0}


async def _connect(settings: Settings) -> AIOKafkaAdminClient:
    """Open a connection for administration."""
    admin = AIOKafkaAdminClient(
        **client_options(settings), request_timeout_ms=int(settings.request_timeout_seconds * 1000)
    )
    try:
        with silent_client():
            await admin.start()
    except Exception as error:
        await admin.close()
        # The client's own error is the same for a wrong password, a foreign certificate and nobody there.
        raise BrokerUnavailableError(
            await unreachable_because(settings) or f"no broker can be used: {error}"
        ) from error
    return admin
