"""Score: the journal, record by record, through the core."""

from __future__ import annotations

import faust
from faust.types import AgentT, StreamT, TopicT

from streams.journal import LINE_TIMES, header_of
from streams.lanes import Lanes


def register(app: faust.App, journal: TopicT, lanes: Lanes) -> AgentT[bytes]:
    """Attach the scoring agent to `app`.

    Concurrency stays at one: more would process records of one partition out of order. Scale by partitions.
    """

    @app.agent(journal, name="score")
    async def score(stream: StreamT[bytes]) -> None:
        """Carry each journal record through the core."""
        async for event in stream.events():
            message = event.message
            times = header_of(message.headers, LINE_TIMES)
            await lanes.carry(message.partition, message.offset, message.value, message.timestamp, times)

    return score
