"""Causes that are seen in the round trips of ping."""

from __future__ import annotations

from mongoping.causes import _evidence as of
from mongoping.model import Cause, Evidence, Latency, Match
from mongoping.words import milliseconds

DOCS = "https://www.mongodb.com/docs/manual/reference/command/ping/"

UNHEARD = ("timeout", "selection", "driver")
# a server that steps down, shuts down or starts says these to whatever it is asked
# (MongoDB's error_codes.yml, categories NotPrimaryError and ShutdownError)
LEAVING = frozenset({91, 189, 10058, 10107, 11600, 11602, 13435, 13436})


def timeout(evidence: Evidence, host: None) -> Match | None:
    login, seen = evidence.failure("auth"), of.auth(evidence)
    if login is not None and login.kind in UNHEARD and seen is not None and seen.pings is False:
        words = f"neither the login nor a ping without one was answered: {login.message}"
        return Match(words, explains=("auth",))
    failure = evidence.failure("ping")
    if failure is None or failure.kind not in UNHEARD:
        return None
    return Match(f"no ping came back: {failure.message}")


def refused(evidence: Evidence, host: None) -> Match | None:
    failure, what = evidence.failure("ping"), "ping"
    login = evidence.failure("auth")
    if login is not None and login.kind == "command" and login.code in LEAVING:
        failure, what = login, "the login"
    if failure is None or failure.kind != "command":
        return None
    code = f" (code {failure.code})" if failure.code is not None else ""
    words = f'{what} was answered with an error{code}: "{failure.message}"'
    return Match(words, explains=("auth",) if failure is login else ())


def slow(evidence: Evidence, host: None) -> Match | None:
    seen: Latency | None = evidence.data("ping")
    if seen is None or seen.p50_ms is None or seen.p50_ms < evidence.settings.slow_ping_ms:
        return None
    return Match(f"half of the pings took {milliseconds(seen.p50_ms)} or longer")


def lost(evidence: Evidence, host: None) -> Match | None:
    seen: Latency | None = evidence.data("ping")
    if seen is None or not 0 < seen.lost < seen.count:
        return None
    return Match(f"{seen.lost} of {seen.count} pings were lost")


CAUSES = (
    Cause(
        code="ping.timeout",
        title="The server was found, and answers no ping",
        explanation="The driver knows the deployment, but a simple command does not come back: "
        "the server hangs, or the connection was cut after it was made.",
        remedies=(
            "Look at the server's load, memory and disk, and into its log.",
            "Check what drops connections between: firewalls, NAT, load balancers with idle limits.",
        ),
        links=(DOCS,),
        when=timeout,
        hidden_by=("network.slow",),
        restates=("ping",),
    ),
    Cause(
        code="ping.refused",
        title="The server answers ping with an error",
        explanation="The server was found and answers, but refuses the simplest command: it is "
        "shutting down, it is no member that may answer, or something in front of it says no.",
        remedies=(
            "Look up the code: https://www.mongodb.com/docs/manual/reference/error-codes/",
            "Look into the server's log at this moment; one that is shutting down says so.",
        ),
        links=(DOCS,),
        when=refused,
        restates=("ping",),
    ),
    Cause(
        code="ping.slow",
        title="The server answers slowly",
        explanation="A ping does nothing on the server, so its time is the network's, or that of a "
        "server under load.",
        remedies=(
            "Compare with ping or traceroute to the same host: is it the way, or the server?",
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
        explanation="Some commands did not come back in time, others did: the network loses "
        "packets, or connections are cut.",
        remedies=("Watch it for longer: mongoping check URI --count 200 --timeout 60",),
        links=(DOCS,),
        when=lost,
        severity="warning",
    ),
)
