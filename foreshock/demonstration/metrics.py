"""The worker's own metrics: what the topics do not show."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from math import inf

from prometheus_client.parser import text_string_to_metric_families

_PATIENCE_SECONDS = 2.0

READ = ("foreshock_alert_latency_seconds", "foreshock_messages_noted_total", "foreshock_skipped_positions_total")
"""All that the demo shows of the page. It has some 3,000 lines, and to parse every one of them took two thirds of the
work of the process that feeds and watches: it stood still for it every two seconds."""


@dataclass(slots=True)
class WorkerMetrics:
    """Counters of the worker that are shown, added up over its restarts."""

    _last: dict[tuple[str, str], float] = field(default_factory=dict)
    _before: dict[tuple[str, str], float] = field(default_factory=dict)

    def take(self, text: str) -> None:
        """Read what /metrics said of the families in `READ`."""
        shown = (line for line in text.splitlines() if any(name in line for name in READ))
        for family in text_string_to_metric_families("\n".join(shown)):
            if family.type not in ("counter", "histogram"):
                continue
            for sample in family.samples:
                place = sample.name, "".join(sample.labels.values())
                last = self._last.get(place, 0.0)
                if sample.value < last and not sample.name.endswith("_created"):
                    self._before[place] = self._before.get(place, 0.0) + last
                self._last[place] = sample.value

    def count(self, name: str, label: str = "") -> int:
        """Return a counter, 0 while it is not known.

        Parameters
        ----------
        name
            Of the sample, such as `foreshock_messages_noted_total`; of a family in `READ`.
        label
            Value of its only label.
        """
        return int(self._before.get((name, label), 0.0) + self._last.get((name, label), 0.0))

    def quantile(self, name: str, share: float) -> float | None:
        """Return the bound below which a share of the observations of a histogram lies; None where that is unknown.

        Parameters
        ----------
        name
            Of the histogram, without `_bucket`.
        share
            In 0-1.
        """
        counts = {float(label): self.count(bucket, label) for bucket, label in self._last if bucket == f"{name}_bucket"}
        total = counts.get(inf, 0)
        bounds = (bound for bound, count in sorted(counts.items()) if total and count >= share * total)
        bound = next(bounds, inf)
        return None if bound == inf else bound


async def fetch(port: int, page: str) -> tuple[int, str] | None:
    """Get a page of the worker: status and text, or None where nobody answers.

    Parameters
    ----------
    port
        Where it listens on the loopback.
    page
        Such as `/metrics`.
    """

    def get() -> tuple[int, str] | None:
        connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
        try:
            connection.request("GET", page)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()

    return await asyncio.to_thread(get)
