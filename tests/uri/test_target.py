"""Parsing connection strings: parts, warnings, positions of problems."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.model.to_jsonable import to_jsonable
from mongoping.uri.host import Host
from mongoping.uri.target import ParsedUri, Target, parse, parse_txt, scrub
from tests.examples import examples


def target(uri: str) -> Target:
    """The target of a string that is valid."""
    result = parse(uri)
    assert result.problem is None, result.problem
    assert result.target is not None
    return result.target


def warnings_of(uri: str) -> list[tuple[str, str | None]]:
    """Cause and option of every warning."""
    return [(warning.cause, warning.option) for warning in target(uri).warnings]


def test_every_part_has_its_place() -> None:
    result = target(
        "mongodb://ada:s%40crt@H1.example,[::1]:27018,%2Ftmp%2Fm.sock/shop"
        "?authSource=users&replicaSet=rs0&ssl=true&connectTimeoutMS=1500&readPreference=secondary"
        "&readPreferenceTags=dc:ny,rack:1&readPreferenceTags=&compressors=zstd,zlib&w=2"
    )
    assert result.scheme == "mongodb"
    assert result.hosts == (Host("h1.example"), Host("::1", 27018), Host("/tmp/m.sock", None))
    assert (result.username, result.has_password, result.database) == ("ada", True, "shop")
    assert result.options == {
        "authSource": "users",
        "replicaSet": "rs0",
        "connectTimeoutMS": 1500,
        "readPreference": "secondary",
        "readPreferenceTags": [{"dc": "ny", "rack": "1"}, {}],
        "compressors": ["zstd", "zlib"],
        "w": 2,
        "tls": True,
    }
    assert (result.auth_source, result.replica_set, result.srv) == ("users", "rs0", False)
    assert (result.direct_connection, result.load_balanced, result.srv_name) == (False, False, None)
    assert result.warnings == ()


def test_an_srv_name_is_one_host_without_a_port() -> None:
    result = target("mongodb+srv://Cluster0.ab1cd.mongodb.net/")
    assert result.hosts == (Host("cluster0.ab1cd.mongodb.net", None),)
    assert (result.srv, result.srv_name) == (True, "cluster0.ab1cd.mongodb.net")


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("mongodb://a:b@h", "admin"),
        ("mongodb://a:b@h/shop", "shop"),
        ("mongodb://a:b@h/shop?authSource=users", "users"),
        ("mongodb://a:b@h/shop?authMechanism=PLAIN", "shop"),
        ("mongodb://a:b@h/?authMechanism=PLAIN", "$external"),
        ("mongodb://a@h/shop?authMechanism=GSSAPI", "$external"),
        ("mongodb://h/shop?authMechanism=MONGODB-X509", "$external"),
        ("mongodb://h/shop?authMechanism=MONGODB-AWS", "$external"),
    ],
)
def test_the_source_of_users_follows_the_driver(uri: str, source: str) -> None:
    assert target(uri).auth_source == source


@pytest.mark.parametrize(
    ("uri", "tls"),
    [
        ("mongodb://h/?tlsCAFile=ca.pem", True),
        ("mongodb://h/?tlsAllowInvalidHostnames=false", True),
        ("mongodb://h/?tlsInsecure=false", True),
        ("mongodb://h/?tlsAllowInvalidHostnames=true", None),
        ("mongodb://h/?tlsInsecure=true", None),
        ("mongodb://h/?tls=false", False),
        ("mongodb://h", None),
    ],
)
def test_options_that_imply_tls_turn_it_on(uri: str, tls: bool | None) -> None:
    """As in the driver: a file does, an exception that is switched off does, one that is on not."""
    assert target(uri).options.get("tls") is tls


def test_the_password_given_apart_is_encoded_and_wins() -> None:
    result = parse("mongodb://ada:old@h/db", password="p@:/?#[]%+ ü")
    assert result.credentials is not None
    assert result.credentials.password == "p@:/?#[]%+ ü"
    again = parse(result.credentials.uri).credentials
    assert again is not None
    assert again.password == result.credentials.password
    assert result.shown == "mongodb://ada:***@h/db"


def test_a_password_given_apart_mends_one_that_was_not_encoded() -> None:
    result = parse("mongodb://ada:p@ss/w?@h/db", password="right")
    assert result.credentials is not None
    assert result.credentials.uri == "mongodb://ada:right@h/db"


def test_a_password_without_a_user_is_noted() -> None:
    result = parse("mongodb://h", password="right")
    assert result.target is not None
    assert [warning.cause for warning in result.target.warnings] == ["uri.empty-credentials"]
    assert "right" not in repr(result)


@pytest.mark.parametrize(
    ("uri", "effective"),
    [
        ("mongodb://h", "mongodb://h/?tlsCAFile=/a%20b%26c.pem"),
        ("mongodb://h/db", "mongodb://h/db?tlsCAFile=/a%20b%26c.pem"),
        ("mongodb://h/?TLSCAFILE=x&w=1", "mongodb://h/?w=1&tlsCAFile=/a%20b%26c.pem"),
        ("mongodb://h/?w=1;tlscafile=x", "mongodb://h/?w=1;tlsCAFile=/a%20b%26c.pem"),
        ("mongodb://a:b@h?w=1", "mongodb://a:b@h?w=1&tlsCAFile=/a%20b%26c.pem"),
    ],
)
def test_overrides_replace_options_of_the_same_name(uri: str, effective: str) -> None:
    result = parse(uri, overrides={"tlsCAFile": "/a b&c.pem"})
    assert result.credentials is not None
    assert result.credentials.uri == effective
    assert result.target is not None
    assert result.target.options["tlsCAFile"] == "/a b&c.pem"


def test_tls_overrides_ssl() -> None:
    result = parse("mongodb://h/?ssl=true", overrides={"tls": "false"})
    assert result.target is not None
    assert result.target.options == {"tls": False}


@pytest.mark.parametrize(
    ("uri", "part"),
    [
        ("mongodb://h:99999/db", "99999"),
        ("mongodb+srv://ada:pw@a.b.c:27017/db", ":27017"),
        ("mongodb://h/?w=1&authSource=", "authSource="),
        ("mongodb://h/?w=1&tls=true;x=1", ";"),
        ("mongodb://ada:p@ss@h/", "ada:***"),
        ("mongodb://ada:<password>@h/", "***"),
        ("mongodb://<host>:1/db", "<host>:1"),
        ("mongodb://h/a\x1b b", "a\\x1b b"),
        ('"mongodb://h"', '"'),
        ("http://h", "http://"),
        ("mongodb://h,b/?w=1&directConnection=true", "directConnection=true"),
        ("mongodb://ada:pw@h,::1/", "::1"),
        ("mongodb://ada@h", "ada"),
        ("mongodb://ada:pw@h:2701x", "2701x"),
        ("mongodb://ada:pw@h:secret", "***"),
    ],
)
def test_a_problem_points_into_what_is_shown(uri: str, part: str) -> None:
    """The offsets count in the redacted text, where a password has three characters."""
    result = parse(uri)
    assert result.problem is not None
    start, length = result.problem.start, result.problem.length
    assert result.shown[start : start + length] == part


@pytest.mark.parametrize(
    ("uri", "cause", "option"),
    [
        ("mongodb://h/?tls=True", "uri.invalid-option", "tls"),
        ("mongodb://h/?tlsCertificatKeyFile=x", "uri.invalid-option", "tlsCertificatKeyFile"),
        ("mongodb://h/?ssl_ca_certs=x", "uri.invalid-option", "ssl_ca_certs"),
        ("mongodb://h/?replicaSet=", "uri.invalid-option", "replicaSet"),
        ("mongodb://h/?readConcernLevel=Majority", "uri.invalid-option", "readConcernLevel"),
        ("mongodb://h/?readConcernLevel=snapshot", None, None),
        ("mongodb://h/?w=1&w=2", "uri.invalid-option", "w"),
        ("mongodb://h/?authMechanism=scram", "uri.invalid-option", "authMechanism"),
        ("mongodb://h/?compressors=lz4", "uri.invalid-option", "compressors"),
        ("mongodb://h/?proxyHost=x", "uri.invalid-option", "proxyHost"),
        (
            "mongodb://h/?readPreference=nearest&maxStalenessSeconds=5",
            "uri.invalid-option",
            "maxStalenessSeconds",
        ),
        ("mongodb://h/?tlsInsecure=true", "uri.conflicting-options", "tlsInsecure"),
        ("mongodb://h/?minPoolSize=2&maxPoolSize=0", "uri.conflicting-options", "minPoolSize"),
        (
            "mongodb://h/?authMechanism=MONGODB-X509",
            "uri.conflicting-options",
            "authMechanism",
        ),
        ("mongodb://cluster0.ab1cd.mongodb.net", "uri.srv-scheme-needed", None),
        ("mongodb+srv://localhost", "uri.srv-host-too-short", None),
        ("mongodb+srv://a.b", "uri.srv-host-too-short", None),
        ("mongodb://a:p+w@h", "uri.unescaped-credentials", None),
        ("mongodb://a:p[w@h", "uri.unescaped-credentials", None),
        ("mongodb://a:%20p@h", "uri.unescaped-credentials", None),
        ("mongodb://a:p%2540w@h", "uri.unescaped-credentials", None),
        ("mongodb://a:<s3cret>@h", "uri.placeholder-not-replaced", None),
        ("mongodb://a:$MONGO_PW@h", "uri.placeholder-not-replaced", None),
        ("mongodb://a:null@h", "uri.placeholder-not-replaced", None),
        ("mongodb://a:***@h", "uri.placeholder-not-replaced", None),
        ("mongodb://h/?appName=<app-name>", "uri.placeholder-not-replaced", "appName"),
        ("mongodb://h\n", "uri.malformed", None),
        ("mongodb://h/db\n", "uri.malformed", None),
        ("mongodb://h/db.coll", "uri.malformed", None),
        ("mongodb://h/db&w=1", "uri.malformed", None),
        ("mongodb://h/?w=2&authSource=admin\n", "uri.malformed", "authSource"),
        ("mongodb://h/?srvMaxHosts=0", None, None),
        (
            "mongodb+srv://a.b.c/?srvAllowedHostsSuffix=b.c",
            "uri.invalid-option",
            "srvAllowedHostsSuffix",
        ),
    ],
)
def test_what_the_driver_takes_silently_is_said(
    uri: str, cause: str | None, option: str | None
) -> None:
    assert warnings_of(uri) == ([(cause, option)] if cause else [])


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://localhost:27017",
        "mongodb://cluster0-shard-00-00.ab1cd.mongodb.net:27017/?tls=true",
        "mongodb://cluster0-shard-00-00.ab1cd.mongodb.net,b.ab1cd.mongodb.net/?tls=true",
        "mongodb://pl-0-eu-west-1.ab1cd.mongodb.net:1024/?tls=true",
        "mongodb://atlas-stream-0123.ab1cd.a.query.mongodb.net/?tls=true",
        "mongodb://federated-ab1cd.a.query.mongodb.net/?tls=true",
        "mongodb+srv://cluster0.ab1cd.mongodb.net/?retryWrites=true&w=majority&appName=Cluster0",
        "mongodb://a:p%2Bw%20x@h/?authSource=admin",
        "mongodb://a:b<c>d@h",
        "mongodb://a:****@h",
        "mongodb://a:p***@h",
        "mongodb://a:%2A%2A%2A@h",
        "mongodb://a:password@h",
        "mongodb://nullable:nonexistent@undefined-host",
        "mongodb://your.example.com",
        "mongodb://h?replicaSet=rs0",
        "mongodb://%2Ftmp%2Fmy%20dir%2Fm.sock",
    ],
)
def test_look_alikes_bring_no_warning(uri: str) -> None:
    """Strings that resemble a fault and have none."""
    assert target(uri).warnings == ()


def test_new_names_are_suggested() -> None:
    details = " ".join(
        warning.detail
        for warning in target(
            "mongodb://h/?ssl_certfile=a&authsouce=b&j=true&retryWrite=1&xyzzy=1"
        ).warnings
    )
    for name in ("tlsCertificateKeyFile", "authSource", "journal", "retryWrites"):
        assert name in details


def test_credentials_show_nothing() -> None:
    result = parse("mongodb://ada:hunter22@h/?tlsCertificateKeyFilePassword=sesame88")
    assert result.credentials is not None
    assert result.credentials.key_password == "sesame88"
    assert repr(result.credentials) == "Credentials(***)"
    assert "hunter22" not in repr(result)
    assert "sesame88" not in repr(result)


def test_credentials_are_frozen_and_no_record() -> None:
    """A record is turned into plain data for reports field by field; credentials never are."""
    credentials = parse("mongodb://ada:hunter22@h").credentials
    assert "hunter22" not in str(to_jsonable([credentials, {"a": credentials}]))
    with pytest.raises(AttributeError):
        credentials.password = "x"  # type: ignore[union-attr]


def test_records_that_are_shared_have_no_field_for_credentials() -> None:
    """No format can reach a secret: a target has no way to one."""
    assert not any("redential" in str(annotation) for annotation in Target.__annotations__.values())
    assert "Credentials" in str(ParsedUri.__annotations__["credentials"])


@pytest.mark.parametrize("secret", ["p@ss word", 'qu"ote', "back\\slash", "ümläut", "100%sure+"])
def test_scrub_knows_a_secret_in_every_form(secret: str) -> None:
    """Raw, percent-encoded in both ways and cases, and as repr and JSON write it."""
    credentials = parse("mongodb://ada@h", password=secret).credentials
    forms = [secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]]
    forms += [
        json.dumps(secret)[1:-1],
        re.sub("%..", lambda match: match.group().lower(), quote(secret, safe="")),
    ]
    text = scrub(" | ".join(f"({form})" for form in forms), credentials)
    assert text == " | ".join(["(***)"] * len(forms))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("no mongodb://ada:pw@h:1/db here", "no mongodb://ada:***@h:1/db here"),
        ("mongodb+srv://ada:p@w@h, mongodb://b:c@d", "mongodb+srv://ada:***@h, mongodb://b:***@d"),
        ("Invalid URL: mongodb://ada:my pass@h/", "Invalid URL: mongodb://ada:***@h/"),
        ("postgres://ada:pw@h/db", "postgres://ada:***@h/db"),
        ("mongodb://h:27017 (mail a@b.c)", "mongodb://h:27017 (mail a@b.c)"),
        ("see https://example.com:8080/a?b=c", "see https://example.com:8080/a?b=c"),
        ("mongodb://h/?proxyPassword=pw&tls=true", "mongodb://h/?proxyPassword=***&tls=true"),
    ],
)
def test_scrub_needs_no_credentials_for_a_connection_string(text: str, clean: str) -> None:
    assert scrub(text, None) == clean


def test_a_short_secret_goes_where_it_stands_alone() -> None:
    credentials = parse("mongodb://ada:a1@h").credentials
    assert scrub("password a1 is wrong, data1 is not", credentials) == (
        "password *** is wrong, data1 is not"
    )


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", {}),
        (
            "authSource=admin&replicaSet=atlas-x-shard-0",
            {"authSource": "admin", "replicaSet": "atlas-x-shard-0"},
        ),
        ("AUTHSOURCE=admin", {"authSource": "admin"}),
        ("loadBalanced=true", {"loadBalanced": True}),
        ("loadBalanced=true;replicaSet=x", {"loadBalanced": True, "replicaSet": "x"}),
        ("authSource=admin&unknown=1", {"authSource": "admin"}),
    ],
)
def test_a_txt_record_sets_three_options(text: str, options: dict[str, object]) -> None:
    """PyMongo leaves out options that it does not know, here as everywhere."""
    assert parse_txt(text) == options


@pytest.mark.parametrize(
    "text",
    ["v=spf1 -all", "ssl=false", "authSource=", "google-site-verification", "authSource=a&w=1"],
)
def test_any_other_txt_record_is_refused_in_words(text: str) -> None:
    words = parse_txt(text)
    assert isinstance(words, str)
    assert words


@given(
    st.text(), st.none() | st.text(), st.dictionaries(st.sampled_from(["tls", "w", "x"]), st.text())
)
@examples(200)
def test_parse_never_raises(text: str, password: str | None, overrides: dict[str, str]) -> None:
    """Whatever the text: either a target with credentials, or a problem within what is shown."""
    for uri in (text, f"mongodb://{text}", f"mongodb+srv://{text}", f"mongodb://h/?{text}"):
        result = parse(uri, password=password, overrides=overrides)
        assert result.shown.isprintable()
        assert (result.target is None) == (result.credentials is None)
        assert (result.target is None) == (result.problem is not None)
        if result.problem is not None:
            assert 0 <= result.problem.start <= result.problem.start + result.problem.length
            assert result.problem.start + result.problem.length <= len(result.shown)
    parse_txt(text)
    scrub(text, None)


def test_lone_surrogates_do_no_harm() -> None:
    """Arguments that are not UTF-8 come as surrogates, which cannot be encoded again."""
    for uri in ("mongodb://h\udc80", "mongodb://a:\udc80b@h", "mongodb://h/?appName=\udcff"):
        result = parse(uri, password="\udc80")
        result.shown.encode()
        assert result.problem is None


@pytest.mark.parametrize("level", ["Majority", "bogus", "local", "available", "majority"])
def test_a_read_concern_that_is_warned_about_makes_reads_fail(level: str, mongod: Any) -> None:
    from pymongo import MongoClient
    from pymongo.errors import OperationFailure

    uri = mongod.uri_with(readConcernLevel=level)
    try:
        with MongoClient(uri) as client:
            client.test.things.find_one()
        works = True
    except OperationFailure:
        works = False
    assert (warnings_of(uri) == [("uri.invalid-option", "readConcernLevel")]) is not works
