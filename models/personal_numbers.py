"""Which digits in a text are somebody's: resident ids, telephones, bank cards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType
from stdnum import luhn, numdb
from stdnum.cn import ric
from stdnum.exceptions import ValidationError


class Kind(StrEnum):
    """What a redacted stretch of text was."""

    RESIDENT_ID = "resident-id"
    MOBILE = "mobile"
    LANDLINE = "landline"
    BANK_CARD = "bank-card"
    PLATE = "plate"
    EMAIL = "email"
    PASSPORT = "passport"


# Groups of digits with up to three separators between them: 138-1234-5678, +86 (755) 8888 1234.
_CHAIN = re.compile(r"[+(]{0,2}[0-9]+(?:[ \t.,_·()-]{1,3}[0-9]+)*(?:[ -]?[Xx](?![A-Za-z]))?")
_GROUP = re.compile(r"[0-9]+|[Xx]")
_SHORTEST, _LONGEST = 7, 19  # digits: a local telephone number, a bank card


def personal_numbers(text: str) -> Iterator[tuple[Kind, int, int]]:
    """Find the numbers that name or reach a person.

    Digits in groups (`138-1234-5678`) are read together. Of the readings that begin at the same
    group, the longest wins that its validator accepts; so a date before a number does not hide it.

    Parameters
    ----------
    text
        With ASCII digits only: `models.redaction` folds the others.

    Yields
    ------
    tuple of Kind, int, int
        Kind, start and end, from left to right and never overlapping.
    """
    for match in _CHAIN.finditer(text):
        if match.end() - match.start() >= _SHORTEST:
            yield from _Chain(text, match).numbers()


# How people group digits, as lengths; other groupings are lists of amounts, dates or versions.
_MOBILE_LAYOUTS = {"11", "3,4,4", "3,8", "7,4", "4,4,3", "4,3,4", "3,3,5", "3,2,2,2,2", ",".join("1" * 11)}
_LANDLINE_LAYOUT = re.compile(r"1[012]|[34],(?:[78]|[34],4)")
_LOCAL_LAYOUT = re.compile(r"[78]|[34],4")
_CARD_LAYOUT = re.compile(r"1[3-9]|(?:4,){3}[1-4](?:,[1-3])?|4,6,[45]|6,(?:[789]|1[0-3])|1(?:,1){12,18}")
# ISO/IEC 7812: what cards in Chinese hands begin with. 1 and 20 begin dates and order numbers.
_CARD_ISSUER = re.compile(r"[3456]|81|9(?:0|11|40|55|6[68]|8[45]|98)|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)")
_CHINESE_MOBILE = re.compile(r"(?:86)?(1[3-9][0-9]{9})")
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")

_LOOK_BACK = 24  # characters before a number that may say what it is
# PDZA2026…, CLM-1381…: capitals in front make a reference, unless they say "telephone".
_CAPITALS = re.compile(r"(?<![A-Za-z])(?!(?:TEL|PHONE|MOBILE|CELL|CALL|FAX|WX|VX|QQ|ID|NO|CARD)[-_]?$)[A-Z]+[-_]?$")
_REFERENCE_WORD = re.compile(
    r"(?:[保订工赔运批]单|(?:单|案|编|流水|合同|受理|批次)号码?)[ .:#是为]*$"
    r"|\b(?:policy|claim|order|ticket|case|reference|ref|invoice|tracking)"
    r"[ .]*(?:number|no|id)?[ .:#]*(?:is )?$",
    re.IGNORECASE,
)
_TELEPHONE_WORD = re.compile(
    r"(?:电话|座机|固话|tel|telephone|phone|landline)(?:号码|号| number| no)?[ .:是为]*(?:is )?$",
    re.IGNORECASE,
)
_RESIDENT_ID_WORD = re.compile(r"身份证(?:号码|号)?[ .:是为]*$")
_AMOUNT = re.compile(r"[ ]?(?:元|块|万|亿|圆|yuan|rmb)", re.IGNORECASE)


class _Chain:
    """Groups of digits that stand together in a text."""

    def __init__(self, text: str, match: re.Match[str]) -> None:
        self.text = text
        self.characters = match[0]
        self.start, self.end = match.span()
        self.groups = [(m[0], m.start(), m.end()) for m in _GROUP.finditer(match[0])]

    def numbers(self) -> Iterator[tuple[Kind, int, int]]:
        """Find the numbers among the groups."""
        first = 0
        while first < len(self.groups):
            for last in range(self._reach(first), first, -1):
                kind = self._kind(first, last)
                if kind is not None:
                    yield kind, *self._extent(first, last)
                    first = last
                    break
            else:
                first += 1

    def _reach(self, first: int) -> int:
        """Find the end of the longest reading that begins at `first`."""
        length = 0
        for last in range(first, len(self.groups)):
            length += len(self.groups[last][0])
            if length > _LONGEST:
                return last
        return len(self.groups)

    def _extent(self, first: int, last: int) -> tuple[int, int]:
        """Say where a reading lies in the text, with the plus sign or bracket that opens it."""
        begin = 0 if first == 0 else self.groups[first][1]
        end = self.groups[last - 1][2]
        if self.characters[begin] == "(" and ")" not in self.characters[begin:end]:
            begin += 1
        return self.start + begin, self.start + end

    def _kind(self, first: int, last: int) -> Kind | None:
        """Tell whose number neighbouring groups make, or None if nobody's."""
        window = self.groups[first:last]
        digits = "".join([group for group, _, _ in window])
        if len(digits) < _SHORTEST or self._is_fraction(first):
            return None
        # A checksum and a date outweigh everything around them.
        if _is_resident_id(digits) or (len(digits) == 15 and self._is_old_resident_id(digits, first)):
            return Kind.RESIDENT_ID
        if digits[-1] in "Xx" or self._is_before_x(last):
            return None
        if first == 0 and (line := self._international(digits)) is not None:
            return line
        layout = ",".join([str(len(group)) for group, _, _ in window])
        mobile = _CHINESE_MOBILE.fullmatch(digits)
        if mobile is not None:
            is_mobile = layout in _MOBILE_LAYOUTS or digits != mobile[1]
            return _line(mobile[1]) if is_mobile and not self._is_lettered(first) else None
        kind: Kind | None = None
        if digits[0] == "0":
            kind = _line(digits[1:]) if _LANDLINE_LAYOUT.fullmatch(layout) else None
        elif len(digits) <= 8:
            if first == 0 and _LOCAL_LAYOUT.fullmatch(layout) and self._is_local(digits):
                kind = Kind.LANDLINE
        elif _CARD_LAYOUT.fullmatch(layout) and not self._is_listed(first, last) and _is_bank_card(digits):
            kind = Kind.BANK_CARD
        return None if kind is None or self._is_reference(first) else kind

    def _international(self, digits: str) -> Kind | None:
        """Read a number with its country: after a plus sign, 00 as dialled in China, or 86 alone."""
        if "+" in self.characters[: self.groups[0][1]] or self.groups[0][0] == "86":
            return _line_of("+" + digits)
        return _line_of("+" + digits[2:]) if digits.startswith("00") else None

    def _is_old_resident_id(self, digits: str, first: int) -> bool:
        """Old ids have no checksum: a real county and a real date, unless called a reference."""
        if not _is_date(f"19{digits[6:12]}"):
            return False
        if first == 0 and _RESIDENT_ID_WORD.search(self._before()):
            return True
        return _is_county(digits[:6]) and not self._is_reference(first)

    def _is_local(self, digits: str) -> bool:
        """A number without its area counts only if it is called a telephone number."""
        return (
            "2" <= digits[0] <= "8"
            and _DATE.fullmatch(digits) is None
            and _TELEPHONE_WORD.search(self._before()) is not None
            and _AMOUNT.match(self.text, self.end) is None
        )

    def _is_lettered(self, first: int) -> bool:
        """True if the groups continue something that begins with capitals."""
        return self._is_joined(first) and _CAPITALS.search(self._before()) is not None

    def _is_reference(self, first: int) -> bool:
        """True if the groups belong to a policy, claim or order number."""
        if not self._is_joined(first):
            return False
        before = self._before()
        return _CAPITALS.search(before) is not None or _REFERENCE_WORD.search(before) is not None

    def _is_joined(self, first: int) -> bool:
        """True if nothing but hyphens lies between the start of the chain and `first`."""
        begin = self.groups[first][1]
        return not set(self.characters[:begin]) - set("0123456789-_")

    def _is_fraction(self, first: int) -> bool:
        """True if the group follows `0.`: a coefficient or a coordinate."""
        begin = self.groups[first][1]
        return first > 0 and self.characters[begin - 1] == "." and self.groups[first - 1][0] == "0"

    def _is_before_x(self, last: int) -> bool:
        """True if a check letter follows: a mistyped resident id, and no card of 17 digits."""
        return last < len(self.groups) and self.groups[last][0] in "Xx"

    def _is_listed(self, first: int, last: int) -> bool:
        """True if commas divide the groups: 4000, 5000, 6000 are amounts."""
        return "," in self.characters[self.groups[first][1] : self.groups[last - 1][2]]

    def _before(self) -> str:
        return self.text[max(0, self.start - _LOOK_BACK) : self.start]


