"""Decide why the server refused a login with a password: the password, user, source or mechanism."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.causes import _atlas_account as account
from mongoping.causes import _atlas_logins
from mongoping.causes import _evidence as of
from mongoping.causes import _users as users
from mongoping.causes._atlas_logins import NAME_THE_SOURCE
from mongoping.causes._remedies import corrected_string, texts
from mongoping.model import Evidence, Failure, Match, Remedy

if TYPE_CHECKING:
    from mongoping.observations import AuthFacts

LOGIN_FAILED, USER_NOT_FOUND, NOT_ALLOWED, ATLAS_ERROR = 18, 11, 13, 8000
MECHANISM_UNAVAILABLE, BAD_VALUE = 334, 2
LEAVE_OUT = "Remove authMechanism, so that driver and server agree on a mechanism."
ENTERPRISE = (
    "For PLAIN (LDAP) and GSSAPI (Kerberos), use MongoDB Enterprise or Atlas, and enable the "
    "mechanism with setParameter authenticationMechanisms."
)
OF_THE_CLIENT = ("GSSAPI", "MONGODB-AWS", "MONGODB-OIDC")  # the client asks another service first
SUSPECTS = ("auth.user-not-found", "auth.wrong-auth-source")


def failed_login(evidence: Evidence) -> tuple[Failure, AuthFacts] | None:
    """Return a failed login and what the check found out about it."""
    failure, facts = evidence.failure("auth"), of.auth(evidence)
    if failure is None or facts is None or failure.kind == "not-authenticated":
        return None
    return failure, facts


def _refused_login(evidence: Evidence) -> AuthFacts | None:
    """Return a password login that the server refused with code 18, its reply to every wrong one."""
    login = failed_login(evidence)
    return (
        login[1]
        if login and login[0].code == LOGIN_FAILED and login[1].source != "$external"
        else None
    )


def _lacks_mechanism(evidence: Evidence, facts: AuthFacts) -> bool:
    """Return whether the user exists, but not with the mechanism in the connection string."""
    target = evidence.target
    mechanisms = facts.user_found_in.get(facts.source)
    return bool(
        mechanisms
        and target is not None
        and target.mechanism
        and target.mechanism not in mechanisms
    )


def login_failed(evidence: Evidence) -> Match | None:
    match = _login_failed(evidence)
    doubts = users.replace_placeholder(evidence)
    return match and match.replace(remedies=(*doubts, *match.remedies))


def _login_failed(evidence: Evidence) -> Match | None:
    login = failed_login(evidence)
    if login is None:
        return None
    failure, facts = login
    user = account.user_in_use(evidence)
    if user is not None and not user.expired and failure.code in (LOGIN_FAILED, ATLAS_ERROR):
        return _atlas_logins.login_refused(evidence, facts)
    if _atlas_logins.elsewhere(evidence) is not None:
        return None
    if failure.code == ATLAS_ERROR:
        if facts.source == "$external":
            return None  # the server refused a certificate, a token or a directory login
        return Match(
            f'the server refused the login of {facts.user}: "{failure.message}"',
            users.OF_ATLAS,
            alternatives=SUSPECTS,
            instead_of=texts(*users.LOGIN_FAILED),
        )
    if _refused_login(evidence) is None:
        return None
    remedies = users.password_remedies(evidence, facts)
    if facts.source not in facts.user_found_in:  # no server said whether the user exists
        return Match(
            f"the server refused the login of {facts.user} in {facts.source}",
            remedies,
            alternatives=SUSPECTS,
            instead_of=texts(*users.LOGIN_FAILED),
        )
    if facts.user_found_in[facts.source] is None or _lacks_mechanism(evidence, facts):
        return None
    return Match(
        f"the user {facts.user} exists in {facts.source}, but the server refused its password",
        remedies,
        instead_of=texts(*users.LOGIN_FAILED),
    )


def user_not_found(evidence: Evidence) -> Match | None:
    facts = _refused_login(evidence)
    if facts is None or facts.source not in facts.user_found_in:
        return None
    if any(mechanisms is not None for mechanisms in facts.user_found_in.values()):
        return None
    databases = " or in ".join(facts.user_found_in)
    without_access_control = (
        "; the server runs without access control" if facts.access_control is False else ""
    )
    return Match(
        f"there is no user {facts.user} in {databases}{without_access_control}",
        users.not_found(evidence, facts),
        instead_of=texts(*users.NOT_FOUND),
    )


def _password_in_external(evidence: Evidence) -> Match | None:
    """Return a match for a password login in $external, which holds no users with passwords."""
    login, target = failed_login(evidence), evidence.target
    if login is None or target is None or login[1].source != "$external":
        return None
    failure, facts = login
    mechanism = target.mechanism
    if failure.kind != "command" or not (mechanism is None or mechanism.startswith("SCRAM-")):
        return None
    return Match(
        f"the driver looked for {facts.user} in $external, which has no users with passwords: "
        f"{failure.message}",
        (
            corrected_string(evidence, "Set authSource to the user's database", authSource="admin"),
            corrected_string(
                evidence, "For an LDAP user, name the mechanism", authMechanism="PLAIN"
            ),
            "For a login by client certificate, add authMechanism=MONGODB-X509.",
        ),
        instead_of=(NAME_THE_SOURCE,),
    )


REMOVE_WHITE_SPACE = (
    "Remove the white space after the database in the connection string. In a file with Windows line "
    "endings it is a carriage return: sed -i 's/\\r$//' FILE"
)


def wrong_auth_source(evidence: Evidence) -> Match | None:
    if match := _password_in_external(evidence):
        return match
    if match := _atlas_logins.elsewhere(evidence):
        return match
    facts = _refused_login(evidence)
    if facts is None or facts.user_found_in.get(facts.source, ()) is not None:
        return None
    there = [
        database for database, mechanisms in facts.user_found_in.items() if mechanisms is not None
    ]
    if not there:
        return None
    if facts.source != facts.source.strip():
        return Match(
            f"the user {facts.user} exists in {there[0]}, but the driver looks in {facts.source!r}: "
            "white space in the connection string is part of the database's name",
            (REMOVE_WHITE_SPACE,),
        )
    return Match(
        f"the user {facts.user} exists in {there[0]}, but the driver looks in {facts.source}",
        (corrected_string(evidence, _set_source(evidence), authSource=there[0]),),
        instead_of=(NAME_THE_SOURCE,),
    )


def _set_source(evidence: Evidence) -> str:
    """Return the sentence of the remedy that sets authSource, which may come from DNS."""
    own = evidence.target is not None and "authSource" in evidence.target.options
    if "authSource" in evidence.options and not own:
        return "Override the authSource of the TXT record with the user's database"
    return "Set authSource to the user's database"


def mechanism_unavailable(evidence: Evidence) -> Match | None:
    login = failed_login(evidence)
    if login is None or _password_in_external(evidence) is not None:
        return None
    failure, facts = login
    mechanisms = facts.user_found_in.get(facts.source)
    if failure.code == LOGIN_FAILED and _lacks_mechanism(evidence, facts):
        return Match(
            f"the user {facts.user} has {', '.join(mechanisms or ())}, but not {facts.mechanism}",
            tuple(
                corrected_string(
                    evidence, "Use a mechanism that the user has", authMechanism=mechanism
                )
                for mechanism in (mechanisms or ())[:1]
            ),
            instead_of=(LEAVE_OUT, ENTERPRISE),
        )
    unavailable = failure.code == MECHANISM_UNAVAILABLE or (
        failure.code == BAD_VALUE and "mechanism" in failure.message.lower()
    )
    if not unavailable:
        return None
    offers = f" (only {', '.join(facts.server_mechanisms)})" if facts.server_mechanisms else ""
    target = evidence.target
    if target is None or not target.has_password or target.mechanism in OF_THE_CLIENT:
        remedy = Remedy(LEAVE_OUT)
    else:
        source = ("authSource",) if facts.source == "$external" else ()
        drop = ("authMechanism", "authMechanismProperties", *source)
        remedy = corrected_string(evidence, LEAVE_OUT.removesuffix("."), drop=drop)
    enterprise = (ENTERPRISE,) if facts.mechanism not in ("PLAIN", "GSSAPI") else ()
    return Match(
        f"the server does not offer {facts.mechanism or 'the mechanism'}{offers}: {failure.message}",
        (remedy,),
        instead_of=(LEAVE_OUT, *enterprise),
    )
