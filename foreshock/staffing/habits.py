"""What simulated staff are like: every share and hour, with its reason. They are assumptions, not measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

from schemas.alerts import LEVELS, Level

ANSWERED: tuple[Level, ...] = LEVELS[LEVELS.index("yellow") :]
"""Levels that ask somebody to call."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How the people of a company answer alerts.

    Raises
    ------
    ValueError
        If a share is outside 0-1, the shares of what comes of an alert exceed 1, or an hour is not positive.
    """

    sleeping_share: float = 0.15
    """Units below head office that never look: every large company has some, and supervision is there for them. Head
    office always looks, because nobody is above it."""

    overlooked_share: float = 0.1
    """Alerts that a unit which does look overlooks: enough that clocks have something to do in every unit."""

    acknowledge_hours: Mapping[Level, float] = field(
        default_factory=lambda: MappingProxyType({"yellow": 5.0, "orange": 1.5, "red": 0.3})
    )
    """Median hours until somebody has it. Well inside the first clocks that `models.organisation` gives by default (24,
    4 and 1 hours), so that most alerts stay where they are, and the slow tail does not."""

    spread: float = 0.8
    """Of every duration, on the log scale: the slowest tenth takes 2.8 times the median, as queues of people do."""

    day_begins_hour: float = 8.0
    """When desks open on the company's clock."""

    day_ends_hour: float = 20.0
    """When they close, every day of the week. What would be done at night is done in the morning, except about red
    alerts: somebody is on duty for those."""

    false_alarm_share: float = 0.1
    """Alerts that whoever has them dismisses after a look: fewer than are in truth for nothing, since a call costs less
    than a wrong dismissal."""

    disagreeing_share: float = 0.05
    """Alerts of which they say that they see no reason to act: it stands, and the learner may know."""

    snoozing_share: float = 0.08
    """Alerts that they put off, most often because the customer asked to be called later."""

    left_lying_share: float = 0.12
    """Alerts that they take and then do nothing about: the second clock, and the lapse, are there for those. What is
    left of 1 is worked on: begun, the customer called, and closed with evidence."""

    look_hours: float = 0.5
    """Median hours from having it to having looked: to a dismissal, a disagreement, a postponement or a beginning."""

    call_hours: float = 2.0
    """Median hours from the beginning to having reached the customer: more than one attempt."""

    close_hours: float = 20.0
    """Median hours from the call to the closing: what was said has to be done."""

    snooze_hours: float = 48.0
    """For how long they put an alert off: the day after tomorrow."""

    def __post_init__(self) -> None:
        """Refuse people who cannot be."""
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name.endswith("_share") and not 0 <= value <= 1:
                raise ValueError(f"{each.name} must be in 0..1, got {value}")
        outcomes = self.false_alarm_share + self.disagreeing_share + self.snoozing_share + self.left_lying_share
        if outcomes > 1:
            raise ValueError(f"the shares of what comes of an alert must not exceed 1, got {outcomes}")
        hours = [*self.acknowledge_hours.values(), self.look_hours, self.call_hours, self.close_hours]
        if min(*hours, self.snooze_hours) <= 0:
            raise ValueError("every duration must be positive")
        if not 0 <= self.day_begins_hour < self.day_ends_hour <= 24:
            raise ValueError(f"a day must end after it begins, got {self.day_begins_hour}..{self.day_ends_hour}")
