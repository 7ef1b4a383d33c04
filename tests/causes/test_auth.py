"""Causes of failed logins and missing permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mongoping.causes import auth
from mongoping.model import remedy_of
from mongoping.observations import AuthFacts, TlsFilesFacts
from tests.causes.table import False_, True_, is_complete, is_silent, is_true, match_of
from tests.evidence import evidence, failed, result

if TYPE_CHECKING:
    from mongoping.model import Evidence

BOTH = ("SCRAM-SHA-1", "SCRAM-SHA-256")
X509 = "mongodb://a/?authMechanism=MONGODB-X509"
CERTIFICATE = f"{X509}&tls=true&tlsCertificateKeyFile=/c.pem"


def login(mechanisms: Any = None, *, code: int | None = 18, uri: str = "", **more: Any) -> Evidence:
    """A login that failed, and the databases that were asked for the user."""
    kind = more.pop("kind", "command")
    message = more.pop("message", "Authentication failed.")
    rows = more.pop("rows", ())
    facts = more.pop("facts", {})
    fields = {"user": "ada", "source": "admin", "mechanism": "SCRAM-SHA-256", **more}
    data = AuthFacts(user_found_in=mechanisms or {}, **fields)
    row = failed("auth", kind, data=data, code=code, message=message, **facts)
    return evidence(row, *rows, uri=uri or "mongodb://ada:x@a/")


def permitted_login(roles: tuple[str, ...] = (), **more: Any) -> Evidence:
    """A login that succeeded."""
    fields = {"as_user": "ada@admin", "database": "shop", "reads": False, "writes": False, **more}
    uri = f"mongodb://ada:x@a/{fields['database'] or ''}"
    return evidence(
        result("auth", AuthFacts("ada", "admin", "SCRAM-SHA-256", roles=roles, **fields)), uri=uri
    )


ELSEWHERE = {
    "MONGODB-AWS": "mongodb://a/?authMechanism=MONGODB-AWS",
    "MONGODB-OIDC": "mongodb://a/?authMechanism=MONGODB-OIDC"
    "&authMechanismProperties=ENVIRONMENT:k8s",
    "GSSAPI": "mongodb://ada%40REALM@a/?authMechanism=GSSAPI",
    "PLAIN": "mongodb://ada:x@a/?authMechanism=PLAIN",
}


def external(mechanism: str, code: int | None = 18, **more: Any) -> Evidence:
    """A login that failed where another service decides."""
    return login(
        uri=ELSEWHERE[mechanism], source="$external", mechanism=mechanism, code=code, **more
    )


FILES = result("tls-files", TlsFilesFacts("system store", "/c.pem", "CN=ada"))
INJECT = "pipx inject mongoping 'pymongo[aws]'"
MISSING = {
    "kind": "configuration",
    "code": None,
    "facts": {"cause": "ModuleNotFoundError", "install": INJECT},
}

TIMEOUT = {"kind": "timeout", "code": None, "message": "no answer in time"}

NONCE = "Server returned an invalid nonce."
UNREADABLE = {"type": "ProtocolError", "cause": "ValueError"}
ITERATIONS = "the server asks for 2,147,483,647 iterations of password hashing"

TRUE: list[True_] = [
    ("auth.iteration-count", login(kind="iterations", code=None, message=ITERATIONS), "2,147,483"),
    (
        "auth.invalid-reply",
        login(code=None, message=NONCE, facts={"type": "OperationFailure"}),
        "the driver ended the login, because of the server's reply: Server returned an invalid",
    ),
    (
        "auth.invalid-reply",
        login(kind="driver", code=None, message="no", facts=UNREADABLE),
        "because of the server's reply: no",
    ),
    ("auth.unanswered", login(**TIMEOUT, pings=True), "but not the login of ada: no answer"),
    ("auth.password-characters", login(**TIMEOUT, unfit="SASLprep: no"), "(SASLprep: no)"),
    (
        "auth.unanswered",
        external("PLAIN", **{**TIMEOUT, "kind": "driver"}, pings=True),
        "answers a ping",
    ),
    ("auth.failed", login({"admin": BOTH}), "ada exists in admin"),
    ("auth.failed", login({}), "the server refused the login of ada in admin"),
    ("auth.failed", login(code=8000, message="bad auth"), '"bad auth"'),
    ("auth.user-not-found", login({"admin": None}), "there is no user ada in admin"),
    (
        "auth.user-not-found",
        login({"shop": None, "admin": None}, source="shop"),
        "no user ada in shop or in admin",
    ),
    (
        "auth.wrong-auth-source",
        login({"shop": None, "admin": BOTH}, source="shop", uri="mongodb://ada:x@a/shop"),
        "the user ada exists in admin, but the driver looks in shop",
    ),
    (
        "auth.mechanism-unavailable",
        login(
            {"admin": ("SCRAM-SHA-1",)},
            uri="mongodb://ada:x@a/?authMechanism=SCRAM-SHA-256",
        ),
        "ada has SCRAM-SHA-1, but not SCRAM-SHA-256",
    ),
    (
        "auth.mechanism-unavailable",
        login(code=334, mechanism="PLAIN", server_mechanisms=BOTH, message="unsupported"),
        "does not offer PLAIN (only SCRAM-SHA-1, SCRAM-SHA-256)",
    ),
    (
        "auth.mechanism-unavailable",
        login(code=2, message="Unsupported mechanism PLAIN", mechanism="PLAIN"),
        "does not offer PLAIN",
    ),
    (
        "auth.required",
        evidence(failed("auth", "not-authenticated", code=13, data=AuthFacts(None, "admin", None))),
        "has no credentials",
    ),
    (
        "auth.dependency-missing",
        login(mechanism="MONGODB-AWS", message="needs pymongo-auth-aws", **MISSING),
        "MONGODB-AWS needs a Python package that is not installed",
    ),
    (
        "auth.x509-subject-mismatch",
        login(
            code=11,
            source="$external",
            mechanism="MONGODB-X509",
            uri=CERTIFICATE,
            rows=(FILES,),
        ),
        "no user in $external matches the certificate's subject CN=ada",
    ),
    (
        "auth.x509-subject-mismatch",
        login(source="$external", mechanism="MONGODB-X509", uri=CERTIFICATE, rows=(FILES,)),
        "subject CN=ada",
    ),
    (
        "auth.x509-no-certificate",
        login(source="$external", mechanism="MONGODB-X509", uri=f"{X509}&tls=true"),
        "no client certificate was sent",
    ),
    (
        "auth.x509-no-certificate",
        login(source="$external", mechanism="MONGODB-X509", uri=X509),
        "the connection does not use TLS",
    ),
    ("auth.not-authorized", permitted_login(), "has no roles"),
    ("auth.not-authorized", permitted_login(("read@other",)), "can neither read nor write shop"),
    ("auth.not-authorized", login(code=13, message="not authorized on shop"), "not authorized on"),
    ("auth.aws-credentials", external("MONGODB-AWS"), "the AWS IAM login failed"),
    ("auth.oidc", external("MONGODB-OIDC"), "the OIDC login failed"),
    ("auth.kerberos", external("GSSAPI", None, kind="driver"), "the Kerberos login failed"),
    (
        "auth.ldap",
        login(source="$external", mechanism="PLAIN", uri="mongodb://ada:x@a/?authMechanism=PLAIN"),
        "the LDAP directory refused ada",
    ),
]

FALSE: list[False_] = [
    ("auth.invalid-reply", login(facts={"type": "OperationFailure"})),
    ("auth.invalid-reply", login(**TIMEOUT, facts={"type": "AutoReconnect"})),
    ("auth.iteration-count", login(kind="driver", code=None, message=ITERATIONS)),
    ("auth.password-characters", login(**TIMEOUT)),
    ("auth.unanswered", login(**TIMEOUT, pings=False)),
    ("auth.unanswered", login(**TIMEOUT)),
    ("auth.unanswered", external("MONGODB-AWS", **TIMEOUT, pings=True)),
    ("auth.unanswered", login({"admin": BOTH}, pings=True)),
    ("auth.failed", login({"admin": None})),
    ("auth.failed", login({"admin": BOTH}, code=13)),
    ("auth.failed", login(kind="timeout", code=None)),
    ("auth.failed", login(source="$external", mechanism="MONGODB-X509", uri=X509)),
    ("auth.user-not-found", login({"admin": BOTH})),
    ("auth.user-not-found", login({})),
    ("auth.user-not-found", login({"shop": None, "admin": BOTH}, source="shop")),
    ("auth.user-not-found", login(code=8000)),
    ("auth.wrong-auth-source", login({"admin": BOTH})),
    ("auth.wrong-auth-source", login({"shop": None, "admin": None}, source="shop")),
    ("auth.wrong-auth-source", login({})),
    ("auth.mechanism-unavailable", login({"admin": ("SCRAM-SHA-1",)})),
    ("auth.mechanism-unavailable", login(code=2, message="BSON field is missing")),
    ("auth.required", login({"admin": BOTH})),
    ("auth.required", permitted_login(("root@admin",), reads=True, writes=True)),
    ("auth.dependency-missing", login(code=18, mechanism="MONGODB-AWS")),
    (
        "auth.dependency-missing",
        login(kind="configuration", code=None, message="bad option", mechanism="MONGODB-AWS"),
    ),
    (
        "auth.x509-subject-mismatch",
        login(source="$external", mechanism="MONGODB-X509", uri=f"{X509}&tls=true"),
    ),
    ("auth.x509-subject-mismatch", login(code=11)),
    (
        "auth.x509-no-certificate",
        login(source="$external", mechanism="MONGODB-X509", uri=CERTIFICATE, rows=(FILES,)),
    ),
    ("auth.x509-no-certificate", login({"admin": BOTH})),
    ("auth.not-authorized", permitted_login(("read@shop",), reads=True)),
    ("auth.not-authorized", permitted_login(("read@other",), database=None)),
    ("auth.not-authorized", permitted_login(("read@other",), database="admin")),
    ("auth.not-authorized", login({"admin": BOTH})),
    ("auth.aws-credentials", external("MONGODB-AWS", None, kind="timeout")),
    ("auth.aws-credentials", login({"admin": BOTH})),
    ("auth.oidc", external("MONGODB-AWS")),
    ("auth.kerberos", external("PLAIN")),
    ("auth.ldap", login(code=334, mechanism="PLAIN", uri="mongodb://ada:x@a/?authMechanism=PLAIN")),
    ("auth.ldap", login({"admin": BOTH})),
]


@pytest.mark.parametrize(("code", "evidence", "words"), TRUE)
def test_a_cause_is_true_on_its_evidence(code: str, evidence: Evidence, words: str) -> None:
    is_true(code, evidence, words)


@pytest.mark.parametrize(("code", "evidence"), FALSE)
def test_a_cause_is_silent_on_what_looks_like_it(code: str, evidence: Evidence) -> None:
    is_silent(code, evidence)


def test_every_cause_is_in_both_tables() -> None:
    is_complete([auth], TRUE, FALSE)


def test_one_answer_of_the_server_has_one_cause() -> None:
    """Code 18, four ways: each is named, and none of the others beside it."""
    four = {
        "auth.failed": login({"admin": BOTH}),
        "auth.user-not-found": login({"admin": None}),
        "auth.wrong-auth-source": login({"shop": None, "admin": BOTH}, source="shop"),
        "auth.mechanism-unavailable": login(
            {"admin": ("SCRAM-SHA-1",)}, uri="mongodb://ada:x@a/?authMechanism=SCRAM-SHA-256"
        ),
    }
    for code, case in four.items():
        assert [cause for cause in four if match_of(cause, case) is not None] == [code]


def test_where_nobody_could_be_asked_the_general_one_names_the_others() -> None:
    for case in (login({}), login(code=8000)):
        match = match_of("auth.failed", case)
        assert match is not None
        assert set(match.alternatives) == {"auth.user-not-found", "auth.wrong-auth-source"}


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("mongodb://ada:x@a/shop", "mongodb://ada:***@a/shop?authSource=admin"),
        ("mongodb://ada:x@a/?authSource=shop", "mongodb://ada:***@a/?authSource=admin"),
    ],
)
def test_the_right_source_is_given_as_the_string_needs_it(uri: str, words: str) -> None:
    evidence = login({"shop": None, "admin": BOTH}, source="shop", uri=uri)
    match = match_of("auth.wrong-auth-source", evidence)
    assert match is not None
    assert remedy_of(match.remedies[0]).uri == words


def test_the_command_for_a_missing_package_is_that_of_the_tool_that_installed_mongoping() -> None:
    """Nothing can be added to a container image: then the general advice stays."""
    missing = login(mechanism="MONGODB-AWS", message="needs pymongo-auth-aws", **MISSING)
    match = auth.dependency_missing(missing)
    assert match is not None
    assert remedy_of(match.remedies[0]).command == INJECT
    facts = {"cause": "ModuleNotFoundError", "install": None}
    match = auth.dependency_missing(login(mechanism="MONGODB-AWS", **{**MISSING, "facts": facts}))
    assert match is not None
    assert (match.remedies, match.instead_of) == ((), ())
