"""The driver is the judge: what `parse` takes and refuses is what AsyncMongoClient does.

The constructor does no I/O (SRV names are looked up at the first use), so it can be asked for
every string. Where mongoping is knowingly stricter the row says why.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import example, given
from hypothesis import strategies as st
from pymongo import AsyncMongoClient

from mongoping.causes.messages import patterns_of
from mongoping.causes.uri import CAUSES
from mongoping.uri.options import find
from mongoping.uri.target import ParsedUri, parse
from tests.examples import examples
from tests.uri.target_strings import NEWER, ROWS, STRICTER, VALID

if TYPE_CHECKING:
    from collections.abc import Iterator


@cache
def judge(uri: str) -> AsyncMongoClient[Any] | Exception:
    """Return the driver's client for a string, or the error with which it refuses the string.

    The constructor raises many types, ValueError and KeyError too.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return AsyncMongoClient(uri)
        except Exception as error:  # any refusal counts
            return error


def test_the_table_is_large_enough() -> None:
    assert len({uri for _, uri in ROWS} | set(STRICTER)) >= 240
    assert {cause for cause, _ in ROWS if cause} >= {
        cause.code
        for cause in CAUSES
        if cause.severity == "error"  # a warning refuses no string
        and cause.code not in ("uri.srv-scheme-needed", "uri.srv-host-too-short")
    }


def test_a_string_is_refused_for_its_cause_and_only_if_the_driver_refuses_it() -> None:
    wrong = {}
    for cause, uri in ROWS:
        problem = parse(uri).problem
        if (problem.cause if problem else None) != cause:
            wrong[uri] = f"refused for {problem}, not for {cause}"
        if uri not in NEWER and isinstance(judge(uri), Exception) != (cause is not None):
            wrong[uri] = f"the driver says {judge(uri)}"
    assert wrong == {}


def test_where_mongoping_is_stricter_the_driver_accepts_the_string() -> None:
    refused_by_driver = [uri for uri in STRICTER if isinstance(judge(uri), Exception)]
    accepted_here = [uri for uri in STRICTER if parse(uri).problem is None]
    assert (refused_by_driver, accepted_here) == ([], [])


def test_parts_are_the_drivers() -> None:
    """Hosts, database, credentials, authSource, TLS and options in force agree with the driver."""
    for _, uri in ROWS:
        verdict, result = judge(uri), parse(uri)
        if isinstance(verdict, Exception) or uri in NEWER:
            assert result.target is None, uri
        else:
            compare(result, verdict)


def compare(result: ParsedUri, client: AsyncMongoClient[Any]) -> None:
    """Every part that the driver can be asked for without the DNS."""
    target, credentials = result.target, result.credentials
    assert target is not None
    assert credentials is not None
    pool, theirs = client._options.pool_options, client._options._options
    assert {tuple(host) for host in target.hosts} == set(client._seeds)
    assert target.database == client._default_database_name
    assert target.replica_set == client._options.replica_set_name
    assert target.direct_connection == bool(client._options.direct_connection)
    assert target.load_balanced == bool(client._options.load_balanced)
    if "tls" in target.options or not target.srv:
        assert bool(target.options.get("tls")) == (pool._ssl_context is not None)
    login = pool._credentials
    if login is None:
        assert credentials.username is None
    else:
        assert (login.username, login.password) == (credentials.username, credentials.password)
        assert login.source == target.auth_source
        assert login.mechanism == (target.mechanism or "DEFAULT")
    mine = {name.lower() for name in target.options}
    implied_options = {
        "tls",
        *(name for name in theirs if name.startswith("tls")),
    }  # by other options
    own_options = {"document_class", "tz_aware", "connect"}  # set by the constructor itself
    assert mine - implied_options - own_options == set(theirs) - implied_options - own_options


def test_the_driver_opens_the_files() -> None:
    """A file that is not there makes the constructor raise, so it is an error of the string."""
    assert isinstance(judge("mongodb://h/?tlsCAFile=/nonexistent/ca.pem"), FileNotFoundError)


