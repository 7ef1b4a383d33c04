"""Read in a log which server a failed check was about, and when it was reached again. Pure.

Drivers and members check every server again and again and log each failure, so a server that is
down for a minute fills many lines. They are one error, which ends when the server answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from mongoping.explaining import origins, servers
from mongoping.explaining.routine import news
from mongoping.explaining.scan import has_any
from mongoping.lazy_re import lazy_compile

UP, PRIMARY, LISTENING = "up", "primary", "listening"
ANY = ""  # in place of a host: what the program connects to
DAY_S = 86_400

# of which every line about a failed check has one, in lower case: a driver's event with a view of
# the deployment, or the check of one server
VIEWS = (
    "description changed", "descriptionchanged", "selection started", "selection succeeded",
    "waiting for suitable server", "rsm topology change", "updating cluster description",
    "no server chosen",
)  # fmt: skip
CHECKS = (
    "heartbeat failed", "heartbeat request", "error in heartbeat", "connection pool cleared",
    "command failed", "host failed in replica set", "rsm received error", "to remote host",
    "dropping all pooled connections",
)  # fmt: skip
_HOST = lazy_compile(
    r"serverHost['\"]?: ?['\"]([^'\"\s]{1,255}+)['\"], ?['\"]?serverPort['\"]?: ?(\d{1,5})"
)
_TARGET = lazy_compile(
    r"\"(?:target|host|hostAndPort|requestTarget|remote|peer)\":\"([\w.\[\]:-]{1,255}:\d{1,5})\""
)

_STARTING = lazy_compile(r"\"port\":(\d{1,5}+),[^\n]{0,400}?\"host\":\"([^\"]{1,255}+)\"")


def own(text: str) -> tuple[str, str] | None:
    """Return the host name and the port of a server that starts; None if it does not say so."""
    match = _STARTING.search(text)
    return (match[2].lower(), match[1]) if match else None


# words of which every line that says that a server was reached has one, in lower case
SIGNS = ("succeeded", "connection ready", "state", "connected", "connection established",
         "waiting for connections", "withprimary", "replica_set_with_primary")  # fmt: skip
_SUCCESS_WORDS = lazy_compile(r"[Hh]eartbeat succeeded|Connection ready")
_SERVED_WORDS = lazy_compile(r"Server selection succeeded|Command succeeded")
_MEMBER = lazy_compile(
    r"Member is in new state\",\"attr\":\{\"hostAndPort\":\"([^\"]{1,255})\",\"newState\":\""
    r"(PRIMARY|SECONDARY|ARBITER)\""
    r"|Member (\S{1,255}) is now in state (PRIMARY|SECONDARY|ARBITER)"
)
_ELECTION_WORDS = lazy_compile(
    r"ReplicaSetWithPrimary|REPLICA_SET_WITH_PRIMARY|Transition to primary complete"
    r"|transition to primary complete"
)
_LISTENING = lazy_compile(r"[Ww]aiting for connections")
_CONNECTION_WORDS = lazy_compile(
    r"(?<!not )(?<!never )(?<!dis)\b(?:[Cc]onnected(?: successfully)?(?: to|:|!|$| at\b)"
    r"|[Ss]uccessfully connected|[Cc]onnection established|(?i:mongo\w{0,10}) connected)"
)


def checked_servers(text: str, lower: str) -> tuple[str, ...]:
    """Return the servers that a record of a failed check is about; empty for other records."""
    if has_any(lower, VIEWS):
        listed_servers = servers.view(news(text)).servers
        return tuple(
            server.host for server in listed_servers if server.error and not server.answered
        )
    if not has_any(lower, CHECKS):
        return ()
    host_match = _HOST.search(text) if "serverhost" in lower else None
    if host_match:
        return (f"{host_match[1]}:{host_match[2]}".lower(),)
    return target(text)


# a driver chooses a server out of its view, which it does not change
_SELECTION = lazy_compile(r"Server selection (?:started|succeeded)|Waiting for suitable server")


def is_selection(text: str) -> bool:
    """Return whether a record reports the view with which a driver chooses a server."""
    return bool(_SELECTION.search(text))


def target(text: str) -> tuple[str, ...]:
    """Return the server that a line is about, empty if it names none."""
    match = _TARGET.search(text)
    host = match[1].lower() if match else origins.named_host(text)
    return (host,) if host else ()


def signs(text: str, lower: str) -> Iterator[tuple[str, str]]:
    """Yield what a record says about a server that works: the kind of sign, and its host."""
    if not has_any(lower, SIGNS):
        return
    if _SUCCESS_WORDS.search(text):
        match = _HOST.search(text)
        host = f"{match[1]}:{match[2]}" if match else origins.named_host(text)
        if host:
            yield UP, host.lower()
    if member := _MEMBER.search(text):
        yield UP, (member[1] or member[3]).lower()
    if _ELECTION_WORDS.search(news(text)):
        yield PRIMARY, ANY
    if _LISTENING.search(text):
        yield LISTENING, ANY
    elif _SERVED_WORDS.search(text) or ("mongo" in lower and _CONNECTION_WORDS.search(text)):
        yield UP, ANY


# a server logs what a client tries before the login proper, which may succeed
_PREFACES = ('peculative":true', "Supported SASL mechanisms requested for unknown user")
# the connection of a client in a server's log, and a login on it that succeeded
_CLIENT = lazy_compile(r"conn(?:(?<=\"ctx\":\"conn)\d{1,9}(?=\")|(?<=\[conn)\d{1,9}(?=\]))")
_LOGGED_IN = lazy_compile(
    r"Authentication succeeded|Successful authentication|[Ss]uccessfully authenticated"
)


def client_of(text: str) -> str | None:
    """Return the connection that a line of a server's log is about; None for other lines."""
    match = _CLIENT.search(text, 0, 300)
    return match[0] if match else None


def is_preface(text: str) -> bool:
    """Return whether a server reports a failure that comes before the login proper."""
    return has_any(text, _PREFACES)


def logged_in(text: str) -> str | None:
    """Return the connection on which a login succeeded; None for other lines."""
    return client_of(text) if _LOGGED_IN.search(text) else None


_CLOCK = lazy_compile(
    r"(?:(\d{4})[-/](\d\d)[-/](\d\d)[T ])?(\d\d?):(\d\d):(\d\d)(?:[.,:](\d{1,6}))?\d{0,3}+"
    r"(?:(Z)|([+-]\d\d):?(\d\d))?(?: ([AP])M)?"
)


def elapsed_s(first: str | None, last: str | None) -> float | None:
    """Return the seconds between two times as they stand in a log; None if that is unknown."""
    begin, end = (_CLOCK.search(text or "") for text in (first, last))
    if begin is None or end is None or bool(begin[1]) != bool(end[1]):
        return None
    try:
        seconds = _seconds(end) - _seconds(begin)
    except ValueError:  # no such day
        return None
    if not begin[1]:
        return seconds % DAY_S
    return seconds if seconds >= 0 else None


def _seconds(match: re.Match[str]) -> float:
    """Return the seconds of a time since 1970, or since midnight if it has no date."""
    year, month, day, hour, minute, second, part, _, zone_hours, zone_minutes, half = match.groups()
    hours = int(hour) % 12 + 12 * (half == "P") if half else int(hour)
    seconds = hours * 3600 + int(minute) * 60 + int(second) + float(f"0.{part or 0}")
    if not year:
        return seconds
    zone = int(zone_hours or 0) * 3600 + int(f"{(zone_hours or '+')[0]}{zone_minutes or 0}") * 60
    return datetime(int(year), int(month), int(day), tzinfo=UTC).timestamp() + seconds - zone
