"""Recognize log lines that healthy programs write, although their words look like errors. Pure.

Drivers log their view of the deployment whenever it changes: a view is an error only if it
contains one. A mongod logs what it cannot do yet while it starts, is initiated or loses its
primary, and that a client or a member went away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mongoping.explaining.scan import has_any
from mongoping.lazy_re import lazy_compile

# words of which every routine line contains one, in lower case
CUES = (
    "description", "server selection", "heartbeat", "\"s\":\"i\"", "\"s\":\"d", "\"s\":\"w\"",
    "\"s\": \"i\"", " i ", " w ", "no server chosen", "servers: [", "endsessions",
    "connection pool", "connection c", "connection ready", "monitoring",
)  # fmt: skip
# the same for `_CLOSING` and `_EVENT`
CLOSINGS = ("endsessions", "heartbeat failed")
EVENTS = (
    " changed", " started", " succeeded", "no server chosen", "cluster created", "client created",
    "successfully connected to server", "waiting for suitable server", "monitoring",
    "connection pool", "connection c", "connection ready",
)  # fmt: skip

CALM_WITHIN = 200  # characters at the start of a line that may contain its level

# the driver's events that are no failures; their names are the same in all drivers
_EVENT = lazy_compile(
    r"(?:Topology|Cluster|Server) description changed|Server selection (?:started|succeeded)"
    r"|(?:Server )?heartbeat (?:started|succeeded)|Command (?:started|succeeded)"
    r"|successfully connected to server with description"
    r"|(?:No server chosen by|Cluster created with settings|Client created)"
    r"|Waiting for suitable server to become available"
    r"|(?:Starting|Stopping|Stopped) (?:server|topology) monitoring"
    r"|Connection (?:pool (?:created|ready|closed)|created|ready|checked (?:out|in))"
    r"|Connection checkout started",
    re.IGNORECASE,
)
# words of which every text that `_VIEW` or `_CALM` matches has one, in lower case
_VIEW_WORDS = ("description", "servers: [")
_CALM_WORDS = ("debug", "trace", "info", "fine")
_VIEW = lazy_compile(
    r"(?:Topology|Server|Cluster)Description|cluster description|Type: \w{1,30}, Servers: \[",
    re.IGNORECASE,
)
_CALM = lazy_compile(
    r"(?-i:\b(?:DEBUG|TRACE|INFO|FINE|FINER|FINEST|Debug|Information)\b)"
    r"|\blevel['\"]?[=:]\s?['\"]?(?:debug|info|trace)|\[(?:debug|info|trace)\]|\binfo:",
    re.IGNORECASE,
)
_FAILURE = lazy_compile(
    r"\b(?:error|exception|failure)['\"]?\s?[=:]\s?(?!None\b|null\b|undefined\b|['\"]{2})"
    r"|\bLast error\b|\w(?:Error|Exception)\b|\bfail(?:ed|ure)\b|refused|(?-i:\bE[A-Z]{4,12}\b)"
    r"|timed out|not found|Errno|\bcaused by\b",
    re.IGNORECASE,
)
# what drivers log when they close: they ignore the reply to endSessions, and the heartbeat that
# waits for news ends with its connection
_CLOSING = lazy_compile(r"commandName['\"]?: ?['\"]endSessions", re.IGNORECASE)
_HEARTBEAT = lazy_compile(
    r"[Hh]eartbeat failed[^\n]{0,400}(?:connection closed|<monitor> to \S++ closed|cancelled)"
)
_AWAITED_HELLO = lazy_compile(r"awaited['\"]?: ?true")
_NEW_VIEW = lazy_compile(
    r"newDescription|newTopologyDescription|(?:new|current) (?:topology |cluster )?description"
)
_OLD_VIEW = lazy_compile(r"previous(?:Topology)?Description")

# what mongod logs at severity I, D or W in the course of a normal life
_JSON = lazy_compile(r"\"s\":\s?\"[DIW]\d?\"")
_OLD = lazy_compile(r"^\S{19,30}[+-]\d{4} [DIW]\d? {1,4}+(?:[A-Z_]{2,12}+|-) {1,10}+\[")
_NOT_YET = (
    "Failed to refresh session cache", "Failed to refresh key cache",
    "Sessions collection is not set up", "Choosing new sync source",
    "SyncSourceFeedback error sending update", "[FAILED_STATE]",
    "Failed to reap transaction table", "Unable to schedule session", "Unable to schedule key",
    # a member that shuts down says so to those who ask it
    "ShutdownInProgress", "InterruptedAtShutdown", "in quiesce mode", "Error stepping down",
    "Responding to vote request", "Received vote request", "VoteRequester processResponse",
    # before a member knows which one it is, it asks all of them
    "isSelf could not connect",
)  # fmt: skip
NO_CERTIFICATE = "o SSL certificate provided by peer"
# a client without a certificate, if clients need none
_NO_CERTIFICATE = lazy_compile(
    rf"[Nn]{NO_CERTIFICATE}(?!; connection rejected|\.? Connection rejected)"
)
# what it logs of its connections, and the ends of them that are no failure
_CONNECTION = (
    "Error sending response to client", "Error receiving request from client",
    "due to bad connection status", "DBClientConnection failed to receive message",
    "query (no more query restarts left)", "Recreating cursor for oplog fetcher",
    "Error while getting the next batch",
)  # fmt: skip
_END_WORDS = lazy_compile(
    r"Broken pipe|Connection (?:reset|closed) by peer|Connection reset|CallbackCanceled"
    r"|ShutdownInProgress|InterruptedDueToRepl|Connection refused"
)
_RSM_VIEW = '"msg":"RSM Topology Change"'
_COMMAND_WORDS = ("Slow query", "] command ")
_COMMAND = lazy_compile(r"\"msg\":\"Slow query\"|\] command \S{1,200} ")
_REFUSED_COMMAND = lazy_compile(r"ok\"?:0\b|\"?errCode\"?:\d")
_NO_SET = lazy_compile(r"\"?errCode\"?:(?:76|94)\b")


def is_routine(line: str) -> bool:
    """Return whether a line of a log is one that healthy clients and servers write."""
    if ('"s":' in line and _JSON.search(line, 0, 300)) or _OLD.match(line):
        return _is_routine_of_server(line)
    lower = line.lower()
    if has_any(lower, CLOSINGS) and _is_closing(line):
        return True
    event = has_any(lower, EVENTS) and _EVENT.search(line)
    if not event and not _is_calm_view(line, lower):
        return False
    return not _FAILURE.search(news(line))


def _is_calm_view(line: str, lower: str) -> bool:
    """Return whether a line shows a view of the deployment, at a level that is no warning."""
    if not has_any(lower, _VIEW_WORDS) or not has_any(lower[:CALM_WITHIN], _CALM_WORDS):
        return False
    return bool(_CALM.search(line, 0, CALM_WITHIN) and _VIEW.search(line))


def _is_closing(line: str) -> bool:
    if _CLOSING.search(line):
        return True
    return bool(_HEARTBEAT.search(line) and _AWAITED_HELLO.search(line))


def news(line: str) -> str:
    """Return a line without the view of the deployment that it replaces."""
    new = _NEW_VIEW.search(line)
    if not new:
        return line
    old = _OLD_VIEW.search(line, new.end())
    return line[new.start() : old.start() if old else len(line)]


def _is_routine_of_server(line: str) -> bool:
    if _RSM_VIEW in line:
        return not _FAILURE.search(news(line))
    if has_any(line, _NOT_YET):
        return True
    if NO_CERTIFICATE in line and _NO_CERTIFICATE.search(line):
        return True
    if has_any(line, _CONNECTION) and _END_WORDS.search(line):
        return True
    if not has_any(line, _COMMAND_WORDS) or not _COMMAND.search(line):
        return False
    return not _REFUSED_COMMAND.search(line) or bool(_NO_SET.search(line))


def without_routine(text: str, cues: Iterable[str] | None = None) -> str:
    """Return a text without its routine lines. ``cues`` are those of `CUES` that it contains."""
    if cues is None:
        lower = text.lower()
        cues = tuple(cue for cue in CUES if cue in lower)
    if not cues:
        return text
    lines = text.split("\n")
    other_lines = [line for line in lines if not (has_any(line.lower(), cues) and is_routine(line))]
    return text if len(other_lines) == len(lines) else "\n".join(other_lines)
