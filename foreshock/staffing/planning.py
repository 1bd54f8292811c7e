"""From an alert that asks somebody to look, to everything that simulated staff will do about it: a pure function."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from foreshock.staffing.habits import ANSWERED, Habits
from schemas.actions import ActionName
from schemas.alerts import PAGING, Alert

PEOPLE_PER_UNIT = 6
"""How many different people of a unit answer; only their names differ."""


class Deed(NamedTuple):
    """One thing that somebody does about an alert."""

    at: datetime
    """When."""
    action: ActionName
    """What."""
    by: str
    """Who."""
    unit: str
    """The unit that they work for."""
    until: datetime | None = None
    """Until when it is put off."""


def plan(alert: Alert, habits: Habits, seed: int, utc_offset_hours: float = 0.0) -> tuple[Deed, ...]:
    """Say what will be done about an alert, in order of time, if nothing happens to it in between.

    Chance comes from the seed, the alert's id, the number of the transition and the unit, and from nothing else: the
    order in which alerts are heard of does not matter, and neither does what else there is.

    Parameters
    ----------
    alert
        A transition. Only one that asks somebody to look, from yellow up, is answered at all.
    habits
        What the people are like.
    seed
        Where chance comes from.
    utc_offset_hours
        How far the company's clock is ahead of UTC.

    Returns
    -------
    tuple of Deed
        Empty where nobody will do anything.
    """
    unit = alert.supervisor or alert.org_path
    if alert.transition not in PAGING or alert.level not in ANSWERED or sleeps(unit, habits, seed):
        return ()
    chance = Random(f"{seed}|{alert.alert_id}|{alert.sequence}|{unit}")
    if chance.random() < habits.overlooked_share:
        return ()
    by = f"{unit.rpartition('/')[2]}-{chance.randrange(PEOPLE_PER_UNIT) + 1}"[:64]
    times = _Times(alert, habits, chance, utc_offset_hours)
    return tuple(Deed(at, action, by, unit, until) for at, action, until in _course(times, habits, chance))


def sleeps(unit: str, habits: Habits, seed: int) -> bool:
    """Say whether nobody in a unit ever looks; somebody at head office always does."""
    return "/" in unit and Random(f"{seed}|{unit}").random() < habits.sleeping_share


def _course(times: _Times, habits: Habits, chance: Random) -> Iterator[tuple[datetime, ActionName, datetime | None]]:
    """Yield what happens to an alert that somebody takes."""
    yield times.after(habits.acknowledge_hours[times.level]), "acknowledged", None
    draw = chance.random()
    looks: tuple[tuple[float, ActionName | None], ...] = (
        (habits.false_alarm_share, "dismissed"),
        (habits.disagreeing_share, "disagreed"),
        (habits.snoozing_share, "snoozed"),
        (habits.left_lying_share, None),
    )
    for share, action in looks:
        if draw < share:
            if action is not None:
                at = times.after(habits.look_hours)
                yield at, action, at + timedelta(hours=habits.snooze_hours) if action == "snoozed" else None
            return
        draw -= share
    yield times.after(habits.look_hours), "started", None
    yield times.after(habits.call_hours), "contacted", None
    yield times.after(habits.close_hours), "resolved", None


class _Times:
    """The moments of one person's work on one alert."""

    def __init__(self, alert: Alert, habits: Habits, chance: Random, utc_offset_hours: float) -> None:
        self.level = alert.level
        self._now, self._habits, self._chance = alert.at, habits, chance
        self._offset = timedelta(hours=utc_offset_hours)

    def after(self, median_hours: float) -> datetime:
        """Let a log-normal time go by, and the night."""
        self._now += timedelta(hours=median_hours * self._chance.lognormvariate(0.0, self._habits.spread))
        if self.level != "red":
            self._now = self._at_work(self._now)
        return self._now

    def _at_work(self, moment: datetime) -> datetime:
        """Move a moment of the night into the first hour of the next working day."""
        local = moment + self._offset
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        begins = midnight + timedelta(hours=self._habits.day_begins_hour)
        if local >= midnight + timedelta(hours=self._habits.day_ends_hour):
            begins += timedelta(days=1)
        elif local >= begins:
            return moment
        return begins - self._offset + timedelta(hours=self._chance.random())
