"""Causes that are seen in the DNS: true on their evidence, silent on what looks like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mongoping.causes import dns
from mongoping.observations import AddressesFacts, NameAnswers, ResolversFacts, SrvFacts
from tests.causes.table import A, B, False_, True_, is_complete, is_silent, is_true, verdict
from tests.evidence import evidence, failed, hello, result

if TYPE_CHECKING:
    from mongoping.model import Evidence, Result

NAME = "c0.ab.example.test"
URI = f"mongodb+srv://{NAME}/"
QUERY = f"_mongodb._tcp.{NAME}"


def srv(kind: str, *, facts: Any = None, **fields: Any) -> Result:
    """A failed lookup of the SRV name, with what was seen all the same."""
    data = SrvFacts(QUERY, None, **fields)
    return failed("srv", kind, data=data, **{"name": QUERY, **(facts or {})})


def of_srv(row: Result, **settings: Any) -> Evidence:
    return evidence(row, uri=URI, **settings)


def of_host(kind: str, host: str = A, **facts: Any) -> Evidence:
    name = host.rpartition(":")[0]
    return evidence(failed("addresses", kind, host, **{"name": name, **facts}))


def of_answers(answers: dict[str, tuple[str, ...]]) -> Evidence:
    """The answers of several resolvers to one query."""
    facts = ResolversFacts(tuple(answers), (NameAnswers("a", "A", answers),))
    return evidence(result("resolvers", facts))


UNROUTED = {"server": "192.0.2.53", "port": 53, "errno": "ENETUNREACH", "said": "No route"}
TOO_LONG = [
    {"server": "192.0.2.53", "port": 53, "tcp": False, "truncated": True, "said": "truncated"},
    {"server": "192.0.2.53", "port": 53, "tcp": True, "errno": "ECONNREFUSED", "said": "refused"},
]
FAILED_QUERY = {"attempts": [{"server": "192.0.2.53", "port": 53, "said": "x"}]}

TRUE: list[True_] = [
    (
        "dns.resolver-config",
        of_host("unreachable-resolver", attempts=[UNROUTED]),
        "cannot reach 192.0.2.53, the resolver for a: No route",
    ),
    (
        "dns.resolver-config",
        of_host("no-resolver", invalid=["dns.example"]),
        "names dns.example, which is not an IP address",
    ),
    (
        "dns.resolver-failed",
        of_srv(srv("resolver-failed", facts={"attempts": TOO_LONG, "tcp_needed": True})),
        "too long for UDP, and it does not answer over TCP (refused)",
    ),
    (
        "dns.host-not-found",
        of_host("nxdomain", in_dns=["192.0.2.9"], dns_server="192.0.2.53"),
        "DNS has the address 192.0.2.9 for a from 192.0.2.53, but this system's own lookup",
    ),
    (
        "dns.host-not-found",
        of_host("nxdomain", alias_of="gone.test"),
        "a is an alias (CNAME) of gone.test, which does not exist",
    ),
    ("dns.srv-not-found", of_srv(srv("nxdomain", has_address=False)), f"no record {QUERY}"),
    ("dns.srv-not-found", of_srv(srv("nxdomain", has_address=True)), "has an address, but no"),
    ("dns.srv-not-found", of_srv(srv("bad-name")), "no record"),
    ("dns.srv-empty", of_srv(srv("no-data")), "no SRV record for it"),
    (
        "dns.srv-empty",
        of_srv(srv("no-data", records=({"target": ".", "port": 0},))),
        "it is no-data",
    ),
    ("dns.resolver-config", of_host("no-resolver"), "no resolver is available for a"),
    ("dns.resolver-config", of_srv(srv("unreachable-resolver")), "no resolver"),
    (
        "dns.resolver-config",
        of_srv(srv("unreachable-resolver"), resolver="127.0.0.1:5"),
        "nothing listens at 127.0.0.1:5",
    ),
    (
        "dns.resolver-refused",
        of_srv(srv("refused", facts=FAILED_QUERY)),
        "192.0.2.53 answered REFUSED",
    ),
    ("dns.resolver-refused", of_host("refused"), "REFUSED for a"),
    ("dns.resolver-failed", of_host("servfail"), "could not resolve a"),
    ("dns.resolver-failed", of_srv(srv("resolver-failed")), "could not resolve"),
    ("dns.timeout", of_host("timeout"), "no answer from the system's resolver for a"),
    ("dns.timeout", of_srv(srv("timeout"), resolver="127.0.0.1:5"), "no answer from 127.0.0.1:5"),
    ("dns.host-not-found", of_host("nxdomain"), "a does not exist in DNS"),
    ("dns.host-not-found", of_host("no-data"), "a has no address"),
    ("dns.host-not-found", of_host("bad-name", "a..b:27017"), "not a valid DNS name"),
    (
        "dns.srv-parent-domain-mismatch",
        of_srv(srv("parent-domain", outside=("x.other.test",), parent="ab.example.test")),
        "x.other.test, which is not within ab.example.test",
    ),
    (
        "dns.txt-invalid",
        of_srv(srv("txt", txt=("v=spf1 -all",), txt_problem="it is no option")),
        'it is no option. It contains "v=spf1 -all"',
    ),
    (
        "dns.resolvers-disagree",
        of_answers({"192.0.2.1": ("10.0.0.5",), "192.0.2.2": ("10.0.0.7",)}),
        "a (A): 10.0.0.5 from 192.0.2.1; 10.0.0.7 from 192.0.2.2. This run uses 192.0.2.1",
    ),
    (
        "dns.resolvers-disagree",
        of_answers({"192.0.2.1": ("10.0.0.5",), "192.0.2.2": ("(no answer)",)}),
        "192.0.2.2 does not answer",
    ),
    (
        "dns.slow",
        evidence(result("addresses", AddressesFacts((), "dns"), A, duration_ms=1500.0)),
        "looking up a:27017 took 1.5 s",
    ),
    (
        "dns.slow",
        evidence(result("srv", SrvFacts(QUERY, None), duration_ms=3000.0), uri=URI),
        "the SRV record took 3.0 s",
    ),
]

FALSE: list[False_] = [
    (
        "dns.resolvers-disagree",
        of_answers({"192.0.2.1": ("10.0.0.5", "10.0.0.6"), "192.0.2.2": ("10.0.0.5",)}),
    ),
    ("dns.resolvers-disagree", of_host("nxdomain")),
    ("dns.srv-not-found", of_srv(srv("no-data"))),
    ("dns.srv-not-found", of_srv(srv("timeout"))),
    ("dns.srv-not-found", of_host("nxdomain")),
    ("dns.srv-empty", of_srv(srv("nxdomain"))),
    ("dns.srv-empty", of_host("no-data")),
    ("dns.resolver-config", of_host("timeout")),
    ("dns.resolver-config", of_srv(srv("refused"))),
    ("dns.resolver-refused", of_srv(srv("servfail"))),
    ("dns.resolver-refused", evidence(failed("tcp", "refused", A))),
    ("dns.resolver-failed", of_srv(srv("refused"))),
    ("dns.resolver-failed", of_host("nxdomain")),
    ("dns.timeout", of_host("servfail")),
    ("dns.timeout", evidence(failed("tcp", "timeout", A))),
    ("dns.host-not-found", of_srv(srv("nxdomain"))),
    ("dns.host-not-found", of_host("timeout")),
    (
        "dns.srv-parent-domain-mismatch",
        of_srv(result("srv", SrvFacts(QUERY, None, parent="ab.example.test"))),
    ),
    ("dns.txt-invalid", of_srv(srv("timeout", txt_problem="could not be had"))),
    ("dns.txt-invalid", of_srv(result("srv", SrvFacts(QUERY, None, txt=("authSource=x",))))),
    (
        "dns.slow",
        evidence(result("addresses", AddressesFacts((), "dns"), A, duration_ms=900.0)),
    ),
    (  # this process was busy with something else
        "dns.slow",
        evidence(
            result("addresses", AddressesFacts((), "dns"), A, duration_ms=1500.0, stalled_ms=800.0)
        ),
    ),
    ("dns.slow", evidence(failed("addresses", "timeout", A).replace(duration_ms=5000.0))),
]


@pytest.mark.parametrize(("code", "evidence", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, evidence: Evidence, words: str) -> None:
    is_true(code, evidence, words)


@pytest.mark.parametrize(("code", "evidence"), FALSE)
def test_a_cause_is_silent_on_what_looks_like_it(code: str, evidence: Evidence) -> None:
    is_silent(code, evidence)


def test_every_cause_is_in_both_tables() -> None:
    is_complete([dns], TRUE, FALSE)


def test_a_name_that_one_member_has_lost_is_no_fault_of_the_others() -> None:
    """Two of three resolve and answer: a warning about the third."""
    case = evidence(failed("addresses", "nxdomain", A, name="a"), hello(B, "mongos"))
    assert verdict(case) is None


def test_a_short_name_is_one_of_containers() -> None:
    from tests.causes.table import match_of

    short = match_of("dns.host-not-found", of_host("nxdomain", "mongo:27017"))
    assert short is not None
    assert "If mongo is the name of a container" in str(short.remedies[0])
    long = match_of("dns.host-not-found", of_host("nxdomain", "db.example.test:27017"))
    assert long is not None
    assert tuple(map(str, long.remedies)) == ()
