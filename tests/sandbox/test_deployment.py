"""Deployments are what they were asked to be, and nothing of them stays behind."""

from __future__ import annotations

import os
import socket
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError
from pymongo.server_api import ServerApi

from mongoping.sandbox import deployment
from mongoping.sandbox.certificates import Certificates, subject
from mongoping.sandbox.deployment import ServerTls, standalone
from mongoping.sandbox.mongods import find_mongod
from mongoping.sandbox.process import Server, ServerDied, free_port
from mongoping.sandbox.users import User, build_uri
from tests.conftest import having

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mongoping.sandbox.deployment import Deployment


def ask(uri: str, command: str = "hello", database: str = "admin", **options: Any) -> Any:
    """The answer to one command, by PyMongo's synchronous client."""
    with MongoClient[Any](uri, **{"serverSelectionTimeoutMS": 10_000, **options}) as client:
        return client[database].command(command)


def test_a_standalone_is_one_server_without_access_control(mongod: Deployment) -> None:
    hello = ask(mongod.uri)
    assert hello["isWritablePrimary"]
    assert "setName" not in hello
    assert mongod.uri == f"mongodb://localhost:{mongod.ports[0]}/"
    assert ask(mongod.uri, "listDatabases")["ok"]


def test_old_servers_are_as_old_as_they_say(old_mongod: Deployment) -> None:
    version = old_mongod.servers[0].mongod.version
    assert ask(old_mongod.uri, "buildInfo")["version"] == version
    assert ask(old_mongod.uri)["maxWireVersion"] == {"5": 13, "4": 9}[version[0]]


def test_users_have_their_own_database_roles_and_mechanisms(mongod_auth: Deployment) -> None:
    bob = mongod_auth.named("bob")
    status = ask(mongod_auth.uri_with(user=bob), "connectionStatus")["authInfo"]
    assert status["authenticatedUsers"] == [{"user": "bob", "db": "shop"}]
    assert status["authenticatedUserRoles"] == [{"role": "readWrite", "db": "shop"}]
    with MongoClient[Any](mongod_auth.uri) as client:
        reply = client.admin.command("hello", saslSupportedMechs="admin.sha1")
        assert reply["saslSupportedMechs"] == ["SCRAM-SHA-1"]
    with pytest.raises(OperationFailure, match="requires authentication"):
        ask(mongod_auth.uri_with(user=None), "listDatabases")


def test_a_deployment_shows_no_password(mongod_auth: Deployment) -> None:
    """Its repr can stand in a traceback; the keeper's password is a secret too."""
    assert mongod_auth.password
    for secret in (mongod_auth.password, mongod_auth.keeper and mongod_auth.keeper.password):
        assert secret
        assert secret not in repr(mongod_auth)


def test_no_secret_stands_on_a_command_line(mongod_auth: Deployment) -> None:
    line = Path(f"/proc/{mongod_auth.servers[0].pid}/cmdline")
    if not line.exists():
        pytest.skip("there is no /proc here")
    text = line.read_text()
    assert "--auth" in text
    assert all(user.password not in text for user in mongod_auth.users if user.password)


@pytest.fixture(scope="module")
def strict_tls(certificates: Certificates) -> Iterator[Deployment]:
    """A server that wants a client certificate, and knows one subject as a user."""
    client = certificates.client()
    users = [User(), User(subject(client), None, database="$external")]
    tls = ServerTls(
        certificates.good, certificates.authority, required=True, client_certificate=client
    )
    with having(), standalone(users=users, tls=tls) as running:
        yield running


def test_a_client_certificate_is_a_login(strict_tls: Deployment) -> None:
    uri = strict_tls.uri_with(user=None, authMechanism="MONGODB-X509")
    status = ask(uri, "connectionStatus")["authInfo"]
    assert status["authenticatedUsers"][0]["db"] == "$external"
    assert ask(strict_tls.uri, "connectionStatus")["authInfo"]["authenticatedUsers"] == [
        {"user": "ada", "db": "admin"}
    ]


def test_a_server_may_require_an_api_version() -> None:
    """Without a declared version, a driver cannot even discover the server."""
    with having(), standalone(require_api_version=True) as running:
        assert ask(running.uri, "ping", server_api=ServerApi("1"))["ok"]
        with running.admin() as client:
            assert client.admin.command("ping")["ok"]
        with pytest.raises(ServerSelectionTimeoutError, match="apiVersion parameter is required"):
            ask(running.uri, serverSelectionTimeoutMS=50)


def test_a_unix_socket_is_there_on_request(tmp_path: Path) -> None:
    with having(), standalone(socket_folder=tmp_path) as running:
        path = running.servers[0].socket_path
        assert path is not None
        assert ask(build_uri([str(path)]), "ping")["ok"]


