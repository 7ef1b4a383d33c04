"""No secret survives in anything that can be shown, however broken the string is."""

from __future__ import annotations

import json
from urllib.parse import quote

from hypothesis import example, given
from hypothesis import strategies as st

from mongoping.checks.uri import look
from mongoping.cli import _uri_text
from mongoping.cli.uri import as_json
from mongoping.uri import text
from mongoping.uri.options import OPTIONS
from mongoping.uri.target import parse, scrub
from tests.examples import examples

CANARY = "HUNTERcanary"

AROUND = st.text(
    st.sampled_from([*"@:/?#[]%&=;,+ <>{}$!\"'\\|^`~*()\n\t1aé"]), max_size=5
) | st.sampled_from(
    ["%40", "%zz", "%3A", "mongodb://", "12", "${", "undefined", "?tls=true&", "@h"]
)
HEAD = st.sampled_from(
    [
        *["mongodb://", "mongodb+srv://"] * 4,
        *["mongodb:/", "mongodb//", "MONGODB://", "", "http://", "mongo://", "mongdb://"],
        *["MONGODB_URI=mongodb://", '"mongodb://', "'mongodb+srv://", " mongodb://"],
        *["uri: mongodb://", "export X=mongodb://", "postgresql://", "mongodb:\\\\"],
    ]
)
USER = st.sampled_from(["ada", "ada@x.com", "<user>", "a%41", ""])
HOSTS = st.sampled_from(
    ["h", "h:27017", "a,b:1", "a.b.c", "[::1]", "", "h:abc", "h:port", "<host>"]
)
TAIL = st.sampled_from(
    [
        *["", "/", "/db", "/db?tls=true", '"', "?appName=x@y", "/?w=1&appName=me"],
        *["/?authSource=admin@x", "/db?tlsCAFile=/x@y&foo=bar", "/?bogus=a@b"],
    ]
)
SECRET_OPTIONS = st.sampled_from(
    [
        *["tlsCertificateKeyFilePassword=", "proxyPassword=", "password=", "ssl_pem_passphrase="],
        *["sslPEMKeyPassword=", "authMechanismProperties=AWS_SESSION_TOKEN:", "clientSecret="],
        *["authMechanismProperties=AWS_SESSION_TOKEN%3A", "AUTHMECHANISMPROPERTIES=FOO:"],
        *["tlsCertificateKeyFilePasword=", "pswd=", "tokn=", "apssword=", "sslPEMKeyPasswrod="],
        *["authMechanismPropertes=AWS_SESSION_TOKEN:", "authMechProps=FOO:", "Pasphrase="],
        *["bogus=AWS_SESSION_TOKEN:", "password:", "passwd "],
    ]
)


@st.composite
def secrets(draw: st.DrawFn) -> str:
    """A password around the canary, percent-encoded or (a mistake) not."""
    text = f"{draw(AROUND)}{CANARY}{draw(AROUND)}"
    return quote(text, safe="") if draw(st.booleans()) else text


def everything_shown(uri: str, **options: str) -> str:
    """All that mongoping could show of a string, in every form that a string takes."""
    result = parse(uri, **options)  # type: ignore[arg-type]
    outcome = look(result)
    texts = [result.shown, repr(result), repr(outcome), json.dumps(as_json(outcome))]
    texts.append(_uri_text.render(outcome))
    if result.credentials is not None:
        message = f"could not connect: {uri} | {result.credentials.password} | {uri!r}"
        texts.append(scrub(message, result.credentials))
    return "\n".join(texts)


@given(HEAD, USER, secrets(), HOSTS, TAIL)
@example("mongodb://", "ada", f"12?tls=true&{CANARY}", "h:abc", "/db?tls=true")
@example("mongodb://", "<user>", f"?tls=true&appName={CANARY}<", "h:abc", "/db?tls=true")
@example("mongodb://", "", f"\t{CANARY}< ", "a,b:1", "/?authSource=admin@x")
@examples(500)
def test_a_password_is_never_shown(
    head: str, user: str, secret: str, hosts: str, tail: str
) -> None:
    assert CANARY not in everything_shown(f"{head}{user}:{secret}@{hosts}{tail}")


@given(
    HEAD,
    st.sampled_from(["", "ada:x@"]),
    HOSTS,
    st.sampled_from(["/?", "?", "/db?", "/", "/?tls=true&", "/?authSource=a&"]),
    SECRET_OPTIONS,
    secrets(),
    st.sampled_from(["", "&tls=true", "&appName=x", ";w=1"]),
)
@examples(500)
def test_a_secret_option_is_never_shown(
    head: str, login: str, hosts: str, mark: str, option: str, secret: str, tail: str
) -> None:
    """This applies to unknown options, and to strings without a '?'."""
    # what looks like a known option after an unescaped '&' is one, to the driver as well
    secret = secret.replace("?tls=true&", "?")
    assert CANARY not in everything_shown(f"{head}{login}{hosts}{mark}{option}{secret}{tail}")


