"""What must not be stored of a text: who somebody is, and how to reach them."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from models.personal_numbers import Kind, personal_numbers


class Redaction(NamedTuple):
    """One stretch of a text that names or reaches a person."""

    kind: Kind
    """What it is."""

    start: int
    """Index of its first character."""

    end: int
    """Index after its last character."""


# Every kind but e-mail holds a digit. Spoken numbers come from transcripts (幺三八…), circled and
# raised ones from people who know that numbers are filtered.
_CANDIDATE = re.compile(r"[\d@＠²³¹⁰-⁹₀-₉①-⑨⓪❶-❾]|[零〇一二三四五六七八九幺]{7}")


def redact(text: str) -> str:
    """Replace everything in `text` that names or reaches a person by the tag of its kind.

    Tags are `<resident-id>`, `<mobile>`, `<landline>`, `<bank-card>`, `<plate>`, `<email>` and
    `<passport>`. Names and addresses stay: no checksum tells them from other words.

    Parameters
    ----------
    text
        What was said or written, in any language.

    Returns
    -------
    str
        The text without them. Redacting it again changes nothing.

    Examples
    --------
    >>> redact("我的电话是138 0013 8000，赔款12345.67元")
    '我的电话是<mobile>，赔款12345.67元'
    """
    # Again until nothing is found: what stood beside a number may have hidden its neighbour.
    # It ends, because each round removes digits or an @, and no tag holds any.
    while _CANDIDATE.search(text) is not None and (found := redactions(text)):
        parts: list[str] = []
        done = 0
        for kind, start, end in found:
            parts += (text[done:start], "<", kind, ">")
            done = end
        text = "".join((*parts, text[done:]))
    return text


def redactions(text: str) -> list[Redaction]:
    """Find what `redact` would replace in one round.

    Parameters
    ----------
    text
        What was said or written.

    Returns
    -------
    list of Redaction
        From left to right, never overlapping.
    """
    if _CANDIDATE.search(text) is None:
        return []
    rest = _folded(text)
    found: list[Redaction] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(rest):
            start, end = match.span(match.lastindex or 0)
            found.append(Redaction(kind, start, end))
        rest = _without(rest, found)
    found += [Redaction(*number) for number in personal_numbers(rest)]
    found.sort(key=_start)
    return found


def redact_bytes(raw: bytes, limit: int) -> str:
    """Read bytes as text as far as they can be, redact that, and cut it.

    Parameters
    ----------
    raw
        Anything: UTF-8, GB18030 (what older Chinese systems write), or no text at all.
    limit
        Characters to keep. At least 1.

    Returns
    -------
    str
        At most `limit` characters; bytes that are no text become U+FFFD. A number that the cut
        would have gone through is left out whole.

    Raises
    ------
    ValueError
        If `limit` is less than 1.
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}")
    text = _decoded(raw)
    # Twice the limit is plenty, and keeps a megabyte of digits from holding up the stream.
    head = text[: 2 * limit + _LONGEST_KIND]
    redacted = redact(head)
    if len(head) < len(text):
        redacted = redacted[: max(0, len(redacted) - _LONGEST_KIND)]
    return redacted[:limit]


