"""How alerts stand at the broker: all that were told, one of them, and those that nobody was told of."""

from __future__ import annotations

from foreshock.alerting.held import read_suppressions
from foreshock.alerting.standing import Board
from foreshock.alerting.topic import Found, read_alerts
from foreshock.alerting.untold import Untold, UntoldBoard
from foreshock.broker.reading import open_topic
from streams.settings import Settings


async def read_board(settings: Settings) -> Board:
    """Read how all alerts stand."""
    board = Board()
    async with open_topic(settings, "alerts") as reader:
        async for told in read_alerts(reader, await reader.spans()):
            board.take(told.alert)
    return board


async def read_found(settings: Settings, named: str) -> Found:
    """Read one alert, told or not."""
    found = Found(named)
    async with open_topic(settings, "alerts") as reader:
        async for told in read_alerts(reader, await reader.spans()):
            found.take(told)
    async for held in read_suppressions(settings):
        found.take_held(held)
    return found


async def read_untold(settings: Settings, board: Board) -> list[Untold]:
    """Read what nobody was told of."""
    hidden = UntoldBoard()
    async for held in read_suppressions(settings):
        hidden.take(held)
    return hidden.open(board.told)
