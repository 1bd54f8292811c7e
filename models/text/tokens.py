"""What a text is made of, as small numbers: language-independent, cheap, and the same on every machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

CODE_BITS = 18
"""Bits of a token's code, and of a gram's bucket: three characters of base64. 2^16 costs .006 of AUC."""

MAX_TOKENS = 400
"""Tokens of a turn that count: its mood shows long before, and its cost must end somewhere."""


def tokens(text: str) -> list[int]:
    """Cut a text into tokens and give the code of each.

    A Chinese character is a token, and so is a run of Latin letters and digits (`w17` is a word of its own). All
    numbers are one token, all links, all mentions (`@somebody`), and all masks of one name (`[MAIL]`); `[NUM]` is a
    number. Punctuation is kept: ! and ? carry mood.

    Parameters
    ----------
    text
        What was said or written. Case, full-width forms, spaces, and what is beyond `MAX_TOKENS` make no
        difference.

    Returns
    -------
    list of int
        0 to 2**`CODE_BITS` - 1, in the order of the text.
    """
    plain = text[: MAX_TOKENS * _LONG_WORD].translate(_HALF_WIDTH).lower()
    return [_token(token) for token in _TOKEN.findall(plain)[:MAX_TOKENS]]


def grams(codes: Sequence[int]) -> list[int]:
    """Give the buckets of the tokens and of their pairs, with the text's start and end as tokens.

    Triples add nothing to pairs in one pass (AUC over all prefixes .8459 with, .8472 without, in Chinese; .8308 and
    .8297 in English), and cost a third of the time and half of the weights. Pieces of English words add nothing
    either (.8293).

    Parameters
    ----------
    codes
        As `tokens` gives them.

    Returns
    -------
    list of int
        0 to 2**`CODE_BITS` - 1, each once, in the order of the text; empty for no tokens.
    """
    if not codes:
        return []
    # Rotate and xor (Zobrist 1970): two thirds of the cost of a product per gram.
    pairs = [((one << 5 | one >> 13) & _MASK) ^ two for one, two in pairwise((START, *codes, END))]
    return list(dict.fromkeys([*codes, *pairs]))


# Characters of a token and the space after it: 2,400 characters are never fewer tokens than they should be.
_LONG_WORD = 6
_MASK = (1 << CODE_BITS) - 1
_SHIFT = 32 - CODE_BITS
# Knuth's multiplicative hash: 2^32 over the golden ratio, odd.
_SPREAD, _WORD = 0x9E3779B1, 0xFFFFFFFF
# Full-width ！ to ～ are the ASCII ones moved by 0xFEE0; the ideographic full stop and space belong to them.
_HALF_WIDTH = {code + 0xFEE0: code for code in range(0x21, 0x7F)} | {0x3000: 0x20, 0x3002: 0x2E, 0x2019: 0x27}
_NUMBER_MASKS = frozenset({"[num]"})
_TOKEN = re.compile(r"https?://[!-~]+|t\.cn/[!-~]+|@[\w·-]+|\[[a-z]+\]|[a-z0-9_\u00c0-\u024f]+(?:'[a-z]+)?|\S")


def _code(name: str) -> int:
    """Spread a word over the codes."""
    return crc32(name.encode()) >> _SHIFT


@lru_cache(maxsize=1 << 15)
def _token(token: str) -> int:
    """Give the code of a token; most are met again and again."""
    if len(token) == 1 and not "0" <= token <= "9":
        return (ord(token) * _SPREAD & _WORD) >> _SHIFT
    return _word(token)


def _word(token: str) -> int:
    """Give the code of a token of several characters."""
    first = token[0]
    if first == "@":
        return _MENTION
    if token.isdigit() or token in _NUMBER_MASKS:
        return NUMBER
    if "/" in token:
        return _LINK
    return _code(token)


START, END = _code("<start>"), _code("<end>")
NUMBER, _MENTION, _LINK = _code("<number>"), _code("<mention>"), _code("<link>")
EXCLAMATION, QUESTION = tokens("!?")
"""Codes of the two marks that carry mood."""
