"""A board with known ticks and events, for tests of the output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mongoping.watch
from mongoping.watch.board import Board
from mongoping.watch.model import DRIVER, Event, MemberNow, Now, Tick
from tests import schemas

A, B = "a.example.com:27017", "b.example.com:27017"
NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z
SCHEMA = Path(mongoping.watch.__file__).parent / "watch.schema.json"
NOW = Now(
    "ReplicaSetWithPrimary",
    "rs0",
    (MemberNow(A, "primary", True), MemberNow(B, "secondary", False, NOON + 3)),
    A,
)
ELECTION = Event(
    NOON + 4,
    "election",
    A,
    "a is primary",
    "warning",
    {"old": B, "new": A, "seconds": 2.25, "since": NOON + 1.75},
)


def board(ticks: int = 30) -> Board:
    board = Board("mongodb://ada:***@a.example.com/", NOON, 1.0)
    board.now = NOW
    for at in range(ticks):
        late = None if at % 7 == 3 else 0.5 + at / 8
        board.tick(Tick(at + 1, NOON + at, {DRIVER: 1.0, A: 0.3, B: late}))
    board.event(ELECTION)
    return board


def valid(line: str) -> Any:
    row = json.loads(line)
    schemas.validate(row, SCHEMA)
    return row
