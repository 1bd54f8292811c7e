"""What is usual for a group, and how improbable a count is beside it."""

from __future__ import annotations

import math
from typing import NamedTuple

_NEGLIGIBLE = 1e-17
"""Terms of a tail that change nothing any more."""


class Usual(NamedTuple):
    """How many customers a group had before the time that is counted over, the older ones for less."""

    customers: float = 0.0
    """So many, as of `at`."""
    at: int = 0
    """Period up to which they are counted."""

    def as_of(self, period: int, half_life: float) -> float:
        """Return what is left of the count at the beginning of a later period; `half_life` is in periods."""
        return self.customers * math.exp2((self.at - period) / half_life)


def exposure(began: int, until: int, half_life: float, span: int) -> float:
    """Return for how many times `span` a group was watched, the older ones for less.

    It is the same for all groups, because a group that had nobody was watched too.

    Parameters
    ----------
    began, until
        First period that was seen, and the one after the last.
    half_life, span
        In periods.

    Examples
    --------
    >>> round(exposure(0, 168, half_life=1e9, span=168), 6)
    1.0
    """
    passed = max(0, until - began)
    return half_life / math.log(2) * -math.expm1(-passed * math.log(2) / half_life) / span


def tail(count: int, shape: float, rate: float) -> float:
    """Return the probability of `count` or more, of a Poisson number whose mean has a gamma distribution.

    What is believed of a group's mean is Gamma(shape, rate); its count then has a negative binomial distribution.

    Parameters
    ----------
    count
        How many there were (>= 0).
    shape
        How many had been seen, with the prior's (> 0).
    rate
        In how many spans, with the prior's (> 0).

    References
    ----------
    A. Gelman et al., *Bayesian Data Analysis*, 3rd edition, 2013, section 2.6.

    Examples
    --------
    >>> tail(0, 1.0, 1.0)
    1.0
    >>> round(tail(5, 1.0, 1.0), 9)  # a geometric number: (1/2)^5
    0.03125
    """
    if count <= 0:
        return 1.0
    share = 1.0 / (1.0 + rate)
    at_zero = -shape * math.log1p(1.0 / rate)
    log_term = math.lgamma(shape + count) - math.lgamma(shape) - math.lgamma(count + 1) + at_zero
    term = math.exp(log_term + count * math.log(share))
    total = 0.0
    # Beyond the mean the terms fall, and below it they do not matter: so many are as usual.
    if count <= shape / rate:
        return 1.0 - _head(count, shape, share, math.exp(at_zero))
    while term > total * _NEGLIGIBLE:
        total += term
        term *= (count + shape) / (count + 1) * share
        count += 1
    return min(1.0, total)


def _head(count: int, shape: float, share: float, term: float) -> float:
    """Return the probability of fewer than `count`; `term` is that of none."""
    total = 0.0
    for number in range(count):
        total += term
        term *= (number + shape) / (number + 1) * share
    return min(1.0, total)
