"""The causes of the connection string: each is true where it is, and silent for a look-alike."""

from __future__ import annotations

import re

import pytest

from mongoping.causes.messages import patterns_of
from mongoping.causes.uri import CAUSES
from mongoping.checks.uri import look
from mongoping.diagnosis import diagnose
from mongoping.model import Cause, Evidence, Failure, Match, Outcome, Result
from mongoping.settings import Settings
from mongoping.uri.target import parse
from tests.uri.target_strings import ROWS, STRICTER

BY_CODE = {cause.code: cause for cause in CAUSES}


def evidence(uri: str, *others: Result) -> Evidence:
    """Return the evidence for a string, with simulated lookups."""
    parsed_uri = parse(uri)
    outcome: Outcome = look(parsed_uri)
    status = "failed" if outcome.failure else "ok"
    result = Result("uri", "uri", None, status, data=outcome.data, failure=outcome.failure)
    hosts = parsed_uri.target.hosts if parsed_uri.target else ()
    return Evidence(
        target=parsed_uri.target,
        settings=Settings(),
        results=(result, *others),
        hosts=() if parsed_uri.target and parsed_uri.target.srv else hosts,
    )


def match(code: str, uri: str, *others: Result) -> Match | None:
    cause = BY_CODE[code]
    assert cause.is_decided
    return next((match for _, match in cause.matches(evidence(uri, *others))), None)


def lookup(host: str | None, kind: str) -> Result:
    """A failed lookup, as the checks of the DNS would have it."""
    check = "addresses" if host else "srv"
    return Result(check, "dns", host, "failed", failure=Failure(kind, "said the resolver"))


def test_the_catalog_of_the_contract_is_complete() -> None:
    assert set(BY_CODE) == {
        f"uri.{name}"
        for name in (
            *("invalid-scheme", "srv-scheme-needed", "srv-host-too-short", "unescaped-credentials"),
            *("empty-credentials", "placeholder-not-replaced", "invalid-option", "missing-host"),
            *("invalid-port", "srv-with-port", "srv-multiple-hosts", "conflicting-options"),
            *("file-not-found", "malformed", "risky-option"),
        )
    }


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.code)
def test_every_cause_has_texts_remedies_links_and_patterns(cause: Cause) -> None:
    assert cause.title
    assert cause.explanation.endswith(".")
    assert len(cause.remedies) >= 2
    assert all(link.startswith("https://www.mongodb.com/docs/") for link in cause.links)
    assert cause.links
    assert all(re.compile(pattern) for pattern in patterns_of(cause))
    assert patterns_of(cause) or cause.severity == "warning"


def verdict_of(uri: str) -> str | None:
    verdict = diagnose(evidence(uri), CAUSES).verdict
    return verdict.cause if verdict else None


def errors_of(uri: str) -> list[str]:
    """Return the causes of this layer that are errors for a string."""
    matches = {cause.code: match(cause.code, uri) for cause in CAUSES}
    return [
        code for code, cause_match in matches.items() if cause_match and not cause_match.severity
    ]


def test_a_refused_string_has_one_error_and_it_is_the_verdict() -> None:
    invalid = [(code, uri) for code, uri in ROWS if code]
    results = [(verdict_of(uri), errors_of(uri), uri) for _, uri in invalid]
    assert results == [(code, [code], uri) for code, uri in invalid]


def test_a_valid_string_has_no_error() -> None:
    verdicts = {uri: verdict_of(uri) for code, uri in ROWS if not code}
    assert {uri: code for uri, code in verdicts.items() if code} == {}


def test_a_string_that_only_mongoping_refuses_has_a_verdict_too() -> None:
    assert [uri for uri in STRICTER if verdict_of(uri) is None] == []


