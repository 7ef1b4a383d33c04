"""``mongoping local``: a server on this machine, by every way that leads to it."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from mongoping.cli import check, local
from mongoping.cli._settings import Options
from mongoping.installation import install_command
from mongoping.sandbox import listeners
from mongoping.sandbox.listeners import Listener
from mongoping.sandbox.process import free_port
from mongoping.uri.shorthand import expand
from mongoping.uri.target import parse
from tests.conftest import having, unavailable

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment
    from mongoping.settings import Preset, Settings


COMMANDS = {"check": check.command, "local": local.command}


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("localhost", "localhost", 27017),
        ("localhost:27018", "localhost", 27018),
        ("127.0.0.1:1", "127.0.0.1", 1),
        ("::1", "::1", 27017),
        ("[::1]:27018", "::1", 27018),
        ("/tmp/mongodb-27017.sock", "/tmp/mongodb-27017.sock", None),
        ("/a folder/@:x.sock", "/a folder/@:x.sock", None),
        ("db.example.test", "db.example.test", 27017),
        ("mongodb://localhost:5/shop", "localhost", 5),
    ],
)
def test_a_host_in_any_form_is_a_connection_string(text: str, host: str, port: int | None) -> None:
    """Name, address, path of a socket, or a whole string."""
    target = parse(expand(text)).target
    assert target is not None
    assert (target.hosts[0].name, target.hosts[0].port) == (host, port)


def test_a_healthy_server_is_found_by_its_port(mongod: Deployment, run_mongoping: Any) -> None:
    run = run_mongoping("local", mongod.host, "--format", "json")
    assert run.code == 0
    assert run.json["target"]["preset"] == "local"
    attempts = run.json["layers"][2]["data"]["hosts"][mongod.host]["attempts"]
    assert {address["family"] for address in attempts} >= {"ipv4"}
    assert run.json["verdict"] is None


def test_the_default_address_has_no_note(run_mongoping: Any) -> None:
    assert "was read as" not in run_mongoping("local").out
    assert "localhost was read as" in run_mongoping("local", "localhost").out


def test_the_environment_does_not_lead_local_elsewhere(
    mongod: Deployment, run_mongoping: Any
) -> None:
    """Whoever asks for this machine is told about this machine."""
    env = {"MONGODB_URI": "mongodb://db.example.test/"}
    run = run_mongoping("local", mongod.host, "--format", "json", env=env)
    assert run.json["target"]["hosts"] == [mongod.host]


def test_a_server_is_found_by_its_socket(run_mongoping: Any, tmp_path: Path) -> None:
    """The path of a UNIX socket is all that has to be given."""
    from mongoping.sandbox.deployment import standalone

    with having(), standalone(socket_folder=tmp_path) as whole:
        path = str(whole.servers[0].socket_path)
        run = run_mongoping("local", path, "--format", "json")
    assert run.code == 0
    assert run.json["target"]["uri"] == f"mongodb://{quote(path, safe='')}"
    assert run.json["target"]["hosts"] == [path]


def test_a_server_that_listens_on_ipv6_alone_is_told_as_such(
    mongod: Deployment, run_mongoping: Any
) -> None:
    """PyMongo asks IPv4 only for localhost: refused there, and the way by ::1 is named."""
    if not _has_ipv6():
        unavailable("this machine has no IPv6 on loopback")
    behind = listeners.forward("127.0.0.1", mongod.ports[0])
    with Listener(behind, host="::1", port=free_port()) as listener:
        run = run_mongoping("local", f"localhost:{listener.port}", "--format", "json")
        assert run.code == 12
        verdict = run.json["verdict"]
        assert verdict["cause"] == "tcp.refused"
        way = f"mongodb://[::1]:{listener.port}"
        assert verdict["remedies"][0]["uri"] == verdict["fixed_uri"] == way
        assert run_mongoping("local", way).code == 0


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def test_a_server_with_a_socket_alone_is_told_as_such(
    mongod: Deployment, run_mongoping: Any
) -> None:
    """mongod's socket in /tmp answers where the port is closed; the string for it is given."""
    port = free_port()
    path = Path(f"/tmp/mongodb-{port}.sock")
    with Listener(listeners.forward("127.0.0.1", mongod.ports[0]), path=path):
        run = run_mongoping("local", f"localhost:{port}", "--format", "json")
        assert run.json["verdict"]["cause"] == "tcp.refused"
        way = f"mongodb://{quote(str(path), safe='')}"
        assert run.json["verdict"]["fixed_uri"] == way
        assert run_mongoping("local", way).code == 0


