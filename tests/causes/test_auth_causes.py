"""Causes and remedies of refused logins."""

from __future__ import annotations

from typing import Any

import pytest

from mongoping import registry
from mongoping.causes import _users as users
from mongoping.causes import auth
from mongoping.diagnosis import diagnose
from mongoping.model import Evidence, Match
from mongoping.observations import AuthFacts, TlsFilesFacts
from tests.evidence import evidence, failed, hello, result

SCRAM = ("SCRAM-SHA-256",)
X509 = "mongodb://a/?authMechanism=MONGODB-X509"


def _login(uri: str, *rows: Any, code: int = 18, **fields: Any) -> Evidence:
    data = AuthFacts(**{"user": "ada", "source": "admin", "mechanism": None, **fields})
    row = failed("auth", "command", code=code, data=data, message="Authentication failed.")
    return evidence(*rows, row, uri=uri)


def test_a_refused_proof_is_no_proof_of_a_wrong_password() -> None:
    """A user who may log in from elsewhere alone gets the same answer."""
    case = _login("mongodb://ada:x@a/", user_found_in={"admin": SCRAM})
    match = auth.login_failed(case)
    assert isinstance(match, Match)
    assert "refused" in match.detail
    assert "wrong" not in match.detail
    assert any("authenticationRestrictions" in remedy for remedy in map(str, match.remedies))


@pytest.mark.parametrize(
    ("uri", "source", "there"),
    [
        ("mongodb://ada:x@a/?authSource=admin", "admin", "shop"),
        ("mongodb://ada:x@a/?authSource=shop", "shop", "admin"),
        ("mongodb://ada:x@a/shop", "shop", "admin"),
    ],
)
def test_the_remedy_of_a_wrong_source_is_not_what_just_failed(
    uri: str, source: str, there: str
) -> None:
    """The specific remedy names the database, and the general one is left out."""
    case = _login(uri, source=source, user_found_in={source: None, there: SCRAM})
    verdict = diagnose(case, auth.CAUSES).verdict
    assert verdict is not None
    assert verdict.cause == "auth.wrong-auth-source"
    assert str(verdict.remedies[0].uri).endswith(f"?authSource={there}")
    assert auth.NAME_THE_SOURCE not in map(str, verdict.remedies)


def test_the_mechanism_of_the_user_replaces_the_general_advice() -> None:
    case = _login(
        "mongodb://ada:x@a/?authMechanism=SCRAM-SHA-1",
        user_found_in={"admin": SCRAM},
        mechanism="SCRAM-SHA-1",
    )
    verdict = diagnose(case, auth.CAUSES).verdict
    assert verdict is not None
    assert verdict.cause == "auth.mechanism-unavailable"
    assert [remedy.uri for remedy in verdict.remedies] == [
        "mongodb://ada:***@a/?authMechanism=SCRAM-SHA-256"
    ]


@pytest.mark.parametrize(
    ("uri", "cause", "words"),
    [
        (X509, "auth.x509-no-certificate", "Add TLS and a client certificate"),
        (X509 + "&tls=true", "auth.x509-no-certificate", "Add a client certificate"),
        (
            X509 + "&tls=true&tlsCertificateKeyFile=c.pem",
            "auth.x509-subject-mismatch",
            'createUser: "CN=eve"',
        ),
    ],
)
def test_a_login_by_certificate_needs_one(uri: str, cause: str, words: str) -> None:
    files = result("tls-files", TlsFilesFacts("system store", client_subject="CN=eve"))
    case = _login(uri, files, user=None, source="$external", mechanism="MONGODB-X509")
    diagnosis = diagnose(case, auth.CAUSES)
    assert [finding.cause for finding in diagnosis.findings] == [cause]
    assert diagnosis.verdict is not None
    assert words in str(diagnosis.verdict.remedies[0])
    assert auth.CREATE_BY_SUBJECT not in map(str, diagnosis.verdict.remedies)


ATLAS = "mongodb+srv://ada:x@c0.ab1cd.mongodb.net/"
NODE = "c0-00.ab1cd.mongodb.net:27017"


def _remedies(case: Evidence, cause: str) -> list[str]:
    verdict = diagnose(case, registry.causes()).verdict
    assert verdict is not None
    assert verdict.cause == cause
    return [*map(str, verdict.remedies)]


def test_the_password_comes_before_restrictions_of_the_address() -> None:
    case = _login("mongodb://ada:x@a/", user_found_in={"admin": SCRAM})
    first, second, third = _remedies(case, "auth.failed")
    assert "percent-encoded" in first
    assert second.endswith('db.getSiblingDB("admin").changeUserPassword("ada", passwordPrompt())')
    assert "authenticationRestrictions" in third


@pytest.mark.parametrize(
    ("code", "mechanisms"), [(8000, {}), (18, {"admin": SCRAM}), (18, {}), (18, {"admin": None})]
)
def test_on_atlas_no_remedy_changes_users_by_a_command(
    code: int, mechanisms: dict[str, Any]
) -> None:
    """Atlas refuses changeUserPassword and createUser."""
    node = hello(NODE, "mongos", flavour="atlas")
    case = _login(ATLAS, node, code=code, user_found_in=mechanisms)
    cause = "auth.user-not-found" if mechanisms == {"admin": None} else "auth.failed"
    remedies = _remedies(case, cause)
    assert any("Database Access" in remedy for remedy in remedies)
    assert not any("db.getSiblingDB" in remedy for remedy in remedies)


