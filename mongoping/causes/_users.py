"""Remedies for logins and permissions, filled in with the user and the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mongoping.causes import _evidence as of
from mongoping.causes._remedies import corrected_string
from mongoping.model import Evidence, Flavour, Remedy
from mongoping.model.kinds import SERVICES
from mongoping.shell import quote
from mongoping.uri import placeholders

if TYPE_CHECKING:
    from mongoping.observations import AuthFacts

CHECK_ENCODED = (
    "Check the password. In a connection string, characters such as @ : / ? # [ ] % must be "
    "percent-encoded."
)
RESET_PASSWORD = Remedy(
    "Set a new password in mongosh:",
    command='db.getSiblingDB("admin").changeUserPassword("USER", passwordPrompt())',
)
ATLAS_RESET = (
    "On Atlas, set a new password on the Database Access page (Edit, Edit Password); shell "
    "commands cannot change users there."
)
ATLAS_LOGIN = "On Atlas, use a database user (Database Access), not your Atlas login."
IN_ADMIN = "If the user was created in admin, as Docker's root user is, add authSource=admin."
RESTRICTIONS = Remedy(
    "If the password is right, check from which addresses the user is allowed to log in "
    "(authenticationRestrictions), in mongosh:",
    command='db.getSiblingDB("admin").getUser("USER", {showAuthenticationRestrictions: true})',
)
LOGIN_FAILED = (CHECK_ENCODED, RESET_PASSWORD, ATLAS_RESET, ATLAS_LOGIN, IN_ADMIN, RESTRICTIONS)
"""For a refused login about which nothing else is known."""

OF_ATLAS = (CHECK_ENCODED, ATLAS_RESET, ATLAS_LOGIN)

CHECK_NAME = "Check the spelling of the user name, which is case-sensitive."
CREATE = Remedy(
    "Create the user in mongosh:",
    command='db.getSiblingDB("admin").createUser({user: "USER", pwd: passwordPrompt(), '
    'roles: [{role: "readWrite", db: "DATABASE"}]})',
)
ATLAS_CREATE = "On Atlas, create the user on the Database Access page (Add New Database User)."
DOCKER_ROOT = (
    "With Docker, note that MONGO_INITDB_ROOT_USERNAME takes effect only with an empty data volume."
)
NAME_DATABASE = "If the user was created in another database, add authSource=DATABASE."
NOT_FOUND = (CHECK_NAME, CREATE, ATLAS_CREATE, DOCKER_ROOT, NAME_DATABASE)
"""For a user that does not exist."""

OTHER_SERVER = (
    "Check that this is the intended server: one without access control may have been started by "
    "mistake, or with the wrong data directory."
)

ASKING = "mongoping check --ask-password"
ASK_PASSWORD = Remedy(
    "To keep the password out of the command line, let mongoping ask for it:",
    command=f"{ASKING} 'mongodb://USER@HOST/?authSource=admin'",
)


def mongosh_string(text: object) -> str:
    """Return a text as a string literal for mongosh."""
    return json.dumps(str(text))


def flavour(evidence: Evidence) -> Flavour:
    """Return ``atlas`` or the service that hello names, ``self-managed`` if there is no sign."""
    if any(map(of.is_atlas, evidence.hosts)):
        return "atlas"
    flavours = {hello.flavour for hello in of.hellos(evidence).values()} - {
        "self-managed",
        "unknown",
    }
    return min(flavours, default="self-managed")


def password_remedies(evidence: Evidence, facts: AuthFacts) -> tuple[Remedy | str, ...]:
    """Return the remedies for a refused password, most likely first."""
    service = flavour(evidence)
    if service == "atlas":
        return OF_ATLAS
    if service in SERVICES:
        return (CHECK_ENCODED, f"Set a new password in the console of {SERVICES[service]}.")
    user, source = mongosh_string(facts.user), mongosh_string(facts.source)
    rows: list[Remedy | str] = [CHECK_ENCODED, password_reset(facts)]
    if facts.source not in facts.user_found_in and facts.source != "admin":
        action = "If the user was created in admin, as Docker's root user is, set authSource"
        rows.append(corrected_string(evidence, action, authSource="admin"))
    get = f"getUser({user}, {{showAuthenticationRestrictions: true}})"
    rows.append(RESTRICTIONS.replace(command=f"db.getSiblingDB({source}).{get}"))
    return tuple(rows)


def password_reset(facts: AuthFacts) -> Remedy:
    """Return the remedy that sets a new password."""
    change = f"changeUserPassword({mongosh_string(facts.user)}, passwordPrompt())"
    return RESET_PASSWORD.replace(
        command=f"db.getSiblingDB({mongosh_string(facts.source)}).{change}"
    )


def not_found(evidence: Evidence, facts: AuthFacts) -> tuple[Remedy | str, ...]:
    """Return the remedies for a user that does not exist, most likely first."""
    service = flavour(evidence)
    if service == "atlas":
        return (CHECK_NAME, ATLAS_CREATE, ATLAS_LOGIN)
    if service in SERVICES:
        return (CHECK_NAME, f"Create the user in the console of {SERVICES[service]}.")
    roles = f'[{{role: "readWrite", db: {mongosh_string(facts.database or "DATABASE")}}}]'
    document = f"{{user: {mongosh_string(facts.user)}, pwd: passwordPrompt(), roles: {roles}}}"
    create = CREATE.replace(
        command=f"db.getSiblingDB({mongosh_string(facts.source)}).createUser({document})"
    )
    if facts.access_control is False:
        action = "Remove user and password, which a server without access control does not need"
        login = ("authSource", "authMechanism", "authMechanismProperties")
        return (corrected_string(evidence, action, login="", drop=login), OTHER_SERVER, create)
    docker = (DOCKER_ROOT,) if any(map(of.is_loopback, map(str, evidence.hosts))) else ()
    action = "If the user was created in another database, name that database"
    return (CHECK_NAME, create, *docker, corrected_string(evidence, action, authSource="DATABASE"))


def grant(evidence: Evidence, facts: AuthFacts, role: str, database: str) -> Remedy:
    """Return the remedy that gives the user a role."""
    if flavour(evidence) == "atlas":
        return Remedy(
            f"On Atlas, give {facts.user} the role {role} on {database}: Database Access, Edit, "
            "Database User Privileges."
        )
    roles = f"[{{role: {mongosh_string(role)}, db: {mongosh_string(database)}}}]"
    return Remedy(
        f"Grant the user a role on {database}, in mongosh:",
        command=f"db.getSiblingDB({mongosh_string(facts.source)}).grantRolesToUser({mongosh_string(facts.user)}, {roles})",
    )


def certificate_user(evidence: Evidence, facts: AuthFacts, subject: str) -> Remedy:
    """Return the remedy that creates the user of a client certificate."""
    if flavour(evidence) == "atlas":
        return Remedy(
            f"On Atlas, create an X.509 user (Database Access) with this subject: {subject}."
        )
    roles = f'[{{role: "readWrite", db: {mongosh_string(facts.database or "DATABASE")}}}]'
    document = f"{{createUser: {mongosh_string(subject)}, roles: {roles}}}"
    return Remedy(
        "Create a user with the certificate's subject as its name, in mongosh:",
        command=f'db.getSiblingDB("$external").runCommand({document})',
    )


def add_login(evidence: Evidence) -> Remedy:
    """Return the remedy that adds a login to the connection string."""
    action = "Add the user, the password, and the database in which the user was created"
    if "authSource" in evidence.options:
        return corrected_string(evidence, "Add the user and the password", login="USER:PASSWORD")
    return corrected_string(evidence, action, login="USER:PASSWORD", authSource="admin")


def ask_password(evidence: Evidence) -> Remedy:
    """Return the remedy that adds a user, and lets mongoping ask for the password.

    Without a user in the string, a password has no effect.
    """
    uri = add_login(evidence).uri
    if uri is None:
        return ASK_PASSWORD
    uri = uri.replace("USER:PASSWORD@", "USER@", 1)
    return ASK_PASSWORD.replace(command=f"{ASKING} {quote(uri)}")


def replace_placeholder(evidence: Evidence) -> tuple[Remedy, ...]:
    """Return the remedy for a user name or password that is likely a placeholder, if it is."""
    target = evidence.target
    return tuple(
        Remedy(f"Put in the real value: {warning.detail}.")
        for warning in (target.warnings if target is not None else ())
        if warning.cause == placeholders.CAUSE and warning.option is None
    )
