"""The roles of servers: from a hello reply, and from PyMongo's names for server types. Pure.

Source: the Server Discovery and Monitoring specification, and PyMongo's ``hello`` module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mongoping.model.kinds import Role

DRIVER_ROLES: Mapping[str, Role] = {
    "Standalone": "standalone",
    "RSPrimary": "primary",
    "RSSecondary": "secondary",
    "RSArbiter": "arbiter",
    "RSOther": "recovering",
    "RSGhost": "uninitialized",
    "Mongos": "mongos",
    "LoadBalancer": "load-balancer",
}
"""Roles by PyMongo's server type. Hidden members are RSOther too; only their hello shows it."""

WRITABLE_ROLES = frozenset({"primary", "standalone", "mongos", "load-balancer"})
WRITABLE_TYPES = frozenset(kind for kind, role in DRIVER_ROLES.items() if role in WRITABLE_ROLES)
"""PyMongo's types of the servers that take writes."""


def role_of(reply: Mapping[str, Any]) -> Role:
    """Return the role that a successful hello reply states, in PyMongo's order of fields.

    A hidden member is ``hidden``, even though PyMongo files it under RSOther.
    """
    if reply.get("serviceId"):
        return "load-balancer"
    if reply.get("isreplicaset"):
        return "uninitialized"
    if not reply.get("setName"):
        return "mongos" if reply.get("msg") == "isdbgrid" else "standalone"
    if reply.get("hidden"):
        return "hidden"
    if reply.get("isWritablePrimary") or reply.get("ismaster"):
        return "primary"
    if reply.get("secondary"):
        return "secondary"
    return "arbiter" if reply.get("arbiterOnly") else "recovering"
