"""How queries of several dashboards are written."""

from __future__ import annotations

CHOSEN = "($organisation)(/.+)?"
"""The units that the reader chose, and those below them."""


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
    which = ", ".join(
        f'{label}!~"{value[1:]}"' if value.startswith("!") else f'{label}=~"{value}"' for label, value in labels.items()
    )
    series = f"{metric}{{{which}}}" if which else metric
    return f"sum{f' by ({by}) ' if by else ''}(increase({series}[{over}]))"


def median(buckets: str) -> str:
    """Write the median of what `increased` says of a histogram's buckets."""
    return f"histogram_quantile(0.5, {buckets})"