def test_what_listens_instead_is_named(mongod: Deployment, run_mongoping: Any) -> None:
    """A server on another of MongoDB's own ports, where the one asked for is closed."""
    behind = listeners.forward("127.0.0.1", mongod.ports[0])
    with ExitStack() as stack:
        for port in (27018, 27019, 27017):
            try:
                stack.enter_context(Listener(behind, port=port))
            except OSError:
                continue
            break
        else:
            unavailable("each of MongoDB's ports is taken on this machine")
        port_without_server = free_port()
        run = run_mongoping("local", f"localhost:{port_without_server}", "--format", "json")
        text = run_mongoping("local", f"localhost:{port_without_server}").out
    assert run.code == 12
    assert any(f":{port}" in str(remedy) for remedy in run.json["verdict"]["remedies"])
    assert f"127.0.0.1:{port}" in text


def test_where_nothing_listens_it_says_how_a_server_is_started(run_mongoping: Any) -> None:
    """The advice is made for this machine; there always is some."""
    run = run_mongoping("local", f"localhost:{free_port()}", "--format", "json")
    assert run.code == 12
    nearby = run.json["layers"][2]["data"]["neighbors"]
    assert nearby["status"] == "ok"
    advice = {
        " ".join(filter(None, (remedy["text"], remedy["command"])))
        for remedy in run.json["verdict"]["remedies"]
    }
    assert set(nearby["advice"]) <= advice


def settings_of(preset: Preset) -> Settings:
    """Return the settings of a command without options."""
    context = COMMANDS[preset].make_context(preset, ["localhost"])
    return Options.of(preset, context.params).settings


def test_a_silent_server_is_given_less_time_than_by_check(run_mongoping: Any) -> None:
    """The deadline of local is shorter, and so is the limit of each check.

    On a busy machine, the silence may be the machine's own, so it has no cause.
    """
    short, long = (settings_of(preset) for preset in ("local", "check"))
    assert short.deadline < long.deadline
    assert short.cap < long.cap
    with Listener(listeners.silent) as listener:
        run = run_mongoping("local", listener.address, "--format", "json")
    assert run.json["verdict"]["cause"] in ("hello.no-reply", "hello.unexplained")


def test_the_sandbox_needs_no_server_of_your_own(run_mongoping: Any) -> None:
    """The embedded default: a real mongod, here for the length of one report."""
    with having():
        run = run_mongoping("local", "--sandbox", "--format", "json")
    assert run.code == 0
    assert run.json["target"]["preset"] == "local"
    assert run.json["latency"]["lost"] == 0
    compat = next(layer for layer in run.json["layers"] if layer["name"] == "compat")
    warnings = {row["cause"] for row in compat["findings"] if row["severity"] == "warning"}
    assert "compat.server-end-of-life" not in warnings, "it warns about its own server"


def test_the_sandbox_is_at_its_own_address(run_mongoping: Any) -> None:
    run = run_mongoping("local", "localhost", "--sandbox")
    assert run.code == 2
    assert "remove HOST" in run.err


def test_without_a_mongod_it_says_what_to_install(run_mongoping: Any, tmp_path: Path) -> None:
    """One sentence and a command, where neither PATH nor the extra has one, which is hidden."""
    (tmp_path / "fiftyone").mkdir()
    (tmp_path / "fiftyone" / "__init__.py").touch()
    env = {"PATH": str(tmp_path), "PYTHONPATH": str(tmp_path)}
    run = run_mongoping("local", "--sandbox", env=env)
    assert run.code == 19
    assert run.out == ""
    assert run.err.startswith("Error: ")
    sentence, command = run.err.splitlines()
    assert sentence.endswith(":")
    assert command == f"  {install_command('sandbox')}"


def test_the_host_may_come_by_standard_input(mongod: Deployment, run_mongoping: Any) -> None:
    for target in (mongod.host, mongod.uri):
        run = run_mongoping("local", "-", "--format", "json", stdin=f"{target}\n")
        assert run.code == 0, run.err
        assert run.json["target"]["hosts"] == [mongod.host]
    run = run_mongoping("local", "-", stdin="\n")
    assert run.code == 2
    assert "standard input is empty" in run.err
