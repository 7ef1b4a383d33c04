"""Causes found in the round trips of ping."""

from __future__ import annotations

from mongoping.causes import _evidence as of
from mongoping.causes import _timing as timing
from mongoping.model import NO_ANSWER, Cause, Evidence, Failure, Match, Remedy
from mongoping.observations import observation
from mongoping.units import milliseconds, plural
from mongoping.uri.edit import set_options

DOCS = "https://www.mongodb.com/docs/manual/reference/command/ping/"

# a server that steps down, shuts down or starts answers any command with these codes
# (MongoDB's error_codes.yml, categories NotPrimaryError and ShutdownError)
LEAVING = frozenset({91, 189, 10058, 10107, 11600, 11602, 13435, 13436})


CUT_OFF = (
    "Check what closes connections between client and server: firewalls, NAT, proxies and load "
    "balancers with limits on idle time, connections or requests."
)
LIMITED = (
    "Check what limits the number of connections, and lets new ones wait: a proxy (HAProxy's maxconn), "
    "a firewall, or the server itself."
)
CHECK_LOAD = "Check the server's load, memory and disk, and its log at this time."
SOCKET_TIMEOUT = "Limit the time of each operation, so that the program fails instead of waiting:"


def timeout(evidence: Evidence) -> Match | None:
    login, facts = evidence.failure("auth"), of.auth(evidence)
    if login is not None and login.kind in NO_ANSWER and facts is not None and facts.pings is False:
        words = f"neither the login nor a ping without one was answered: {login.message}"
        return Match(words, explains=("auth",))
    failure = evidence.failure("ping")
    if failure is None or failure.kind not in NO_ANSWER or _is_loss(evidence, failure):
        return None
    has_answered = failure.facts.get("answered")
    if has_answered:
        words = f"{plural(has_answered, 'ping')} got a reply, later ones did not: {failure.message}"
    else:
        words = f"no ping got a reply: {failure.message}"
    waits = failure.facts.get("kept") == "ok" and failure.facts.get("fresh") == "timeout"
    return Match(
        f"{words}{_other_connections(failure)}",
        _by_connections(evidence, failure),
        alternatives=("hello.too-many-connections",) if waits else (),
    )


def _is_loss(evidence: Evidence, failure: Failure) -> bool:
    """Return whether pings stopped for good, or only for as long as lost packets need."""
    lossy = bool(failure.facts.get("resent")) or timing.packet_loss(evidence) is not None
    return bool(failure.facts.get("answered")) and lossy and failure.facts.get("fresh") == "ok"


def _other_connections(failure: Failure) -> str:
    """Return in words what an old and a new connection did after the pings had failed."""
    kept_state, fresh = failure.facts.get("kept"), failure.facts.get("fresh")
    answers = failure.facts.get("fresh_ping") == "ok"
    if fresh is None:
        return ""
    if answers:
        return "; a new connection answers"
    if fresh == "ok":
        return "; a new connection answers hello, but not ping"
    if kept_state == "ok":
        return "; a connection opened earlier still answers, a new one does not"
    return "; a new connection is not answered either"


def _by_connections(evidence: Evidence, failure: Failure) -> tuple[Remedy, ...]:
    """Return the remedies if only old or only new connections fail, else none."""
    if failure.facts.get("kept") == "ok" and failure.facts.get("fresh") == "timeout":
        return (Remedy(LIMITED),)
    if failure.facts.get("fresh_ping") != "ok":
        return ()
    uri = set_options(evidence.target.uri, timeoutMS=10000) if evidence.target else None
    return (Remedy(CUT_OFF), *((Remedy(SOCKET_TIMEOUT, uri=uri),) if uri else ()))


def ping_refused(evidence: Evidence) -> Match | None:
    failure, subject = evidence.failure("ping"), "ping"
    login = evidence.failure("auth")
    if login is not None and login.kind == "command" and login.code in LEAVING:
        failure, subject = login, "the login"
    if failure is None or failure.kind != "command":
        return None
    code = f" (code {failure.code})" if failure.code is not None else ""
    words = f'{subject} was answered with an error{code}: "{failure.message}"'
    if answers := failure.facts.get("answered"):
        words = f"after {plural(answers, 'answer')}, {words}"
    return Match(words, explains=("auth",) if failure is login else ())


