"""A sink that logs: every alert transition as one structured line, without anything personal."""

from __future__ import annotations

import logging
from collections import OrderedDict

from schemas.alerts import Alert

log = logging.getLogger(__name__)

_REMEMBERED = 10_000


class LogSink:
    """Writes alert transitions to the log."""

    name = "log"

    def __init__(self) -> None:
        self._present: OrderedDict[tuple[str, int], None] = OrderedDict()

    async def deliver(self, alert: Alert) -> None:
        """Log the transition, once per process."""
        identity = (alert.alert_id, alert.sequence)
        if identity in self._present:
            return
        log.info(
            "alert",
            extra={
                "alert_id": alert.alert_id,
                "sequence": alert.sequence,
                "transition": alert.transition,
                "level": alert.level,
                "cause": alert.cause,
                "customer_key": alert.customer_key,
                "org_path": alert.org_path,
                "probability_7d": round(alert.probability_7d, 4),
                "reasons": [reason.code for reason in alert.reasons],
            },
        )
        self._present[identity] = None
        if len(self._present) > _REMEMBERED:
            self._present.popitem(last=False)

    async def close(self) -> None:
        """Nothing to let go of."""
