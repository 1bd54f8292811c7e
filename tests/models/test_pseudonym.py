"""The customer key: stable, separated by tenant, and useless without the secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.pseudonym import MIN_KEY_BYTES, Pseudonymiser, partition_of

SECRET = b"a secret for tests, 32 bytes long"
ids = st.text(min_size=1).filter(lambda text: text.strip() != "" and text.isprintable())


def test_a_key_is_the_first_128_bits_of_an_hmac_in_base32() -> None:
    key = Pseudonymiser(SECRET).key_of("default", "C-1001")

    digest = hmac.new(SECRET, b"7:default:C-1001", hashlib.sha256).digest()[:16]
    assert key == "c_" + base64.b32encode(digest).decode().rstrip("=").lower()


@given(tenant=st.text(max_size=20), customer_id=ids)
def test_every_key_has_one_shape(tenant: str, customer_id: str) -> None:
    key = Pseudonymiser(SECRET).key_of(tenant, customer_id)

    assert re.fullmatch(r"c_[a-z2-7]{26}", key)


@given(
    one=st.tuples(st.text(alphabet="ab:0", max_size=4), st.text(alphabet="ab:0", min_size=1)),
    other=st.tuples(st.text(alphabet="ab:0", max_size=4), st.text(alphabet="ab:0", min_size=1)),
)
def test_two_customers_share_a_key_only_if_tenant_and_id_are_equal(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    pseudonymiser = Pseudonymiser(SECRET)

    assert (pseudonymiser.key_of(*one) == pseudonymiser.key_of(*other)) == (one == other)


@pytest.mark.parametrize("spelling", [" C1001", "C1001\n", "\u3000C1001 ", "Ｃ１００１"])
def test_blanks_and_full_width_characters_make_no_difference(spelling: str) -> None:
    pseudonymiser = Pseudonymiser(SECRET)

    assert pseudonymiser.key_of("default", spelling) == pseudonymiser.key_of("default", "C1001")


def test_a_household_has_a_key_of_its_own_kind() -> None:
    pseudonymiser = Pseudonymiser(SECRET)

    assert re.fullmatch(r"h_[a-z2-7]{26}", pseudonymiser.household_of("default", "1001"))
    assert pseudonymiser.household_of("default", "1001")[2:] != pseudonymiser.key_of("default", "1001")[2:]
    assert pseudonymiser.household_of("default", "1001") != pseudonymiser.household_of("other", "1001")
    with pytest.raises(ValueError, match="blank"):
        pseudonymiser.household_of("default", " ")


def test_another_secret_gives_another_key() -> None:
    other = Pseudonymiser(SECRET[::-1])

    assert other.key_of("default", "C1001") != Pseudonymiser(SECRET).key_of("default", "C1001")


def test_a_short_secret_is_refused_with_the_remedy_and_without_the_secret() -> None:
    with pytest.raises(ValueError, match="openssl rand") as caught:
        Pseudonymiser(b"hunter2")

    assert "hunter2" not in str(caught.value)
    assert str(MIN_KEY_BYTES) in str(caught.value)


def test_the_secret_does_not_show_in_a_traceback() -> None:
    assert SECRET.decode() not in repr(Pseudonymiser(SECRET))


@pytest.mark.parametrize("blank", ["", "  ", "\u3000\n"])
def test_a_blank_id_is_nobody(blank: str) -> None:
    with pytest.raises(ValueError, match="customer_id"):
        Pseudonymiser(SECRET).key_of("default", blank)


def test_another_process_chooses_the_same_key_and_partition() -> None:
    code = (
        "from models.pseudonym import Pseudonymiser, partition_of;"
        f"key = Pseudonymiser({SECRET!r}).key_of('default', 'C1001');"
        "print(key, partition_of(key, 8))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    key = Pseudonymiser(SECRET).key_of("default", "C1001")
    assert printed == [key, str(partition_of(key, 8))]


def test_customers_spread_evenly_over_partitions() -> None:
    pseudonymiser = Pseudonymiser(SECRET)

    counts = Counter(partition_of(pseudonymiser.key_of("default", str(number)), 8) for number in range(8000))
    # 1000 expected each, standard deviation 30: five of them is one false alarm in a million.
    assert all(850 < counts[partition] < 1150 for partition in range(8))


@pytest.mark.parametrize("partitions", [0, -1])
def test_a_journal_without_partitions_is_refused(partitions: int) -> None:
    with pytest.raises(ValueError, match="partitions"):
        partition_of("c_a", partitions)
