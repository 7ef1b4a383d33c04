"""Facts about versions: the records of ``compat.json``, and the function that reads it."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mongoping.record import Record


class ServerSeries(Record):
    """A series of the server. ``rapid`` ones are supported for a few months only."""

    series: str
    max_wire: int
    released: str | None
    eol: date | None
    rapid: bool
    prerelease: bool
    wire_source: str
    eol_source: str | None


class PymongoSupport(Record):
    """The requirements of a series of PyMongo, enforced or declared.

    Servers older than ``min_server`` are refused. Servers newer than ``max_server`` work,
    except for their new features. ``python`` is the requirement of the package, and
    ``python_tested`` the oldest and the newest version that it names.
    """

    series: str
    min_server: str
    max_server: str
    min_wire: int
    max_wire: int
    python: str | None
    python_tested: tuple[str, str] | None
    pypy: bool | None
    dnspython: str | None
    async_api: str
    released: str | None
    source: str

    @property
    def python_floor(self) -> str:
        """Return the Python requirement without exclusions of early Python 3 releases."""
        return (self.python or "").split(",!=")[0]


class MotorSupport(Record):
    """The requirements of a series of Motor; PyMongo ``breaks_from`` and newer break it."""

    series: str
    pymongo: str
    python: str
    python_tested: tuple[str, str]
    servers: tuple[str, str]
    breaks_from: str | None
    source: str


class Fix(Record):
    """A release of PyMongo below which connecting is known to go wrong."""

    version: str
    fixed: str
    source: str


class MotorLife(NamedTuple):
    """The days on which support for Motor is reduced; they apply to every version."""

    deprecated: date
    end_of_life: date
    critical_until: date
    source: str


class Range(NamedTuple):
    """Consecutive PyMongo series with the same support. ``python`` is a range or a minimum."""

    first: str
    last: str
    servers: tuple[str, str]
    python: str
    async_api: str


class Facts(Record):
    """Everything in ``data/compat.json``, oldest series first, and the day it was made."""

    made: date
    servers: tuple[ServerSeries, ...]
    pymongo: tuple[PymongoSupport, ...]
    fixes: tuple[Fix, ...]
    motor: tuple[MotorSupport, ...]
    motor_life: MotorLife
    stable_api_since: str
    stable_api_source: str
    legacy_tls_python: str
    legacy_tls_server: str
    legacy_tls_source: str
    promise_years: int


@cache
def facts() -> Facts:
    """Return the facts, read from the package data once."""
    raw = json.loads((Path(__file__).parents[1] / "data" / "compat.json").read_text("utf-8"))
    return Facts(
        made=date.fromisoformat(raw["made"]),
        servers=tuple(_server(row) for row in raw["servers"]),
        pymongo=tuple(_pymongo(row) for row in raw["pymongo"]),
        fixes=tuple(Fix(**row) for row in raw["pymongo_fixes"]),
        motor=tuple(_motor(row) for row in raw["motor"]),
        motor_life=_motor_life(raw["motor_life"]),
        stable_api_since=raw["stable_api"]["since"],
        stable_api_source=raw["stable_api"]["source"],
        legacy_tls_python=raw["legacy_tls"]["python"],
        legacy_tls_server=raw["legacy_tls"]["server"],
        legacy_tls_source=raw["legacy_tls"]["source"],
        promise_years=raw["driver_promise"]["years"],
    )


def _server(row: dict[str, Any]) -> ServerSeries:
    return ServerSeries(
        series=row["series"],
        max_wire=row["max_wire"],
        released=row.get("released"),
        eol=date.fromisoformat(row["eol"]) if "eol" in row else None,
        rapid=row.get("rapid", False),
        prerelease=row.get("prerelease", False),
        wire_source=row["wire_source"],
        eol_source=row.get("eol_source"),
    )


def _pymongo(row: dict[str, Any]) -> PymongoSupport:
    python_range = row.get("python_tested")
    return PymongoSupport(
        series=row["series"],
        min_server=row["servers"][0],
        max_server=row["servers"][1],
        min_wire=row["wire"][0],
        max_wire=row["wire"][1],
        python=row.get("python"),
        python_tested=(python_range[0], python_range[1]) if python_range else None,
        pypy=row.get("pypy"),
        dnspython=row.get("dnspython"),
        async_api=row["async"],
        released=row.get("released"),
        source=row["source"],
    )


def _motor(row: dict[str, Any]) -> MotorSupport:
    return MotorSupport(
        series=row["series"],
        pymongo=row["pymongo"],
        python=row["python"],
        python_tested=(row["python_tested"][0], row["python_tested"][1]),
        servers=(row["servers"][0], row["servers"][1]),
        breaks_from=row.get("breaks_from_pymongo"),
        source=row["source"],
    )


def _motor_life(row: dict[str, str]) -> MotorLife:
    return MotorLife(
        deprecated=date.fromisoformat(row["deprecated"]),
        end_of_life=date.fromisoformat(row["end_of_life"]),
        critical_until=date.fromisoformat(row["critical_until"]),
        source=row["source"],
    )


def ranges() -> tuple[Range, ...]:
    """Return the table of PyMongo, newest first; series with the same support share a row."""
    ranges: list[Range] = []
    for support in reversed(facts().pymongo):
        python = (
            " - ".join(support.python_tested) if support.python_tested else support.python_floor
        )
        own = Range(
            support.series,
            support.series,
            (support.min_server, support.max_server),
            python,
            support.async_api,
        )
        if ranges and ranges[-1][2:] == own[2:]:
            ranges[-1] = ranges[-1]._replace(first=support.series)
        else:
            ranges.append(own)
    return tuple(ranges)
