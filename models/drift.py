"""Whether the world has moved: monitors of what goes in, what is predicted and what comes true.

Each monitor watches the mean of a day, so that hours cannot fire it, against what is normal on that weekday, so that
weeks cannot; River's Page-Hinkley test looks for a change that lasts. Measured by `tests/models/test_drift.py` with
200 streams of 120 days and some 100 examples a day, whose weekdays differ by half a standard deviation, whose hours
do too, and whose days depend on each other (autocorrelation .3):

- **false alarms**: 11 in 1.9 million examples without drift, over nine monitors: .06 per 10,000 examples;
- **misses** within 28 days, and days until shown, median and 90th percentile: an input that moves by .5 standard
  deviations 0 %, 7, 11; a score by .5 in log-odds 0 %, 4, 5; complaints that double from 7 % 0.5 %, 10, 17;
- **cost**, in days of work per stream, half of which drift (a false alert costs one, and so does each day that a drift
  stands, up to 28): input 4.0, score 2.1, label 5.2; looking every day 75.8, every week 12.6, never 14.

One monitor alone fires falsely, where days depend on each other by 0, .3 and .5: at `THRESHOLD` .02, .2 and .8 times a
year; at `INPUT_THRESHOLD` .02, .2 and .5 times. Inputs that grow with the age of a company's history (events and
complaints so far) fire all the same, if half as often as against a fixed normal. At like false alarms River's ADWIN
(delta .002) shows a move of 2 and 3 standard deviations of a day after 9 and 6 days, Page-Hinkley after 7 and 4.
After an alert a monitor learns four weeks anew, and is blind meanwhile; so it is in the first four weeks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from math import log
from operator import add
from typing import Any, NamedTuple, Protocol

from models.log_odds import log_odds
from models.monitor import Monitor
from models.quality.figures import inside
from models.quality.judged import Judgeable

LEAST = 30
"""Examples in a block. A day with fewer is joined with the next: a share of less than thirty says little."""

THRESHOLD = 12.0
"""Sum of moves beyond the tolerance, in standard deviations of a day, from which score and label monitors fire.

At 10 a monitor of days that depend on each other fires falsely twice as often, and a day earlier when it should."""

INPUT_THRESHOLD = 14.0
"""The same for inputs: there are some thirty, so each may fire falsely less often, and a day later.

Their normal is the median of the last six weeks; that of scores and labels stays, because against a normal that adapts
8 % of doublings of a rare label are missed instead of 0.5 %."""

_DAY = 86_400
_HORIZONS = (7, 30)


class Observed(Judgeable, Protocol):
    """What drift reads of a risk example beyond what quality does."""

    @property
    def dense(self) -> Sequence[float]:
        """Numeric features at the prediction."""


class HealthAlert(NamedTuple):
    """Our claim that someone should look at the model or at its input."""

    monitor: str
    """What has moved: `input.<feature>`, `input.unseen`, `score.<horizon>d`, `label.<horizon>d`, `loss.<horizon>d`."""
    since: datetime
    """First day of the new normal, as far as six weeks show; midnight UTC."""
    before: float
    """Mean before, in the monitor's own unit, weekdays made equal."""
    after: float
    """Mean since."""
    at: datetime
    """Day whose end showed it."""

    def to_plain(self) -> list[Any]:
        """Write it as plain values."""
        return [self.monitor, self.since.isoformat(), self.before, self.after, self.at.isoformat()]

    @classmethod
    def from_plain(cls, plain: Sequence[Any]) -> HealthAlert:
        """Read what `to_plain` wrote."""
        monitor, since, before, after, at = plain
        return cls(monitor, datetime.fromisoformat(since), before, after, datetime.fromisoformat(at))