@pytest.mark.parametrize(
    ("flavour", "name"), [("cosmosdb", "Cosmos DB"), ("documentdb", "DocumentDB")]
)
def test_other_services_have_their_own_consoles(flavour: str, name: str) -> None:
    row = hello("a:27017", "mongos", flavour=flavour)
    remedies = _remedies(_login("mongodb://ada:x@a/", row), "auth.failed")
    assert any(name in remedy for remedy in remedies)
    assert not any("db.getSiblingDB" in remedy for remedy in remedies)


def test_a_name_in_a_command_is_a_literal_of_the_shell() -> None:
    case = _login("mongodb://a%22;b:x@a/", user='a";b', user_found_in={"admin": SCRAM})
    assert any('changeUserPassword("a\\";b"' in remedy for remedy in _remedies(case, "auth.failed"))


def test_a_missing_user_is_created_where_it_was_looked_for() -> None:
    case = _login(
        "mongodb://ada:x@a/shop",
        source="shop",
        database="shop",
        user_found_in={"shop": None, "admin": None},
    )
    remedies = _remedies(case, "auth.user-not-found")
    create = 'db.getSiblingDB("shop").createUser({user: "ada", pwd: passwordPrompt(), '
    assert any(
        f'{create}roles: [{{role: "readWrite", db: "shop"}}]}})' in remedy for remedy in remedies
    )


def test_without_access_control_the_credentials_are_what_is_wrong() -> None:
    case = _login("mongodb://ada:x@a/", access_control=False, user_found_in={"admin": None})
    assert "Remove user and password" in _remedies(case, "auth.user-not-found")[0]


@pytest.mark.parametrize("mechanism", ["", "&authMechanism=SCRAM-SHA-256"])
def test_a_password_in_external_is_a_wrong_source(mechanism: str) -> None:
    uri = f"mongodb://ada:x@a/?authSource=$external{mechanism}"
    case = _login(uri, source="$external", mechanism=mechanism[15:] or None)
    first = _remedies(case, "auth.wrong-auth-source")[0]
    assert first.endswith(f"mongodb://ada:***@a/?authSource=admin{mechanism}")


@pytest.mark.parametrize(
    ("mechanism", "cause", "words"),
    [
        ("MONGODB-AWS", "auth.aws-credentials", "AWS IAM"),
        ("MONGODB-OIDC", "auth.oidc", "token file"),
        ("PLAIN", "auth.ldap", "directory"),
    ],
)
@pytest.mark.parametrize("code", [18, 8000])
def test_a_login_that_others_decide_has_no_remedy_about_a_password_of_mongodb(
    mechanism: str, cause: str, words: str, code: int
) -> None:
    user = "ada:x@" if mechanism == "PLAIN" else ""
    more = "&authMechanismProperties=ENVIRONMENT:k8s" if "OIDC" in mechanism else ""
    uri = f"mongodb://{user}a/?authSource=$external&authMechanism={mechanism}{more}"
    case = _login(uri, code=code, source="$external", mechanism=mechanism)
    remedies = _remedies(case, cause)
    assert any(words in remedy for remedy in remedies)
    assert not any("changeUserPassword" in remedy for remedy in remedies)


def test_a_missing_login_names_the_hosts_of_the_string() -> None:
    row = failed("auth", "not-authenticated", code=13, data=AuthFacts(None, "admin", None))
    remedies = _remedies(evidence(row, uri="mongodb://a:1,b:2/shop"), "auth.required")
    assert remedies[0].endswith("mongodb://USER:PASSWORD@a:1,b:2/shop?authSource=admin")


@pytest.mark.parametrize(
    ("uri", "string"),
    [
        ("mongodb://localhost:25771/", "'mongodb://USER@localhost:25771/?authSource=admin'"),
        ("mongodb://a:1,b:2/?authSource=shop", "'mongodb://USER@a:1,b:2/?authSource=shop'"),
    ],
)
def test_the_command_that_asks_for_a_password_has_a_user(uri: str, string: str) -> None:
    row = failed("auth", "not-authenticated", code=13, data=AuthFacts(None, "admin", None))
    remedies = _remedies(evidence(row, uri=uri), "auth.required")
    assert [text for text in remedies if "--ask-password" in text] == [
        f"{users.ASK_PASSWORD.text} mongoping check --ask-password {string}"
    ]


@pytest.mark.parametrize("mechanisms", [{"admin": SCRAM}, {}])
def test_a_refused_mask_is_named_first(mechanisms: dict[str, Any]) -> None:
    mask_remedies = _remedies(
        _login("mongodb://ada:***@a/", user_found_in=mechanisms), "auth.failed"
    )
    assert "the password is ***, which mongoping prints" in mask_remedies[0]
    real = _remedies(_login("mongodb://ada:s***t@a/", user_found_in=mechanisms), "auth.failed")
    assert mask_remedies[1:] == real
