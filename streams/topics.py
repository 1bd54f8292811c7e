"""Topics on the broker: declared once, created on request, checked at every start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

from schemas.catalogue import SOURCE_TOPICS, TOPICS
from schemas.errors import ConfigurationError
from streams.connections import BrokerUnavailableError, client_options
from streams.reaching import silent_client, unreachable_because
from streams.settings import OF_A_GENERATION, Settings

TABLE = "states"
"""Name of the table of customer states."""

CHANGELOG = f"score-{TABLE}-changelog"
"""Short name of the table's changelog topic: Faust joins app id, table name and `changelog`."""

GROUPS = "groups"
"""Short name of the topic that keeps what is remembered of groups: our own, as the changelog is."""

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

    short: str = ""
    """Its name in `schemas.catalogue.TOPICS`, or the changelog's."""


def plan_topics(settings: Settings) -> list[TopicPlan]:
    """Say how every topic should be, in the order of `schemas.catalogue.TOPICS`, then our own."""
    spread, is_first = settings.partitions, settings.journal_generation == 1
    compacted = {
        "cleanup.policy": "compact",
        # A stale row of a paused worker may lie behind the right one; recovery keeps the right one as long as
        # compaction has not removed it.
        "min.compaction.lag.ms": str(settings.min_compaction_lag_seconds * 1000),
    }
    # Of a later journal outputs have the number of partitions of the first: there customers stay where they are.
    output = (spread, is_first, _kept_for(settings.output_retention_hours))
    # An hour of journal must never be missing under a worker that is behind: deletion only by age.
    plans = {
        "journal": (spread, True, _kept_for(settings.journal_retention_hours)),
        "risk": (spread, is_first, compacted),
        **dict.fromkeys(("alerts", "suppressions", "receipts", "ledger"), output),
        # One partition: the learner takes examples in one order.
        "examples": (1, True, _kept_for(settings.output_retention_hours)),
        "snapshots": (1, True, compacted),
        # One partition: aggregates are decided in one order.
        "observations": (1, True, _kept_for(settings.output_retention_hours)),
        "aggregates": (1, True, _kept_for(settings.output_retention_hours)),
        "dead-letters": (1, False, _kept_for(settings.output_retention_hours)),
    }
    source = (spread, False, _kept_for(settings.source_retention_hours))
    declared = {name: source if name in SOURCE_TOPICS else plans[name] for name in TOPICS}
    declared[GROUPS] = (1, True, compacted)
    declared[CHANGELOG] = (spread, True, compacted)
    return [TopicPlan(settings.topic(name), *plan, short=name) for name, plan in declared.items()]


async def create_topics(settings: Settings) -> list[str]:
    """Create the topics that are not there yet; those that are stay as they are.

    A journal that follows another one is not made here: `foreshock migrate` makes it, with the states it needs.

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
    if settings.journal_generation > 1:
        plans = [plan for plan in plans if plan.short not in OF_A_GENERATION]
    return await create(settings, plans)


async def create(settings: Settings, plans: Sequence[TopicPlan]) -> list[str]:
    """Create these topics, or leave them as they are; returns and raises as `create_topics`."""
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
        If a topic is missing or has another number of partitions, or a later journal exists; says what to do.
    BrokerUnavailableError
        If no broker answers.
    """
    found = await partition_counts(settings)
    problems = [*topic_problems(plan_topics(settings), found), *generation_problems(settings, found)]
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
            is_later = plan.short in OF_A_GENERATION and not plan.name.endswith(plan.short)
            how = (
                "`foreshock migrate` with the settings of the journal before"
                if is_later
                else "`foreshock topics create`"
            )
            problems.append(f"{plan.name} does not exist: run {how}")
        elif count != plan.partitions and plan.must_match:
            problems.append(
                f"{plan.name} has {count} partitions, the settings say {plan.partitions}. Customers were spread over "
                f"{count} partitions when it was created, and changing the number would split their state: set "
                f"FORESHOCK_PARTITIONS={count}, and to change it run `foreshock migrate --partitions {plan.partitions}`"
                if plan.partitions != 1
                else f"{plan.name} has {count} partitions and needs exactly one, because its order counts: "
                "delete it and run `foreshock topics create`"
            )
    return problems


def generation_problems(settings: Settings, found: Mapping[str, int]) -> list[str]:
    """Name the journal that has taken the place of the one in the settings, if there is one.

    Parameters
    ----------
    settings
        Which journal is used.
    found
        Partitions per topic on the broker.
    """
    following = settings.model_copy(update={"journal_generation": settings.journal_generation + 1})
    count = found.get(following.topic("journal"))
    if count is None:
        return []
    return [
        f"{following.topic('journal')} has taken the place of {settings.topic('journal')}, and what is written to the "
        f"old one is lost: set FORESHOCK_JOURNAL_GENERATION={following.journal_generation} and "
        f"FORESHOCK_PARTITIONS={count}"
    ]


def _kept_for(hours: int) -> dict[str, str]:
    """Configure deletion by age."""
    return {"cleanup.policy": "delete", "retention.ms": str(hours * _HOUR_MILLISECONDS)}


async def partition_counts(settings: Settings) -> dict[str, int]:
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
