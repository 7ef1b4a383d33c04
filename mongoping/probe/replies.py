"""Checks on a reply before the driver acts on it. Pure.

PyMongo passes on what a server sends. A number where it expects a string raises TypeError or
KeyError in the middle of its work, with the first reply or with a later one, or ends one of its
monitors without a word. Only values that lead to this are refused here (found by sending each
field with each BSON type to PyMongo 4.15 and 4.20); whatever PyMongo can work with passes,
however odd.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SIZES = ("maxBsonObjectSize", "maxMessageSizeBytes")
NUMBERS = (
    *SIZES,
    "minWireVersion",
    "maxWireVersion",
    "setVersion",
    "logicalSessionTimeoutMinutes",
)
MEMBER_LISTS = ("hosts", "passives", "arbiters")


def problem(reply: Mapping[str, Any]) -> str | None:
    """Return why the driver cannot work with a reply, in one sentence, or None."""
    if not reply.get("ok"):
        return _error_problem(reply) or _gossip_problem(reply)
    for name in NUMBERS:
        value = reply.get(name)
        if value is not None and not isinstance(value, (int, float)):
            return f"{name} in the server's reply is no number"
    for name in SIZES:
        if name in reply and not (reply[name] or 0) > 0:
            return f"{name} in the server's reply is no positive number"
    if type(reply.get("electionId")).__name__ not in ("ObjectId", "NoneType", "str"):
        return "electionId in the server's reply is no ObjectId"
    if not isinstance(reply.get("compression") or [], (list, str, bytes)):
        return "compression in the server's reply is no array"
    return _gossip_problem(reply)


def _error_problem(reply: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a reply that reports an error, or None."""
    message = reply.get("errmsg") if "ok" in reply else reply.get("$err", "")
    if not isinstance(message, str):
        return "the server's reply reports an error without its text (errmsg)"
    if isinstance(reply.get("code"), (list, dict)):
        return "the code of the error in the server's reply is no number"
    labels = reply.get("errorLabels", [])
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        return "errorLabels in the server's reply is no array of strings"
    return None


def _gossip_problem(reply: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the fields that drivers keep from any reply, or None."""
    time = reply.get("$clusterTime")
    if time and not (isinstance(time, Mapping) and _is_timestamp(time)):
        return "$clusterTime in the server's reply is no cluster time"
    version = reply.get("topologyVersion")
    if version is not None and not (
        isinstance(version, Mapping)
        and "processId" in version
        and isinstance(version.get("counter"), (int, float))
    ):
        return "topologyVersion in the server's reply has no processId and counter"
    return None


def _is_timestamp(cluster_time: Mapping[str, Any]) -> bool:
    # by name: bson is not imported here
    return type(cluster_time.get("clusterTime")).__name__ == "Timestamp"


def without_paths(reply: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return a hello reply without members that are file paths, or None if it has none.

    PyMongo connects to a UNIX socket where a member's name ends in ``.sock``. No server
    advertises one: a set's configuration holds host names and ports.
    """
    changes: dict[str, Any] = {}
    for name in MEMBER_LISTS:
        members = reply.get(name)
        if isinstance(members, list) and any(is_path(member) for member in members):
            changes[name] = [member for member in members if not is_path(member)]
    for name in ("me", "primary"):
        if is_path(reply.get(name)):
            changes[name] = None
    return {**reply, **changes} if changes else None


def is_path(name: object) -> bool:
    """Return whether PyMongo would take a member's name for the path of a UNIX socket."""
    if not isinstance(name, str):
        return False
    host, colon, _ = name.lower().rpartition(":")
    return (host if colon else name.lower()).removesuffix("]").endswith(".sock")
