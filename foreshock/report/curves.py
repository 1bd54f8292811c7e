"""How good probabilities were: exact, weighted figures of a few hundred thousand matured predictions.

River's rolling metrics see a window or fixed thresholds; a report looks at the whole run once, so it sorts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

LEAST_EXAMPLES, LEAST_COMPLAINTS = 200, 10
"""Below this nothing is drawn: with ten complaints the standard error of an AUC is still near 0.09."""

BINS = 10
"""Bins of the reliability curve, of equal weight: where complaints are rare, bins of equal width would be empty."""

CURVE_POINTS = 300
"""Points of a drawn curve: more than a screen can show."""

LEAST_PROBABILITY = 1e-6
"""Log loss sees no probability nearer to 0 or 1."""

ROUNDING = 1e-9
"""Share of all weight that sums of floats may be off: a bin that is full but for this is full."""

Z = 1.645
"""Normal quantile of a two-sided 90 % interval."""


class Scored(NamedTuple):
    """One matured prediction."""

    probability: float
    label: bool
    weight: float


class Interval(NamedTuple):
    """A share with its 90 % interval."""

    share: float
    low: float
    high: float


class Point(NamedTuple):
    """One threshold of the precision-recall curve."""

    recall: float
    precision: float
    threshold: float


class Bin(NamedTuple):
    """Predictions of about one probability, and how many came true."""

    predicted: float
    """Mean probability."""
    observed: Interval
    """Share that complained."""
    examples: int
    """Predictions in it."""


class Quality(NamedTuple):
    """Figures of one horizon."""

    examples: int
    """Matured predictions."""
    complaints: int
    """Those whose complaint came within the horizon."""
    base_rate: float
    """Weighted share of complaints."""
    auc: float
    """Probability that a complaint is ranked above a calm customer; 0.5 is chance."""
    average_precision: float
    """Area under the precision-recall curve; the base rate is chance."""
    brier: float
    """Mean squared error of the probability."""
    log_loss: float
    """Mean surprise, in nats."""
    ece: float
    """Mean distance between predicted and observed share, over `BINS` bins of equal weight."""
    precision_recall: tuple[Point, ...]
    """From the strictest threshold to none."""
    reliability: tuple[Bin, ...]
    """From the calmest bin to the most alarming."""


def is_enough(examples: int, complaints: int) -> bool:
    """Say whether figures of so many predictions mean anything."""
    return examples >= LEAST_EXAMPLES and LEAST_COMPLAINTS <= complaints <= examples - LEAST_COMPLAINTS


def quality_of(scored: Sequence[Scored]) -> Quality | None:
    """Judge matured predictions.

    Returns
    -------
    Quality or None
        None where there is too little to judge.
    """
    complaints = sum(each.label for each in scored)
    if not is_enough(len(scored), complaints):
        return None
    ordered = sorted(scored, key=lambda each: -each.probability)
    total = math.fsum(each.weight for each in ordered)
    points, average_precision = _precision_recall(ordered)
    bins = _reliability(ordered[::-1], total)
    return Quality(
        examples=len(ordered),
        complaints=complaints,
        base_rate=math.fsum(each.weight for each in ordered if each.label) / total,
        auc=_auc(ordered),
        average_precision=average_precision,
        brier=math.fsum(each.weight * (each.probability - each.label) ** 2 for each in ordered) / total,
        log_loss=math.fsum(each.weight * _surprise(each) for each in ordered) / total,
        ece=math.fsum(weight * abs(each.predicted - each.observed.share) for each, weight in bins) / total,
        precision_recall=_thinned(points),
        reliability=tuple(each for each, _ in bins),
    )


def wilson(successes: float, count: float) -> Interval:
    """Give a share with its 90 % interval.

    References
    ----------
    Wilson (1927), "Probable inference, the law of succession, and statistical inference".
    """
    if count <= 0:
        return Interval(0.0, 0.0, 1.0)
    share = successes / count
    spread = 1 + Z * Z / count
    middle = (share + Z * Z / (2 * count)) / spread
    half = Z / spread * math.sqrt(share * (1 - share) / count + Z * Z / (4 * count * count))
    return Interval(share, min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half)))


def _surprise(each: Scored) -> float:
    """Log loss of one prediction."""
    probability = min(max(each.probability, LEAST_PROBABILITY), 1 - LEAST_PROBABILITY)
    return -math.log(probability if each.label else 1 - probability)


def _auc(ordered: Sequence[Scored]) -> float:
    """Count pairs ranked rightly, equal ones half; `ordered` falls."""
    pairs = positives = negatives = 0.0
    for _, tied in groupby(ordered, key=lambda each: each.probability):
        group = list(tied)
        up = math.fsum(each.weight for each in group if each.label)
        down = math.fsum(each.weight for each in group if not each.label)
        pairs += down * (positives + up / 2)
        positives, negatives = positives + up, negatives + down
    return pairs / (positives * negatives)


def _precision_recall(ordered: Sequence[Scored]) -> tuple[list[Point], float]:
    """Walk down the thresholds; equal probabilities are one threshold."""
    positives = math.fsum(each.weight for each in ordered if each.label)
    points: list[Point] = []
    flagged = true = average = recall_before = 0.0
    for threshold, tied in groupby(ordered, key=lambda each: each.probability):
        for each in tied:
            flagged += each.weight
            true += each.weight * each.label
        recall, precision = true / positives, true / flagged
        average += (recall - recall_before) * precision
        recall_before = recall
        points.append(Point(recall, precision, threshold))
    return points, average


def _thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    """Keep the points that can be told apart on a screen, and always both ends."""
    kept: list[Point] = []
    for point in points:
        if not kept or point.recall - kept[-1].recall >= 1 / CURVE_POINTS:
            kept.append(point)
    return tuple(kept if kept[-1] is points[-1] else [*kept, points[-1]])


def _reliability(rising: Sequence[Scored], total: float) -> list[tuple[Bin, float]]:
    """Cut into bins of about equal weight, each with its weight; equal probabilities stay together."""
    groups: list[list[Scored]] = [[]]
    room = total / BINS * (1 - ROUNDING)
    weight = 0.0
    for _, tied in groupby(rising, key=lambda each: each.probability):
        if weight >= room:
            groups.append([])
            weight = 0.0
        for each in tied:
            groups[-1].append(each)
            weight += each.weight
    if len(groups) > 1 and weight < room / 2:
        remainder = groups.pop()
        groups[-1] += remainder
    return [_bin_of(group) for group in groups]


def _bin_of(group: Sequence[Scored]) -> tuple[Bin, float]:
    """Sum up one bin; its interval counts as much evidence as the unequal weights leave."""
    weight = math.fsum(each.weight for each in group)
    evidence = weight**2 / math.fsum(each.weight**2 for each in group)
    share = math.fsum(each.weight for each in group if each.label) / weight
    predicted = math.fsum(each.weight * each.probability for each in group) / weight
    return Bin(predicted, wilson(share * evidence, evidence), len(group)), weight
