"""Many whole numbers as one short string: a snapshot travels through Kafka, where a message is at most a megabyte."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from itertools import accumulate, pairwise


def pack(numbers: Iterable[int]) -> str:
    """Write whole numbers of any sign and size: small ones take one byte, in base64.

    Each is folded to be non-negative (0, -1, 1, -2 become 0, 1, 2, 3), and written in groups of seven bits, lowest
    first; the eighth bit says that another group follows. This is the zigzag varint of Protocol Buffers.
    """
    written = bytearray()
    for number in numbers:
        folded = number << 1 if number >= 0 else ~(number << 1)
        while folded > _GROUP:
            written.append(folded & _GROUP | _MORE)
            folded >>= _BITS
        written.append(folded)
    return b64encode(written).decode()


def unpack(text: str) -> list[int]:
    """Read what `pack` wrote.

    Raises
    ------
    ValueError
        If it is not base64, or breaks off.
    """
    numbers, folded, shift = [], 0, 0
    for byte in b64decode(text, validate=True):
        folded |= (byte & _GROUP) << shift
        shift += _BITS
        if not byte & _MORE:
            numbers.append(~(folded >> 1) if folded & 1 else folded >> 1)
            folded, shift = 0, 0
    if shift:
        raise ValueError("packed numbers break off")
    return numbers


def pack_ascending(numbers: Iterable[int]) -> str:
    """Write whole numbers in ascending order as their distances."""
    return pack(after - before for before, after in pairwise((0, *numbers)))


def unpack_ascending(text: str) -> list[int]:
    """Read what `pack_ascending` wrote."""
    return list(accumulate(unpack(text)))


_BITS = 7
_GROUP, _MORE = (1 << _BITS) - 1, 1 << _BITS
