"""A connection that ends at hello, with TLS below it and without."""

from __future__ import annotations

import pytest

from mongoping.causes import hello, tcp
from mongoping.causes._client_certificates import certificate_required
from mongoping.model import Evidence, Match
from mongoping.observations import TlsFacts
from tests.evidence import evidence, failed, result

HOST = "a:27017"


def _case(*, asks: bool | None = False, kind: str = "eof", **facts: object) -> Evidence:
    tls_facts = TlsFacts(version="TLSv1.3", asks_certificate=asks, received=3000)
    return evidence(
        result("tls", tls_facts, HOST),
        failed("hello", kind, HOST, tls=True, closes_first=False, **facts),
        uri="mongodb://a:27017/?tls=true",
    )


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (_case(received=0), "closed the connection after hello"),
        (_case(received=7), "in the middle of a reply"),
        (_case(received=0, tls_behind=True), "the server behind it expects TLS as well"),
        (
            _case(received=0, tls_behind=True, kind="reset"),
            "the server behind it expects TLS as well",
        ),
    ],
)
def test_a_server_that_closes_under_tls_is_named(case: Evidence, words: str) -> None:
    match = hello.connection_closed(case, HOST)
    assert isinstance(match, Match)
    assert words in match.detail
    assert tcp.connection_reset(case, HOST) is None


def test_where_a_certificate_was_asked_for_its_absence_is_the_reason() -> None:
    case = _case(asks=True, received=0)
    assert hello.connection_closed(case, HOST) is None
    assert isinstance(certificate_required(case, HOST), Match)


def test_where_none_was_asked_for_its_absence_is_not_the_reason() -> None:
    case = _case(received=0)
    assert certificate_required(case, HOST) is None


def test_a_reset_under_tls_is_one_and_no_orderly_end() -> None:
    case = _case(kind="reset", received=0)
    assert hello.connection_closed(case, HOST) is None
    assert isinstance(tcp.connection_reset(case, HOST), Match)


def test_without_further_connections_the_other_reasons_are_alternatives() -> None:
    """As for the health probe, and for hosts that only another server named."""
    uri = "mongodb://a:27017/"
    alone = evidence(failed("hello", "eof", HOST, tls=False, received=0), uri=uri)
    match = hello.connection_closed(alone, HOST)
    assert isinstance(match, Match)
    assert "tls.required-by-server" in match.alternatives
    row = failed("hello", "eof", HOST, tls=False, received=0, closes_first=False)
    match = hello.connection_closed(evidence(row, uri=uri), HOST)
    assert isinstance(match, Match)
    assert match.alternatives == ()
