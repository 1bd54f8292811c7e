"""The topic of groups, read back: of two rows of one key the one that follows from the later period counts."""

from __future__ import annotations

import logging
from typing import NamedTuple

from aiokafka import TopicPartition

from models.aggregates.rows import period_of
from schemas.errors import ConfigurationError
from streams.connections import new_reader
from streams.settings import Settings
from streams.topics import GROUPS

log = logging.getLogger(__name__)


class FoundRows(NamedTuple):
    """What the topic of groups holds."""

    rows: dict[bytes, bytes]
    """Key to row."""
    to_heal: dict[bytes, bytes | None]
    """Keys whose last record is not the right one, and what is; `None` where there is nothing of ours."""


async def read_rows(settings: Settings) -> FoundRows:
    """Read every row of groups.

    Raises
    ------
    ConfigurationError
        If a row was written by a later version.
    """
    tp = TopicPartition(settings.topic(GROUPS), 0)
    reader = new_reader(settings)
    await reader.start()
    rows: dict[bytes, bytes] = {}
    heal: dict[bytes, None] = {}
    try:
        reader.assign([tp])
        end = (await reader.end_offsets([tp]))[tp]
        await reader.seek_to_beginning(tp)
        while await reader.position(tp) < end:
            for record in (await reader.getmany(tp, timeout_ms=500)).get(tp, []):
                _take(rows, heal, record.key or b"", record.value)
    finally:
        await reader.stop()
    return FoundRows(rows, {key: rows.get(key) for key in heal})


def _take(rows: dict[bytes, bytes], heal: dict[bytes, None], key: bytes, row: bytes | None) -> None:
    """Take one record; what is older than what is there, or no row of ours, is to be replaced."""
    if row is None:
        rows.pop(key, None)
        return
    try:
        period = period_of(row)
        is_older = key in rows and period < period_of(rows[key])
    except ConfigurationError:
        raise
    except (ValueError, TypeError, LookupError):
        log.critical(
            "foreign_record",
            extra={
                "topic": GROUPS,
                "what_to_do": "no version of Foreshock wrote it: find out who else may write to this topic. It was "
                "passed over",
            },
        )
        heal[key] = None
        return
    if is_older:
        heal[key] = None
    else:
        rows[key] = row
        heal.pop(key, None)
