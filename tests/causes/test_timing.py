"""Slow steps: which of them are reported, and whether as the network's or the server's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mongoping import registry
from mongoping.causes._timing import slow_steps
from mongoping.checks.ping import latency
from mongoping.diagnosis import diagnose
from mongoping.model import Failure
from mongoping.observations import Attempt, AuthFacts, DriverFacts, ServerFacts, TcpFacts, TlsFacts
from tests.causes.table import A, B
from tests.evidence import evidence, failed, hello, result

if TYPE_CHECKING:
    from mongoping.model import Evidence, Finding, Result

FAST = (1.0, 1.2, 0.9, 1.1)


def connection(host: str = A, took_ms: float = 1.0, **row: Any) -> Result:
    attempts = (Attempt("10.0.0.1", "ipv4", driver=True, duration_ms=took_ms),)
    return result("tcp", TcpFacts(attempts, "10.0.0.1"), host, **row)


def greeting(host: str = A, took_ms: float = 1.0, **fields: Any) -> Result:
    """A hello whose check took so long in all."""
    stalled_ms = fields.pop("stalled_ms", 0.0)
    row = hello(host, rtt_ms=fields.pop("rtt_ms", took_ms), **fields)
    return row.replace(duration_ms=took_ms, stalled_ms=stalled_ms)


def selection(took_ms: float, **rtt_ms: float) -> Result:
    servers = tuple(ServerFacts(host, "Standalone", ms) for host, ms in rtt_ms.items())
    return result("driver", DriverFacts("ready", "Single", None, servers, selection_ms=took_ms))


def logged_in(took_ms: float, mechanism: str = "SCRAM-SHA-256") -> Result:
    return result("auth", AuthFacts("ada", "admin", mechanism, as_user="ada", login_ms=took_ms))


def pings(*samples: float | None, **fields: Any) -> Result:
    return result("ping", latency(samples).replace(**fields))


def findings(evidence: Evidence) -> dict[str, Finding]:
    findings = diagnose(evidence, registry.causes()).findings
    return {step.cause: step for step in findings if step.cause in ("ping.slow", "network.slow")}


SERVER = [
    (
        evidence(
            connection(),
            greeting(took_ms=1001.0, rtt_ms=1.0, build_ms=1000.0, build_lost=True),
            pings(*FAST),
        ),
        "buildInfo got no reply within 1.0 s (a round trip takes 0.9 ms)",
    ),
    (
        evidence(connection(), greeting(took_ms=901.0, rtt_ms=1.0, build_ms=900.0), pings(*FAST)),
        "buildInfo took 900 ms",
    ),
    (evidence(connection(), greeting(took_ms=1600.0), pings(*FAST)), "hello took 1.6 s"),
    (  # this process was busy too, for the smaller part
        evidence(
            connection(), greeting(took_ms=1600.0, rtt_ms=1.0, stalled_ms=300.0), pings(*FAST)
        ),
        "hello took 1.3 s",
    ),
    (
        evidence(connection(), greeting(), selection(1800.0), pings(*FAST)),
        "server selection took 1.8 s (a round trip takes 0.9 ms)",
    ),
    (evidence(connection(), greeting(), logged_in(2500.0), pings(*FAST)), "the login took 2.5 s"),
    (
        evidence(
            connection(), result("tls", TlsFacts(duration_ms=900.0), A), greeting(), pings(*FAST)
        ),
        "the TLS handshake took 900 ms",
    ),
    (  # one member of two
        evidence(
            connection(),
            connection(B),
            greeting(role="primary"),
            greeting(B, 1600.0, rtt_ms=2.0, role="secondary"),
        ),
        f"hello with {B} took 1.6 s",
    ),
]


@pytest.mark.parametrize(("evidence", "words"), SERVER)
def test_a_slow_step_is_a_warning_that_names_the_step(evidence: Evidence, words: str) -> None:
    rows = findings(evidence)
    assert list(rows) == ["ping.slow"]
    assert rows["ping.slow"].severity == "warning"
    assert words in rows["ping.slow"].detail


NETWORK = [
    (
        evidence(connection(took_ms=1001.0), greeting(), pings(*FAST)),
        "the first packet has to be sent again: packet loss is likely",
    ),
    (
        evidence(connection(), greeting(), pings(1.0, 205.0, 1.0, 408.0, 1.0)),
        "the intervals at which TCP repeats a packet: packet loss is likely",
    ),
    (
        evidence(connection(), greeting(), pings(1.0, 350.0, 1.0, 510.0, resent=2, resent_pings=9)),
        "2 TCP segments again during 9 further pings: packets are lost",
    ),
    (
        evidence(connection(), greeting(took_ms=3400.0, resent=4), pings(*FAST)),
        f"(4 to {A}): packets are lost",
    ),
]


@pytest.mark.parametrize(("evidence", "words"), NETWORK)
def test_lost_packets_are_the_networks_and_not_the_servers(evidence: Evidence, words: str) -> None:
    rows = findings(evidence)
    assert list(rows) == ["network.slow"]
    assert rows["network.slow"].severity == "warning"
    assert words in rows["network.slow"].detail


FAR = (150.0, 151.0, 149.0, 152.0)
LOOK_ALIKES = [
    evidence(connection(), greeting(), selection(9.0), logged_in(12.0), pings(*FAST)),
    # far away: every step takes some round trips, and none more
    evidence(
        connection(took_ms=150.0),
        result("tls", TlsFacts(duration_ms=300.0), A),
        greeting(took_ms=310.0, rtt_ms=150.0),
        selection(610.0),
        logged_in(1100.0),
        pings(*FAR),
    ),
    # far away behind a tunnel that ends the TCP connection close by
    evidence(connection(), greeting(took_ms=310.0, rtt_ms=150.0), logged_in(1000.0), pings(*FAR)),
    # this process was busy: with an import, a key derivation, or a test beside it
    evidence(
        connection(took_ms=900.0, stalled_ms=890.0),
        greeting(took_ms=700.0, stalled_ms=699.0),
        pings(*FAST),
    ),
    evidence(connection(), greeting(took_ms=1600.0, rtt_ms=1.0, stalled_ms=850.0), pings(*FAST)),
    evidence(connection(), greeting(), pings(800.0, *FAST, stalls_ms=(797.0, 0.0, 0.0, 0.0, 0.0))),
    # one segment sent again, and no harm done
    evidence(connection(), greeting(took_ms=3.0, resent=1), pings(*FAST)),
    # a single hiccup
    evidence(connection(), greeting(), pings(1.0, 230.0, *FAST)),
    # a directory, a metadata service or a ticket is asked first: not the deployment's time
    evidence(connection(), greeting(), logged_in(3000.0, "MONGODB-AWS"), pings(*FAST)),
]


@pytest.mark.parametrize("evidence", LOOK_ALIKES)
def test_distance_and_our_own_load_are_no_slowness(evidence: Evidence) -> None:
    assert findings(evidence) == {}


def test_late_pings_without_a_segment_sent_again_are_the_servers() -> None:
    """The kernel counted: times that fit TCP's timers are then a coincidence."""
    case = evidence(
        connection(), greeting(), pings(1.0, 205.0, 1.0, 408.0, resent=0, resent_pings=10)
    )
    assert list(findings(case)) == ["ping.slow"]


