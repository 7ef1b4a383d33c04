"""A watch in another place: what runs there, and sends each line."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mongoping.watch.board import Board
from mongoping.watch.diagnoser import Diagnoser
from mongoping.watch.session import Session, UnwatchableError
from mongoping.watch.sinks import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri
    from mongoping.watch.lines import Line
    from mongoping.watch.ticker import Plan

UNWATCHABLE = "unwatchable"
"""What is sent in place of lines if the connection string can never work there."""


class _Sending:
    """A sink that sends each line."""

    def __init__(self, board: Board, send: Callable[[str], None]) -> None:
        self._board = board
        self._send = send

    def tell(self, line: Line) -> None:
        if text := encode(line, self._board.at):
            self._send(text)


async def send_lines(
    uri: ParsedUri, settings: Settings, plan: Plan, command: str, send: Callable[[str], None]
) -> None:
    """Watch a target in this place, and send each line; ``command`` diagnoses the target."""
    board = Board(uri.shown, interval=plan.interval)
    try:
        session = Session(uri, settings, plan, board, [_Sending(board, send)])
        await session.prepare()
        ticker = session.ticker
        diagnoser = Diagnoser(uri, settings, board, command, ticker.report, session.now)
        ticker.sinks.append(diagnoser)
        try:
            await session.run(asyncio.Event())
        finally:
            await diagnoser.close()
    except UnwatchableError:
        send(UNWATCHABLE)
