"""Numbers on one scale: each compared with its own running mean and spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    standard
        Places whose mean stays 0 and whose spread stays that of the prior, whatever comes; none by default.

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

    def __init__(self, size: int, prior: float = 0.0, standard: slice = slice(0)) -> None:
        self._prior, self._standard = prior, standard
        self.count, self.means, self._squares = self._nothing(size)

    def learn(self, values: Numbers, weight: float = 1.0) -> None:
        """Take one vector into account, `weight` times; below zero takes it back."""
        count = self.count + weight
        if count <= 0.0:
            self.count, self.means, self._squares = self._nothing(len(self.means))
            return
        step = weight * (values - self.means)
        step[self._standard] = 0.0
        self.count = count
        self.means = self.means + step / count
        self._squares = np.maximum(0.0, self._squares + step * (values - self.means))

    def scaled(self, values: Numbers) -> Numbers:
        """Give each number's distance from its mean in standard deviations; 0 while all were the same."""
        return (values - self.means) * self.shares()

    def shares(self) -> Numbers:
        """Give what a number is multiplied with: one over its standard deviation, 0 where there is none yet."""
        varied = self._squares > _LEAST * self.count
        shares = np.sqrt(np.divide(self.count, self._squares, out=np.zeros_like(self._squares), where=varied))
        shares[self._standard] = 1.0 / _PRIOR_SPREAD
        return shares

    def to_plain(self) -> dict[str, Any]:
        """Write the running sums; `restore` goes on bit for bit."""
        return {"count": self.count, "means": self.means.tolist(), "squares": self._squares.tolist()}

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Go on where `to_plain` left off; numbers beyond those that it had begin as they are.

        Raises
        ------
        KeyError, ValueError
            If there are more numbers than here.
        """
        means, squares = grown(plain["means"], self.means), grown(plain["squares"], self._squares)
        self.count, self.means, self._squares = plain["count"], means, squares

    def _nothing(self, size: int) -> tuple[float, Numbers, Numbers]:
        """Give count, means and sums of squares before the first example."""
        return self._prior, np.zeros(size), np.full(size, self._prior * _PRIOR_SPREAD**2)


def grown(kept: Sequence[float], start: Numbers) -> Numbers:
    """Give what was kept of the first places, and what the others start with.

    Raises
    ------
    ValueError
        If there is more than that.
    """
    if len(kept) > len(start):
        raise ValueError(f"numbers for {len(kept)} places, there are {len(start)}")
    return np.concatenate((np.array(kept, float), start[len(kept) :]))


# Of the numbers that are nearly all logarithms of small counts.
_PRIOR_SPREAD = 0.5

# A variance below this is the rounding error of a number that never changed.
_LEAST = 1e-12
