"""Feeds: what a sink can be given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert, Risk
from schemas.suppressions import Suppression
from schemas.types import Message

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Feed(Generic[M]):
    """A topic that a sink reads."""

    topic: str
    """Short name of the topic."""

    message: type[M]
    """What is on it."""

    is_whole: bool = True
    """Whether every position holds a record: compaction leaves gaps, which then mean nothing."""


ALERTS = Feed("alerts", Alert)
RISK = Feed("risk", Risk, is_whole=False)
SUPPRESSIONS = Feed("suppressions", Suppression)
AGGREGATES = Feed("aggregates", AggregateAlert)
