"""Roles of hello replies, side by side with PyMongo's own reading of the same replies."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from pymongo.hello import Hello
from pymongo.server_type import SERVER_TYPE

from mongoping.probe.roles import DRIVER_ROLES, WRITABLE_ROLES, WRITABLE_TYPES, role_of

SHAPES = (
    {"serviceId": "x"},
    {"isreplicaset": True},
    {"setName": "s"},
    {"hidden": True},
    {"isWritablePrimary": True},
    {"ismaster": True},
    {"secondary": True},
    {"arbiterOnly": True},
    {"msg": "isdbgrid"},
)


@pytest.mark.parametrize(
    ("reply", "role"),
    [
        ({"msg": "isdbgrid", "isWritablePrimary": True}, "mongos"),
        ({"msg": "isdbgrid", "serviceId": 1}, "load-balancer"),
        ({"serviceId": None}, "standalone"),
        ({"isreplicaset": True}, "uninitialized"),
        ({"isWritablePrimary": True}, "standalone"),
        ({"ismaster": True, "setName": "s"}, "primary"),
        ({"isWritablePrimary": True, "setName": "s"}, "primary"),
        ({"secondary": True, "setName": "s"}, "secondary"),
        ({"secondary": True, "hidden": True, "setName": "s"}, "hidden"),
        ({"arbiterOnly": True, "setName": "s"}, "arbiter"),
        ({"arbiterOnly": True, "hidden": True, "setName": "s"}, "hidden"),
        ({"setName": "s"}, "recovering"),
    ],
)
def test_roles_are_those_of_the_specification(reply: dict[str, Any], role: str) -> None:
    assert role_of(reply) == role


def test_every_reply_gets_the_role_that_pymongo_gives_it() -> None:
    """Compare all combinations of the fields that decide; only hidden members differ by name."""
    for size in range(4):
        for shapes in itertools.combinations(SHAPES, size):
            reply: dict[str, Any] = {"ok": 1}
            for fields in shapes:
                reply |= fields
            hello: Any = Hello(reply)
            ours = role_of(reply).replace("hidden", "recovering")
            assert ours == DRIVER_ROLES[SERVER_TYPE._fields[hello.server_type]], reply
            assert (role_of(reply) in WRITABLE_ROLES) == hello.is_writable, reply


def test_a_writable_type_has_a_writable_role() -> None:
    assert {"RSPrimary", "Standalone", "Mongos", "LoadBalancer"} == WRITABLE_TYPES
