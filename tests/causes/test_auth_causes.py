"""What a refused login is called, and what is to be done about it."""

from __future__ import annotations

from typing import Any

import pytest

from mongoping.causes import auth, auth_external
from mongoping.checks.auth import AuthSeen
from mongoping.checks.tls_files import TlsFilesSeen
from mongoping.diagnosis import diagnose
from mongoping.model import Evidence, Match
from tests.evidence import evidence, failed, result

FOUND = ("SCRAM-SHA-256",)
X509 = "mongodb://a/?authMechanism=MONGODB-X509"


def _login(uri: str, *rows: Any, code: int = 18, **seen: Any) -> Evidence:
    data = AuthSeen(**{"user": "ada", "source": "admin", "mechanism": None, **seen})
    row = failed("auth", "command", code=code, data=data, message="Authentication failed.")
    return evidence(*rows, row, uri=uri)


def test_a_refused_proof_is_no_proof_of_a_wrong_password() -> None:
    """A user who may log in from elsewhere alone gets the same answer."""
    case = _login("mongodb://ada:x@a/", user_found_in={"admin": FOUND})
    match = auth.failed(case, None)
    assert isinstance(match, Match)
    assert "refused" in match.detail
    assert "wrong" not in match.detail
    assert any("authenticationRestrictions" in one for one in match.remedies)


@pytest.mark.parametrize(
    ("uri", "source", "there", "remedy"),
    [
        ("mongodb://ada:x@a/?authSource=admin", "admin", "shop", "change authSource=admin to"),
        ("mongodb://ada:x@a/?authSource=shop", "shop", "admin", "change authSource=shop to"),
        ("mongodb://ada:x@a/shop", "shop", "admin", "Add to the connection string: "),
    ],
)
def test_the_remedy_of_a_wrong_source_is_not_what_just_failed(
    uri: str, source: str, there: str, remedy: str
) -> None:
    """The specific remedy names the database, and the general one is left out."""
    case = _login(uri, source=source, user_found_in={source: None, there: FOUND})
    verdict = diagnose(case, auth.CAUSES).verdict
    assert verdict is not None
    assert verdict.cause == "auth.wrong-auth-source"
    assert verdict.remedies[0].endswith(f" authSource={there}")
    assert remedy in verdict.remedies[0]
    assert auth.NAME_THE_SOURCE not in verdict.remedies


def test_the_mechanism_of_the_user_replaces_the_general_advice() -> None:
    case = _login(
        "mongodb://ada:x@a/?authMechanism=SCRAM-SHA-1",
        user_found_in={"admin": FOUND},
        mechanism="SCRAM-SHA-1",
    )
    verdict = diagnose(case, auth.CAUSES).verdict
    assert verdict is not None
    assert verdict.cause == "auth.mechanism-unavailable"
    assert sum("eave authMechanism out" in one for one in verdict.remedies) == 1


@pytest.mark.parametrize(
    ("uri", "cause", "words"),
    [
        (X509, "auth.x509-no-certificate", "Add tls=true and tlsCertificateKeyFile=FILE"),
        (X509 + "&tls=true", "auth.x509-no-certificate", "Add tlsCertificateKeyFile=FILE to"),
        (
            X509 + "&tls=true&tlsCertificateKeyFile=c.pem",
            "auth.x509-subject-mismatch",
            'createUser: "CN=eve"',
        ),
    ],
)
def test_a_login_by_certificate_needs_one(uri: str, cause: str, words: str) -> None:
    files = result("tls-files", TlsFilesSeen("system store", client_subject="CN=eve"))
    case = _login(uri, files, user=None, source="$external", mechanism="MONGODB-X509")
    found = diagnose(case, (*auth.CAUSES, *auth_external.CAUSES))
    assert [one.cause for one in found.findings] == [cause]
    assert found.verdict is not None
    assert words in found.verdict.remedies[0]
    assert auth.CREATE_BY_SUBJECT not in found.verdict.remedies
