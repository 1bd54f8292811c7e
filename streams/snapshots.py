"""The topic of snapshots: written by one learner, signed, and announced in the journal."""

from __future__ import annotations

import asyncio
import gzip
import logging
import zlib
from pathlib import Path

from aiokafka import AIOKafkaProducer, TopicPartition

from schemas.cloudevents import headers_of
from schemas.codec import SignedMessage, decode_as, encode
from schemas.errors import ConfigurationError, UnreadableMessageError
from schemas.signing import is_authentic, signed
from schemas.snapshots import Snapshot
from schemas.ticks import SnapshotNotice
from streams.authenticity import REMEDY
from streams.connections import new_reader
from streams.journal import JournalLine, journal_record
from streams.outbox import Record, send_records
from streams.settings import Settings

log = logging.getLogger(__name__)

SOURCE = "foreshock/learn"
"""Who writes snapshots, for CloudEvents."""

_GZIP = b"\x1f\x8b"

KEPT_SNAPSHOTS = 100
"""Older ones are deleted by a tombstone. Scorers have theirs in the journal; these are for people who look back."""


_DELETE = (
    "find out who else may write to this topic, and delete that record by one with the same key and no value: the "
    "learner then goes on from the snapshot before it"
)


def snapshot_key_of(model: str, number: int) -> bytes:
    """Return the record key of a snapshot: each number its own, so that compaction keeps older ones."""
    return f"{model}/{number}".encode()


def number_of(key: bytes | None) -> int | None:
    """Read the number of a snapshot from its record key; `None` if nobody of ours wrote that key."""
    number = (key or b"").rpartition(b"/")[2]
    return int(number) if number.isdigit() else None


def packed(snapshot: Snapshot) -> bytes:
    """Write a snapshot as it stands on its topic and in files: JSON, packed with gzip.

    The learner's own state is up to a megabyte of plain numbers, more than brokers take in a record unless told
    otherwise; packed it is a fifth of that. There is no time in it, so equal snapshots are equal bytes.
    """
    return gzip.compress(encode(snapshot), mtime=0)


def json_of(raw: bytes) -> bytes:
    """Return the JSON of a snapshot, packed or not.

    Raises
    ------
    UnreadableMessageError
        If it looks packed and is not.
    """
    try:
        return gzip.decompress(raw) if raw.startswith(_GZIP) else raw
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableMessageError("not_json", f"broken gzip: {error}") from error


def unpacked(raw: bytes) -> Snapshot:
    """Read what `packed` wrote, or plain JSON.

    Raises
    ------
    UnreadableMessageError
        If it is neither, or no snapshot.
    """
    return decode_as(Snapshot, json_of(raw))


async def newest_snapshot(settings: Settings) -> Snapshot | None:
    """Read the snapshot with the highest number, or `None` if there is none yet.

    Raises
    ------
    ConfigurationError
        If it cannot be read.
    """
    tp = TopicPartition(settings.topic("snapshots"), 0)
    reader = new_reader(settings)
    await reader.start()
    try:
        reader.assign([tp])
        end = (await reader.end_offsets([tp]))[tp]
        await reader.seek_to_beginning(tp)
        kept: dict[int, bytes] = {}
        while await reader.position(tp) < end:
            for record in (await reader.getmany(tp, timeout_ms=500)).get(tp, []):
                number = number_of(record.key)
                if number is None:
                    log.critical(
                        "foreign_record", extra={"topic": tp.topic, "offset": record.offset, "what_to_do": REMEDY}
                    )
                elif record.value is None:
                    kept.pop(number, None)  # deleted by us because it is old, or by a person who does not trust it
                else:
                    kept[number] = record.value
    finally:
        await reader.stop()
    if not kept:
        return None
    newest = max(kept)
    try:
        found = unpacked(kept[newest])
    except UnreadableMessageError as error:
        raise ConfigurationError(f"snapshot {newest} on {tp.topic} cannot be read ({error}): {_DELETE}") from error
    if found.weights.number != newest:
        # The signature does not cover the record key: an old snapshot could pass for the newest.
        raise ConfigurationError(
            f"the record {newest} on {tp.topic} holds snapshot {found.weights.number}: somebody copied it "
            f"there: {_DELETE}"
        )
    return found


