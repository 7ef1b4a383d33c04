"""Parse a replica set's configuration and the states of its members. Pure.

Source: the replies of replSetGetConfig and replSetGetStatus (MongoDB 4.4 to 6.0). Whatever
their fields hold, they are checked for type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mongoping.record import NOTHING, Record
from mongoping.settings import MAX_MEMBERS
from mongoping.uri.host import Host


class MemberConfig(Record):
    """A member in the set's configuration. ``delay_s`` is in seconds."""

    host: str
    priority: float | None = None
    votes: int | None = None
    hidden: bool = False
    arbiter: bool = False
    delay_s: float = 0.0
    tags: Mapping[str, str] = NOTHING
    horizons: Mapping[str, str] = NOTHING


class MemberState(Record):
    """A member's state as the member that was asked sees it.

    ``authenticated`` is False where the two do not accept each other's login, as with two
    different keyFiles. It is None where the reply does not have it.
    """

    host: str
    state: str
    healthy: bool | None = None
    optime: datetime | None = None
    message: str | None = None
    authenticated: bool | None = None


def address(name: str) -> Host:
    """Return ``host:port`` of a member as a host, in lower case as the driver compares it."""
    host, colon, port = name.lower().rpartition(":")
    if colon and port.isascii() and port.isdigit() and int(port) < 65536:
        return Host(host.removeprefix("[").removesuffix("]"), int(port))
    return Host(name.lower())


def member_configs(reply: Mapping[str, Any]) -> tuple[MemberConfig, ...]:
    """Return the members in a reply to replSetGetConfig."""
    document = mapping(reply.get("config"))
    return tuple(_member(member) for member in _documents(document.get("members")))


def modes(reply: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the names of write concern modes in a reply to replSetGetConfig, None without one."""
    settings = mapping(reply.get("config")).get("settings")
    if not isinstance(settings, Mapping):
        return None
    return tuple(_words(settings.get("getLastErrorModes")))


def states(reply: Mapping[str, Any]) -> tuple[MemberState, ...]:
    """Return the members' states in a reply to replSetGetStatus."""
    return tuple(_state(member) for member in _documents(reply.get("members")))


def mapping(value: Any) -> Mapping[str, Any]:
    """Return the value if it is a document, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def _documents(value: Any) -> Sequence[Mapping[str, Any]]:
    rows = value if isinstance(value, list) else []
    return [row for row in rows[:MAX_MEMBERS] if isinstance(row, Mapping)]


def integer(value: Any) -> int | None:
    """Return a number without its fraction, or None for anything else."""
    return int(value) if isinstance(value, (int, float)) and abs(value) < 2**53 else None


def _number(value: Any) -> float | None:
    number = float(value) if isinstance(value, (int, float)) else None
    return number if number is not None and abs(number) < 1e12 else None


def _words(value: Any) -> dict[str, str]:
    rows = list(mapping(value).items())[:20]
    return {str(key)[:100]: str(text)[:300] for key, text in rows}


def _member(document: Mapping[str, Any]) -> MemberConfig:
    # slaveDelay until 4.4, secondaryDelaySecs since 5.0 (MongoDB manual, replica set config)
    delay = _number(document.get("secondaryDelaySecs", document.get("slaveDelay")))
    return MemberConfig(
        host=str(address(str(document.get("host"))[:300])),
        priority=_number(document.get("priority")),
        votes=integer(document.get("votes")),
        hidden=bool(document.get("hidden")),
        arbiter=bool(document.get("arbiterOnly")),
        delay_s=delay or 0.0,
        tags=_words(document.get("tags")),
        horizons={
            key: str(address(value)) for key, value in _words(document.get("horizons")).items()
        },
    )


def _state(document: Mapping[str, Any]) -> MemberState:
    optime = document.get("optimeDate")
    health = document.get("health")
    message = document.get("lastHeartbeatMessage") or document.get("infoMessage")
    is_authenticated = document.get("authenticated")
    moment = optime if isinstance(optime, datetime) else None
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)  # PyMongo's dates are UTC, and do not say so
    return MemberState(
        host=str(address(str(document.get("name"))[:300])),
        state=str(document.get("stateStr") or "")[:40].upper(),
        healthy=bool(health) if isinstance(health, (int, float)) else None,
        optime=moment if moment is not None and moment.year > 1970 else None,
        message=str(message)[:300] if message else None,
        authenticated=is_authenticated if isinstance(is_authenticated, bool) else None,
    )
