"""Causes in the first messages of the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mongoping.causes import hello as causes
from mongoping.model import Failure
from mongoping.observations import DriverFacts, ImportFacts, ListenerFacts, TlsFacts
from tests.causes.table import (
    A,
    B,
    False_,
    True_,
    is_complete,
    is_silent,
    is_true,
    match_of,
    verdict,
)
from tests.evidence import evidence, failed, hello, result

if TYPE_CHECKING:
    from mongoping.model import Evidence, Result

MONGOD = "It looks like you are trying to access MongoDB over HTTP on the native driver port."
DRIVER = result("import", ImportFacts("4.20.0", 9, 29, "4.4"))
TLS = "mongodb://a:27017/?tls=true"


def no_hello(kind: str, **facts: Any) -> Result:
    return failed("hello", kind, A, **facts)


def in_tls(kind: str, **fields: Any) -> Result:
    return failed("tls", kind, A, data=TlsFacts(**fields))


def no_route(kind: str, **more: Any) -> Result:
    """Return a driver that found no server, with the result of its connection."""
    why = Failure(kind, "connection closed", facts=more)
    return failed("driver", kind, data=DriverFacts("unreachable", "Unknown", None, (), {A: why}))


def later(kind: str, again: str, state: str = "unreachable", **more: Any) -> Evidence:
    """A host that answered the probe, and the driver's look at it, and a further hello."""
    failures = {} if state == "timeout" else {A: Failure(kind, "connection closed", facts=more)}
    facts = DriverFacts(state, "Unknown", None, (), failures, again={A: again})
    return evidence(hello(A), failed("driver", kind, data=facts))


def kept(again: str, **more: Any) -> Evidence:
    """Return the same, with a connection of mongoping's own that still answers."""
    facts = DriverFacts(
        "timeout", "Unknown", None, (), more.pop("failures", {}), again={A: again}, **more
    )
    return evidence(hello(A), failed("driver", "timeout", data=facts))


CLOSED = {A: Failure("driver", "connection closed", facts={"type": "AutoReconnect"})}
CUT = {"type": "AutoReconnect", "cause": "OSError"}

