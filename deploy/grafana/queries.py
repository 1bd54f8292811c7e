"""How queries of several dashboards are written."""

from __future__ import annotations

from collections.abc import Mapping

CHOSEN = "($organisation)(/.+)?"
"""The units that the reader chose, and those below them."""


def now(metric: str, *, by: str = "", **labels: str) -> str:
    """Write what a gauge says, added up over workers; parameters as for `increased`.

    Examples
    --------
    >>> now("foreshock_unit_open_alerts", by="level", unit="HQ")
    'sum by (level) (foreshock_unit_open_alerts{unit=~"HQ"})'
    """
    return f"sum{f' by ({by}) ' if by else ''}({_chosen(metric, labels)})"


def share(part: str, whole: str, *, of_one: bool = False) -> str:
    """Write what share a part is of a whole, where the whole is large enough for that to mean something.

    Parameters
    ----------
    part, whole
        Numbers of customers, with the same labels.
    of_one
        Whether there is one whole without labels, for all the parts.

    Examples
    --------
    >>> share("sum by (unit) (late)", "sum by (unit) (all)")
    'sum by (unit) (late) / (sum by (unit) (all) >= 30)'
    """
    return f"{part} /{' on () group_left ()' if of_one else ''} ({whole} >= {_LEAST})"


_LEAST = 30
"""Customers of whom a share is told: of 30 it is right to within nine points, and of fewer chance makes the order."""


def increased(metric: str, over: str, *, by: str = "", **labels: str) -> str:
    """Write by how much a counter rose, added up over workers.

    Parameters
    ----------
    metric
        Name of the counter, or of a histogram's buckets.
    over
        How long, such as `24h`.
    by
        Labels to tell apart, such as `kind, state`; none for one number.
    labels
        Which series, by label: a regular expression, or what it must not match after an exclamation mark.

    Examples
    --------
    >>> increased("foreshock_ledger_total", "24h", by="kind", state="!received")
    'sum by (kind) (increase(foreshock_ledger_total{state!~"received"}[24h]))'
    """
    return f"sum{f' by ({by}) ' if by else ''}(increase({_chosen(metric, labels)}[{over}]))"


def median(buckets: str) -> str:
    """Write the median of what `increased` says of a histogram's buckets."""
    return f"histogram_quantile(0.5, {buckets})"


def _chosen(metric: str, labels: Mapping[str, str]) -> str:
    """Write the series of a metric that have these labels."""
    which = ", ".join(
        f'{label}!~"{value[1:]}"' if value.startswith("!") else f'{label}=~"{value}"' for label, value in labels.items()
    )
    return f"{metric}{{{which}}}" if which else metric
