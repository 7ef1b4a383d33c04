"""Remedies for users and logins, filled in with the user, the database and the host."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mongoping.causes import _evidence as of
from mongoping.model import Evidence, Flavour

if TYPE_CHECKING:
    from mongoping.checks.auth import AuthSeen

CHECK_ENCODED = (
    "Check the password; in a connection string, characters such as @ : / ? # [ ] % must be "
    "percent-encoded."
)
RESET = 'Set a new password: db.getSiblingDB("admin").changeUserPassword("USER", passwordPrompt())'
ATLAS_RESET = (
    "On Atlas, set a new password on the Database Access page (Edit, Edit Password); shell "
    "commands cannot change users there."
)
ATLAS_LOGIN = "On Atlas, use a database user (Database Access), not your Atlas login."
IN_ADMIN = (
    "If the user was created in admin, as Docker's root user is, and the connection string names "
    "another database, add: authSource=admin"
)
RESTRICTIONS = (
    "If the password is right, check from which addresses the user may log in "
    "(authenticationRestrictions, clientSource): "
    'db.getSiblingDB("admin").getUser("USER", {showAuthenticationRestrictions: true})'
)
FAILED = (CHECK_ENCODED, RESET, ATLAS_RESET, ATLAS_LOGIN, IN_ADMIN, RESTRICTIONS)
"""Of a refused login about which nothing else is known."""

OF_ATLAS = (CHECK_ENCODED, ATLAS_RESET, ATLAS_LOGIN)

CHECK_NAME = "Check the spelling of the user name, which is case-sensitive."
CREATE = (
    'Create the user: db.getSiblingDB("admin").createUser({user: "USER", pwd: passwordPrompt(), '
    'roles: [{role: "readWrite", db: "DATABASE"}]})'
)
ATLAS_CREATE = "On Atlas, create the user on the Database Access page (Add New Database User)."
DOCKER_ROOT = (
    "With Docker, note that MONGO_INITDB_ROOT_USERNAME takes effect only with an empty data volume."
)
NAME_DATABASE = "If the user was created in another database, name it: authSource=DATABASE"
NOT_FOUND = (CHECK_NAME, CREATE, ATLAS_CREATE, DOCKER_ROOT, NAME_DATABASE)
"""Of a user that does not exist."""

NO_ACCESS_CONTROL = (
    "Remove user and password from the connection string: this server runs without access "
    "control, but refuses logins of users that it does not have."
)
OTHER_SERVER = (
    "Check that this is the intended server: one without access control was perhaps started by "
    "mistake, or on the wrong data directory."
)
SERVICES = {
    "cosmosdb": "Azure Cosmos DB",
    "documentdb": "Amazon DocumentDB",
    "ferretdb": "FerretDB",
}


def quoted(text: object) -> str:
    """Return a text as a string literal for mongosh."""
    return json.dumps(str(text))


def flavour(evidence: Evidence) -> Flavour:
    """Return ``atlas`` or the service that hello names, ``self-managed`` if there is no sign."""
    if any(map(of.is_atlas, evidence.hosts)):
        return "atlas"
    found = {seen.flavour for seen in of.hellos(evidence).values()} - {"self-managed", "unknown"}
    return min(found, default="self-managed")


def failed(evidence: Evidence, seen: AuthSeen) -> tuple[str, ...]:
    """Return the remedies of a refused password, likeliest first."""
    service = flavour(evidence)
    if service == "atlas":
        return OF_ATLAS
    if service in SERVICES:
        return (CHECK_ENCODED, f"Set a new password in the console of {SERVICES[service]}.")
    user, source = quoted(seen.user), quoted(seen.source)
    change = f"changeUserPassword({user}, passwordPrompt())"
    rows = [CHECK_ENCODED, f"Set a new password: db.getSiblingDB({source}).{change}"]
    if seen.source not in seen.user_found_in and seen.source != "admin":
        rows.append(IN_ADMIN)
    get = f"getUser({user}, {{showAuthenticationRestrictions: true}})"
    rows.append(f"{RESTRICTIONS.partition(': db.')[0]}: db.getSiblingDB({source}).{get}")
    return tuple(rows)


def not_found(evidence: Evidence, seen: AuthSeen) -> tuple[str, ...]:
    """Return the remedies of a user that does not exist."""
    service = flavour(evidence)
    if service == "atlas":
        return (CHECK_NAME, ATLAS_CREATE, ATLAS_LOGIN)
    if service in SERVICES:
        return (CHECK_NAME, f"Create the user in the console of {SERVICES[service]}.")
    roles = f'[{{role: "readWrite", db: {quoted(seen.database or "DATABASE")}}}]'
    document = f"{{user: {quoted(seen.user)}, pwd: passwordPrompt(), roles: {roles}}}"
    create = f"Create the user: db.getSiblingDB({quoted(seen.source)}).createUser({document})"
    if seen.access_control is False:
        return (NO_ACCESS_CONTROL, OTHER_SERVER, create)
    return (CHECK_NAME, create, DOCKER_ROOT, NAME_DATABASE)


def grant(evidence: Evidence, seen: AuthSeen, role: str, database: str) -> str:
    """Return the remedy that gives the user a role."""
    if flavour(evidence) == "atlas":
        return (
            f"On Atlas, give {seen.user} the role {role} on {database}: Database Access, Edit, "
            "Database User Privileges"
        )
    of_database = f"[{{role: {quoted(role)}, db: {quoted(database)}}}]"
    return (
        f"Grant a role: db.getSiblingDB({quoted(seen.source)})"
        f".grantRolesToUser({quoted(seen.user)}, {of_database})"
    )


def certificate_user(evidence: Evidence, subject: str) -> str:
    """Return the remedy that creates the user of a client certificate."""
    if flavour(evidence) == "atlas":
        return f"On Atlas, create an X.509 user (Database Access) with this subject: {subject}"
    document = f"{{createUser: {quoted(subject)}, roles: [...]}}"
    return f'Create the user: db.getSiblingDB("$external").runCommand({document})'


def login_uri(evidence: Evidence) -> str:
    """Return the connection string with placeholders for the credentials."""
    target = evidence.target
    if target is None:
        return "mongodb://USER:PASSWORD@HOST/?authSource=admin"
    hosts = target.srv_name or ",".join(map(str, target.hosts))
    return f"{target.scheme}://USER:PASSWORD@{hosts}/{target.database or ''}?authSource=admin"
