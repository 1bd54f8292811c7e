"""Rows on a disk of this worker, in RocksDB: for states that are larger than memory.

Two faults are kept out by how it is written. A disk that is *ahead* of the changelog would hold rows that nobody else
will ever see: here rows come to the disk only once the changelog has acknowledged them. A disk that says that it is
further than it is would miss rows for ever: here rows and the offset that they reach are one write.
"""

from __future__ import annotations

import fcntl
import logging
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from schemas.errors import ConfigurationError
from streams.stores import RESERVED, Rows

log = logging.getLogger(__name__)

_FORMAT = 1
_REACHED = b"!reached"
"""Key of the offset: before all rows, whose keys begin with `@` or a letter."""
_AFTER_RESERVED = b"A"
_CACHE_BYTES = 64 << 20
"""Blocks read from the disk that are kept in memory, for all partitions together."""
_WRITE_BUFFER_BYTES = 8 << 20
"""Rows per partition that wait in memory to be sorted; they are in the log on the disk already."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the rows on a disk follow from; any other answer means that they are somebody else's."""

    cluster: str
    """Kafka's own name of the cluster."""
    changelog: str
    """Full name of the changelog topic."""
    partitions: int
    """Over how many partitions customers are spread."""
    epoch: str
    """Journal epoch."""
    format: int = _FORMAT
    """How this module writes."""


class DiskRows:
    """The rows of one partition in a RocksDB of its own.

    Parameters
    ----------
    folder
        Where it is; made if it is not there.
    options
        How RocksDB is to behave.
    """

    def __init__(self, folder: Path, options: Any) -> None:
        from rocksdict import Rdict, WriteBatch

        self._batch = WriteBatch
        self._db = Rdict(str(folder), options)
        found = self._db.get(_REACHED)
        self.reached: int | None = None if found is None else int(found)

    def __getitem__(self, key: bytes) -> bytes:
        row = self._db.get(key)
        if row is None:
            raise KeyError(key)
        return bytes(row)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, bytes) and key in self._db

    def __iter__(self) -> Iterator[bytes]:
        yield from self._db.keys(from_key=RESERVED)

    def get(self, key: bytes) -> bytes | None:
        """Return a row, or `None`."""
        return self._db.get(key)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Return every key with its row, in the order of keys, as of now."""
        yield from self._db.items(from_key=RESERVED)

    def own(self) -> dict[bytes, bytes]:
        """Return the partition's own rows: they stand together."""
        found: dict[bytes, bytes] = {}
        for key, row in self.items():
            if key >= _AFTER_RESERVED:
                break
            found[key] = row
        return found

    def write(self, changes: Mapping[bytes, bytes | None], reached: int | None) -> None:
        """Write rows and how far they reach, all of it or nothing, whenever the process or the machine ends."""
        batch = self._batch(raw_mode=True)
        for key, row in changes.items():
            if row is None:
                batch.delete(key)
            else:
                batch.put(key, row)
        if reached is not None:
            batch.put(_REACHED, b"%d" % reached)
        self._db.write(batch)
        if reached is not None:
            self.reached = reached

    def close(self) -> None:
        """Close the files."""
        self._db.close()


