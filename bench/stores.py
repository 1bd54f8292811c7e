"""What a customer costs in each store: memory, loading, opening a partition, and a read of one who is not cached.

`python -m bench.stores --customers 200000 [--store rocksdb]`; one store per process, because memory is the process'.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

import faust

from models.engine import Engine
from models.entries import OpenAlert, PendingClaim
from models.packing import packed_buckets
from models.params import Params
from models.row_formats import ROW_FORMAT
from models.rows import decode_row, encode_row, row_position
from models.state import CustomerState
from streams.rocks import DiskStore
from streams.stores import MemoryStore, Store
from streams.tables import BatchTable, CustomerStates

_PORTION = 5_000
_READS = 20_000
_SORTING_SECONDS = 5.0
"""RocksDB sorts in the background what was just loaded."""
_AT = 1.77e9
_EPOCH = "0"


def main() -> None:
    """Measure one store and print a line per figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--store", choices=("memory", "rocksdb"), default="memory")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, value in measure(options.customers, _store(options.store, Path(folder))).items():
            print(f"{options.store:8} {name:45} {value:12,.1f}")


def measure(customers: int, store: Store) -> dict[str, float]:
    """Load rows, open the partition, and read customers at random; times are CPU of the whole process."""
    app = faust.App("stores", broker="kafka://127.0.0.1:1", store="memory://")
    table = BatchTable(app, row_position=row_position, epoch=_EPOCH, store=store, name="states", partitions=1)
    rows = table.partition_rows(0)
    tail = encode_row(_customer()).split(b",", 4)[4]
    resident, started = _resident(), time.process_time()
    for first in range(0, customers, _PORTION):
        last = min(first + _PORTION, customers)
        portion = [
            (_key(n).encode(), b'[%d,"%s",%d,0,%s' % (ROW_FORMAT, _EPOCH.encode(), n, tail)) for n in range(first, last)
        ]
        table.apply(0, portion, reached=last - 1)
    loaded, held = time.process_time(), _resident()
    states = CustomerStates(rows, encode_row, decode_row, cached=0)
    engine = Engine(Params(), 0, _EPOCH)
    engine.restore(states.acknowledged_rows(), None, None)
    opened, noted = time.process_time(), _resident()
    time.sleep(_SORTING_SECONDS)
    reading = time.process_time()
    chance = random.Random(1)
    for _ in range(_READS):
        states[_key(chance.randrange(customers))]
        states.take_rows()
    return {
        "bytes per row": float(len(tail)),
        "rows loaded per CPU second": customers / (loaded - started),
        "customers noted per CPU second": customers / (opened - loaded),
        "resident bytes per customer, rows": (held - resident) / customers,
        "resident bytes per customer, with what is due": (noted - resident) / customers,
        "CPU microseconds per read and decode": (time.process_time() - reading) / _READS * 1e6,
    }


def _customer() -> CustomerState:
    """Return somebody with a claim, an alert and some history: a row of usual size."""
    state = CustomerState(
        epoch=_EPOCH,
        due=_AT,
        ruled_by=Params().digest(),
        org_path="HQ/Guangdong/Shenzhen/Longgang",
        policy_ref="P-66120",
        events=9,
    )
    state.seen_at = state.clock = state.heat_at = _AT
    state.contacts = [_AT - day * 86_400.0 for day in range(6)]
    state.claims = [PendingClaim("CL-1", "reported", _AT, _AT, _AT, 0.0, False, 1, _AT)]
    state.alerts = [OpenAlert("repeat_contact", 0, 2, _AT, 1, _AT, _AT)]
    state.categories = packed_buckets(range(1_000, 1_030))
    state.ids = ["/LMgnF0J"] * 12
    state.contributions = state.usual = [0.12345] * 11
    return state


def _key(number: int) -> str:
    return f"c_{number:026d}"


def _store(name: str, folder: Path) -> Store:
    if name == "memory":
        return MemoryStore()
    store = DiskStore(folder, "changelog", 1, _EPOCH)
    store.identify("bench")
    return store


def _resident() -> int:
    """Return how much memory the process has now, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


if __name__ == "__main__":
    main()
