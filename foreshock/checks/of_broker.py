"""Checks of the broker: that it answers, and that it holds what a worker expects."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

from aiokafka.errors import KafkaError

from foreshock.broker.reaching import admin_client, silent_client, unreachable_because
from foreshock.broker.reading import Span, TopicReader, open_topic
from foreshock.broker.topic_state import TopicState, topic_states
from foreshock.checks.findings import Finding, Status
from models.partition import PartitionState, decode_partition, engine_key
from streams.connections import new_producer
from streams.settings import Settings
from streams.topics import CHANGELOG, generation_problems, partition_counts, topic_problems

# Clocks that NTP keeps differ by milliseconds; two seconds more than that is a clock that nobody keeps.
_CLOCK_SECONDS = 2.0
# The engine's row is the last of every group of rows, so it is near the end; the second look is for a worker that
# died within its largest group.
_TAILS = (200, 10_000)


async def check_broker(settings: Settings) -> Finding:
    """Look whether a broker answers and takes our login."""
    if why := await unreachable_because(settings):
        return Finding("broker", "failed", why, "change the setting named above, then run this again")
    async with admin_client(settings) as admin:
        cluster = await admin.describe_cluster()
    count = len(cluster["brokers"])
    return Finding(
        "broker", "ok", f"{count} broker{'s' if count != 1 else ''} at {settings.bootstrap_servers}, "
        f"{settings.security_protocol}"
    )  # fmt: skip


async def check_writing(settings: Settings) -> Finding:
    """Look whether we may write the way a worker does; nothing is written."""
    producer = new_producer(settings)
    with silent_client():
        try:
            await producer.start()
        except KafkaError as error:
            return Finding(
                "writing",
                "failed",
                f"the broker refuses our producer: {type(error).__name__}",
                "allow IdempotentWrite to this user; with the embedded broker set FORESHOCK_PRODUCER_IDEMPOTENCE=false",
            )
        finally:
            await producer.stop()
    return Finding("writing", "ok", "idempotent" if settings.producer_idempotence else "not idempotent")


async def check_topic_states(settings: Settings) -> list[Finding]:
    """Look whether every topic is there, with the right partitions and policies."""
    states = await topic_states(settings)
    missing = [state.plan.name for state in states if state.partitions is None]
    found = {state.plan.name: state.partitions for state in states if state.partitions is not None}
    findings = []
    if missing:
        remedy = "run `foreshock topics create`"
        if settings.journal_generation > 1:
            remedy += "; the journal and the changelog of states are made by `foreshock migrate`"
        findings.append(Finding("topics", "failed", f"missing: {', '.join(missing)}", remedy))
    present = [state.plan for state in states if state.plan.name in found]
    findings += [Finding("topics", "failed", *_split(problem)) for problem in topic_problems(present, found)]
    everything = await partition_counts(settings)
    findings += [Finding("topics", "failed", *_split(problem)) for problem in generation_problems(settings, everything)]
    findings += [finding for state in states for finding in _policy_findings(state)]
    return findings or [Finding("topics", "ok", f"{len(states)} topics are as the settings say")]


async def check_clock(settings: Settings) -> Finding:
    """Compare this machine's clock with that of whoever wrote the newest journal record."""
    async with open_topic(settings, "journal") as reader:
        written_at = await _newest(reader, await reader.spans())
    if written_at is None:
        return Finding("clock", "skipped", "Kafka does not tell its time, and no journal record does yet")
    age = time.time() - written_at
    if age < -_CLOCK_SECONDS:
        return Finding(
            "clock",
            "failed",
            f"this machine is {-age:.1f} s behind the one that wrote the newest journal record",
            "set both clocks by NTP: ticks and the check of events from the future depend on them",
        )
    if age > 3 * settings.tick_seconds + _CLOCK_SECONDS:
        return Finding(
            "clock",
            "skipped",
            f"Kafka does not tell its time, and the newest journal record is {age:,.0f} s old: nobody ticks",
        )
    return Finding("clock", "ok", f"the newest journal record was written {age:.1f} s ago")