class DiskStore:
    """Keeps rows in a folder, one RocksDB per partition; a folder belongs to one worker.

    Parameters
    ----------
    folder
        Where; made if it is not there.
    changelog
        Full name of the changelog topic.
    partitions
        Over how many partitions customers are spread.
    epoch
        Journal epoch.

    Raises
    ------
    ConfigurationError
        If `rocksdict` is not installed, or the folder cannot be used or is another worker's.
    """

    def __init__(self, folder: Path, changelog: str, partitions: int, epoch: str) -> None:
        self._folder = folder / changelog
        self._expected = (changelog, partitions, epoch)
        self._identity: Identity | None = None
        self._open: dict[int, DiskRows] = {}
        self._options = _options()
        self._lock = _locked(self._folder)

    def identify(self, cluster: str) -> None:
        """Learn which Kafka the rows follow from."""
        self._identity = Identity(cluster, *self._expected)

    @property
    def is_identified(self) -> bool:
        """Whether it is known which Kafka the rows follow from."""
        return self._identity is not None

    def open(self, partition: int) -> Rows:
        """Return what is on the disk, or nothing if that follows from something else or cannot be read."""
        assert self._identity is not None  # noqa: S101 - `streams.guards.changelog_load` identifies first
        if partition in self._open:
            return self._open[partition]
        folder = self._folder_of(partition)
        if folder.exists() and (because := self._foreign(folder)):
            return self.renew(partition, because)
        try:
            return self._opened(partition)
        except Exception as error:  # rocksdict raises nothing more precise
            return self.renew(partition, f"RocksDB cannot read it: {error}")

    def close(self, partition: int) -> None:
        """Close the files of a partition; they stay, for when it comes back."""
        if (rows := self._open.pop(partition, None)) is not None:
            rows.close()

    def renew(self, partition: int, because: str) -> Rows:
        """Throw away what is on the disk of a partition, and say why."""
        log.warning("store_rebuilt", extra={"partition": partition, "because": because})
        self.close(partition)
        shutil.rmtree(self._folder_of(partition), ignore_errors=True)
        return self._opened(partition)

    def release(self) -> None:
        """Close everything and let another worker have the folder."""
        for partition in list(self._open):
            self.close(partition)
        self._lock.close()

    def _opened(self, partition: int) -> DiskRows:
        """Open the files of a partition."""
        folder = self._folder_of(partition)
        folder.mkdir(parents=True, exist_ok=True)
        assert self._identity is not None  # noqa: S101 - looked at by both callers
        _identity_file(folder).write_bytes(orjson.dumps(asdict(self._identity)))
        rows = self._open[partition] = DiskRows(folder / "rows", self._options)
        return rows

    def _folder_of(self, partition: int) -> Path:
        return self._folder / str(partition)

    def _foreign(self, folder: Path) -> str:
        """Say why what is on the disk is not ours; empty if it is."""
        assert self._identity is not None  # noqa: S101 - looked at by the only caller
        try:
            found = Identity(**orjson.loads(_identity_file(folder).read_bytes()))
        except (OSError, ValueError, TypeError) as error:
            return f"it does not say what it follows from ({error})"
        wanted, has = asdict(self._identity), asdict(found)
        return ", ".join(
            f"its {name} is {has[name]!r}, not {wanted[name]!r}" for name in has if has[name] != wanted[name]
        )


def _identity_file(folder: Path) -> Path:
    return folder / "identity.json"


def _locked(folder: Path) -> IO[bytes]:
    """Take a folder for this process alone, for as long as the file is open."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("ab")
    except OSError as error:
        raise ConfigurationError(f"FORESHOCK_STORE_DIRECTORY: cannot use {folder}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise ConfigurationError(
            f"FORESHOCK_STORE_DIRECTORY: another worker uses {folder}: give each worker a folder of its own"
        ) from error
    return lock


def _options() -> Any:
    """Set RocksDB up: small in memory, and able to say quickly that a key is not there."""
    try:
        from rocksdict import BlockBasedOptions, Cache, Options
    except ImportError as error:
        raise ConfigurationError(
            "FORESHOCK_STORE=rocksdb needs rocksdict, which is not installed: pip install 'foreshock[rocksdb]'"
        ) from error
    blocks = BlockBasedOptions()
    blocks.set_block_cache(Cache(_CACHE_BYTES))
    # Kept in memory beside the cache, some 10 bytes per customer: data would push them out, and reading a whole
    # filter again for one customer took 340 microseconds instead of 10.
    blocks.set_cache_index_and_filter_blocks(False)
    blocks.set_bloom_filter(10, False)  # 1 % false hits, at 10 bits per customer
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(blocks)
    options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
    options.set_keep_log_file_num(2)
    return options