class _Block:
    """Sums over the examples of a day, per monitor of one group.

    Parameters
    ----------
    names
        Of the monitors.
    threshold, adapts
        Of each.
    """

    def __init__(self, names: Sequence[str], threshold: float, adapts: bool = False) -> None:
        self._settings = threshold, adapts
        self.monitors = {name: Monitor(threshold, adapts) for name in names}
        self._day = self._count = 0
        self._weight = 0.0
        self._sums = [0.0] * len(names)

    def take(self, day: int, weight: float, values: Sequence[float]) -> list[HealthAlert]:
        """Add an example; the first of a later day closes the block, if it holds enough."""
        alerts: list[HealthAlert] = []
        if day > self._day:
            if self._count >= LEAST:
                alerts = self._close()
            if not self._count:
                self._day = day
        self._count += 1
        self._weight += weight
        self._sums = list(map(add, self._sums, values if weight == 1.0 else [weight * value for value in values]))
        return alerts

    def to_plain(self) -> dict[str, Any]:
        """Write sums and monitors."""
        return {
            "day": self._day,
            "count": self._count,
            "weight": self._weight,
            "sums": self._sums,
            "monitors": {name: monitor.to_plain() for name, monitor in self.monitors.items()},
        }

    def restore(self, plain: dict[str, Any]) -> None:
        """Read what `to_plain` wrote; a monitor that was not there then begins anew."""
        self._day, self._count, self._weight = plain["day"], plain["count"], plain["weight"]
        kept = plain["monitors"]
        known = [name for name in self.monitors if name in kept]
        sums = dict(zip(known, plain["sums"], strict=True))
        self._sums = [sums.get(name, 0.0) for name in self.monitors]
        for name in known:
            self.monitors[name] = Monitor.from_plain(kept[name], *self._settings)

    def _restart(self) -> None:
        """Begin a block."""
        self._day = self._count = 0
        self._weight = 0.0
        self._sums = [0.0] * len(self.monitors)

    def _close(self) -> list[HealthAlert]:
        """Hand the day's means to the monitors."""
        alerts = []
        for (name, monitor), total in zip(self.monitors.items(), self._sums, strict=True):
            moved = monitor.watch(self._day, total / self._weight)
            if moved is not None:
                since, before, after = moved
                alerts.append(HealthAlert(name, _midnight(since), before, after, _midnight(self._day)))
        self._restart()
        return alerts


class Drift:
    """Monitors of input, score and label over the stream of examples.

    Parameters
    ----------
    names
        Of the numeric features, in their order.
    threshold, input_threshold
        From which score and label monitors, and those of inputs, fire, in standard deviations of a day.
    """

    def __init__(
        self, names: Sequence[str], threshold: float = THRESHOLD, input_threshold: float = INPUT_THRESHOLD
    ) -> None:
        self._inputs = _Block([f"input.{name}" for name in [*names, "unseen"]], input_threshold, adapts=True)
        self._scores = _Block([f"score.{horizon}d" for horizon in _HORIZONS], threshold)
        self._labels = {horizon: _Block([f"label.{horizon}d", f"loss.{horizon}d"], threshold) for horizon in _HORIZONS}

    def take(self, example: Observed, unseen_share: float = 0.0) -> list[HealthAlert]:
        """Take an example of any phase into account.

        Parameters
        ----------
        example
            A prediction moves input and score monitors, a final label those of labels; other phases none.
        unseen_share
            Share of the active buckets that the model has never learned from, in [0, 1].

        Returns
        -------
        list of HealthAlert
            What the end of the day before showed.
        """
        day = int(example.released_at.timestamp()) // _DAY
        weight = example.weight
        if example.phase == "predicted":
            scores = [log_odds(example.probability_7d), log_odds(example.probability_30d)]
            alerts = self._inputs.take(day, weight, [*example.dense, unseen_share])
            return alerts + self._scores.take(day, weight, scores)
        if example.phase != "matured":
            return []
        label = bool(example.label)
        alerts = []
        for horizon in example.horizons:
            probability = inside(example.probability_7d if horizon == 7 else example.probability_30d)
            loss = -log(probability if label else 1.0 - probability)
            alerts += self._labels[horizon].take(day, weight, [float(label), loss])
        return alerts

    def to_plain(self) -> dict[str, Any]:
        """Write all that later alerts depend on."""
        return {name: block.to_plain() for name, block in self._blocks()}

    @classmethod
    def from_plain(
        cls,
        plain: dict[str, Any],
        names: Sequence[str],
        threshold: float = THRESHOLD,
        input_threshold: float = INPUT_THRESHOLD,
    ) -> Drift:
        """Go on from what `to_plain` wrote, bit for bit.

        Raises
        ------
        KeyError, ValueError
            If it is something else.
        """
        drift = cls(names, threshold, input_threshold)
        for name, block in drift._blocks():
            block.restore(plain[name])
        return drift

    def _blocks(self) -> list[tuple[str, _Block]]:
        """Name the groups of monitors that share their days."""
        return [
            ("inputs", self._inputs),
            ("scores", self._scores),
            *((f"labels_{horizon}d", block) for horizon, block in self._labels.items()),
        ]


def _midnight(day: int) -> datetime:
    """Return the beginning of a day since 1970."""
    return datetime.fromtimestamp(day * _DAY, UTC)