@pytest.mark.parametrize(
    ("uri", "right"),
    [
        ('"mongodb://ada:pw@h/db"', "mongodb://ada:***@h/db"),
        ("MONGODB_URI=mongodb+srv://a.b.c/", "mongodb+srv://a.b.c/"),
        ("MongoDB://h", "mongodb://h"),
        ("localhost:27017", "mongodb://localhost:27017"),
        ("mongodb+srv://ada:pw@a.b.c:27017/db?w=1", "mongodb+srv://ada:***@a.b.c/db?w=1"),
        ("mongodb+srv://a.b.c,d.e.f/?w=1", "mongodb+srv://a.b.c/?w=1"),
        (
            "mongodb+srv://c-shard-00-00.a.mongodb.net,c-shard-00-01.a.mongodb.net/",
            "mongodb://c-shard-00-00.a.mongodb.net,c-shard-00-01.a.mongodb.net/?tls=true",
        ),
        ("mongodb://h/?retryWrites", "mongodb://h/?retryWrites=true"),
        ("mongodb+srv://127.0.0.1/", "mongodb://127.0.0.1/"),
        ("mongodb://h,,b/", "mongodb://h,b/"),
        ("mongodb://,h/", "mongodb://h/"),
        ("mongodb://h,/", "mongodb://h/"),
        ("mongodb://h:/db", "mongodb://h/db"),
        ("mongodb://h:27017 ", "mongodb://h:27017"),
        ("mongodb://::1/db", "mongodb://[::1]/db"),
        ("mongodb://fe80::1:2:27017/", "mongodb://[fe80::1:2]:27017/"),
        ("mongodb://h/?w=1&", "mongodb://h/?w=1"),
        ("mongodb://h/?w=1&&tls=true", "mongodb://h/?w=1&tls=true"),
        ("mongodb://h/?w=1;tls=true&appName=x", "mongodb://h/?w=1&tls=true&appName=x"),
        ("mongodb://h/?appName=a=b", "mongodb://h/?appName=a%3Db"),
        ("http://h:27018/", "mongodb://h:27018/"),
    ],
)
def test_the_corrected_string_is_the_first_remedy(uri: str, right: str) -> None:
    """Redacted, and valid itself."""
    verdict = diagnose(evidence(uri), CAUSES).verdict
    assert verdict is not None
    assert str(verdict.remedies[0]) == f"Use this connection string: {right}"
    assert parse(right).problem is None


def test_without_a_mongodb_scheme_there_is_nothing_to_remove_before_it() -> None:
    for uri, is_offered in (("http://h/", False), ("'mongodb://h/'", True)):
        verdict = diagnose(evidence(uri), CAUSES).verdict
        assert verdict is not None
        texts = [str(remedy) for remedy in verdict.remedies]
        assert any(text.startswith("Remove everything before") for text in texts) is is_offered


@pytest.mark.parametrize("uri", ["mongodb://@h", "mongodb://:pw@h", "mongodb://ada@h"])
def test_a_remedy_that_ends_in_a_colon_has_something_to_copy(uri: str) -> None:
    verdict = diagnose(evidence(uri), CAUSES).verdict
    assert verdict is not None
    assert verdict.cause == "uri.empty-credentials"
    for remedy in verdict.remedies:
        assert not remedy.text.endswith(":") or remedy.command or remedy.uri
    uris = [remedy.uri for remedy in verdict.remedies if remedy.uri]
    assert all("@h" in uri or uri == "mongodb://h" for uri in uris)


@pytest.mark.parametrize(
    "uri", ["mongodb://h:99999", "mongodb://a:p@b@h", "mongodb://h/a/b", "http://h/x y"]
)
def test_what_nobody_can_correct_is_left(uri: str) -> None:
    verdict = diagnose(evidence(uri), CAUSES).verdict
    assert verdict is not None
    assert not str(verdict.remedies[0]).startswith("Use this")


NAME = "cluster0.ab1cd.mongodb.net"


def test_a_cluster_name_is_a_warning_until_the_dns_has_spoken() -> None:
    code = "uri.srv-scheme-needed"
    uri = f"mongodb://ada:pw@{NAME}:27017/db"
    for kind, severity in (("timeout", "warning"), ("nxdomain", None), ("no-data", None)):
        hit = match(code, uri, lookup(f"{NAME}:27017", kind))
        assert hit is not None
        assert hit.severity == severity
        assert tuple(map(str, hit.remedies)) == (
            f"Use this connection string: mongodb+srv://ada:***@{NAME}/db",
        )
    hit = match(code, uri)
    assert hit is not None
    assert hit.severity == "warning"


@pytest.mark.parametrize(
    "host",
    [
        "cluster0-shard-00-00.ab1cd.mongodb.net:27017",
        "db.example.com:27017",
        "cluster0.ab1cd.mongodb.net.example.com:27017",
    ],
)
def test_other_hosts_that_are_not_found_are_no_cluster_names(host: str) -> None:
    assert match("uri.srv-scheme-needed", f"mongodb://{host}", lookup(host, "nxdomain")) is None


def test_two_hosts_are_no_cluster_name() -> None:
    uri = f"mongodb://{NAME},b.ab1cd.mongodb.net"
    assert match("uri.srv-scheme-needed", uri, lookup(f"{NAME}:27017", "nxdomain")) is None


