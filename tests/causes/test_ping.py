"""Causes that are seen in the round trips of ping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mongoping import registry
from mongoping.causes import ping
from mongoping.checks.ping import latency
from mongoping.diagnosis import diagnose
from mongoping.observations import AuthFacts
from tests.causes.table import False_, True_, is_complete, is_silent, is_true
from tests.evidence import evidence, failed, result

if TYPE_CHECKING:
    from mongoping.model import Evidence, Latency

NO_REPLY = latency([None, None])


def login(kind: str, code: int | None = None, *, pings: bool | None = None) -> Evidence:
    """A login that came to nothing, so that no ping was sent."""
    data = AuthFacts("ada", "admin", "SCRAM-SHA-256", pings=pings)
    return evidence(failed("auth", kind, data=data, code=code), uri="mongodb://ada:x@a/")


def stalled_latency(samples: list[float | None], stalls: list[float]) -> Latency:
    """Pings during which this process itself was held up."""
    return latency(samples).replace(stalls_ms=tuple(stalls))


def no_later_reply(kind: str = "timeout", code: int | None = None, **facts: object) -> Evidence:
    """Return evidence of two pings with a reply, and later ones without."""
    latency_facts = latency([1.0, 1.0, None])
    return evidence(failed("ping", kind, data=latency_facts, code=code, answered=2, **facts))


TRUE: list[True_] = [
    ("ping.timeout", no_later_reply(), "2 pings got a reply, later ones did not"),
    ("ping.timeout", no_later_reply(fresh="ok", fresh_ping="ok"), "; a new connection answers"),
    ("ping.timeout", no_later_reply(fresh="timeout"), "a new connection is not answered either"),
    ("ping.timeout", no_later_reply(fresh="ok", fresh_ping="eof"), "answers hello, but not ping"),
    (
        "ping.timeout",
        no_later_reply(kept="ok", fresh="timeout"),
        "a connection opened earlier still answers, a new one does not",
    ),
    (
        "ping.refused",
        no_later_reply("command", code=11600),
        "after 2 answers, ping was answered with",
    ),
    ("ping.lost", no_later_reply(fresh="ok", fresh_ping="ok", resent=3), "1 of 3 pings"),
    ("ping.slow", evidence(result("ping", latency([1.0, 1.0, 900.0]))), "1 of 3 pings took up to"),
    ("ping.slow", evidence(result("ping", latency([1.0, 310.0, 1.0, 290.0]))), "2 of 4 pings"),
    ("ping.timeout", evidence(failed("ping", "timeout", data=NO_REPLY)), "no ping got a reply"),
    ("ping.timeout", evidence(failed("ping", "selection", data=NO_REPLY)), "it is selection"),
    ("ping.timeout", evidence(failed("ping", "driver", data=NO_REPLY)), "no ping got a reply"),
    (
        "ping.refused",
        evidence(failed("ping", "command", code=11600, message="bye")),
        "(code 11600)",
    ),
    ("ping.timeout", login("timeout", pings=False), "neither the login nor a ping"),
    ("ping.refused", login("command", code=11600), "the login was answered with an error (code"),
    (
        "ping.slow",
        evidence(result("ping", latency([600.0, 700.0]))),
        "half of the pings took 600 ms",
    ),
    ("ping.slow", evidence(result("ping", latency([60.0])), slow_ping_ms=50.0), "60 ms or longer"),
    # a slow server and a busy process: the pings that it did not disturb show the server
    (
        "ping.slow",
        evidence(result("ping", stalled_latency([700.0, 1900.0, 750.0], [20.0, 1100.0, 40.0]))),
        "half of the pings took 680 ms",
    ),
    (
        "ping.slow",
        evidence(
            result("ping", stalled_latency([1.0, 400.0, 900.0, 350.0], [0.0, 30.0, 600.0, 0.0]))
        ),
        "2 of 4 pings took up to 370 ms",
    ),
    (
        "ping.lost",
        evidence(result("ping", latency([1.0, None, 1.0]))),
        "1 of 3 pings were not answered",
    ),
]

FALSE: list[False_] = [
    ("ping.timeout", login("timeout", pings=True)),
    ("ping.timeout", login("command", code=18, pings=False)),
    ("ping.refused", login("command", code=18)),
    ("ping.refused", login("driver", pings=True)),
    ("ping.timeout", evidence(failed("ping", "command", code=11600))),
    ("ping.timeout", evidence(failed("auth", "timeout"))),
    ("ping.refused", evidence(failed("ping", "timeout", data=NO_REPLY))),
    ("ping.refused", evidence(result("ping", latency([1.0])))),
    ("ping.slow", evidence(result("ping", latency([1.0, 1.0, 120.0])))),
    ("ping.slow", evidence(result("ping", latency([150.0] * 10)))),  # far away, and steady
    ("ping.slow", evidence(result("ping", stalled_latency([2.0, 900.0, 1.0], [0.0, 890.0, 0.0])))),
    # stalls are the larger part of each late ping: what is left may be theirs too
    (
        "ping.slow",
        evidence(
            result("ping", stalled_latency([1.0, 614.0, 1.0, 980.0], [0.0, 310.0, 0.0, 500.0]))
        ),
    ),
    ("ping.slow", evidence(result("ping", stalled_latency([1400.0, 1300.0], [720.0, 660.0])))),
    # after a lost ping, the next one waits until the driver has found the server again
    ("ping.slow", evidence(result("ping", latency([1.0, None, 700.0, 1.0])))),
    ("ping.slow", evidence(failed("ping", "timeout", data=NO_REPLY))),
    ("ping.lost", evidence(result("ping", latency([1.0, 1.0])))),
    ("ping.lost", evidence(failed("ping", "timeout", data=NO_REPLY))),
    ("ping.lost", no_later_reply()),
    ("ping.timeout", no_later_reply(fresh="ok", fresh_ping="ok", resent=3)),
    ("ping.timeout", no_later_reply("command", code=11600)),
]


@pytest.mark.parametrize(("code", "evidence", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, evidence: Evidence, words: str) -> None:
    is_true(code, evidence, words)


@pytest.mark.parametrize(("code", "evidence"), FALSE)
def test_a_cause_is_silent_on_what_looks_like_it(code: str, evidence: Evidence) -> None:
    is_silent(code, evidence)


def test_every_cause_is_in_both_tables() -> None:
    is_complete([ping], TRUE, FALSE)


@pytest.mark.parametrize("kept", ["ok", "timeout"])
def test_new_connections_that_wait_may_be_too_many(kept: str) -> None:
    """If no connection answers, the server hangs."""
    case = no_later_reply(kept=kept, fresh="timeout")
    verdict = diagnose(case, registry.causes()).verdict
    assert verdict is not None
    causes = [alternative.cause for alternative in verdict.alternatives]
    assert ("hello.too-many-connections" in causes) is (kept == "ok")
    assert ("limits the number" in str(verdict.remedies[0])) is (kept == "ok")


def test_a_deployment_whose_pings_stopped_is_never_reported_as_working() -> None:
    for case in (
        no_later_reply(),
        no_later_reply("driver"),
        no_later_reply("command", code=11600),
    ):
        assert diagnose(case, registry.causes()).verdict is not None


def test_half_of_the_pings_lost_is_a_failure_and_a_tenth_is_a_warning() -> None:
    half = evidence(result("ping", latency([1.0, None] * 5)))
    tenth = evidence(result("ping", latency([1.0] * 5 + [None] + [1.0] * 4)))
    verdict = diagnose(half, registry.causes()).verdict
    assert verdict is not None
    assert verdict.cause == "ping.lost"
    assert diagnose(tenth, registry.causes()).verdict is None