async def publish(settings: Settings, snapshot: Snapshot, key: bytes, outlet: AIOKafkaProducer) -> None:
    """Sign a snapshot, write it, wait, announce it, wait."""
    ours = await write_snapshot(settings, snapshot, key, outlet)
    await announce(settings, ours, key, outlet)
    log.info("snapshot_published", extra={"snapshot": ours.weights.number, "examples": ours.weights.examples_seen})


async def write_snapshot(settings: Settings, snapshot: Snapshot, key: bytes, outlet: AIOKafkaProducer) -> Snapshot:
    """Sign a snapshot, write it to its topic, drop the one that is too old, and return it as it was written."""
    number = snapshot.weights.number
    ours = signed(snapshot, key)
    value = await asyncio.to_thread(packed, ours)
    headers = [*headers_of(ours, SOURCE), ("content-encoding", b"gzip")]
    records = [Record(snapshot_key_of(ours.model, number), value, headers)]
    if number > KEPT_SNAPSHOTS:
        records.append(Record(snapshot_key_of(ours.model, number - KEPT_SNAPSHOTS), None))
    await send_records(outlet, settings.topic("snapshots"), 0, records)
    return ours


async def announce(settings: Settings, snapshot: Snapshot, key: bytes, outlet: AIOKafkaProducer) -> None:
    """Tell every journal partition; a notice that comes twice changes nothing."""
    notice = SnapshotNotice(partition=0, weights=snapshot.weights)
    await tell_partitions(settings, signed(notice, key), outlet)


async def tell_partitions(settings: Settings, message: SignedMessage, outlet: AIOKafkaProducer) -> None:
    """Write a signed message into every journal partition and return once the broker has them all."""
    journal = settings.topic("journal")

    async def tell(partition: int) -> None:
        told = message.model_copy(update={"partition": partition})
        await send_records(outlet, journal, partition, [journal_record([JournalLine(encode(told))])])

    await asyncio.gather(*(tell(partition) for partition in range(settings.partitions)))


def load_snapshot(path: Path, key: bytes) -> Snapshot:
    """Read a snapshot from a file that `foreshock train` wrote.

    Raises
    ------
    ConfigurationError
        If it cannot be read, was changed, or was signed with another key; says what to do.
    """
    try:
        snapshot = unpacked(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"FORESHOCK_START_FROM: cannot read {path}: {error}") from error
    except UnreadableMessageError as error:
        raise ConfigurationError(
            f"FORESHOCK_START_FROM: {path} is no snapshot of this version ({error}): make it anew with "
            "`foreshock train`"
        ) from error
    if not is_authentic(snapshot, key):
        raise ConfigurationError(
            f"FORESHOCK_START_FROM: {path} was changed, or signed with another key: train with the "
            "FORESHOCK_SNAPSHOT_KEY (without it, the FORESHOCK_PSEUDONYM_KEY) that the workers have, and copy it again"
        )
    return snapshot


def refuse_altered(snapshot: Snapshot, key: bytes, topic: str) -> None:
    """Raise if a snapshot that the learner would go on from is not ours.

    Raises
    ------
    ConfigurationError
        With the remedy.
    """
    if not is_authentic(snapshot, key):
        raise ConfigurationError(
            f"the newest snapshot on {topic}, number {snapshot.weights.number}, bears no signature of ours: it was "
            f"changed, or signed with another key. To do: {REMEDY}. If it cannot be trusted: {_DELETE}; "
            "without any, it begins anew with the examples that are kept, from FORESHOCK_START_FROM if that is set"
        )
