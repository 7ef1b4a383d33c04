"""Causes of logins that do not come to an answer, or that the client itself gives up."""

from __future__ import annotations

from mongoping.causes import _evidence as of
from mongoping.causes import _users as users
from mongoping.model import NO_ANSWER, Cause, Evidence, Match

DOCS = (
    "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/security/authentication/"
)
OF_THE_CLIENT = ("GSSAPI", "MONGODB-AWS", "MONGODB-OIDC")  # it has to ask somebody else first
CHECK_ENCODING = (
    "If the password does not have such characters, check its percent-encoding, which encodes "
    "UTF-8: é is %C3%A9"
)
ANOTHER = "Set a password of letters, digits and punctuation:"
GENERAL = (CHECK_ENCODING, f"{ANOTHER} db.changeUserPassword(USER, passwordPrompt())")
DIRECTORY = "Check whether the server reaches the directory (LDAP), which has to confirm the login."


def unanswered(evidence: Evidence, host: None) -> Match | None:
    """The server answers a ping without a login, and says nothing once one begins."""
    failure, seen = evidence.failure("auth"), of.auth(evidence)
    if failure is None or seen is None or failure.kind not in NO_ANSWER or not seen.pings:
        return None
    if seen.mechanism in OF_THE_CLIENT:
        return None
    return Match(
        f"the server answers a ping, and not the login of {seen.user or seen.mechanism}: {failure.message}",
        (DIRECTORY,) if seen.mechanism == "PLAIN" else (),
    )


def unfit(evidence: Evidence, host: None) -> Match | None:
    seen = of.auth(evidence)
    if evidence.failure("auth") is None or seen is None or seen.unfit is None:
        return None
    words = f"the driver rejects the password of {seen.user} before it sends anything"
    if users.flavour(evidence) == "atlas":
        change = users.ATLAS_RESET
    else:
        source, user = users.quoted(seen.source), users.quoted(seen.user)
        command = f"db.getSiblingDB({source}).changeUserPassword({user}, passwordPrompt())"
        change = f"{ANOTHER} {command}"
    return Match(f"{words} ({seen.unfit})", (CHECK_ENCODING, change), instead_of=GENERAL)


def iteration_count(evidence: Evidence, host: None) -> Match | None:
    failure = evidence.failure("auth")
    if failure is None or failure.kind != "iterations":
        return None
    return Match(failure.message)


CAUSES = (
    Cause(
        code="auth.iteration-count",
        title="The server asks for an iteration count that clients should not compute",
        explanation="In a SCRAM login, the server decides how many times the client hashes the "
        "password. MongoDB's defaults are 10,000 and 15,000, and drivers refuse fewer than 4,096. "
        "They set no upper limit: a server that asks for billions keeps a program busy for many "
        "minutes, and PyMongo's event loop with it. mongoping stops at 1,000,000 and sends no "
        "proof of the password.",
        remedies=(
            "Check that host and port are those of your own server: this may be another one.",
            "Set a usual count on the server, then set the user's password again so that it takes effect: "
            "db.adminCommand({setParameter: 1, scramSHA256IterationCount: 15000})",
        ),
        links=(
            "https://www.mongodb.com/docs/manual/reference/parameters/#mongodb-parameter-param.scramSHA256IterationCount",
        ),
        when=iteration_count,
        says=(r"[Ii]nvalid iteration count",),
    ),
    Cause(
        code="auth.password-characters",
        title="The password holds characters that no password may hold",
        explanation="SCRAM-SHA-256 brings a password into one form before it is used (SASLprep, "
        "RFC 4013), and refuses control characters, characters of no text, and letters of both "
        "writing directions in a mixture. The driver then fails before it asks the server.",
        remedies=(
            *GENERAL,
            "Where the user has SCRAM-SHA-1, that takes any character: authMechanism=SCRAM-SHA-1",
        ),
        links=(DOCS,),
        when=unfit,
    ),
    Cause(
        code="auth.unanswered",
        title="The server does not answer the login",
        explanation="Without a login the server answers; once a login begins, it says nothing or "
        "hangs up. It waits for somebody else who has to confirm the user, it is out of "
        "resources, or something between looks into the connection and cuts it.",
        remedies=(
            "Look into the server's log at this moment: it tells of each login, and of what it waits for.",
            "Check what stands between: a proxy, a service mesh or a firewall that inspects connections.",
        ),
        links=(DOCS,),
        when=unanswered,
        restates=("auth",),
    ),
)
