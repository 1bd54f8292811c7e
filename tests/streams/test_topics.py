from __future__ import annotations

import pytest

from schemas.catalogue import TOPICS
from schemas.errors import ConfigurationError
from streams.broker import EmbeddedBroker
from streams.connections import BrokerUnavailableError
from streams.settings import load_settings
from streams.topics import (
    CHANGELOG,
    GROUPS,
    check_topics,
    create_topics,
    generation_problems,
    plan_topics,
    topic_problems,
)
from tests.support.journal import broker_settings
from tests.support.ports import free_port


def test_every_topic_of_the_catalogue_is_planned_and_our_own_too() -> None:
    settings = load_settings(topic_prefix="x.")

    names = [plan.name for plan in plan_topics(settings)]

    assert names == [f"x.{name}" for name in (*TOPICS, GROUPS, CHANGELOG)]


def test_state_is_compacted_and_never_deleted() -> None:
    configs = {plan.name: plan.configs for plan in plan_topics(load_settings(topic_prefix=""))}

    for name in (CHANGELOG, GROUPS, "risk", "snapshots"):
        assert configs[name]["cleanup.policy"] == "compact"
        assert configs[name]["min.compaction.lag.ms"] == "3600000"
    assert configs["journal"]["cleanup.policy"] == "delete"


def test_topics_as_planned_are_no_problem() -> None:
    plans = plan_topics(load_settings())

    assert topic_problems(plans, {plan.name: plan.partitions for plan in plans}) == []


def test_a_missing_topic_is_named_with_what_to_do() -> None:
    plans = plan_topics(load_settings())
    found = {plan.name: plan.partitions for plan in plans if plan.name != "foreshock.alerts"}

    assert topic_problems(plans, found) == ["foreshock.alerts does not exist: run `foreshock topics create`"]


def test_another_number_of_journal_partitions_is_refused_with_the_reason() -> None:
    plans = plan_topics(load_settings(partitions=8))
    found = {plan.name: plan.partitions for plan in plans} | {"foreshock.journal": 4}

    (problem,) = topic_problems(plans, found)

    assert "foreshock.journal has 4 partitions, the settings say 8" in problem
    assert "would split their state" in problem
    assert "FORESHOCK_PARTITIONS=4" in problem


def test_examples_need_exactly_one_partition() -> None:
    plans = plan_topics(load_settings())
    found = {plan.name: plan.partitions for plan in plans} | {"foreshock.examples": 3}

    (problem,) = topic_problems(plans, found)

    assert "needs exactly one, because its order counts" in problem


def test_source_topics_may_have_any_number_of_partitions() -> None:
    plans = plan_topics(load_settings())
    found = {plan.name: plan.partitions for plan in plans} | {"foreshock.calls": 96}

    assert topic_problems(plans, found) == []


def test_a_later_journal_has_its_number_in_its_name_and_outputs_stay_as_they_are() -> None:
    settings = load_settings(partitions=5, journal_generation=2)
    plans = plan_topics(settings)
    found = {plan.name: 5 if ".2" in plan.name else 3 for plan in plans} | dict.fromkeys(
        (f"foreshock.{name}" for name in ("examples", "snapshots", "observations", "aggregates", GROUPS)), 1
    )

    assert {name for name in found if ".2" in name} == {"foreshock.journal.2", f"foreshock.{CHANGELOG}.2"}
    assert topic_problems(plans, found) == []
    del found["foreshock.journal.2"]
    assert topic_problems(plans, found) == [
        "foreshock.journal.2 does not exist: run `foreshock migrate` with the settings of the journal before"
    ]


def test_each_generation_is_an_epoch_of_its_own() -> None:
    epochs = [load_settings(journal_epoch="b", journal_generation=number).epoch for number in (1, 2, 3)]

    assert epochs == ["b", "b.2", "b.3"]


def test_a_journal_that_was_followed_by_another_one_is_no_longer_used() -> None:
    (problem,) = generation_problems(load_settings(), {"foreshock.journal": 4, "foreshock.journal.2": 12})

    assert "what is written to the old one is lost" in problem
    assert "FORESHOCK_JOURNAL_GENERATION=2 and FORESHOCK_PARTITIONS=12" in problem
    assert generation_problems(load_settings(), {"foreshock.journal": 4}) == []


@pytest.mark.broker
async def test_topics_are_created_once_and_then_as_they_should_be(embedded_broker: EmbeddedBroker) -> None:
    settings = broker_settings(embedded_broker.bootstrap_servers)

    created = await create_topics(settings)
    again = await create_topics(settings)

    assert created == [plan.name for plan in plan_topics(settings)]
    assert again == []
    await check_topics(settings)


@pytest.mark.broker
async def test_a_worker_with_other_partitions_than_the_journal_is_refused(embedded_broker: EmbeddedBroker) -> None:
    settings = broker_settings(embedded_broker.bootstrap_servers)
    await create_topics(settings)

    with pytest.raises(ConfigurationError, match="has 4 partitions, the settings say 5"):
        await check_topics(settings.model_copy(update={"partitions": 5}))


async def test_no_broker_is_said_plainly() -> None:
    settings = load_settings(bootstrap_servers=f"127.0.0.1:{free_port()}", request_timeout_seconds=2.0)

    with pytest.raises(BrokerUnavailableError, match="nobody listens there"):
        await check_topics(settings)
