"""Explain a failed write check, and choose a remedy. Pure."""

from __future__ import annotations

import json
from typing import Any

from mongoping.model import Remedy
from mongoping.record import Record

NOT_AUTHORIZED, LOGIN_REFUSED = 13, 18
NO_COLLECTION, VALIDATION_FAILED, DISK_FULL, TOO_LATE = 26, 121, 14031, 50
ATLAS_ERROR = 8000
UNCONFIRMED_CODES = frozenset({64, 75, 79, 100})  # a write concern that was not, or cannot be, met
NOT_PRIMARY = frozenset({91, 189, 10107, 11600, 11602, 13435, 13436})
"""The server shuts down, steps down, or is a secondary (MongoDB's error_codes.yml)."""

CAUSES = {
    NOT_AUTHORIZED: "auth.not-authorized",
    LOGIN_REFUSED: "auth.failed",
    91: "topology.no-primary",  # ShutdownInProgress
    189: "topology.no-primary",  # PrimarySteppedDown
    10107: "topology.not-primary",
    11602: "topology.no-primary",  # InterruptedDueToReplStateChange
    13435: "topology.not-primary",
}
"""Codes for which the catalog has a cause; all others are an expectation that is not met."""

IN_GENERAL = Remedy(
    "Run it again with --verbose, and look up the error in the server log at this time; "
    "or leave --write-check out."
)


class Around(Record):
    """The circumstances of a failed write.

    ``down`` are members that cannot confirm a write, as ``HOST (STATE)``. ``locked`` is True
    if the server says that it is locked by fsyncLock, None if it does not say.
    """

    database: str
    collection: str | None = None  # None: one of mongoping's own
    user: str | None = None
    source: str = "admin"
    atlas: bool = False
    down: tuple[str, ...] = ()
    arbiters: int = 0
    locked: bool | None = None


class Problem(Record):
    """A failed write: an error of the server or the driver, or a refusal of mongoping.

    ``kind`` is ``server`` for an error with a code, ``unanswered`` if no reply came in time,
    ``selection`` if no member to write to was found, ``interrupted``, or one of mongoping's
    own refusals to write: ``no-collection``, ``would-stay``, ``unread``.
    """

    kind: str
    message: str
    code: int | None = None
    written: bool | None = False  # whether the document may be there; None if it is unknown

    @property
    def cause(self) -> str | None:
        """Return the cause in the catalog, or None if only an expectation is not met."""
        return CAUSES.get(self.code or 0)


def mongosh_string(text: str) -> str:
    """Return a text as a string literal for mongosh."""
    return json.dumps(text)


def problem_of(reply: dict[str, Any]) -> Problem | None:
    """Return the error that a reply to a write command contains, or None."""
    errors = reply.get("writeErrors")
    first = errors[0] if isinstance(errors, list) and errors else None
    if isinstance(first, dict):
        return Problem("server", str(first.get("errmsg") or "write error"), _code(first))
    concern = reply.get("writeConcernError")
    if isinstance(concern, dict):
        message = str(concern.get("errmsg") or "write concern error")
        return Problem("server", message, _code(concern), written=True)
    return None


def _code(document: dict[str, Any]) -> int | None:
    code = document.get("code")
    return code if type(code) is int else None


def explain(problem: Problem, around: Around) -> tuple[str, Remedy]:
    """Return one sentence about the failure, and the remedy."""
    code = f" (code {problem.code})" if problem.code is not None else ""
    message = f"{problem.message}{code}"
    if _is_unconfirmed(problem):
        return _without_majority(message, around)
    if problem.kind == "unanswered" or problem.code == TOO_LATE:
        return _timed_out(message, around)
    if problem.kind == "selection" or problem.code in NOT_PRIMARY:
        return message, Remedy(
            "Connect to a writable member: list all members of the set in the connection string, "
            "remove directConnection, and check in mongosh that there is a primary:",
            command="rs.status()",
        )
    return message, _remedy(problem, around)


def _is_unconfirmed(problem: Problem) -> bool:
    return problem.code in UNCONFIRMED_CODES or (
        problem.code == TOO_LATE and problem.written is True
    )


def _without_majority(message: str, around: Around) -> tuple[str, Remedy]:
    """Explain a document that the primary has, but that no majority confirmed in time."""
    words = f"written to the primary, but not confirmed by a majority: {message}"
    if not around.down:
        return words, Remedy(
            "Find the member that lags or is down, in mongosh:",
            command="rs.status(); rs.printSecondaryReplicationInfo()",
        )
    down = ", ".join(around.down)
    words += f"; down: {down}"
    if not around.arbiters:
        return words, Remedy(f"Start these members again, and check why they are down: {down}.")
    return words, Remedy(
        f"Start {down} again. An arbiter stores no data and confirms no writes, so with it every "
        "data member is needed for a majority: replace the arbiter with a data member."
    )


def _timed_out(message: str, around: Around) -> tuple[str, Remedy]:
    if around.locked:
        return (
            f"{message}; the server is locked against writes (fsyncLock)",
            Remedy(
                "Unlock the server, once the backup that locked it is done, in mongosh:",
                command="db.fsyncUnlock()",
            ),
        )
    sure = "is not locked (fsyncLock)" if around.locked is False else "may be locked (fsyncLock)"
    return (
        f"{message}; reads work, and the server {sure}" if around.locked is False else message,
        Remedy(
            "Check whether the server's disk stalls or is full (iostat -x 1), and what blocks "
            f"writes (the server {sure}), in mongosh:",
            command="db.currentOp({waitingForLock: true})",
        ),
    )


def _remedy(problem: Problem, around: Around) -> Remedy:
    database = around.database
    lower = problem.message.lower()
    if problem.kind == "no-collection":
        return Remedy(
            f"Create the collection {database}.{around.collection}, or name only the database, in "
            "which mongoping creates and drops its own collection:",
            command=f"--write-check {database}",
        )
    if problem.kind == "would-stay":
        return Remedy(
            f"Name a collection that exists (--write-check {database}.COLLECTION), or give the "
            "user the right to drop collections, in mongosh:",
            command=_grant(around),
        )
    if problem.kind == "unread":
        return Remedy(
            "Check that majority reads are possible, in mongosh:",
            command="rs.status().optimes.lastCommittedOpTime",
        )
    if problem.code == NOT_AUTHORIZED or (
        problem.code == ATLAS_ERROR and ("not allowed" in lower or "not authorized" in lower)
    ):
        if around.atlas:
            return Remedy(
                f"Give the user readWrite on {database}: on Atlas, Database Access, Edit, Database "
                "User Privileges."
            )
        return Remedy(f"Give the user readWrite on {database}, in mongosh:", command=_grant(around))
    if problem.code == LOGIN_REFUSED:
        return Remedy("Check user, password and authSource of the connection string.")
    if problem.code == VALIDATION_FAILED:
        return Remedy(
            "Name a collection without a validator, or only the database:",
            command=f"--write-check {database}",
        )
    if problem.code == DISK_FULL or "no space left" in lower or "disk space" in lower:
        return Remedy("Free disk space on the server, or enlarge its volume:", command="df -h")
    if "quota" in lower:
        return Remedy("Delete data, or choose a larger tier: the storage quota is exhausted.")
    return IN_GENERAL


def _grant(around: Around) -> str:
    roles = f'[{{role: "readWrite", db: {mongosh_string(around.database)}}}]'
    user = mongosh_string(around.user or "USER")
    return f"db.getSiblingDB({mongosh_string(around.source)}).grantRolesToUser({user}, {roles})"
