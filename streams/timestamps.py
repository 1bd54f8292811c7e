"""Record timestamps: whatever a producer wrote, as a time that messages accept."""

from __future__ import annotations

from datetime import UTC, datetime

from schemas.types import EARLIEST_YEAR, LATEST_YEAR

_EARLIEST = datetime(EARLIEST_YEAR, 1, 2, tzinfo=UTC).timestamp()
_LATEST = datetime(LATEST_YEAR, 12, 30, tzinfo=UTC).timestamp()


def record_time(seconds: float) -> datetime:
    """Turn a record's timestamp into UTC, moved into the range of `UtcTime` where it is outside.

    Producers choose timestamps: -1 means none, and a broken clock can give anything. That must not stop a worker.

    Parameters
    ----------
    seconds
        Seconds since 1970.

    Examples
    --------
    >>> record_time(-0.001).isoformat()
    '1971-01-02T00:00:00+00:00'
    """
    return datetime.fromtimestamp(min(max(seconds, _EARLIEST), _LATEST), UTC)
