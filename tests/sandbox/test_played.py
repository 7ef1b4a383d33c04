"""PyMongo takes a simulated server for the deployment that it simulates."""

from __future__ import annotations

import socket
import struct
from functools import partial
from typing import TYPE_CHECKING, Any

import bson
import pytest
from pymongo import MongoClient
from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError

from mongoping.sandbox import scripts
from mongoping.sandbox.listeners import server_context, tls
from mongoping.sandbox.played import SimulatedServer

if TYPE_CHECKING:
    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.played import Script


def ping(server: SimulatedServer, options: str = "", **more: Any) -> Any:
    uri = f"mongodb://{server.address}/{options}"
    with MongoClient[Any](uri, serverSelectionTimeoutMS=50, **more) as client:
        client.admin.command("ping")
        return client.topology_description


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (scripts.mongos(), "Sharded"),
        (scripts.member(), "ReplicaSetWithPrimary"),
        (scripts.cosmos(), "ReplicaSetWithPrimary"),
        (scripts.ferretdb(), "Single"),
    ],
)
def test_a_driver_takes_it_for_what_it_plays(script: Script, kind: str) -> None:
    options = "?replicaSet=" if kind.startswith("Replica") else ""
    with SimulatedServer(script) as server:
        name = {"globaldb": "globaldb"}.get(_set_name(server), "rs0")
        description = ping(server, f"{options}{name}" if options else "")
        assert description.topology_type_name == kind


def _set_name(server: SimulatedServer) -> str:
    return str(_raw(server, {"hello": 1, "$db": "admin"}).get("setName", ""))


def _raw(server: SimulatedServer, command: dict[str, Any]) -> Any:
    """One OP_MSG command on a plain socket, and its answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        body = bson.encode(command)
        client.sendall(struct.pack("<iiiiI", 21 + len(body), 7, 0, 2013, 0) + b"\0" + body)
        size, _, answers, opcode = struct.unpack("<iiii", client.recv(16, socket.MSG_WAITALL))
        rest = client.recv(size - 16, socket.MSG_WAITALL)
        assert (answers, opcode) == (7, 2013)
        return bson.decode(rest[5:])


def test_the_legacy_hello_is_answered_too() -> None:
    """OP_QUERY isMaster, as clients send it that do not know the server yet."""
    with SimulatedServer(scripts.mongos()) as server:
        body = bson.encode({"isMaster": 1})
        query = struct.pack("<i", 0) + b"admin.$cmd\0" + struct.pack("<ii", 0, -1) + body
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
            client.sendall(struct.pack("<iiii", 16 + len(query), 9, 0, 2004) + query)
            size, _, answers, opcode = struct.unpack("<iiii", client.recv(16, socket.MSG_WAITALL))
            reply = bson.decode(client.recv(size - 16, socket.MSG_WAITALL)[20:])
    assert (answers, opcode) == (9, 1)
    assert reply["ismaster"]
    assert reply["msg"] == "isdbgrid"


@pytest.mark.parametrize(
    ("script", "words"),
    [(scripts.too_old(), "wire version 6"), (scripts.too_new(), "wire version 99")],
)
def test_a_driver_refuses_versions_that_do_not_meet(script: Script, words: str) -> None:
    with SimulatedServer(script) as server, pytest.raises(ConfigurationError, match=words):
        ping(server)


def test_a_load_balancer_shows_itself_to_those_who_ask_for_one() -> None:
    with SimulatedServer(scripts.load_balancer()) as server:
        assert ping(server, "?loadBalanced=true").topology_type_name == "LoadBalanced"
        assert ping(server).topology_type_name == "Sharded"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (scripts.failing("ping", 13, "not authorized"), 13),
        (scripts.failing("ping", 322, "API version", "APIVersionError"), 322),
        (scripts.atlas_bad_auth(), 8000),
    ],
)
def test_an_error_has_the_code_of_the_script(script: Script, code: int) -> None:
    login = {"username": "ada", "password": "x"} if code == 8000 else {}
    with SimulatedServer(script) as server, pytest.raises(OperationFailure) as error:
        ping(server, **login)
    assert error.value.code == code


def test_commands_are_kept_and_unknown_ones_refused() -> None:
    with SimulatedServer(scripts.mongos()) as server:
        assert _raw(server, {"dance": 1, "$db": "admin"})["code"] == 59
        assert server.commands[0]["dance"] == 1


def test_without_an_api_version_every_command_is_refused() -> None:
    with SimulatedServer(scripts.api_required()) as server:
        assert _raw(server, {"hello": 1, "$db": "admin"})["code"] == 498870
        assert _raw(server, {"hello": 1, "apiVersion": "1", "$db": "admin"})["ok"]


@pytest.mark.parametrize(
    "script",
    [scripts.deeply_nested(), scripts.wrong_lengths(), scripts.broken_document()],
    ids=["nested", "lengths", "broken"],
)
def test_a_hostile_hello_is_too_much_for_a_driver(script: Script) -> None:
    with SimulatedServer(script) as server, pytest.raises(PyMongoError):
        ping(server)


def test_hostile_names_arrive_as_they_are() -> None:
    with SimulatedServer(scripts.hostile_names()) as server:
        assert _raw(server, {"hello": 1, "$db": "admin"})["setName"] == scripts.CONTROL


def test_a_played_server_can_stand_behind_tls(certificates: Certificates) -> None:
    wrap = partial(tls, server_context(certificates.good))
    with SimulatedServer(scripts.mongos(), wrap=wrap) as server:
        description = ping(server, tls=True, tlsCAFile=str(certificates.authority))
        assert description.topology_type_name == "Sharded"
