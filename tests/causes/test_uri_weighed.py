"""Causes of a string depend on its text and on the driver's result."""

from __future__ import annotations

import pytest

from mongoping import registry
from mongoping.checks.uri import look
from mongoping.diagnosis import diagnose
from mongoping.model import CheckStatus, Evidence, Failure, Result, Verdict
from mongoping.observations import DriverFacts, SrvFacts
from mongoping.settings import Settings
from mongoping.uri.host import Host
from mongoping.uri.target import parse

PLACEHOLDER = "uri.placeholder-not-replaced"
LEAST = (
    "maxStalenessSeconds must be at least heartbeatFrequencyMS + 10 seconds. "
    "maxStalenessSeconds is set to 10, heartbeatFrequencyMS is set to 10000."
)


def verdict(uri: str, *others: Result) -> Verdict | None:
    parsed_uri = parse(uri)
    outcome = look(parsed_uri)
    status: CheckStatus = "failed" if outcome.failure else "ok"
    result = Result("uri", "uri", None, status, data=outcome.data, failure=outcome.failure)
    hosts = parsed_uri.target.hosts if parsed_uri.target else ()
    evidence = Evidence(parsed_uri.target, Settings(), results=(result, *others), hosts=hosts)
    return diagnose(evidence, registry.causes()).verdict


def test_the_path_of_a_socket_is_encoded_and_no_host_is_asked_for() -> None:
    root = verdict("mongodb:///tmp/x/mongodb-1.sock/db")
    assert root is not None
    assert root.cause == "uri.missing-host"
    assert tuple(map(str, root.remedies)) == (
        "Use this connection string: mongodb://%2Ftmp%2Fx%2Fmongodb-1.sock/db",
    )
    assert root.alternatives == ()


@pytest.mark.parametrize(
    ("uri", "words", "remedy"),
    [
        ("mongodb://h\x1b[31m/", "a control character", "Remove the control character"),
        ("mongodb://a b/", "white space", "Remove the white space"),
    ],
)
def test_a_host_that_is_no_name_is_the_only_error(uri: str, words: str, remedy: str) -> None:
    """Its failed lookup is a consequence."""
    host = str(parse(uri).target.hosts[0])  # type: ignore[union-attr]
    lookup = Result(
        "addresses", "dns", host, "failed", failure=Failure("nxdomain", f"{host} does not exist")
    )
    root = verdict(uri, lookup)
    assert root is not None
    assert root.cause == "uri.malformed"
    assert words in root.evidence[0]
    assert str(root.remedies[0]).startswith(remedy)


def test_an_empty_string_comes_from_a_variable() -> None:
    root = verdict("")
    assert root is not None
    assert "comes from a variable" in str(root.remedies[0])


def test_the_older_name_of_tls_is_removed_and_tls_is_kept() -> None:
    root = verdict("mongodb://h/?tls=false&ssl=true")
    assert root is not None
    assert root.remedies[0].uri == "mongodb://h/?tls=false"


def test_without_a_socket_a_host_is_asked_for() -> None:
    root = verdict("mongodb:///db")
    assert root is not None
    assert str(root.remedies[0]).startswith("Name the host")
    assert [alternative.cause for alternative in root.alternatives] == [PLACEHOLDER]


@pytest.mark.parametrize("uri", ["MONGODB://host/", "mongodb://h:99999/", "mongodb://h:/"])
def test_nothing_in_the_text_looks_like_a_placeholder(uri: str) -> None:
    root = verdict(uri)
    assert root is not None
    assert root.alternatives == ()


@pytest.mark.parametrize(
    ("uri", "other"),
    [
        ("$URI mongodb://host/", PLACEHOLDER),
        ("mongodb://ada:secret/x", "uri.unescaped-credentials"),
    ],
)
def test_something_in_the_text_does(uri: str, other: str) -> None:
    root = verdict(uri)
    assert root is not None
    assert other in [alternative.cause for alternative in root.alternatives]


def driver(preference: str) -> Result:
    """The driver's picture of a set that works, but for the reads that the string asks for."""
    data = DriverFacts(
        "ready", "ReplicaSetWithPrimary", "rs0", (), readable=False, read_preference=preference
    )
    return Result("driver", "topology", None, "ok", data=data)


def test_a_staleness_that_the_driver_refuses_is_an_invalid_option() -> None:
    """No member was weighed, so nothing is said of members."""
    uri = "mongodb://h/?readPreference=nearest&maxStalenessSeconds=10"
    root = verdict(uri, driver(f"Nearest: {LEAST}"))
    assert root is not None
    assert root.cause == "uri.invalid-option"
    assert "refuses every read" in root.evidence[0]
    assert "90 or more" in str(root.remedies[0])


def test_a_read_preference_that_no_member_fits_is_no_invalid_option() -> None:
    uri = "mongodb://h/?readPreference=secondary&maxStalenessSeconds=120"
    root = verdict(uri, driver("Secondary"))
    assert root is not None
    assert root.cause == "topology.no-matching-server"


def test_a_staleness_that_nobody_has_judged_stays_a_warning() -> None:
    """A single server takes any."""
    assert verdict("mongodb://h/?readPreference=nearest&maxStalenessSeconds=10") is None


def srv(failure: Failure | None = None, **txt: object) -> Result:
    """Return the result of an SRV lookup, with the options of its TXT record."""
    seeds = (Host("a.example.test", 27017), Host("b.example.test", 27017))
    data = SrvFacts("_mongodb._tcp.c.example.test", None, seeds=seeds, txt_options=txt)
    status: CheckStatus = "failed" if failure else "ok"
    return Result("srv", "dns", None, status, data=data, failure=failure)


def test_options_that_conflict_after_txt_are_the_connection_strings_fault() -> None:
    facts = {"uri": ("srvMaxHosts",), "txt": ("replicaSet",)}
    failure = Failure("conflict", "srvMaxHosts and replicaSet", facts=facts)
    root = verdict("mongodb+srv://c.example.test/?srvMaxHosts=1", srv(failure, replicaSet="rs0"))
    assert root is not None
    assert root.cause == "uri.conflicting-options"
    assert tuple(map(str, root.remedies)) == (
        "Remove srvMaxHosts from the connection string: mongodb+srv://c.example.test/",
        "Have replicaSet removed from the TXT record.",
    )


def test_other_options_of_a_txt_record_do_not_conflict() -> None:
    assert verdict("mongodb+srv://c.example.test/?srvMaxHosts=1", srv(authSource="a")) is None
    assert verdict("mongodb+srv://c.example.test/", srv(replicaSet="rs0")) is None


@pytest.mark.parametrize(
    ("records", "words"),
    [(({"target": "", "port": 0},), "no such service"), ((), "no SRV record for it")],
)
def test_a_service_that_is_not_offered_is_no_server_outside_the_domain(
    records: tuple[dict[str, object], ...], words: str
) -> None:
    """RFC 2782 has a target of '.' for it; an answer without any record is told apart."""
    failure = Failure("no-data", "the target of the SRV record is '.': no such service is offered")
    data = SrvFacts("_mongodb._tcp.c.example.test", None, records=records)
    row = Result("srv", "dns", None, "failed", data=data, failure=failure)
    root = verdict("mongodb+srv://c.example.test/", row)
    assert root is not None
    assert root.cause == "dns.srv-empty"
    assert words in root.evidence[0]
