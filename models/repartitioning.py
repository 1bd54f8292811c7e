"""Another number of partitions: what the partitions of a journal remember, given to those of the next.

Customers keep their rows as they are. What a partition remembers besides is shared by its customers, and goes on by
these rules: the clock never goes back; the threshold of calls goes where its customers go; what owners were told today
stays told, in sum; silences hold everywhere, as before; and the model is the one that all agreed on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from models.partition import PartitionState, Silence
from schemas.errors import ConfigurationError
from schemas.types import NOWHERE


class DisagreeingPartitionsError(ConfigurationError):
    """Partitions score with different models, and only a person can say which one goes on."""

    remedy = "Choose one with `foreshock models rollback`, or wait for the next snapshot."

    def __init__(self, models: Mapping[int, str]) -> None:
        told = ", ".join(f"{partition} with {model}" for partition, model in sorted(models.items()))
        super().__init__(
            f"the partitions do not score with one model: {told}. Choose one with `foreshock models rollback`, or let "
            "the learner publish its next snapshot; let the workers run until it is active everywhere, and try again"
        )


def repartitioned(
    kept: Mapping[int, PartitionState], moved: Sequence[Mapping[int, int]], epoch: str
) -> list[PartitionState]:
    """Say what the partitions of the next journal remember.

    Parameters
    ----------
    kept
        What each partition of the journal before remembers; one that never saw a message is missing.
    moved
        One entry per partition of the next journal: how many known customers come to it from each one before.
    epoch
        Identity of the next journal. Nothing of it has been seen.

    Returns
    -------
    list of PartitionState
        One per partition of the next journal; empty if nothing is kept, because then nothing was seen.

    Raises
    ------
    DisagreeingPartitionsError
        If the partitions score with different models, or were told different things about them.
    """
    if not kept:
        return []
    snapshot, learner, pinned = _model_of(kept)
    silences = _silences_of(kept.values())
    day, told = _told_on(kept.values())
    count = len(moved)
    return [
        PartitionState(
            epoch,
            NOWHERE,
            max(state.now for state in kept.values()),
            snapshot,
            learner,
            pinned,
            _threshold(kept, sources),
            sum(sources.values()),
            silences,
            day,
            [(owner, share) for owner, whole in sorted(told.items()) if (share := _share(whole, number, count, day))],
        )
        for number, sources in enumerate(moved)
    ]


def _model_of(kept: Mapping[int, PartitionState]) -> tuple[int, str, bool]:
    """Return number, promoted learner and pin that all partitions have."""
    found = {(state.snapshot, state.learner, bool(state.pinned)) for state in kept.values()}
    if len(found) > 1:
        raise DisagreeingPartitionsError({partition: _in_words(state) for partition, state in kept.items()})
    (model,) = found
    return model


def _in_words(state: PartitionState) -> str:
    """Name the model of a partition."""
    learner = f" by {state.learner}" if state.learner else ""
    return f"snapshot {state.snapshot}{learner}{', pinned' if state.pinned else ''}"


def _silences_of(states: Iterable[PartitionState]) -> list[Silence]:
    """Return every silence once; a partition drops those that are over by itself, each at another moment."""
    silences: dict[str, Silence] = {}
    for state in states:
        for silence in state.silences:
            known = silences.get(silence.name)
            if known is None or silence.until > known.until:
                silences[silence.name] = silence
    return list(silences.values())


def _told_on(states: Iterable[PartitionState]) -> tuple[int, Counter[str]]:
    """Return the last day of any partition, and how many alerts each owner was told of on it by all together."""
    states = list(states)
    day = max(state.day for state in states)
    told: Counter[str] = Counter()
    for state in states:
        if state.day == day:
            told.update({str(owner): int(count) for owner, count in state.told})
    return day, told


def _share(whole: int, number: int, count: int, day: int) -> int:
    """Return a partition's part of what was told: turns go round as those of the capacity do.

    So no partition has been told more than its share of the capacity, unless the owner has.
    """
    each, rest = divmod(whole, count)
    return each + ((number + day) % count < rest)


def _threshold(kept: Mapping[int, PartitionState], sources: Mapping[int, int]) -> float:
    """Return the mean of the thresholds that the customers of a partition had; of all where it has no customer."""
    weights = {number: float(count) for number, count in sources.items() if count and number in kept}
    weights = weights or dict.fromkeys(kept, 1.0)
    return sum(kept[number].threshold * weight for number, weight in weights.items()) / sum(weights.values())
