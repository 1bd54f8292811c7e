"""Faust without a broker: consumers and apps with just what a guard touches."""

from __future__ import annotations

from typing import Any

import faust
from faust.types import TP, Message


def stock_app(name: str = "stock") -> faust.App:
    """A stock Faust app that never connects."""
    return faust.App(name, broker="kafka://127.0.0.1:1", store="memory://", web_enabled=False)


def bare(cls: type, **attributes: Any) -> Any:
    """An object of a class whose constructor would connect."""
    concrete = type(cls.__name__, (cls,), {"__repr__": lambda _: f"<bare {cls.__name__}>"})
    concrete.__abstractmethods__ = frozenset()  # type: ignore[attr-defined]
    made = object.__new__(concrete)
    made.__dict__.update(attributes)
    return made


def journal_message(offset: int, topic: str = "journal", partition: int = 0, value: bytes = b"{}") -> Message:
    """A message as Faust's consumer hands it on."""
    return Message(
        topic,
        partition,
        offset,
        timestamp=0.0,
        timestamp_type=0,
        headers=None,
        key=None,
        value=value,
        checksum=None,
        tp=TP(topic, partition),
    )
