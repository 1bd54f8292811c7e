"""Hashed categories and crosses: how words, and a company's own columns, reach the linear model without code.

References
----------
Weinberger et al. (2009), *Feature Hashing for Large Scale Multitask Learning*, https://arxiv.org/abs/0902.2206.
"""

from __future__ import annotations

from functools import lru_cache
from math import log2
from zlib import crc32

from schemas.actions import Action
from schemas.codec import CustomerEvent
from schemas.events import Call, Claim, Survey
from schemas.labels import Complaint

BUCKETS = 2**14
"""Hashed features. A company with 32 attributes of 50 values each, and crosses, fills about a third."""


def category_buckets(event: CustomerEvent) -> list[int]:
    """Return the active buckets of an event, ascending and without repeats.

    Single categories: what happened, where, in which product, by which provider, and each attribute of the company's
    own. Crosses: what happened with the product line, and with each attribute. A number among the attributes becomes
    a category by its sign and power of two.
    """
    deed = _deed(event)
    line = event.product_line or "-"
    words = [
        deed,
        f"channel={event.channel}",
        f"journey={event.journey_stage}",
        f"line={line}",
        f"unit={'/'.join(event.org_path.split('/', 3)[:3])}",
        f"{deed}&line={line}",
    ]
    if event.product_id is not None:
        words.append(f"product={event.product_id}")
    if event.provider_ref is not None:
        words.append(f"provider={event.provider_ref}")
    words += _detail(event)
    for name, value in event.attributes.items():
        word = f"own:{name}={value if isinstance(value, str) else _magnitude(value)}"
        words += (word, f"{deed}&{word}")
    return sorted({_bucket(word) for word in words})


@lru_cache(maxsize=65_536)
def _bucket(word: str) -> int:
    """Hash a word; the cache only saves time."""
    return crc32(word.encode()) % BUCKETS


def _deed(event: CustomerEvent) -> str:
    """Say in one word what happened."""
    match event:
        case Call():
            return f"call:{event.service_type}"
        case Claim():
            return f"claim:{event.status}"
        case Survey():
            return f"survey:{event.touchpoint}:{event.status}"
        case Complaint():
            return "complaint"
        case Action():
            return f"action:{event.action}"


def _detail(event: CustomerEvent) -> list[str]:
    """Return categories that only one kind of event has."""
    match event:
        case Call():
            return [f"tier={event.tier}", f"direction={event.direction}"]
        case Claim():
            rule = [f"rule={event.auto_rule_id}"] if event.auto_rule_id else []
            return [f"claim_type={event.claim_type}", *rule]
        case _:
            return []


def _magnitude(value: float) -> str:
    """Put a number into a bin by sign and power of two: 3 and 2.5 share one, 3 and 5 do not."""
    if value == 0:
        return "~0"
    return f"{'~+' if value > 0 else '~-'}{int(log2(abs(value)) // 1)}"