_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = re.compile(
    rf"""
    (?: WJ[ ·-]? )?                                 # the armed police
    (?: (?<![更最全创崭翻])新 | (?!新)[{_PROVINCES}] )  # 更新A12345 is a version, not Xinjiang
    [ ]? (?!APP|ETC|GPS|SMS|SUV) [A-HJ-NP-Z] [ ·.-]?
    (?: [A-HJK][A-HJ-NP-Z0-9][0-9]{{4}}             # new energy, small
      | [0-9]{{5}}[A-HJK]                           # new energy, large
      | [0-9]{{4}}应急
      | [A-HJ-NP-Z0-9]{{4}}[警挂学港澳领试超]
      | (?=(?:[A-Z]*[0-9]){{3}})[A-HJ-NP-Z0-9]{{5}}
    )
    (?![A-Z0-9])
    | WJ[ ·-]?[{_PROVINCES}][ ·-]?[0-9]{{4}}[0-9A-Z](?![A-Z0-9])
    | (?:车牌号?|车号)[ :是为]*(使[ ]?[0-9]{{3}}[ ·]?[0-9]{{3}})(?![0-9])  # embassies
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DOMAIN = r"(?:[A-Z0-9-]{1,63}[.]){1,5}[A-Z]{2,18}(?![A-Z0-9])"
_EMAIL = re.compile(rf"[A-Z0-9._%+'-]{{1,64}}@{_DOMAIN}", re.IGNORECASE)
# With blanks around the @ it may be a mention (thanks @acme.com), unless it is called an address.
_SPACED_EMAIL = re.compile(
    r"(?:邮箱|邮件|e-?mail|write to|send it to)[^@\n]{0,8}?(?<![A-Z0-9._%+'-])"
    rf"([A-Z0-9._%+'-]{{1,64}}[ ]?@[ ]?{_DOMAIN})",
    re.IGNORECASE,
)
# Nothing in a passport number can be checked, so it counts only near the word.
_PASSPORT_BEFORE = re.compile(
    r"""
    (?:护照|通行证|回乡证|台胞证|passport)
    (?: (?:(?![单案保]|policy|claim|order)[^\d\n,.;，。；]){0,16}?
        (?<![A-Z0-9])([A-Z]{1,2}[ -]?[0-9]{7,10}|1[45][0-9]{7})
      | (?:号码?|[ ]?(?:number|no[.]?))?[ ]?(?:是|为|is|:|\#)?[ ]?([0-9]{8,9})
    )
    (?![A-Z0-9])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PASSPORT_AFTER = re.compile(
    r"(?<![A-Z0-9])([EGDSPHMC][A-Z]?[ -]?[0-9]{7,8})(?=[^\d\n,.;，。；]{0,6}(?:护照|通行证|passport))",
    re.IGNORECASE,
)
_PATTERNS = (
    (Kind.EMAIL, _EMAIL),
    (Kind.EMAIL, _SPACED_EMAIL),
    (Kind.PLATE, _PLATE),
    (Kind.PASSPORT, _PASSPORT_BEFORE),
    (Kind.PASSPORT, _PASSPORT_AFTER),
)
# Characters: the longest that one of the patterns can match, an e-mail address.
_LONGEST_KIND = 64 + 3 + 5 * 64 + 18

# Not beside written digits: 13800138000 and then 一二三四五六七 are two things.
_SPOKEN = re.compile(r"(?<![0-9])[零〇一二三四五六七八九幺]{7,}+(?![0-9])")
_SPOKEN_DIGITS = str.maketrans("零〇一二三四五六七八九幺", "001234567891")
_DASHES = "‐‑‒–—―−－"
_DOTS = "•・‧∙⋅"


class _Fold(dict[int, str]):
    """Maps a character to the ASCII one it stands for; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        digit = unicodedata.digit(character, None)
        folded = str(digit) if digit is not None else unicodedata.normalize("NFKC", character)
        if character == "\t" or unicodedata.category(character) in ("Zs", "Cf"):
            folded = " "  # also what is invisible: zero-width spaces between digits
        # One for one, so that places in the folded text are places in the text.
        self[code] = folded if len(folded) == 1 else character
        return self[code]


_FOLD = _Fold({ord(dash): "-" for dash in _DASHES} | {ord(dot): "·" for dot in _DOTS})


def _folded(text: str) -> str:
    """Give `text` with ASCII digits, letters and separators, character for character."""
    if text.isascii():
        return text
    folded = text.translate(_FOLD)
    return _SPOKEN.sub(lambda match: match[0].translate(_SPOKEN_DIGITS), folded)


def _without(text: str, found: list[Redaction]) -> str:
    """Blank out what has been found, so that it is not found again as something else."""
    for _, start, end in found:
        text = text[:start] + "\0" * (end - start) + text[end:]
    return text


def _start(redaction: Redaction) -> int:
    return redaction.start


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", errors="replace")
