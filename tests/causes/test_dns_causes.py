"""Names that do not resolve: what is said of them, and what is not advised."""

from __future__ import annotations

import asyncio
from typing import Any

from mongoping.causes import dns
from mongoping.diagnosis import diagnose
from mongoping.model import Verdict
from mongoping.probe.dns import ask
from mongoping.sandbox.process import free_port
from tests.evidence import evidence, failed

HOST = "a.example.test:27017"


def _verdict(check: str, kind: str, host: str | None, **facts: Any) -> Verdict:
    case = evidence(failed(check, kind, host, **facts), hosts=(HOST,), uri=f"mongodb://{HOST}/")
    verdict = diagnose(case, dns.CAUSES).verdict
    assert verdict is not None
    return verdict


def test_aliases_in_a_circle_are_to_be_corrected_not_asked_for_again() -> None:
    message = "The CNAME chain is too long."
    verdict = _verdict("addresses", "resolver-failed", HOST, message=message, chain=True)
    assert verdict.cause == "dns.resolver-failed"
    assert message in verdict.evidence[0]
    assert len(verdict.remedies) == 1
    assert "CNAME" in str(verdict.remedies[0])


def test_the_standard_string_is_advised_only_where_the_srv_record_is_the_trouble() -> None:
    for kind in ("servfail", "refused", "timeout"):
        assert dns.STANDARD_STRING not in map(str, _verdict("addresses", kind, HOST).remedies)
        assert dns.STANDARD_STRING in map(str, _verdict("srv", kind, None).remedies)


def test_a_name_that_cannot_be_asked_for_is_not_said_to_be_missing() -> None:
    message = "a..b is no host name: 'idna' codec failed"
    verdict = _verdict("addresses", "bad-name", HOST, message=message)
    assert verdict.cause == "dns.host-not-found"
    assert "does not exist" not in verdict.evidence[0]
    assert "codec" not in verdict.evidence[0]


def test_a_resolver_whose_port_is_closed_is_known_as_such() -> None:
    """The kernel says so at once, though dnspython would wait for the whole of its time."""
    port = free_port()
    answer = asyncio.run(ask("a.example.test", "A", f"127.0.0.1:{port}", 30.0))
    assert answer.failure is not None
    assert answer.failure.kind == "unreachable-resolver"
    assert answer.failure.facts["attempts"][0]["server"] == "127.0.0.1"


def test_a_resolver_that_the_user_named_is_not_the_systems() -> None:
    row = failed("addresses", "unreachable-resolver", HOST)
    for resolver, words in (("127.0.0.1:1", "a running resolver"), (None, "resolv.conf")):
        case = evidence(row, uri=f"mongodb://{HOST}/", resolver=resolver)
        verdict = diagnose(case, dns.CAUSES).verdict
        assert verdict is not None
        assert verdict.cause == "dns.resolver-config"
        assert words in str(verdict.remedies[0])
