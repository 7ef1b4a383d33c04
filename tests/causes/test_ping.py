"""Causes that are seen in the round trips of ping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mongoping.causes import ping
from mongoping.checks.auth import AuthSeen
from mongoping.checks.ping import latency
from tests.causes.table import False_, True_, is_complete, is_silent, is_true
from tests.evidence import evidence, failed, result

if TYPE_CHECKING:
    from mongoping.model import Evidence

LOST = latency([None, None])


def login(kind: str, code: int | None = None, *, pings: bool | None = None) -> Evidence:
    """A login that came to nothing, so that no ping was sent."""
    data = AuthSeen("ada", "admin", "SCRAM-SHA-256", pings=pings)
    return evidence(failed("auth", kind, data=data, code=code), uri="mongodb://ada:x@a/")


TRUE: list[True_] = [
    ("ping.timeout", evidence(failed("ping", "timeout", data=LOST)), "no ping came back"),
    ("ping.timeout", evidence(failed("ping", "selection", data=LOST)), "it is selection"),
    ("ping.timeout", evidence(failed("ping", "driver", data=LOST)), "no ping came back"),
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
    ("ping.lost", evidence(result("ping", latency([1.0, None, 1.0]))), "1 of 3 pings were lost"),
]

FALSE: list[False_] = [
    ("ping.timeout", login("timeout", pings=True)),
    ("ping.timeout", login("command", code=18, pings=False)),
    ("ping.refused", login("command", code=18)),
    ("ping.refused", login("driver", pings=True)),
    ("ping.timeout", evidence(failed("ping", "command", code=11600))),
    ("ping.timeout", evidence(failed("auth", "timeout"))),
    ("ping.refused", evidence(failed("ping", "timeout", data=LOST))),
    ("ping.refused", evidence(result("ping", latency([1.0])))),
    ("ping.slow", evidence(result("ping", latency([1.0, 1.0, 900.0])))),
    ("ping.slow", evidence(failed("ping", "timeout", data=LOST))),
    ("ping.lost", evidence(result("ping", latency([1.0, 1.0])))),
    ("ping.lost", evidence(failed("ping", "timeout", data=LOST))),
]


@pytest.mark.parametrize(("code", "given", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, given: Evidence, words: str) -> None:
    is_true(code, given, words)


@pytest.mark.parametrize(("code", "given"), FALSE)
def test_a_cause_is_silent_on_what_looks_like_it(code: str, given: Evidence) -> None:
    is_silent(code, given)


def test_every_cause_is_in_both_tables() -> None:
    is_complete([ping], TRUE, FALSE)