def test_a_short_srv_name_is_a_warning_until_the_dns_has_spoken() -> None:
    code = "uri.srv-host-too-short"
    hit = match(code, "mongodb+srv://localhost/")
    assert hit is not None
    assert hit.severity == "warning"
    hit = match(code, "mongodb+srv://localhost/", lookup(None, "nxdomain"))
    assert hit is not None
    assert hit.severity is None
    assert tuple(map(str, hit.remedies)) == ("Use this connection string: mongodb://localhost/",)
    assert match(code, "mongodb+srv://a.b.c/", lookup(None, "nxdomain")) is None


def test_white_space_in_a_host_is_the_root_when_it_is_not_found() -> None:
    hit = match("uri.malformed", "mongodb://h\n", lookup("h\n:27017", "nxdomain"))
    assert hit is not None
    assert hit.severity is None
    assert hit.hosts == ("h\n:27017",)
    hit = match("uri.malformed", "mongodb://h/db\n", lookup("h:27017", "nxdomain"))
    assert hit is not None
    assert hit.severity == "warning"


def test_many_warnings_become_one_sentence_of_bounded_length() -> None:
    uri = "mongodb://h/?" + "&".join(f"unknown{number}=1" for number in range(500))
    hit = match("uri.invalid-option", uri)
    assert hit is not None
    assert "and 492 more" in hit.detail


# Words of the drivers for Node.js, Go, Java and others, of Mongoose and of mongosh.
SERVER_TEXTS = {
    "uri.invalid-scheme": (
        'MongoParseError: Invalid scheme, expected connection string to start with "mongodb://"',
        'error parsing uri: scheme must be "mongodb" or "mongodb+srv"',
    ),
    "uri.srv-scheme-needed": (
        "MongoServerSelectionError: getaddrinfo ENOTFOUND cluster0.18ed4.mongodb.net",
        "caused by {java.net.UnknownHostException: cluster1.dad3a.mongodb.net}}]",
        "cluster0.ab1cd.mongodb.net:27017: [Errno -2] Name or service not known",
    ),
    "uri.srv-host-too-short": ("URI must include hostname, domain name, and tld",),
    "uri.unescaped-credentials": (
        "MongoParseError: Password contains unescaped characters",
        "URIError: URI malformed",
    ),
    "uri.placeholder-not-replaced": (
        "Error: getaddrinfo ENOTFOUND undefined undefined:27017",
        "TypeError: Invalid URL: mongodb+srv://app:PW@<cluster-url>/",
        'The `uri` parameter to `openUri()` must be a string, got "undefined".',
    ),
    "uri.invalid-option": (
        "pymongo.errors.ConfigurationError: Unknown option ssl_cert_reqs",
        "MongoParseError: options usecreateindex, usefindandmodify are not supported",
    ),
    "uri.srv-with-port": (
        "MongoParseError: Ports not accepted with 'mongodb+srv' URIs",
        "error parsing uri: URI with srv must not include a port number",
    ),
    "uri.srv-multiple-hosts": (
        "error parsing uri: URI with SRV must include one and only one hostname",
    ),
    "uri.conflicting-options": ("directConnection option requires exactly one host",),
    "uri.file-not-found": ("Error: ENOENT: no such file or directory, open '/app/ca.pem'",),
    "uri.malformed": ("throw new Error('double colon in host identifier');",),
}


@pytest.mark.parametrize(
    ("code", "text"), [(code, text) for code, texts in SERVER_TEXTS.items() for text in texts]
)
def test_words_of_other_drivers_are_recognized(code: str, text: str) -> None:
    assert any(re.search(pattern, text) for pattern in patterns_of(BY_CODE[code]))


@pytest.mark.parametrize(
    "text",
    [
        "querySrv ENOTFOUND _mongodb._tcp.cluster0.ab1cd.mongodb.net",
        "getaddrinfo ENOTFOUND cluster0-shard-00-00.ab1cd.mongodb.net",
        "cluster0-shard-00-00.ab1cd.mongodb.net:27017: [Errno -2] Name or service not known",
        "connect ECONNREFUSED 127.0.0.1:27017",
        "Authentication failed., full error: {'ok': 0.0, 'code': 18}",
        "Error: ENOENT: no such file or directory, open '/app/config.json'",
        "Server selection timed out after 30000 ms",
    ],
)
def test_words_of_other_faults_are_not(text: str) -> None:
    """Patterns of ``(?#also)`` name an alternative and no more; they decide nothing."""
    codes = [
        cause.code
        for cause in CAUSES
        if any(
            re.search(says, text) for says in patterns_of(cause) if not says.startswith("(?#also)")
        )
    ]
    assert codes == []
