"""Personal data that is valid and belongs to nobody."""

from __future__ import annotations

import re
from random import Random

import phonenumbers
from stdnum import luhn
from stdnum.cn import ric

from foreshock.simulate import personal


def test_resident_ids_cards_and_mobile_numbers_are_valid() -> None:
    chance = Random(1)

    for _ in range(300):
        # `ric.is_valid` also wants a county that existed in the year of birth; real ids carry that of their issue.
        number = personal.id_number(chance)
        assert ric.calc_check_digit(number) == number[-1]
        assert ric.get_birth_date(number).year >= 1945
        card = personal.card(chance)
        assert luhn.is_valid(card)
        assert len(card) == 19
        assert phonenumbers.is_valid_number(phonenumbers.parse(personal.mobile(chance), "CN"))


def test_plates_and_addresses_look_like_what_they_are() -> None:
    chance = Random(2)

    for _ in range(100):
        assert re.fullmatch(r"粤B[A-HJ-NP-Z]\d{4}", personal.plate(chance, "粤B"))
        # Addresses that RFC 2606 keeps free for examples.
        assert re.fullmatch(r"[a-z]{6}\d{1,2}@example\.(com|cn|org)", personal.email(chance))