@given(
    st.sampled_from(["", "mongosh ", "MONGODB_URI=mongosh ", "docker run x mongosh "]),
    st.sampled_from(["", '"', "'"]),
    st.sampled_from(["mongodb://h:1/", "mongodb+srv://a.b.c/", "mongodb://ada@h/db?tls=true"]),
    st.sampled_from(["", " --apiVersion 1", " -u ada", " --username ada --tls"]),
    st.sampled_from(
        [
            *[" --password ", " --password=", " -p ", " -p", " -p=", " --pasword ", " password "],
            *[" --tlsCertificateKeyFilePassword ", " --sslPEMKeyPassword ", " --awsSessionToken "],
            " --awsSecretAccessKey ",
        ]
    ),
    secrets(),
)
@example("", "", "mongodb://h:1/", "", " password ", f"{CANARY}:@")
@examples(500)
def test_the_password_of_a_pasted_command_line_is_never_shown(
    before: str, mark: str, uri: str, more: str, switch: str, secret: str
) -> None:
    """In mongosh it is an option of the command line, behind the string or before it."""
    assert CANARY not in everything_shown(f"{before}{mark}{uri}{mark}{more}{switch}{secret}")
    assert CANARY not in everything_shown(f"{before}{switch}{secret} {mark}{uri}{mark}")


def test_a_command_line_is_called_one() -> None:
    for uri in ("mongodb://h/ --password x", "mongodb://h/ --port 1", "mongodb://h/db -u ada -p x"):
        problem = parse(uri).problem
        assert problem is not None
        assert "command line" in problem.detail
    problem = parse("mongodb://h/a b").problem
    assert problem is not None
    assert "cannot contain a blank" in problem.detail


def test_the_names_of_options_that_hold_no_secret_are_none() -> None:
    """Also misspelled: what they say is what one looks for."""
    silent = [option.name for option in OPTIONS if not option.secret]
    silent += ["tlsCertificateKeyFil", "appNme", "retryWrite", "replicaset1", "readPref", "port"]
    silent += [
        "connectTimout",
        "authSorce",
        "tlsCAFil",
        "usename",
        "useCreateIndex",
        "authMechanim",
    ]
    for name in silent:
        uri = f"mongodb://h/?{name}=harmless"
        assert parse(uri).shown == uri or name == "authMechanismProperties"


@given(secrets())
@examples(50)  # each compiles a large expression for its spellings
def test_a_password_given_apart_is_never_shown(secret: str) -> None:
    assert CANARY not in everything_shown("mongodb://ada@h/", password=secret)


@given(USER.filter(bool), st.sampled_from(["CANARY", "pw"]))
def test_a_password_that_was_cut_off_is_not_taken_for_a_port(user: str, rest: str) -> None:
    """A shell ends an unquoted string at '&': what is left looks like a host and its port."""
    assert CANARY not in everything_shown(f"mongodb://{user}:{CANARY}{rest}")
    assert CANARY not in everything_shown(f"mongodb://{user}:{CANARY}/{rest}?tls=true")


def test_user_and_password_encoded_as_one_are_told_apart() -> None:
    assert CANARY not in everything_shown(f"mongodb://ada%3A{CANARY}@h")
    output = everything_shown(f"mongodb://ada%3A{CANARY}@h/?authMechanism=PLAIN")
    assert CANARY not in output
    assert "ada" in output


def test_what_is_no_secret_stays_readable() -> None:
    """Hiding too much is a fault as well: hosts, users and options are what one looks for."""
    for uri, expected in {
        "mongodb://ada:pw@h:1/db?appName=me@x&tls=true": "mongodb://ada:***@h:1/db?appName=me@x&tls=true",
        "mongodb://h:1,b/?tlsCAFile=/a@b.pem": "mongodb://h:1,b/?tlsCAFile=/a@b.pem",
        "mongodb://h:99999/db": "mongodb://h:99999/db",
        "mongodb://ada:@h": "mongodb://ada:@h",
        "mongodb://[::1]:1/": "mongodb://[::1]:1/",
        "mongodb://h:<port>/db": "mongodb://h:<port>/db",
        "mongodb://h/ --port 1 -u ada": "mongodb://h/ --port 1 -u ada",
        "mongodb://h-p/?appName=x-p": "mongodb://h-p/?appName=x-p",
        "MONGODB_URI='mongodb://ada:pw@h/db'": "MONGODB_URI='mongodb://ada:***@h/db'",
        "mongodb://h/?authMechanismProperties=SERVICE_NAME:x,AWS_SESSION_TOKEN:pw": (
            "mongodb://h/?authMechanismProperties=SERVICE_NAME:x,AWS_SESSION_TOKEN:***"
        ),
    }.items():
        assert parse(uri).shown == expected


def test_properties_keep_what_is_harmless() -> None:
    uri = "mongodb://k:s@h/?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:abc"
    result = parse(uri)
    assert result.target is not None
    assert result.target.options["authMechanismProperties"] == {"AWS_SESSION_TOKEN": "***"}
    assert result.credentials is not None
    assert "abc" in result.credentials.secrets


PIECES = st.sampled_from(
    ["a", "b.c", "host-1", "mongo_2", "password", "token", "-p", ":27017", ":1", ":", ",", "/"]
)


@given(st.sampled_from(["mongodb://", "mongodb+srv://"]), st.lists(PIECES, max_size=8))
def test_what_is_plain_at_a_glance_has_nothing_to_hide_at_length(
    scheme: str, pieces: list[str]
) -> None:
    raw = scheme + "".join(pieces)
    if text._is_bare(raw):
        assert text._hidden_spans(raw, text.userinfo_span(raw)) == []
        assert parse(raw).shown == raw
