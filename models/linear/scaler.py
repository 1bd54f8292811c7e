"""Numbers on one scale: each compared with its own running mean and spread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
"""One entry per number."""


class RunningScaler:
    """Running mean and variance of each place of a vector, weighted.

    A vector with a weight of -1 takes back what it taught, as a label protocol takes back an example.

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
    >>> scaler.learn(np.array([1.0]))
    >>> scaler.learn(np.array([3.0]))
    >>> scaler.scaled(np.array([3.0])).tolist()
    [1.0]
    """

    def __init__(self, size: int, prior: float = 0.0) -> None:
        self._prior = prior
        self.count, self.means, self._squares = self._nothing(size)

    def learn(self, values: Numbers, weight: float = 1.0) -> None:
        """Take one vector into account, `weight` times; below zero takes it back."""
        count = self.count + weight
        if count <= 0.0:
            self.count, self.means, self._squares = self._nothing(len(self.means))
            return
        step = weight * (values - self.means)
        self.count = count
        self.means = self.means + step / count
        self._squares = np.maximum(0.0, self._squares + step * (values - self.means))

    def scaled(self, values: Numbers) -> Numbers:
        """Give each number's distance from its mean in standard deviations; 0 while all were the same."""
        return (values - self.means) * self.shares()

    def shares(self) -> Numbers:
        """Give what a number is multiplied with: one over its standard deviation, 0 where there is none yet."""
        varied = self._squares > _LEAST * self.count
        return np.sqrt(np.divide(self.count, self._squares, out=np.zeros_like(self._squares), where=varied))

    def to_plain(self) -> dict[str, Any]:
        """Write the running sums; `restore` goes on bit for bit."""
        return {"count": self.count, "means": self.means.tolist(), "squares": self._squares.tolist()}

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Go on where `to_plain` left off.

        Raises
        ------
        KeyError, ValueError
            If the numbers are for vectors of another length.
        """
        means, squares = np.array(plain["means"], float), np.array(plain["squares"], float)
        if not len(means) == len(squares) == len(self.means):
            raise ValueError(f"sums for {len(means)} numbers, this scaler has {len(self.means)}")
        self.count, self.means, self._squares = plain["count"], means, squares

    def _nothing(self, size: int) -> tuple[float, Numbers, Numbers]:
        """Give count, means and sums of squares before the first example."""
        return self._prior, np.zeros(size), np.full(size, self._prior * _PRIOR_SPREAD**2)


# Of the numbers that are nearly all logarithms of small counts.
_PRIOR_SPREAD = 0.5

# A variance below this is the rounding error of a number that never changed.
_LEAST = 1e-12