async def check_epoch(settings: Settings) -> Finding:
    """Compare the journal with the states that were made from it."""
    async with open_topic(settings, "journal") as journal:
        spans = await journal.spans()
    async with open_topic(settings, CHANGELOG) as changelog:
        kept = await partition_states(changelog)
    return judge_epoch(settings.epoch, spans, kept)


def judge_epoch(epoch: str, spans: Sequence[Span], kept: dict[int, PartitionState]) -> Finding:
    """Say whether states and journal belong together.

    Parameters
    ----------
    epoch
        Name of the journal's life, from the settings.
    spans
        What each journal partition holds.
    kept
        What partitions remember of themselves; one that never scored is missing.
    """
    name = "journal epoch"
    if not kept:
        return Finding(name, "ok", f"{epoch!r}; no state yet")
    if others := sorted({state.epoch for state in kept.values()} - {epoch}):
        return Finding(
            name,
            "warning",
            f"states follow from journal {', '.join(map(repr, others))}, the settings say {epoch!r}: at the next start "
            "every message of the journal is taken for new",
            "right if the journal was created anew; otherwise set FORESHOCK_JOURNAL_EPOCH back",
        )
    ahead = [number for number, state in sorted(kept.items()) if state.position.offset >= spans[number].end]
    if ahead:
        return Finding(
            name,
            "failed",
            f"states of partition {', '.join(map(str, ahead))} are ahead of the journal: it was created anew, and its "
            "messages would be taken for old ones",
            f"set FORESHOCK_JOURNAL_EPOCH to another name than {epoch!r}",
        )
    missed = {
        number: spans[number].first - state.position.offset - 1
        for number, state in sorted(kept.items())
        if spans[number].first > state.position.offset + 1
    }
    if missed:
        told = ", ".join(f"{count} of partition {number}" for number, count in missed.items())
        return Finding(
            name,
            "failed",
            f"journal records were deleted by age before they were scored: {told}",
            "raise FORESHOCK_JOURNAL_RETENTION_HOURS and the topic's retention.ms, and start workers sooner",
        )
    return Finding(name, "ok", f"{epoch!r}; {len(kept)} partitions have state that follows from this journal")


async def _newest(reader: TopicReader, spans: Sequence[Span]) -> float | None:
    """Return when the newest record was written, in seconds since 1970."""
    newest = None
    for partition, span in enumerate(spans):
        last = Span(max(span.first, span.end - 1), span.end)
        async for record in reader.records(partition, last):
            newest = max(newest or 0.0, record.timestamp / 1000)
    return newest


async def partition_states(changelog: TopicReader) -> dict[int, PartitionState]:
    """Find what each partition remembers of itself, at the end of its changelog."""
    kept = {}
    for partition, span in enumerate(await changelog.spans()):
        key = engine_key(partition).encode()
        for tail in _TAILS:
            end = Span(max(span.first, span.end - tail), span.end)
            async for record in changelog.records(partition, end):
                if record.key == key and record.value:
                    with suppress(ValueError, TypeError):  # somebody else's, which a worker passes over too
                        kept[partition] = decode_partition(record.value)
            if partition in kept:
                break
    return kept


def _policy_findings(state: TopicState) -> list[Finding]:
    """Compare the configuration of a topic with its plan."""
    findings = []
    for key, wanted in state.plan.configs.items():
        value = state.configs.get(key)
        if state.partitions is None or value in (None, wanted):
            continue
        # A company may keep events longer or shorter than we would; a wrong policy loses states or grows for ever.
        status: Status = "failed" if key == "cleanup.policy" else "warning"
        name = state.plan.name
        findings.append(
            Finding(
                "topics",
                status,
                f"{name} has {key}={value}, the settings say {wanted}",
                f"change the setting, or run `kafka-configs.sh --alter --topic {name} --add-config {key}={wanted}`",
            )
        )
    return findings


def _split(problem: str) -> tuple[str, str]:
    """Part a problem from what to do about it, at the last colon."""
    detail, _, remedy = problem.rpartition(": ")
    return detail, remedy