SECRET = st.text("ab1%:@/?#[]+&=; $<>é", min_size=1, max_size=6)
HOST = st.sampled_from(
    [
        "h",
        "h:1",
        "h,b",
        "h:0",
        "h:x",
        "[::1]",
        "[::1]:5",
        "[::1",
        "::1",
        "a.b.c",
        "%2Ftmp%2Fx.sock",
        "%41",
        "h:1:2",
        "H.ex:27017",
        "127.0.0.1",
        "h,",
        "h:65536",
        "x.sock",
        "%5Bx.sock",
        "[x].sock",
    ]
)
DATABASE = st.sampled_from(["", "/", "/db", "/db.c", "/a b", "/a%20b", "/$x", "/a/b", "/.c"])
NAMES = st.sampled_from(
    [
        "tls",
        "ssl",
        "TLS",
        "tlsInsecure",
        "tlsAllowInvalidCertificates",
        "tlsAllowInvalidHostnames",
        "replicaSet",
        "tlsDisableOCSPEndpointCheck",
        "directConnection",
        "loadBalanced",
        "authSource",
        "authMechanism",
        "w",
        "journal",
        "fsync",
        "maxPoolSize",
        "minPoolSize",
        "readPreference",
        "readPreferenceTags",
        "maxStalenessSeconds",
        "srvMaxHosts",
        "srvServiceName",
        "authMechanismProperties",
        "heartbeatFrequencyMS",
        "connectTimeoutMS",
        "compressors",
        "tlsCertificateKeyFilePassword",
        "datetime_conversion",
        "uuidRepresentation",
        "unknown",
    ]
)
VALUES = st.sampled_from(
    [
        "true",
        "false",
        "True",
        "0",
        "1",
        "-1",
        "5",
        "499",
        "500",
        "1.5",
        "nan",
        "",
        "majority",
        "primary",
        "secondary",
        "a:b",
        "a:b,c:d",
        "zlib,x",
        "$external",
        "admin",
        "MONGODB-X509",
        "PLAIN",
        "GSSAPI",
        "MONGODB-AWS",
        "MONGODB-OIDC",
        "SCRAM-SHA-1",
        "ENVIRONMENT:test",
        "x",
        "ENVIRONMENT:azure",
        "CANONICALIZE_HOST_NAME:x",
        "CANONICALIZE_HOST_NAME:true",
        "DATETIME",
        "2",
        "a%20b",
    ]
)
OPTION = st.one_of(
    st.builds("{}={}".format, NAMES, VALUES),
    st.builds("{}={}".format, NAMES, st.sampled_from(["true", "false"])),
    st.sampled_from(["", "w", "a==b", "=x"]),
)


@st.composite
def strings(draw: st.DrawFn) -> str:
    """Connection strings, whole or broken, that say much in few words."""
    scheme = draw(st.sampled_from(["mongodb://", "mongodb://", "mongodb+srv://"]))
    login = draw(st.sampled_from(["", "", "ada:pw@", "ada:pw@", "ada@", None]))
    if login is None:
        login = f"{draw(SECRET)}:{draw(SECRET)}@"
    options = draw(st.lists(OPTION, max_size=4))
    separator = draw(st.sampled_from(["&", "&", "&", ";"]))
    query = f"?{separator.join(options)}" if options else ""
    return f"{scheme}{login}{draw(HOST)}{draw(DATABASE)}{query}"


def stricter(result: ParsedUri) -> bool:
    """Return whether the table of this module lists the refusal."""
    problem = result.problem
    if problem is None:
        return False
    if problem.cause in ("uri.placeholder-not-replaced", "uri.srv-host-too-short"):
        return True
    if "percent signs" in problem.detail:
        return not isinstance(judge("mongodb://%41"), Exception)  # an older driver
    return (
        "up to the last '@', they contain" in problem.detail or "srvMaxHosts and" in problem.detail
    )


@given(strings())
@example("mongodb://h/?tlsInsecure=false&tls=false")
@examples(400)
def test_any_string_is_judged_as_the_driver_judges_it(uri: str) -> None:
    """Validity and parts agree for random strings."""
    result, verdict = parse(uri), judge(uri)
    if isinstance(verdict, Exception):
        assert result.target is None
    elif not stricter(result):
        compare(result, verdict)


def refusals() -> Iterator[tuple[str, str]]:
    """The driver's own words for every string of the table that it refuses."""
    for cause, uri in ROWS:
        verdict = judge(uri)
        if cause is not None and isinstance(verdict, Exception):
            yield cause, str(verdict)


def test_the_catalog_knows_the_drivers_words() -> None:
    """Most of what the driver says is recognized under the cause that the string has here."""
    import re

    patterns = {cause.code: patterns_of(cause) for cause in CAUSES}
    rows = list(refusals())
    cases = [
        (code, words)
        for code, words in rows
        if any(re.search(pattern, words) for pattern in patterns[code])
    ]
    assert len(cases) > len(rows) * 0.7


def test_warnings_name_what_the_driver_drops() -> None:
    """Each option that the driver leaves out with a Python warning has a warning here."""
    for uri in VALID:
        with warnings.catch_warnings(record=True) as records:
            warnings.simplefilter("always")
            client = AsyncMongoClient(uri)
        messages = [str(warning.message) for warning in records if warning.category is UserWarning]
        result = parse(uri)
        assert result.target is not None
        dropped_options = {
            chunk.partition("=")[0].lower()
            for chunk in uri.partition("?")[2].replace(";", "&").replace(" ", "&").split("&")
            if chunk and find(chunk.partition("=")[0]) is None
        }
        assert not dropped_options & set(client._options._options)
        assert len(result.target.warnings) >= len(dropped_options)
        if messages and "compressor" not in messages[0] and "not available" not in messages[0]:
            assert result.target.warnings, uri