LARGE_REPLY = (
    "Check whether large packets are lost on the path (MTU of a VPN, tunnel or overlay network): the "
    "reply to buildInfo is longer than those that arrived: ping -M do -s 1372 HOST"
)


def slow(evidence: Evidence) -> Match | None:
    """Return a match if any step was slow; `network.slow` hides it if the network was."""
    facts = observation(evidence, "ping")
    limit = evidence.settings.slow_ping_ms
    parts = []
    times = sorted(facts.own_ms()) if facts is not None else []
    if times and (median := times[(len(times) - 1) // 2]) >= limit:
        parts.append(f"half of the pings took {milliseconds(median)} or longer")
    if steps := timing.describe(evidence):
        parts.append(f"{steps}{timing.distance(evidence)}")
    if not parts:
        return None
    has_lost_ping = any(not step.answered for step in timing.slow_steps(evidence))
    return Match(
        "; ".join(parts) + timing.own_load(evidence), (LARGE_REPLY,) if has_lost_ping else ()
    )


def pings_lost(evidence: Evidence) -> Match | None:
    facts = observation(evidence, "ping")
    if facts is None or not 0 < facts.lost < facts.count:
        return None
    failure = evidence.failure("ping")
    if failure is not None and not _is_loss(evidence, failure):
        return None  # no later ping was answered
    why = f" ({facts.lost_why})" if facts.lost_why else ""
    words = f"{facts.lost} of {facts.count} pings were not answered{why}, later ones were"
    if failure is None:  # a program in which every second command fails does not work
        return Match(words, severity="error" if facts.lost * 2 >= facts.count else None)
    words = f"{facts.lost} of {facts.count} pings were not answered{why}; a new connection answers"
    return Match(words, explains=("ping",))


CAUSES = (
    Cause(
        code="ping.timeout",
        title="The server was found, but does not answer pings",
        awaits="the server to answer pings",
        explanation="The driver found the deployment, but gets no reply to the simplest command: "
        "the server hangs, or the connection was cut after it was opened. A program "
        "without socketTimeoutMS or timeoutMS waits forever in this situation.",
        remedies=(
            CHECK_LOAD,
            CUT_OFF,
        ),
        links=(DOCS,),
        when=timeout,
        restates=("ping",),
    ),
    Cause(
        code="ping.refused",
        title="The server answers ping with an error",
        awaits="the server to answer pings",
        explanation="The server was found and answers, but refuses the simplest command: it is "
        "shutting down, it is in a state in which it may not answer, or a proxy in front of it "
        "refuses the command.",
        remedies=(
            "Check the server log at this time: a server that is shutting down logs it.",
            "Look up the error code in MongoDB's list of error codes.",
        ),
        links=(DOCS, "https://www.mongodb.com/docs/manual/reference/error-codes/"),
        when=ping_refused,
        restates=("ping",),
    ),
    Cause(
        code="ping.slow",
        title="The server answers slowly",
        awaits="the server to answer faster",
        explanation="hello and ping need almost no work. If they are slow although opening a TCP "
        "connection is not, the server has too little CPU, memory or disk throughput, or "
        "something in front of it delays the connection.",
        remedies=(
            Remedy(
                "Check the server's CPU limit (container, cgroup, burstable instance), memory and "
                "disk:",
                command="top; iostat -x 1",
            ),
            "Bypass proxies and load balancers in front of the server, and compare.",
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
        awaits="pings to be answered",
        explanation="Some pings failed and later ones were answered: connections are closed after "
        "some commands, the network loses packets, or the server changed its role meanwhile. "
        "Drivers retry reads and writes once, other commands not at all.",
        remedies=(
            CUT_OFF,
            Remedy(
                "Measure for longer:",
                command='mongoping check "$MONGODB_URI" --count 200 --timeout 60',
            ),
        ),
        links=(DOCS,),
        when=pings_lost,
        severity="warning",
    ),
)
