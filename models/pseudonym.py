"""The key that stands for a customer wherever the customer's own id must not go."""

from __future__ import annotations

import hmac
import unicodedata
import zlib
from itertools import product

#: Shortest secret accepted, in bytes. 128 bits is what the key itself carries; less would be the weak link.
MIN_KEY_BYTES = 16

# RFC 4648 base32, lower case: safe in file names, URLs and Prometheus, and read aloud without case.
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
# Two symbols per look-up (10 bits), because one at a time costs as much as the HMAC.
_PAIRS = tuple(first + second for first, second in product(_ALPHABET, repeat=2))
_SYMBOL_PAIRS = 13
# 16 bytes are 128 bits; 26 symbols hold 130. The two spare low bits are zero.
_DIGEST_BYTES = 16
_SHIFTS = tuple(range(10 * (_SYMBOL_PAIRS - 1), -1, -10))


class Pseudonymiser:
    """Turns a customer id into a key that only holders of the secret can recompute.

    The key is HMAC-SHA-256 of tenant and id, cut to 128 bits. It is deterministic, so that the
    same customer always lands on the same state, and a CRM holding the secret can join without
    any customer id on our topics. Nothing is remembered: no table of ids exists in the process.

    Parameters
    ----------
    key
        The secret, at least `MIN_KEY_BYTES` bytes. Changing it gives every customer a new key and
        so forgets all states.

    Raises
    ------
    ValueError
        If `key` is too short. The message says how to make a good one, and never shows the key.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) < MIN_KEY_BYTES:
            raise ValueError(
                f"the pseudonym key must have at least {MIN_KEY_BYTES} bytes, got {len(key)}: "
                "make one with `openssl rand -hex 32` and keep it as long as the customers' history"
            )
        self._key = bytes(key)

    def key_of(self, tenant: str, customer_id: str) -> str:
        """Give the key of one customer of one tenant.

        Parameters
        ----------
        tenant
            Whose customer it is. Two tenants never share a key, whatever their ids look like.
        customer_id
            The company's own id. Blanks around it, and full-width instead of ASCII characters,
            make no difference; upper and lower case do.

        Returns
        -------
        str
            `c_` and 26 characters of a-z and 2-7.

        Raises
        ------
        ValueError
            If nothing is left of `customer_id` once blanks are removed.
        """
        name = unicodedata.normalize("NFKC", customer_id).strip()
        if not name:
            raise ValueError("customer_id must not be blank: every event belongs to a customer")
        # The length goes in front, so that ("a", "b:c") and ("a:b", "c") stay apart.
        return "c_" + self._symbols_of(f"{len(tenant)}:{tenant}:{name}")

    def household_of(self, tenant: str, household: str) -> str:
        """Give the key of one household of one tenant: no customer of that name has it.

        Parameters
        ----------
        tenant
            Whose customers live in it.
        household
            The company's own key of it. Blanks around it, and full-width characters, make no difference.

        Returns
        -------
        str
            `h_` and 26 characters of a-z and 2-7.

        Raises
        ------
        ValueError
            If nothing is left of `household` once blanks are removed.
        """
        name = unicodedata.normalize("NFKC", household).strip()
        if not name:
            raise ValueError("household_ref must not be blank")
        # A customer's begins with a number.
        return "h_" + self._symbols_of(f"household:{len(tenant)}:{tenant}:{name}")

    def _symbols_of(self, message: str) -> str:
        """Sign a message, and write 128 bits of the signature in 26 symbols."""
        digest = hmac.digest(self._key, message.encode(), "sha256")
        bits = int.from_bytes(digest[:_DIGEST_BYTES], "big") << 2
        return "".join([_PAIRS[(bits >> shift) & 0x3FF] for shift in _SHIFTS])

    def __repr__(self) -> str:
        """Say what it is without showing the secret."""
        return f"{type(self).__name__}(key=<{len(self._key)} bytes>)"


def partition_of(customer_key: str, partitions: int) -> int:
    """Choose the journal partition of a customer.

    Parameters
    ----------
    customer_key
        A key as `Pseudonymiser.key_of` gives it.
    partitions
        How many partitions the journal has, fixed when the topic was created. At least 1.

    Returns
    -------
    int
        0 to `partitions` - 1; the same on every machine and in every version, because CRC-32 is
        (Python's own `hash` differs from process to process).

    Raises
    ------
    ValueError
        If `partitions` is less than 1.

    Examples
    --------
    >>> partition_of("c_aaaaaaaaaaaaaaaaaaaaaaaaaa", partitions=8)
    0
    """
    if partitions < 1:
        raise ValueError(f"partitions must be at least 1, got {partitions}")
    return zlib.crc32(customer_key.encode()) % partitions
