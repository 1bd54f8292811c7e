"""What goes wrong between the insurer's systems and the topic."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from foreshock.simulate.emission import Emission
from foreshock.simulate.parameters import Rates
from foreshock.simulate.rhythm import DAY, HOUR
from foreshock.simulate.truth import Truth
from schemas.codec import CustomerEvent, encode

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Wire:
    """Carries events to their topics, with duplicates, delays, broken copies and unknown words.

    It has chance of its own: the same world with other faults has the same events. Nothing is ever lost, so
    whoever copes with the faults ends where a clean run ends.

    Parameters
    ----------
    chance
        Where the faults come from.
    rates
        How frequent each is.
    truth
        Where they are counted.
    """

    def __init__(self, chance: Random, rates: Rates, truth: Truth) -> None:
        self._chance = chance
        self._rates = rates
        self._truth = truth

    def carry(self, event: CustomerEvent, arrives: float) -> Iterator[tuple[float, Emission]]:
        """Yield what arrives for one event, and when (seconds since 1970-01-01 UTC).

        Parameters
        ----------
        event
            What the insurer sends.
        arrives
            When it would arrive if nothing went wrong.
        """
        chance, rates = self._chance, self._rates
        value = encode(event)
        if self._happens("late", rates.late_share):
            arrives += HOUR * chance.random()
        if self._happens("unknown_member", rates.unknown_member_share):
            value = value.replace(b'"channel":"%b"' % event.channel.encode(), b'"channel":"video_kiosk"', 1)
        topic, key = f"{event.kind}s", event.customer_id.encode()
        yield arrives, Emission(_moment(arrives), topic, value, key, event)
        if self._happens("duplicate", rates.duplicate_share):
            # A retry after seconds mostly; sometimes a batch that was loaded again days later.
            again = arrives + (chance.uniform(0.5, 6) * DAY if chance.random() < 0.2 else chance.uniform(1, 120))
            yield again, Emission(_moment(again), topic, value, key, event)
        if self._happens("malformed", rates.malformed_share):
            yield arrives, Emission(_moment(arrives), topic, self._broken(value), key, None)

    def _happens(self, fault: str, share: float) -> bool:
        """Draw whether a fault happens, and count it."""
        if self._chance.random() >= share:
            return False
        self._truth.fault_counts[fault] += 1
        return True

    def _broken(self, value: bytes) -> bytes:
        """Break the bytes in one of the ways that producers do."""
        match self._chance.randrange(5):
            case 0:  # cut off
                return value[: self._chance.randrange(1, len(value) - 1)]
            case 1:  # another encoding
                return value[:-1] + b',"note":"\xc0\xfb\xc2\xed"}'
            case 2:  # a required field is missing
                return value.replace(b'"event_id"', b'"evt"', 1)
            case 3:  # a time without an offset
                return value.replace(b'Z",', b'",', 1)
            case _:  # two records glued together
                return value + value


def _moment(seconds: float) -> datetime:
    """Turn seconds since 1970-01-01 UTC into a time."""
    return _EPOCH + timedelta(seconds=seconds)