def _is_resident_id(digits: str) -> bool:
    """True if 18 digits carry a date of birth and the right check digit.

    `stdnum.cn.ric.validate` also wants a known county that existed in the year of birth. A new
    county, or an id issued after a merger, would then leak: checksum and date are enough here.
    """
    if len(digits) != 18 or digits[0] == "0":
        return False
    return _is_date(digits[6:14]) and ric.calc_check_digit(digits) == digits[-1].upper()


def _is_bank_card(digits: str) -> bool:
    """True if issuer and check digit are a bank card's, and it is not a mistyped resident id."""
    if _CARD_ISSUER.match(digits) is None or (len(digits) == 18 and _is_date(digits[6:14])):
        return False
    return bool(luhn.is_valid(digits))


def _is_date(yyyymmdd: str) -> bool:
    if yyyymmdd[:2] not in ("18", "19", "20"):
        return False
    try:
        ric.get_birth_date("000000" + yyyymmdd + "0000")
    except ValidationError:
        return False
    return True


def _is_county(code: str) -> bool:
    """True if a county has, or once had, this code."""
    return any("county" in properties for _, properties in numdb.get("cn/loc").info(code))


# Lines that reach a person. 400 numbers, 95519 and 12378 belong to companies and stay readable.
_PERSONAL_LINES = {
    PhoneNumberType.FIXED_LINE: Kind.LANDLINE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: Kind.MOBILE,
    PhoneNumberType.MOBILE: Kind.MOBILE,
    PhoneNumberType.PERSONAL_NUMBER: Kind.MOBILE,
    PhoneNumberType.VOIP: Kind.LANDLINE,
}
_CHINA = 86


def _line(national: str) -> Kind | None:
    """Tell what kind of line a Chinese number without its leading zero is."""
    # Built, not parsed: parsing costs three times the look-up, and there is nothing to parse.
    number = PhoneNumber(country_code=_CHINA, national_number=int(national))
    return _PERSONAL_LINES.get(phonenumbers.number_type(number))


def _line_of(international: str) -> Kind | None:
    """Tell what kind of line a number with plus sign and country is."""
    try:
        number = phonenumbers.parse(international, None)
    except NumberParseException:
        return None
    return _PERSONAL_LINES.get(phonenumbers.number_type(number))
