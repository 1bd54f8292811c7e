"""The format of a journal dump: a header, then one journal record per line.

::

    {"foreshock":"journal","partitions":4,"epoch":"0"}
    {"partition":0,"offset":17,"lines":[{"kind":"call",...},{"kind":"tick",...}]}

Records of a partition stand in their order. Messages stand as the journal has them, byte for byte, so that a replay
of a dump sees what the worker saw. A line that is not JSON stands as a JSON string, so that nothing is left out: it
is as unreadable there as it was in the journal.
"""

from __future__ import annotations

from typing import NamedTuple

import orjson

from schemas.errors import UnreadableMessageError


class DumpHeader(NamedTuple):
    """What the first line of a dump says."""

    partitions: int
    """Partitions of the journal."""
    epoch: str
    """Name of the journal's life."""


def dump_header(partitions: int, epoch: str) -> bytes:
    """Write the first line of a dump, without its line end.

    Parameters
    ----------
    partitions
        Partitions of the journal.
    epoch
        Name of the journal's life, from the settings.

    Examples
    --------
    >>> dump_header(4, "0")
    b'{"foreshock":"journal","partitions":4,"epoch":"0"}'
    """
    return orjson.dumps({"foreshock": "journal", "partitions": partitions, "epoch": epoch})


def dump_record(partition: int, offset: int, value: bytes) -> bytes:
    r"""Write one journal record as a line of a dump, without its line end.

    Parameters
    ----------
    partition, offset
        Where the record stands.
    value
        Its messages as JSON Lines. An empty line is kept as an empty string: the place of each line is part of its
        position.

    Examples
    --------
    >>> dump_record(0, 17, b'{"kind":"tick"}\n{"kind":"call"}')
    b'{"partition":0,"offset":17,"lines":[{"kind":"tick"},{"kind":"call"}]}'
    """
    lines = b",".join(map(_as_json, value.split(b"\n")))
    return b'{"partition":%d,"offset":%d,"lines":[%b]}' % (partition, offset, lines)


def is_dump(line: bytes) -> bool:
    """Say whether the first line of a file is the header of a dump."""
    return line.startswith(b'{"foreshock":"journal"')


def read_header(line: bytes) -> DumpHeader:
    """Read what `dump_header` wrote.

    Examples
    --------
    >>> read_header(dump_header(4, "0"))
    DumpHeader(partitions=4, epoch='0')
    """
    header = orjson.loads(line)
    return DumpHeader(header["partitions"], header["epoch"])


def read_record(line: bytes) -> tuple[int, int, list[bytes]]:
    r"""Read what `dump_record` wrote: partition, offset, and its lines with their places.

    Raises
    ------
    UnreadableMessageError
        If the line is not a journal record.

    Examples
    --------
    >>> read_record(dump_record(0, 17, b'{"kind":"tick"}\n\nbroken'))
    (0, 17, [b'{"kind":"tick"}', b'', b'broken'])
    """
    try:
        record = orjson.loads(line)
        lines = [item.encode() if isinstance(item, str) else orjson.dumps(item) for item in record["lines"]]
        return int(record["partition"]), int(record["offset"]), lines
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise UnreadableMessageError("not_json", "a line of the dump is not a journal record") from error


def _as_json(line: bytes) -> bytes:
    """Leave JSON as it is, and make a string of anything else."""
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return orjson.dumps(line.decode("utf-8", "replace"))
    return line