def test_a_member_that_fails_accounts_for_a_late_selection() -> None:
    """Discovery waits for it, and it has a cause of its own."""
    row = failed("tcp", "timeout", B)
    case = evidence(connection(), greeting(), row, selection(3000.0), pings(*FAST))
    assert findings(case) == {}


def test_a_slow_lookup_accounts_for_a_late_selection() -> None:
    """The driver looks names up again; dns.slow is the cause of that."""
    names = result("addresses", None, A, failure=Failure("timeout", "x")).replace(
        status="ok", failure=None, duration_ms=2900.0
    )
    case = evidence(names, connection(), greeting(), selection(3000.0), pings(*FAST))
    assert findings(case) == {}


def test_a_slow_member_is_compared_with_its_own_distance() -> None:
    """A secondary on another continent is not slow because the primary is next door."""
    case = evidence(
        connection(),
        greeting(role="primary"),
        connection(B, 200.0),
        greeting(B, 610.0, rtt_ms=200.0, role="secondary"),
        pings(*FAST),
    )
    assert slow_steps(case) == []


@pytest.mark.parametrize("option", ["connectTimeoutMS", "socketTimeoutMS", "timeoutMS"])
@pytest.mark.parametrize("check", ["driver", "auth", "ping", "api"])
def test_a_limit_below_the_round_trip_is_the_root_of_what_failed_by_it(
    option: str, check: str
) -> None:
    case = evidence(
        connection(),
        greeting(took_ms=90.0),
        failed(check, "timeout"),
        uri=f"mongodb://a:27017/?{option}=50",
    )
    verdict = diagnose(case, registry.causes()).verdict
    assert verdict is not None
    assert verdict.cause == "network.slow"
    assert verdict.evidence == (f"{option}=50 is shorter than the round trip of 90 ms",)


def test_a_limit_below_a_round_trip_that_this_process_delayed_is_not_blamed() -> None:
    case = evidence(
        connection(),
        greeting(took_ms=90.0, stalled_ms=80.0),
        failed("ping", "timeout"),
        uri="mongodb://a:27017/?timeoutMS=50",
    )
    verdict = diagnose(case, registry.causes()).verdict
    assert verdict is not None
    assert verdict.cause == "ping.timeout"


def test_a_limit_above_the_round_trip_is_not_blamed() -> None:
    case = evidence(
        connection(),
        greeting(took_ms=90.0),
        failed("ping", "timeout"),
        uri="mongodb://a:27017/?timeoutMS=500",
    )
    verdict = diagnose(case, registry.causes()).verdict
    assert verdict is not None
    assert verdict.cause == "ping.timeout"
