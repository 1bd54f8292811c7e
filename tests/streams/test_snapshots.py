from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.learner import Learner
from models.params import Params
from schemas.codec import encode
from schemas.errors import ConfigurationError, UnreadableMessageError
from schemas.signing import signed
from schemas.snapshots import Snapshot
from streams.snapshots import load_snapshot, number_of, packed, snapshot_key_of, unpacked

KEY = b"a key that nobody knows"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return signed(Learner(Params()).snapshot(), KEY)


def test_a_snapshot_comes_back_the_same_packed_or_plain(snapshot: Snapshot) -> None:
    assert unpacked(packed(snapshot)) == unpacked(encode(snapshot)) == snapshot
    assert packed(snapshot) == packed(snapshot)
    assert len(packed(snapshot)) < len(encode(snapshot)) / 2


@pytest.mark.parametrize(
    "raw",
    [b"\x1f\x8bnot gzip", gzip.compress(b"x" * 99, mtime=0)[:-9], gzip.compress(b"{}", mtime=0), b"{}", b""],
    ids=["not gzip", "cut off", "a packed nothing", "a plain nothing", "empty"],
)
def test_what_is_no_snapshot_is_unreadable(raw: bytes) -> None:
    with pytest.raises(UnreadableMessageError):
        unpacked(raw)


def test_a_record_key_names_the_number(snapshot: Snapshot) -> None:
    assert number_of(snapshot_key_of("risk", 41)) == 41


@pytest.mark.parametrize("key", [None, b"", b"hello", b"risk/", b"risk/-1", b"risk/x", "risk/²".encode(), b"\xff"])
def test_a_record_key_of_somebody_else_names_none(key: bytes | None) -> None:
    assert number_of(key) is None


def test_a_file_is_taken_only_with_the_key_that_signed_it(snapshot: Snapshot, tmp_path: Path) -> None:
    file = tmp_path / "model.json.gz"
    file.write_bytes(packed(snapshot))

    assert load_snapshot(file, KEY) == snapshot
    with pytest.raises(ConfigurationError, match="signed with another key"):
        load_snapshot(file, b"another key")


@pytest.mark.parametrize("packs", [packed, encode], ids=["packed", "plain"])
def test_a_file_that_was_altered_is_refused(snapshot: Snapshot, tmp_path: Path, packs: Callable[[Any], bytes]) -> None:
    weights = snapshot.weights.model_copy(update={"examples_seen": snapshot.weights.examples_seen + 1})
    file = tmp_path / "model.json.gz"
    file.write_bytes(packs(snapshot.model_copy(update={"weights": weights})))

    with pytest.raises(ConfigurationError, match="was changed"):
        load_snapshot(file, KEY)


def test_a_file_that_is_no_snapshot_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "model.json.gz"
    file.write_bytes(b"\x1f\x8b of no use")

    with pytest.raises(ConfigurationError, match="foreshock train"):
        load_snapshot(file, KEY)
    with pytest.raises(ConfigurationError, match="cannot read"):
        load_snapshot(tmp_path / "nothing.json", KEY)
