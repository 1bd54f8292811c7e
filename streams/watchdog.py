"""The watchdog: judges what every part of a worker claims about itself, and ends a process that cannot heal.

The line between a lost dependency and a stuck part is drawn by the broker. While a probe on a connection of its own
gets no answer, nothing counts as stuck: clients retry, and once the broker answers again every part has its whole
time anew. If the broker answers the probe and a part with something to do does not move, that part is stuck.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from streams.claims import WHAT_TO_DO, Claim
from streams.exits import ExitCode, die

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
"""A process that was frozen for longer than two looks did not stand still: it was not there."""


class WatchdogObserver(Protocol):
    """Hears what the watchdog sees; metrics implement it."""

    def stalled(self, role: str, part: str, count: int) -> None:
        """So many of these parts stand still."""

    def dependency(self, name: str, is_lost: bool) -> None:
        """A dependency is away, or back."""


@dataclass(slots=True)
class _Kept:
    """What is remembered of a claim."""

    claim: Claim
    age: float = 0.0
    """Seconds without progress while there was something to do and the broker answered."""
    is_reported: bool = False


class Watchdog:
    """Remembers for how long each part has stood still.

    Parameters
    ----------
    observer
        Hears of stalls.
    end
        Ends the process; a test gives one that notes the reason.
    look_every_seconds
        Time between two looks.
    """

    def __init__(
        self,
        observer: WatchdogObserver,
        end: Callable[..., None] = die,
        look_every_seconds: float = LOOK_EVERY_SECONDS,
    ) -> None:
        self._observer = observer
        self._end = end
        self._look_every_seconds = look_every_seconds
        self._kept: dict[tuple[str, str, str], _Kept] = {}
        self._looked_at: float | None = None
        self._broker_lost_for: float | None = None

    def look(self, claims: Iterable[Claim], broker_answers: bool, now: float) -> list[Claim]:
        """Compare with the look before, report what stands still, and say what has used up its time.

        Parameters
        ----------
        claims
            What every part says about itself.
        broker_answers
            Whether the newest probe had an answer.
        now
            Monotonic time in seconds.

        Returns
        -------
        list of Claim
            Parts over which the process should end, if a last probe is answered.
        """
        passed = 0.0 if self._looked_at is None else min(now - self._looked_at, 2 * self._look_every_seconds)
        self._looked_at = now
        self._note_broker(broker_answers, passed)
        before, self._kept = self._kept, {}
        found = list(claims)
        # While the event loop is held nothing else can move, and that is not its fault.
        is_held = any(claim.part == "loop" and claim.is_due for claim in found)
        for claim in found:
            key = claim.name, claim.part, claim.at
            kept = before.pop(key, None) or _Kept(claim)
            has_moved = not claim.is_due or claim.progress != kept.claim.progress
            if has_moved or (claim.needs_broker and not broker_answers):
                kept.age = 0.0
            elif claim.part == "loop" or not is_held:
                kept.age += passed
            kept.claim = claim
            self._kept[key] = kept
            self._report(kept, has_moved)
        for gone in before.values():
            self._report(gone, has_moved=True)
        self._show()
        return [kept.claim for kept in self._kept.values() if kept.age >= kept.claim.end_after]

    def end(self, claim: Claim, where: str | None = None) -> None:
        """End the process over a part that does not heal; `where` says what it was doing, if that is known."""
        facts = _facts(claim) | {"seconds": claim.end_after, "progress": repr(claim.progress)}
        if where is not None:
            facts["where"] = where
        self._end("part_is_stuck", ExitCode.STUCK, **facts)

    @property
    def is_stalled(self) -> bool:
        """Whether any part stands still for longer than it should."""
        return any(kept.is_reported for kept in tuple(self._kept.values()))

    @property
    def broker_answers(self) -> bool:
        """Whether the newest probe had an answer."""
        return self._broker_lost_for is None

    def told(self) -> list[dict[str, Any]]:
        """Say of each part that stands still which it is, since when, and what to do."""
        now = datetime.now(UTC)
        return [
            _facts(kept.claim) | {"seconds": round(kept.age, 1), "since": _text(now - timedelta(seconds=kept.age))}
            for kept in tuple(self._kept.values())
            if kept.is_reported
        ]

    def _note_broker(self, answers: bool, passed: float) -> None:
        """Log when the broker goes and comes."""
        if answers:
            if self._broker_lost_for is not None:
                log.info("broker_answers_again", extra={"seconds": round(self._broker_lost_for, 1)})
            self._broker_lost_for = None
        elif self._broker_lost_for is None:
            self._broker_lost_for = 0.0
            log.warning(
                "broker_does_not_answer",
                extra={"what_to_do": "nothing here: clients retry. Look at the brokers and the network between"},
            )
        else:
            self._broker_lost_for += passed
        self._observer.dependency("broker", not answers)

    def _report(self, kept: _Kept, has_moved: bool) -> None:
        """Log when a part begins to stand still and when it moves again."""
        if kept.is_reported and (has_moved or kept.age == 0.0):
            kept.is_reported = False
            log.info("part_moves_again", extra={"role": kept.claim.name, "part": kept.claim.part, "at": kept.claim.at})
        elif not kept.is_reported and kept.age >= kept.claim.report_after:
            kept.is_reported = True
            log.error("part_stands_still", extra=_facts(kept.claim) | {"seconds": round(kept.age, 1)})

    def _show(self) -> None:
        """Count what stands still, per role and part."""
        counts: dict[tuple[str, str], int] = {}
        for kept in self._kept.values():
            key = kept.claim.role, kept.claim.part
            counts[key] = counts.get(key, 0) + kept.is_reported
        for (role, part), count in counts.items():
            self._observer.stalled(role, part, count)


class LoopPulse:
    """Whether an event loop turns, asked from another thread.

    Parameters
    ----------
    loop
        The loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._asked = self._answered = 0

    def claim(self, report_after: float, end_after: float) -> Claim:
        """Ask once more, unless an answer is still missing, and say how it stands."""
        is_due = self._asked > self._answered
        answered = self._answered
        if not is_due:
            self._asked += 1
            self._loop.call_soon_threadsafe(self._beat)
        return Claim("worker", "worker", "loop", "", is_due, answered, report_after, end_after, needs_broker=False)

    def _beat(self) -> None:
        self._answered = self._asked


def end_after(seconds: float) -> None:
    """End the process when an orderly stop takes too long, such as without a broker.

    The code is that of a worker that was stopped: it was asked to, and the journal keeps what it did not finish.
    """
    timer = threading.Timer(seconds, die, ("stop_deadline_passed", ExitCode.STOPPED), {"seconds": seconds})
    timer.daemon = True
    timer.start()


async def until(condition: Callable[[], bool], every_seconds: float = 0.1) -> None:
    """Wait until a condition holds that nobody announces."""
    while not condition():  # noqa: ASYNC110 - Faust tells us of a crash through a flag only
        await asyncio.sleep(every_seconds)


def _facts(claim: Claim) -> dict[str, Any]:
    """Name a part and what to do about it."""
    return {"role": claim.name, "part": claim.part, "at": claim.at, "what_to_do": WHAT_TO_DO[claim.part]}


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
