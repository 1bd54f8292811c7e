"""Signatures of models: whoever holds no key cannot change what customers are scored with.

A signature covers every field but itself and the partition, so that one signature serves all partitions.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TypeVar

from schemas.codec import encode
from schemas.silences import SilenceCommand
from schemas.snapshots import Snapshot
from schemas.ticks import ModelCommand, SnapshotNotice

Signable = Snapshot | SnapshotNotice | ModelCommand | SilenceCommand
"""What bears a signature."""

_S = TypeVar("_S", Snapshot, SnapshotNotice, ModelCommand, SilenceCommand)

_LABEL = b"foreshock/snapshot-key/v1"


def derived_key(secret: bytes) -> bytes:
    """Derive a key for signatures from another secret, from which that secret cannot be told.

    Examples
    --------
    >>> derived_key(b"the secret of pseudonyms").hex()[:16]
    'a260ad0be0ed8ca4'
    """
    return hmac.digest(secret, _LABEL, hashlib.sha256)


def signed(message: _S, key: bytes) -> _S:
    """Return a message with its signature; one that it had before gives way."""
    return message.model_copy(update={"signature": _signature(message, key)})


def is_authentic(message: Signable, key: bytes) -> bool:
    """Say whether a message bears the signature of this key and nothing was changed since."""
    return message.signature is not None and hmac.compare_digest(
        message.signature.encode(), _signature(message, key).encode()
    )


def _signature(message: Signable, key: bytes) -> str:
    """Compute the signature: HMAC-SHA256 in hexadecimal."""
    return hmac.digest(key, _canonical(message), hashlib.sha256).hex()


def _canonical(message: Signable) -> bytes:
    """Write what is signed: the type, so that no message passes for another, and the JSON without what is left out."""
    left_out: dict[str, object] = {"signature": None}
    if not isinstance(message, Snapshot):
        left_out["partition"] = 0
    return type(message).__name__.encode() + b"\n" + encode(message.model_copy(update=left_out))
