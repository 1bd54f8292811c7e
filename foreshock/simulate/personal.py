"""Personal data that is valid and belongs to nobody, for texts in which customers read theirs out."""

from __future__ import annotations

from random import Random

_REGIONS = ("110105", "310115", "330102", "320102", "370202", "420102", "440304", "510104")
_MOBILE_PREFIXES = ("133", "135", "138", "139", "150", "158", "177", "186", "188", "199")
_CARD_PREFIXES = ("622202", "621700", "622848", "621661")
# ISO 7064 MOD 11-2, as GB 11643-1999 has it for resident ids.
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


def id_number(chance: Random) -> str:
    """Make a Chinese resident id of 18 characters with a valid check digit."""
    born = f"{chance.randrange(1945, 2004)}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}"
    digits = f"{chance.choice(_REGIONS)}{born}{chance.randrange(1, 999):03}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, _ID_WEIGHTS, strict=True))
    return digits + _ID_CHECKS[total % 11]


def mobile(chance: Random) -> str:
    """Make a Chinese mobile number, sometimes written in groups."""
    prefix, middle, end = chance.choice(_MOBILE_PREFIXES), chance.randrange(10**4), chance.randrange(10**4)
    gap = chance.choice(("", "", "", "-", " "))
    return f"{prefix}{gap}{middle:04}{gap}{end:04}"


def card(chance: Random) -> str:
    """Make a bank card number of 19 digits that passes the Luhn test."""
    digits = f"{chance.choice(_CARD_PREFIXES)}{chance.randrange(10**12):012}"
    # From the right, every second digit counts double, beginning beside the check digit.
    total = sum(
        sum(divmod(int(digit) * 2, 10)) if place % 2 == 0 else int(digit) for place, digit in enumerate(digits[::-1])
    )
    return f"{digits}{-total % 10}"


def plate(chance: Random, prefix: str) -> str:
    """Make a licence plate of a city."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    return f"{prefix}{chance.choice(letters)}{chance.randrange(10**4):04}"


def email(chance: Random) -> str:
    """Make an e-mail address."""
    name = "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(6))
    return f"{name}{chance.randrange(100)}@example.{chance.choice(('com', 'cn', 'org'))}"