TRUE: list[True_] = [
    ("hello.refused", evidence(no_hello("command", code=13, message="no")), '(code 13): "no"'),
    (
        "hello.closed-by-server",
        evidence(no_hello("command", code=11600, message="bye")),
        '"bye" (code 11600): it is starting up or shutting down',
    ),
    ("hello.closed-by-server", evidence(in_tls("eof"), uri=TLS), "during the TLS handshake"),
    (
        "hello.closed-by-server",
        later("driver", "ok", **CUT),
        "closed the driver's connection in between",
    ),
    ("hello.too-many-connections", later("driver", "eof", **CUT), "closed the next ones"),
    ("hello.no-reply", later("timeout", "timeout", "timeout"), "but not on the next one"),
    ("hello.no-reply", evidence(in_tls("timeout", received=0), uri=TLS), "to the TLS handshake"),
    ("hello.no-reply", evidence(in_tls("timeout", received=900), uri=TLS), "sent 900 bytes in"),
    ("hello.no-reply", kept("ok", large={A: "timeout"}), "a short hello, but not a long one"),
    ("hello.too-many-connections", kept("refused", kept={A: "ok"}), "but new ones are refused"),
    (
        "hello.too-many-connections",
        kept("timeout", kept={A: "ok"}, failures=CLOSED),
        "still serves a connection opened earlier, but closes new ones",
    ),
    ("hello.not-mongodb", evidence(in_tls("eof", first_bytes="N"), uri=TLS), 'not TLS: "N"'),
    ("hello.not-mongodb", evidence(no_hello("not-mongodb", head="HTTP/1.1 400")), "a web server"),
    ("hello.not-mongodb", evidence(no_hello("not-mongodb", head="SSH-2.0-x")), "an SSH server"),
    (
        "hello.not-mongodb",
        evidence(no_hello("not-mongodb", head="\x4a\x00\x00\x00\x0a8.0.33\x00")),
        "a MySQL server",
    ),
    (
        "hello.not-mongodb",
        evidence(no_hello("not-mongodb", head="\xff\xfe", message="opcode 7")),
        "is not a MongoDB server: it sends",
    ),
    (
        "hello.not-mongodb",
        evidence(no_hello("not-mongodb", wire="size", message="it names 900 members")),
        "sends a reply to hello that no MongoDB server sends: it names 900 members",
    ),
    ("hello.not-mongodb", evidence(no_hello("eof", head="-ERR unknown command")), "a Redis server"),
    ("hello.not-mongodb", evidence(in_tls("tls", first_bytes="SSH-2.0-x"), uri=TLS), "SSH"),
    (
        "hello.not-mongodb",
        evidence(hello(A), failed("ping", "not-mongodb", message="45 MB is too large")),
        "sends the driver replies that no MongoDB server sends: 45 MB",
    ),
    ("hello.no-reply", evidence(no_hello("timeout")), "sent no reply to hello"),
    ("hello.no-reply", evidence(no_hello("timeout", received=5)), "sent 5 bytes of a reply"),
    ("hello.no-reply", evidence(in_tls("timeout"), uri=TLS), "sent no reply to the TLS handshake"),
    ("hello.closed-by-server", evidence(no_hello("eof")), "without a reply"),
    (
        "hello.closed-by-server",
        evidence(no_hello("eof", closes_first=True)),
        "before the client sends anything",
    ),
    ("hello.closed-by-server", evidence(no_hello("eof", received=8)), "in the middle of a reply"),
    (
        "hello.closed-by-server",
        evidence(
            result("tls", TlsFacts("TLSv1.3", asks_certificate=False), A),
            no_hello("eof", tls=True),
            uri=TLS,
        ),
        "without a reply",
    ),
    ("hello.wire-version-too-old", evidence(hello(A, wire=6, version="3.6.23"), DRIVER), "3.6.23"),
    (
        "hello.wire-version-too-old",
        evidence(no_hello("eof", legacy_wire=5), DRIVER),
        "before MongoDB 3.6",
    ),
    (
        "hello.wire-version-too-new",
        evidence(hello(A, min_wire=99, wire=120), DRIVER),
        "requires at least wire version 99",
    ),
    (
        "hello.too-many-connections",
        evidence(
            no_hello("eof", closes_first=True),
            result("listener", ListenerFacts(27017, "mongod", 7), A),
        ),
        "a:27017 is mongod (pid 7)",
    ),
    (
        "hello.too-many-connections",
        evidence(hello(A), no_route("driver", type="AutoReconnect")),
        "replied on the first connection and closed the next ones",
    ),
]

