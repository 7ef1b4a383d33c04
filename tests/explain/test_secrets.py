"""A password in a pasted text is in no answer, wherever in the text it stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from mongoping.cli import _explain_text
from mongoping.cli.explain import as_json
from mongoping.explaining import explain
from tests.examples import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Run

CANARY = "c4n4ry"
TEXTS = (
    "InvalidURI: mongodb://ada:{0}@db:27017/ failed: {1}",
    "{1} mongodb+srv://ada:{0}@cluster0.ab12c.mongodb.net/?retryWrites=true",
    "TypeError: Invalid URL: mongodb+srv://ada:{0}@<cluster-url>/ {1}",
    "MongoRuntimeError: Unable to parse ada:{0} with URL",
    'InvalidURI: Bad database name "{0}@db:27017" {1}',
    "mongodump -h db -d shop -u ada -p {0}: {1}",
    "mongosh --username ada --password {0} mongodb://db {1}",
    "mongodb://ada:{0}@db:27017: {1}",
    "mongodb {1} MONGODB_PASSWORD={0}",
    "{1} (mongodb://ada:pa ss{0}@db:27017/)",
    "{1} ada:{0}@db:27017",
    "password={0} {1} mongodb",
    "{{'user': 'ada', 'pwd': '{0}'}} {1} mongodb",
    '{{"password":"{0}"}} {1} mongodb',
    "AWS_SECRET_ACCESS_KEY={0} MONGODB-AWS unable to sign {1}",
    "MONGODB-AWS failed for AKIA{0}: {1}",
    "authMechanismProperties=AWS_SESSION_TOKEN:{0} MONGODB-AWS credentials missing, {1}",
    "Authorization: Bearer eyJ{0} MONGODB-OIDC {1}",
    "saslContinue payload: r=abc,s={0},i=15000 {1} mongodb",
    "tlsCertificateKeyFilePassword={0} could not be read, {1} mongodb",
    "mongodb getaddrinfo ENOTFOUND ada:{0}@db {1}",
    "mongodb getaddrinfo ENOTFOUND {0}@db {1}",
    "error parsing uri: lookup {0}@db.example on 192.0.2.1:53: no such host {1}",
    "java.net.UnknownHostException: '{0}'@db com.mongodb {1}",
)
ERRORS = (
    "Authentication failed., full error: {'code': 18}",
    "connect ECONNREFUSED 127.0.0.1:27017",
    "getaddrinfo ENOTFOUND db",
    "Username and password must be escaped according to RFC 3986",
    "Invalid URI scheme",
    "connection 1 to db:27017 closed",
    "Server selection timed out after 30000 ms",
)


def everything_said(text: str) -> str:
    explanation = explain(text)
    return (
        repr(explanation) + json.dumps(as_json(explanation)) + _explain_text.render(explanation, 80)
    )


def test_no_answer_contains_a_password_of_the_text() -> None:
    texts = [shape.format(CANARY, error) for shape in TEXTS for error in ERRORS]

    assert [text for text in texts if CANARY in everything_said(text)] == []


@examples(200)
@given(
    st.sampled_from(TEXTS),
    st.sampled_from(ERRORS),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=8),
)
def test_no_answer_holds_a_password_of_any_characters(shape: str, error: str, more: str) -> None:
    password = f"{more}{CANARY}{more}"
    for spelling in (password, quote(password, safe="")):
        assert CANARY not in everything_said(shape.replace("{0}", spelling).replace("{1}", error))


def test_what_a_text_wants_a_terminal_to_do_is_not_done() -> None:
    answer = everything_said("mongodb \x1b]0;owned\x07 connect ECONNREFUSED h\x1b[2Jx:27017\x07")

    assert "\x1b]0" not in answer
    assert "\x1b[2J" not in answer
    assert "\x07" not in answer


def test_a_number_as_a_password_is_not_taken_for_a_port() -> None:
    texts = [shape.format("73913", error) for shape in TEXTS for error in ERRORS]

    assert [text for text in texts if "73913" in everything_said(text)] == []


def test_the_process_repeats_no_password(run_mongoping: Callable[..., Run]) -> None:
    text = f"InvalidURI mongodb://ada:{CANARY}@db:27017/ connect ECONNREFUSED db:27017"
    for form in ("text", "json"):
        for run in (
            run_mongoping("explain", text, "--format", form),
            run_mongoping("explain", "-", "--format", form, stdin=text),
            run_mongoping("explain", "--file", "-", "--format", form, stdin=text),
        ):
            assert CANARY not in run.out + run.err
