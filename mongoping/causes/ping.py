"""Causes that are seen in the round trips of ping."""

from __future__ import annotations

from mongoping.causes import _evidence as of
from mongoping.causes import _timing as timing
from mongoping.model import NO_ANSWER, Cause, Evidence, Failure, Match
from mongoping.observations import observation
from mongoping.units import milliseconds, plural

DOCS = "https://www.mongodb.com/docs/manual/reference/command/ping/"

# a server that steps down, shuts down or starts says these to whatever it is asked
# (MongoDB's error_codes.yml, categories NotPrimaryError and ShutdownError)
LEAVING = frozenset({91, 189, 10058, 10107, 11600, 11602, 13435, 13436})


CUT_OFF = (
    "Check what cuts connections between client and server: firewalls, NAT, proxies and load "
    "balancers with limits for idle time, connections or requests."
)
SOCKET_TIMEOUT = "Have the program notice it: add a limit for each operation, timeoutMS=10000"


def timeout(evidence: Evidence, host: None) -> Match | None:
    login, seen = evidence.failure("auth"), of.auth(evidence)
    if login is not None and login.kind in NO_ANSWER and seen is not None and seen.pings is False:
        words = f"neither the login nor a ping without one was answered: {login.message}"
        return Match(words, explains=("auth",))
    failure = evidence.failure("ping")
    if failure is None or failure.kind not in NO_ANSWER or _is_loss(evidence, failure):
        return None
    answered = failure.facts.get("answered")
    if answered:
        words = f"{plural(answered, 'ping')} came back, and then no more: {failure.message}"
    else:
        words = f"no ping came back: {failure.message}"
    return Match(f"{words}{_other_connections(failure)}", _by_connections(failure))


def _is_loss(evidence: Evidence, failure: Failure) -> bool:
    """Return whether pings stopped for good, or only for as long as lost packets need."""
    lossy = bool(failure.facts.get("resent")) or timing.packet_loss(evidence) is not None
    return bool(failure.facts.get("answered")) and lossy and failure.facts.get("fresh") == "ok"


def _other_connections(failure: Failure) -> str:
    """Return in words what an old and a new connection did after the pings had failed."""
    kept, fresh = failure.facts.get("kept"), failure.facts.get("fresh")
    answers = failure.facts.get("fresh_ping") == "ok"
    if fresh is None:
        return ""
    if answers:
        return "; a new connection answers"
    if fresh == "ok":
        return "; a new connection answers hello, and no ping"
    if kept == "ok":
        return "; a connection opened earlier still answers, a new one does not"
    return "; a new connection is not answered either"


def _by_connections(failure: Failure) -> tuple[str, ...]:
    if failure.facts.get("fresh_ping") == "ok":
        return (CUT_OFF, SOCKET_TIMEOUT)
    return ()


def refused(evidence: Evidence, host: None) -> Match | None:
    failure, subject = evidence.failure("ping"), "ping"
    login = evidence.failure("auth")
    if login is not None and login.kind == "command" and login.code in LEAVING:
        failure, subject = login, "the login"
    if failure is None or failure.kind != "command":
        return None
    code = f" (code {failure.code})" if failure.code is not None else ""
    words = f'{subject} was answered with an error{code}: "{failure.message}"'
    if answered := failure.facts.get("answered"):
        words = f"after {plural(answered, 'answer')}, {words}"
    return Match(words, explains=("auth",) if failure is login else ())


LARGE_REPLY = (
    "Check whether large packets are lost on the path (MTU of a VPN, tunnel or overlay network): the "
    "reply to buildInfo is longer than those that arrived: ping -M do -s 1372 HOST"
)


def slow(evidence: Evidence, host: None) -> Match | None:
    """Return a match if any step was slow; `network.slow` hides it if the network was."""
    seen = observation(evidence, "ping")
    limit = evidence.settings.slow_ping_ms
    parts = []
    times = sorted(seen.own_ms()) if seen is not None else []
    if times and (median := times[(len(times) - 1) // 2]) >= limit:
        parts.append(f"half of the pings took {milliseconds(median)} or longer")
    if steps := timing.describe(evidence):
        parts.append(f"{steps}{timing.distance(evidence)}")
    if not parts:
        return None
    lost = any(not step.answered for step in timing.slow_steps(evidence))
    return Match("; ".join(parts) + timing.own_load(evidence), (LARGE_REPLY,) if lost else ())


def lost(evidence: Evidence, host: None) -> Match | None:
    seen = observation(evidence, "ping")
    if seen is None or not 0 < seen.lost < seen.count:
        return None
    failure = evidence.failure("ping")
    if failure is not None and not _is_loss(evidence, failure):
        return None  # they stopped for good
    why = f" ({seen.lost_why})" if seen.lost_why else ""
    words = f"{seen.lost} of {seen.count} pings were not answered{why}, later ones were"
    if failure is None:  # a program for which every second command fails does not work
        return Match(words, severity="error" if seen.lost * 2 >= seen.count else None)
    words = f"{seen.lost} of {seen.count} pings were not answered{why}; a new connection answers"
    return Match(words, explains=("ping",))


CAUSES = (
    Cause(
        code="ping.timeout",
        title="The server was found, but does not answer pings",
        explanation="The driver knows the deployment, but the simplest command is not answered, or "
        "no longer: the server hangs, or the connection was cut after it was made. A program "
        "without socketTimeoutMS or timeoutMS waits forever in this situation.",
        remedies=(
            "Check the server's load, memory and disk, and its log at this time.",
            CUT_OFF,
        ),
        links=(DOCS,),
        when=timeout,
        restates=("ping",),
    ),
    Cause(
        code="ping.refused",
        title="The server answers ping with an error",
        explanation="The server was found and answers, but refuses the simplest command: it is "
        "shutting down, it is in a state in which it may not answer, or a proxy in front of it "
        "refuses the command.",
        remedies=(
            "Look up the code: https://www.mongodb.com/docs/manual/reference/error-codes/",
            "Check the server log at this time; a server that is shutting down says so.",
        ),
        links=(DOCS,),
        when=refused,
        restates=("ping",),
    ),
    Cause(
        code="ping.slow",
        title="The server answers slowly",
        explanation="hello and ping cost a server nothing. If they take long although opening a TCP "
        "connection does not, the server has too little CPU, memory or disk, or something in "
        "front of it holds the connection up.",
        remedies=(
            "Check the server's CPU limit (container, cgroup, burstable instance), memory and disk: "
            "top; iostat -x 1; db.serverStatus()",
            "Compare with ping or traceroute to the same host, to find out whether it is the "
            "network or the server.",
            "Run the program closer to the deployment, in the same region.",
        ),
        links=(DOCS,),
        when=slow,
        hidden_by=("network.slow",),
        severity="warning",
    ),
    Cause(
        code="ping.lost",
        title="Some pings were lost",
        explanation="Some pings failed and later ones were answered: connections are closed after "
        "some commands, the network loses packets, or the server changed its role meanwhile. "
        "Drivers retry reads and writes once, other commands not at all.",
        remedies=("Watch it for longer: mongoping check URI --count 200 --timeout 60",),
        links=(DOCS,),
        when=lost,
        severity="warning",
    ),
)