FALSE: list[False_] = [
    ("hello.refused", evidence(no_hello("command", code=11600))),
    ("hello.refused", evidence(no_hello("eof"))),
    ("hello.closed-by-server", evidence(in_tls("eof", http=MONGOD), uri=TLS)),
    ("hello.closed-by-server", evidence(in_tls("eof", asks_certificate=True), uri=TLS)),
    ("hello.closed-by-server", later("driver", "refused", **CUT)),
    ("hello.too-many-connections", later("driver", "refused", **CUT)),
    ("hello.too-many-connections", later("driver", "ok", **CUT)),
    (
        "hello.too-many-connections",
        later("driver", "eof", type="AutoReconnect", cause="gaierror"),
    ),
    ("hello.no-reply", later("timeout", "ok", "timeout")),
    ("hello.no-reply", kept("ok", large={A: "ok"})),
    ("hello.too-many-connections", kept("refused", kept={A: "eof"})),
    ("hello.too-many-connections", kept("timeout", kept={A: "ok"})),
    ("hello.no-reply", later("unfinished", "timeout", "timeout")),
    ("hello.not-mongodb", evidence(no_hello("eof", http=f"HTTP/1.0 200 OK\r\n\r\n{MONGOD}"))),
    ("hello.not-mongodb", evidence(no_hello("eof"))),
    ("hello.not-mongodb", evidence(no_hello("command", message="not now"))),
    ("hello.not-mongodb", evidence(in_tls("eof", http=MONGOD), uri=TLS)),
    ("hello.not-mongodb", evidence(in_tls("tls", first_bytes="SSH-", plain_hello=True), uri=TLS)),
    ("hello.no-reply", evidence(no_hello("eof"))),
    ("hello.no-reply", evidence(no_hello("timeout", speaks_tls=True))),
    ("hello.no-reply", evidence(failed("tcp", "timeout", A))),
    ("hello.closed-by-server", evidence(no_hello("eof", speaks_tls=True))),
    ("hello.closed-by-server", evidence(no_hello("eof", legacy_wire=5))),
    ("hello.closed-by-server", evidence(no_hello("reset"))),
    (
        "hello.closed-by-server",
        evidence(
            result("tls", TlsFacts("TLSv1.3", asks_certificate=True), A),
            no_hello("eof", tls=True),
            uri=TLS,
        ),
    ),
    ("hello.wire-version-too-old", evidence(hello(A, wire=9), DRIVER)),
    ("hello.wire-version-too-old", evidence(hello(A, wire=8))),
    ("hello.wire-version-too-old", evidence(no_hello("eof"), DRIVER)),
    ("hello.wire-version-too-new", evidence(hello(A, min_wire=0, wire=120), DRIVER)),
    ("hello.wire-version-too-new", evidence(hello(A, min_wire=29, wire=30), DRIVER)),
    ("hello.wire-version-too-new", evidence(hello(A, min_wire=99, wire=120))),
    ("hello.too-many-connections", evidence(no_hello("eof", closes_first=True))),
    (
        "hello.too-many-connections",
        evidence(
            no_hello("eof", closes_first=True),
            result("listener", ListenerFacts(27017, "socat", 7), A),
        ),
    ),
    (
        "hello.too-many-connections",
        evidence(
            no_hello("eof", closes_first=False),
            result("listener", ListenerFacts(27017, "mongod", 7), A),
        ),
    ),
    ("hello.too-many-connections", evidence(hello(A), no_route("driver", type="ValueError"))),
    ("hello.too-many-connections", evidence(hello(A), no_route("timeout", type="NetworkTimeout"))),
]


@pytest.mark.parametrize(("code", "evidence", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, evidence: Evidence, words: str) -> None:
    is_true(code, evidence, words)


@pytest.mark.parametrize(("code", "evidence"), FALSE)
def test_a_cause_is_silent_on_what_looks_like_it(code: str, evidence: Evidence) -> None:
    is_silent(code, evidence)


def test_every_cause_is_in_both_tables() -> None:
    is_complete([causes], TRUE, FALSE)


def test_where_two_things_remain_possible_it_says_how_to_tell_them_apart() -> None:
    """A full server and a forwarder without one close in the same way."""
    match = match_of("hello.closed-by-server", evidence(no_hello("eof", closes_first=True)))
    assert match is not None
    assert match.alternatives == ("hello.too-many-connections",)
    assert match.tell_apart


@pytest.mark.parametrize(("wire", "limit"), [(8, "<4.18"), (7, "<4.14"), (6, "<4.11")])
def test_an_old_server_is_told_the_newest_driver_that_speaks_to_it(wire: int, limit: str) -> None:
    match = match_of("hello.wire-version-too-old", evidence(hello(A, wire=wire), DRIVER))
    assert match is not None
    assert f'pip install "pymongo{limit}"' in str(match.remedies[0])


def test_a_silent_host_beside_one_that_answers_stops_nobody() -> None:
    case = evidence(no_hello("timeout"), hello(B, "mongos"))
    assert verdict(case) is None
