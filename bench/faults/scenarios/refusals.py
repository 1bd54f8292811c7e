"""What the broker refuses, topic by topic, and what a handler fails on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from bench.faults.feeder import Parcel
from bench.faults.scenario import Cast, scenario
from bench.faults.stage import RISK_CONFIGS, Stage
from streams.topics import CHANGELOG, GROUPS

_COMPACTED = {"cleanup_policy": "compact", "min_compaction_lag_ms": "3600000"}
OUTPUTS: dict[str, Mapping[str, str]] = {
    "alerts": {},
    "risk": RISK_CONFIGS,
    "suppressions": {},
    "receipts": {},
    "ledger": {},
    "examples": {},
    "snapshots": _COMPACTED,
    "observations": {},
    GROUPS: _COMPACTED,
    "aggregates": {},
    CHANGELOG: _COMPACTED,
    "journal": {},
    "dead-letters": {},
}
"""Everything that workers write to, with the configurations that a topic of it has as usual."""


@scenario("alerts-refused", "topic of alerts refuses batches for 2 s", needs=("refuse",), short_on=("kafka",))
async def alerts_refused(stage: Stage) -> None:
    """Refuse outputs, whose rows must not leave then."""
    await stage.fed(0.4)
    await refuse(stage, "alerts")


@scenario("risk-refused", "topic of beliefs refuses batches for 2 s", needs=("refuse",))
async def risk_refused(stage: Stage) -> None:
    """Refuse the output that is in every group."""
    await stage.fed(0.4)
    await refuse(stage, "risk")


@scenario("suppressions-refused", "topic of suppressions refuses batches for 2 s", needs=("refuse",))
async def suppressions_refused(stage: Stage) -> None:
    """Refuse the account of what nobody was told."""
    await stage.fed(0.4)
    await refuse(stage, "suppressions")


@scenario("receipts-refused", "topic of receipts refuses batches for 2 s", needs=("refuse",))
async def receipts_refused(stage: Stage) -> None:
    """Refuse the answers to what people did."""
    await stage.fed(0.4)
    await refuse(stage, "receipts")


@scenario("ledger-refused", "topic of the ledger refuses batches for 2 s", needs=("refuse",))
async def ledger_refused(stage: Stage) -> None:
    """Refuse the books of promises and feedback."""
    await stage.fed(0.4)
    await refuse(stage, "ledger")


@scenario("examples-refused", "topic of examples refuses batches for 2 s", needs=("refuse",))
async def examples_refused(stage: Stage) -> None:
    """Refuse what the learner lives on."""
    await stage.fed(0.4)
    await refuse(stage, "examples")


@scenario("changelog-refused", "changelog refuses for 2 s, then SIGKILL", needs=("refuse",), short_on=("kafka",))
async def changelog_refused(stage: Stage) -> None:
    """Refuse rows whose outputs have left, then forget the memory."""
    await stage.fed(0.4)
    await refuse(stage, CHANGELOG)
    await stage.worker("a").kill()
    stage.worker("a").start()


@scenario("snapshots-refused", "topic of snapshots refuses batches for 2 s", needs=("refuse",))
async def snapshots_refused(stage: Stage) -> None:
    """Refuse what the next models are."""
    await stage.fed(0.2)
    await refuse(stage, "snapshots")


@scenario("observations-refused", "topic of observations refuses batches for 2 s", needs=("refuse",))
async def observations_refused(stage: Stage) -> None:
    """Refuse what aggregates count."""
    await stage.fed(0.4)
    await refuse(stage, "observations")


@scenario("groups-refused", "topic of groups refuses batches for 2 s", needs=("refuse",))
async def groups_refused(stage: Stage) -> None:
    """Refuse what is remembered of groups, whose alerts have left."""
    await stage.fed(0.4)
    await refuse(stage, GROUPS)


@scenario("aggregates-refused", "topic of aggregate alerts refuses batches for 2 s", needs=("refuse",))
async def aggregates_refused(stage: Stage) -> None:
    """Refuse alerts about many customers, whose rows must not leave then."""
    await stage.fed(0.4)
    await refuse(stage, "aggregates")


@scenario("journal-refused", "journal refuses batches for 2 s", needs=("refuse",))
async def journal_refused(stage: Stage) -> None:
    """Refuse what ingest writes, while source offsets wait."""
    await stage.fed(0.4)
    await refuse(stage, "journal")


def with_garbage(parcels: Sequence[Parcel], random: Random) -> list[Parcel]:
    """Break one record in thirty."""
    return [parcel._replace(value=parcel.value[:40]) if random.random() < 1 / 30 else parcel for parcel in parcels]


@scenario("dead-letters-refused", "dead letters refuse for 2 s", needs=("refuse",), spoil=with_garbage)
async def dead_letters_refused(stage: Stage) -> None:
    """Refuse the last place where something can be kept."""
    await stage.fed(0.4)
    await refuse(stage, "dead-letters")


async def refuse(stage: Stage, topic: str, seconds: float = 2.0) -> None:
    """Have the broker refuse every batch on one of the topics that workers write to, for so long."""
    await stage.refusing(topic, seconds, **OUTPUTS[topic])


@scenario("handler-fails", "the handler raises once", cast={"a": Cast(fault="fail:500")}, short_on=("kafka",))
async def handler_fails(stage: Stage) -> None:
    """Raise where stock Faust would acknowledge the record."""
    await stage.worker("a").is_harmed()