def test_members_get_the_parts_that_they_were_given() -> None:
    """One each: primary with tags, arbiter, hidden, delayed; with access control over all."""
    members = [
        {"tags": {"dc": "east"}},
        {"arbiterOnly": True},
        {"hidden": True, "priority": 0},
        {"priority": 0, "hidden": True, "secondaryDelaySecs": 60},
    ]
    with having(), deployment.replica_set(members, name="parts", users=[User()]) as running:
        hello = ask(running.uri)
        with running.admin() as client:
            states = client.admin.command("replSetGetStatus")["members"]
            config = client.admin.command("replSetGetConfig")["config"]
    addresses = [server.address for server in running.servers]
    assert hello["setName"] == "parts"
    assert hello["primary"] == hello["me"] == addresses[0]
    assert hello["tags"] == {"dc": "east"}
    assert hello["arbiters"] == [addresses[1]]
    assert addresses[2] not in hello["hosts"]
    assert [state["stateStr"] for state in states] == [
        "PRIMARY",
        "ARBITER",
        "SECONDARY",
        "SECONDARY",
    ]
    assert config["members"][3]["secondaryDelaySecs"] == 60
    assert running.hosts == (addresses[0],)


def test_a_set_may_wait_to_be_initiated() -> None:
    with having(), deployment.replica_set(1, initiate=False) as running:
        hello = ask(f"mongodb://{running.host}/?directConnection=true")
        assert hello["isreplicaset"]
        assert "setName" not in hello


def test_a_server_that_cannot_start_tells_why_in_its_own_words() -> None:
    server = standalone(extra=["--storageEngine", "none"])
    with having(), pytest.raises(ServerDied, match="engine"), server:
        pytest.fail("it has started")


def test_a_lost_race_for_a_port_is_run_again_on_another() -> None:
    with having():
        server = Server(find_mongod())
    with socket.create_server(("127.0.0.1", 0)) as rival:
        taken_port = rival.getsockname()[1]
        try:
            server.spawn(taken_port)
            server.wait()
            assert server.port != taken_port
            assert ask(f"mongodb://{server.address}/", "ping")["ok"]
        finally:
            server.remove()


def test_a_port_that_is_taken_while_a_server_starts_is_replaced() -> None:
    """Two programs may bind a port, but the second to listen fails; mongod aborts then."""
    with having():
        server = Server(find_mongod())
    try:
        with _overtake(server) as taken_port:
            server.wait()
            assert server.port != taken_port
            assert ask(f"mongodb://{server.address}/", "ping")["ok"]
    finally:
        server.remove()


@contextmanager
def _overtake(server: Server) -> Iterator[int]:
    """Start a server, listen on its port before it does, and yield the port."""
    for _ in range(5):
        with socket.socket() as rival:
            rival.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            rival.bind(("127.0.0.1", 0))
            port = rival.getsockname()[1]
            server.spawn(port)
            while b"Opening WiredTiger" not in (server.folder / "log").read_bytes():
                assert server.runs
                time.sleep(0.01)
            try:
                rival.listen()
            except OSError:  # this machine is busy, and mongod was faster
                server.stop()
                continue
            yield port
            return
    pytest.fail("mongod listened first, five times")


def test_nothing_stays_behind() -> None:
    """Process, folder and port are gone, also when an error ends the block."""
    with having(), suppress(KeyboardInterrupt), standalone() as running:
        server = running.servers[0]
        raise KeyboardInterrupt
    assert not server.folder.exists()
    assert server.pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=2)


def test_a_stopped_server_comes_back_with_its_data() -> None:
    with having(), standalone() as running, MongoClient[Any](running.uri) as client:
        client.shop.orders.insert_one({"_id": 1}, session=None)
        client.admin.command("fsync", 1)
        running.servers[0].restart()
        assert client.shop.orders.find_one() == {"_id": 1}


def test_free_ports_are_free() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as listener:
        assert listener.getsockname()[1] > 1023


@pytest.mark.parametrize(
    ("parts", "uri"),
    [
        ({}, "mongodb://h:1/"),
        ({"user": User("a/b", "p@:/")}, "mongodb://a%2Fb:p%40%3A%2F@h:1/"),
        ({"user": User("a", "p", database="shop")}, "mongodb://a:p@h:1/?authSource=shop"),
        ({"user": User("a", None), "tls": True}, "mongodb://a@h:1/?tls=true"),
        ({"database": "shop", "replicaSet": None}, "mongodb://h:1/shop"),
        ({"scheme": "mongodb+srv", "tlsCAFile": "/a b"}, "mongodb+srv://h:1/?tlsCAFile=/a+b"),
    ],
)
def test_a_uri_is_escaped_where_it_has_to_be(parts: dict[str, Any], uri: str) -> None:
    assert build_uri(["h:1"], **parts) == uri
