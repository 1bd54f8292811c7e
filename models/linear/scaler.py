"""Numbers on one scale: each compared with its own running mean and spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any


class RunningScaler:
    """Running mean and variance of each place of a vector, weighted, with gaps.

    NaN means that the number is not known. It teaches nothing, and stands at the mean. A vector with a weight of -1
    takes back what it taught, as a label protocol takes back an example.

    Parameters
    ----------
    size
        Length of the vectors.
    prior
        Examples with mean 0 and standard deviation `_PRIOR_SPREAD` that every number is taken to have had: without
        them the second value of a number is always far from the first.

    References
    ----------
    West (1979): Updating mean and variance estimates: an improved method. Communications of the ACM 22(9).

    Examples
    --------
    >>> scaler = RunningScaler(1)
    >>> scaler.learn([1.0])
    >>> scaler.learn([3.0])
    >>> scaler.scaled([3.0])
    [1.0]
    """

    def __init__(self, size: int, prior: float = 0.0) -> None:
        self._prior = prior
        self.counts = [prior] * size
        self.means = [0.0] * size
        self.squares = [prior * _PRIOR_SPREAD**2] * size

    def learn(self, values: Sequence[float], weight: float = 1.0) -> None:
        """Take one vector into account, `weight` times; below zero takes it back."""
        counts, means, squares = self.counts, self.means, self.squares
        for place, value in enumerate(values):
            if value != value:
                continue
            count = counts[place] + weight
            if count <= 0.0:
                counts[place], means[place], squares[place] = self._prior, 0.0, self._prior * _PRIOR_SPREAD**2
                continue
            distance = value - means[place]
            counts[place] = count
            means[place] += weight * distance / count
            squares[place] = max(0.0, squares[place] + weight * distance * (value - means[place]))

    def scaled(self, values: Sequence[float]) -> list[float]:
        """Give each number's distance from its mean in standard deviations; 0 while all were the same."""
        return [
            (value - mean) * share if value == value else 0.0
            for value, mean, share in zip(values, self.means, self.shares(), strict=True)
        ]

    def shares(self) -> list[float]:
        """Give what a number is multiplied with: one over its standard deviation, 0 where there is none yet."""
        return [
            sqrt(count / square) if square > _LEAST * count else 0.0
            for count, square in zip(self.counts, self.squares, strict=True)
        ]

    def to_plain(self) -> dict[str, Any]:
        """Write the running sums; `restore` goes on bit for bit."""
        return {"counts": list(self.counts), "means": list(self.means), "squares": list(self.squares)}

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Go on where `to_plain` left off.

        Raises
        ------
        KeyError, ValueError
            If the numbers are for vectors of another length.
        """
        sums = [list(plain[name]) for name in ("counts", "means", "squares")]
        if any(len(numbers) != len(self.counts) for numbers in sums):
            raise ValueError(f"sums for {len(sums[0])} numbers, this scaler has {len(self.counts)}")
        self.counts, self.means, self.squares = sums


# Of the numbers that are nearly all logarithms of small counts.
_PRIOR_SPREAD = 0.5

# A variance below this is the rounding error of a number that never changed.
_LEAST = 1e-12
