"""The second core: observations in any order of their partitions, one order of aggregate alerts out.

Time is counted in periods by the clocks of the partitions, and a period is decided once all partitions have said that
it is over. All its evidence is there by then, so that neither the order in which partitions were heard nor what came
twice changes anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from models.aggregates.deciding import counted, decide
from models.aggregates.group import Group, GroupKey, keys_of
from models.aggregates.parameters import AggregateParams
from models.aggregates.rows import (
    OWN_KEY,
    Progress,
    decode_group,
    decode_progress,
    encode_group,
    encode_progress,
    row_key,
)
from models.aggregates.telling import alert_of
from models.aggregates.usual import Usual
from schemas.aggregates import AggregateAlert, OpenAggregate
from schemas.alerts import LEVELS
from schemas.errors import ConfigurationError
from schemas.observations import Evidence, Watermark

_UNKNOWN = -1
_SWEEP_HOURS = 24.0
"""How often households of whom nothing is left are let go."""


class Grouper:
    """Counts observations of a whole company, and decides about its groups.

    Parameters
    ----------
    params
        How to decide.
    """

    def __init__(self, params: AggregateParams) -> None:
        self.params = params
        self.groups: dict[GroupKey, Group] = {}
        """Every group of whom something is known."""
        self.repeated = 0
        """Evidence that had come before."""
        self.counted = 0
        """Evidence that had not."""
        self._closed = self._began = _UNKNOWN
        self._clocks: dict[int, tuple[float, float]] = {}
        self._partitions = 0
        self._waiting: dict[int, dict[tuple[str, int], tuple[Evidence, int]]] = {}
        self._standing: set[GroupKey] = set()
        self._groups_of: dict[str, set[GroupKey]] = {}
        self._changed: dict[GroupKey, None] = {}
        self._written = self._swept = _UNKNOWN
        self._read = 0

    @property
    def watermark(self) -> float | None:
        """Time up to which every partition has spoken, in seconds since 1970; None before that."""
        if not self._partitions or len(self._clocks) < self._partitions:
            return None
        return min(last for _, last in self._clocks.values())

    def open_aggregates(self) -> Iterator[OpenAggregate]:
        """Say of each open aggregate alert what it is about and how urgent."""
        for key in sorted(self._standing):
            standing = self.groups[key].standing
            if standing is not None:
                yield key.by, key.cause, LEVELS[standing.level]

    @property
    def resume(self) -> int:
        """Offset of the observations from which on something may be undecided."""
        return min((offset for period in self._waiting.values() for _, offset in period.values()), default=self._read)

    def take(self, observation: Evidence | Watermark, offset: int = 0) -> list[AggregateAlert]:
        """Take one observation; say what becomes of aggregate alerts once it has made periods over.

        Parameters
        ----------
        observation
            What a partition saw, in that partition's order; repeats are passed over.
        offset
            Where it stands, for whoever reads on after a crash.
        """
        self._read = max(self._read, offset + 1)
        if isinstance(observation, Evidence):
            self._wait(observation, offset)
            return []
        if observation.partitions != self._partitions:
            # The journal was moved to another number of partitions: those that are no more must not be waited for, and
            # the others must speak for themselves. Whoever reads again what was said before the move is behind it too.
            self._clocks.clear()
        at = observation.clock.timestamp()
        first, last = self._clocks.get(observation.partition, (at, at))
        self._clocks[observation.partition] = min(first, at), max(last, at)
        self._partitions = observation.partitions
        watermark = self.watermark
        if watermark is None:
            return []
        if self._closed == _UNKNOWN:
            self._begin(min(self.params.period_of(first) for first, _ in self._clocks.values()))
        return list(self._close(self.params.period_of(watermark)))

    def restore(self, rows: Iterable[tuple[bytes, bytes]]) -> int:
        """Take up where rows left off; return the offset of the observations to read from.

        Parameters
        ----------
        rows
            Key and row of every group, and the grouper's own.

        Raises
        ------
        ConfigurationError
            If they are of a later version, or were counted in periods of another length.
        """
        for name, row in rows:
            if name == OWN_KEY:
                progress = decode_progress(row)
                self._check_periods(progress)
                self._written = progress.closed
                self._closed, self._began = progress.closed, progress.began
                self._clocks, self._partitions = dict(progress.clocks), progress.partitions
                self._read = progress.resume
                continue
            key, group = decode_group(row)
            self.groups[key] = group
            self._note(key, group, ())
        return self._read

    def take_rows(self) -> dict[bytes, bytes | None]:
        """Return what has changed since the last call: groups, the grouper's own row, and `None` for groups let go.

        They are to be written in this order. Whoever reads the own row will not count again what the rows before it
        say; a group may only be missing where nothing has to be counted again. While a period lasts nothing changes.
        """
        if self._closed == self._written:
            return {}
        self._written = self._closed
        rows: dict[bytes, bytes | None] = {
            row_key(key): encode_group(key, self.groups[key]) for key in self._changed if key in self.groups
        }
        rows[OWN_KEY] = self.own_row()
        rows |= {row_key(key): None for key in self._changed if key not in self.groups}
        self._changed.clear()
        return rows

    def own_row(self) -> bytes:
        """Say how far everything is decided."""
        return encode_progress(
            Progress(self._closed, self._began, self.resume, self._clocks, self._partitions, self.params.period_seconds)
        )

    def _begin(self, period: int) -> None:
        """Begin with a period; evidence from before it counts in it, because nothing was watched until then."""
        self._began = self._closed = period
        for earlier in sorted(each for each in self._waiting if each < period):
            self._waiting.setdefault(period, {}).update(self._waiting.pop(earlier))

    def _wait(self, evidence: Evidence, offset: int) -> None:
        """Keep evidence until its period is over; once it is, whatever comes had come before."""
        period, name = self.params.period_of(evidence.clock.timestamp()), (evidence.alert_id, evidence.sequence)
        waiting = self._waiting.setdefault(period, {}) if period >= self._closed else None
        if waiting is None or name in waiting:
            self.repeated += 1
            return
        self.counted += 1
        waiting[name] = evidence, offset

    def _close(self, until: int) -> Iterator[AggregateAlert]:
        """Decide every period before `until`, those in which nothing can happen left out."""
        while self._closed < until:
            period = self._closed
            if self._standing or period in self._waiting:
                yield from self._decide(period)
                self._closed = period + 1
            else:
                self._closed = min((waiting for waiting in self._waiting if waiting < until), default=until)
        self._let_go()

    def _decide(self, period: int) -> Iterator[AggregateAlert]:
        """Decide about every group that has new evidence, or an alert."""
        found: dict[GroupKey, list[Evidence]] = {key: [] for key in self._standing}
        dismissed, counts_in = list[Evidence](), dict[str, set[GroupKey]]()
        for evidence, _ in self._waiting.pop(period, {}).values():
            if evidence.transition == "dismissed":
                dismissed.append(evidence)
                continue
            for key in keys_of(evidence, self.params):
                found.setdefault(key, []).append(evidence)
                counts_in.setdefault(evidence.customer_key, set()).add(key)
        for evidence in dismissed:
            # It is taken back wherever it counts: the customer may have moved to another unit since.
            customer = evidence.customer_key
            for key in {*counts_in.get(customer, ()), *self._groups_of.get(customer, ())}:
                found.setdefault(key, []).append(evidence)
        for key in sorted(found):
            yield from self._decide_group(key, period, found[key])

    def _decide_group(self, key: GroupKey, period: int, evidence: list[Evidence]) -> Iterator[AggregateAlert]:
        """Decide about one group; what was decided already changes nothing."""
        params, rules = self.params, self.params.of(key.by)
        group = self.groups.get(key) or self._new_group(key)
        if period <= group.seen:
            return
        group.seen = period
        standing, members = group.standing, tuple(group.members)
        half_life = params.periods(params.usual_half_life_days * 24)
        has_changed = group.pass_by(period, params.periods(rules.days * 24), half_life) or bool(evidence)
        group.take(period, evidence, params.remembered)
        count = counted(group, period, self._began, rules, params)
        is_warm = group.usual is None or period - self._began >= params.warm_up_days * 24 / params.period_hours
        transition = decide(group, count, period, is_warm, rules, params)
        if transition is not None and group.standing is not None:
            yield alert_of(key, group, group.standing, transition, count, period, params)
            if transition == "expired":
                group.standing = None
        if has_changed or group.standing != standing:
            self._changed[key] = None
            self._note(key, group, members)

    def _new_group(self, key: GroupKey) -> Group:
        """Begin to remember a group; households are compared with nothing."""
        group = self.groups[key] = Group(usual=None if key.by == "household" else Usual(at=self._began))
        return group

    def _note(self, key: GroupKey, group: Group, before: Iterable[str]) -> None:
        """Note who counts where, and which groups have an alert; `before` are the members that there were."""
        for customer in before:
            if customer not in group.members and (groups := self._groups_of.get(customer)) is not None:
                groups.discard(key)
                if not groups:
                    del self._groups_of[customer]
        for customer in group.members:
            self._groups_of.setdefault(customer, set()).add(key)
        if group.standing is None:
            self._standing.discard(key)
        else:
            self._standing.add(key)

    def _let_go(self) -> None:
        """Forget, once a day, households of whom nothing is left; of units and products the usual is remembered."""
        day = int(self._closed // self.params.periods(_SWEEP_HOURS))
        if day == self._swept:
            return
        self._swept = day
        begins = self._closed - self.params.periods(self.params.household.days * 24)
        for key in [key for key, group in self.groups.items() if key.by == "household" and group.standing is None]:
            members = self.groups[key].members
            if all(member.period < begins for member in members.values()):
                self._note(key, Group(), tuple(members))
                del self.groups[key]
                self._changed[key] = None

    def _check_periods(self, progress: Progress) -> None:
        """Refuse rows whose periods are not ours: their numbers would mean other times."""
        if progress.period_seconds != self.params.period_seconds:
            raise ConfigurationError(
                f"groups were counted in periods of {progress.period_seconds / 3_600:g} h, and "
                f"params.aggregates.period_hours is {self.params.period_hours:g}: set it back, or delete the topic of "
                "groups to count anew from the observations that are kept"
            )
