r"""A backup as a folder: one file per topic, and a list of them that is written last.

A file is JSON Lines, compressed with gzip: one Kafka record per line, partition by partition, by offset. ::

    {"partition":0,"offset":17,"key":null,"value":"eyJ...","headers":[["line-times","MTc2..."]]}

Bytes stand in base64, because keys and values may be any. A folder without its list is a backup that did not end.
"""

from __future__ import annotations

import gzip
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, NamedTuple

import orjson

from schemas.errors import ConfigurationError
from streams.outbox import Record

LIST = "backup.json"
"""Name of the list of files."""

_FORMAT = 1


class BackupError(ConfigurationError):
    """A folder is no backup, or not the one that was written."""


class KeptTopic(NamedTuple):
    """What the list says about one topic."""

    partitions: int
    records: int
    sha256: str
    """Of the file."""


class Backup(NamedTuple):
    """What the list says."""

    at: str
    """When it was begun, in ISO 8601."""
    partitions: int
    """Partitions of the journal."""
    generation: int
    """Which journal it was (`FORESHOCK_JOURNAL_GENERATION`)."""
    epoch: str
    """`FORESHOCK_JOURNAL_EPOCH`."""
    topics: dict[str, KeptTopic]
    """By short name."""


class Kept(NamedTuple):
    """One record with its place."""

    partition: int
    offset: int
    record: Record


def file_of(folder: Path, short: str) -> Path:
    """Return where the records of a topic are."""
    return folder / f"{short}.jsonl.gz"


def make_folder(folder: Path) -> None:
    """Make the folder of a new backup.

    Raises
    ------
    BackupError
        If it holds a backup already, or cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BackupError(f"{folder} cannot be made: {error.strerror}") from error
    if (folder / LIST).exists():
        raise BackupError(f"{folder} holds a backup already: name another folder")


def write_list(folder: Path, backup: Backup) -> None:
    """Write the list, whole or not at all."""
    half = folder / f"{LIST}.half"
    topics = {name: kept._asdict() for name, kept in backup.topics.items()}
    found = {"format": _FORMAT, **backup._asdict(), "topics": topics}
    half.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    half.rename(folder / LIST)


def read_list(folder: Path) -> Backup:
    """Read the list.

    Raises
    ------
    BackupError
        If there is none, or a later version wrote it.
    """
    try:
        found = orjson.loads((folder / LIST).read_bytes())
        if found.pop("format") != _FORMAT:
            raise BackupError(f"{folder}: a later version of Foreshock made this backup; run that version")
        return Backup(**found | {"topics": {name: KeptTopic(**kept) for name, kept in found["topics"].items()}})
    except OSError as error:
        raise BackupError(f"{folder} is no backup that ended: {LIST} cannot be read ({error.strerror})") from error
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise BackupError(f"{folder / LIST} is not what `foreshock backup save` writes") from error


class KeptFile:
    """Writes the records of one topic.

    Parameters
    ----------
    file
        Where they go.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.records = 0
        """How many were written."""

    def write(self, partition: int, offset: int, record: Any) -> None:
        """Add one record as the Kafka client hands it over."""
        line = {
            "partition": partition,
            "offset": offset,
            "key": _text(record.key),
            "value": _text(record.value),
            "headers": [[name, _text(value)] for name, value in record.headers],
        }
        self._file.write(orjson.dumps(line) + b"\n")
        self.records += 1


@contextmanager
def writing(path: Path) -> Iterator[KeptFile]:
    """Write a file in a block; the same records give the same bytes.

    Raises
    ------
    BackupError
        If it cannot be written.
    """
    try:
        with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
            yield KeptFile(file)  # type: ignore[arg-type]
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}") from error


def reading(path: Path) -> Iterator[Kept]:
    """Read what `writing` wrote.

    Raises
    ------
    BackupError
        If it cannot be read.
    """
    try:
        with gzip.open(path) as file:
            for line in file:
                found = orjson.loads(line)
                headers = [(name, _bytes(value) or b"") for name, value in found["headers"]]
                record = Record(_bytes(found["key"]), _bytes(found["value"]), headers)
                yield Kept(found["partition"], found["offset"], record)
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise BackupError(f"{path} cannot be read: {error}") from error


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = sha256()
    with path.open("rb") as file:
        while portion := file.read(1 << 20):
            digest.update(portion)
    return digest.hexdigest()


def _text(value: bytes | None) -> str | None:
    """Write bytes."""
    return None if value is None else b64encode(value).decode()


def _bytes(text: str | None) -> bytes | None:
    """Read bytes."""
    return None if text is None else b64decode(text)
