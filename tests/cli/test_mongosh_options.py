"""The options of mongosh under their own names, and the prompt for the password."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from mongoping.cli import main
from mongoping.cli._help import ALIASES
from tests.cli.terminal import Terminal
from tests.conftest import clean_environment

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment

CLOSED_PORT = ("--host", "localhost", "--port", "1")


def uri_of(run: Any) -> str:
    return str(run.json["target"]["uri"])


@pytest.mark.parametrize(
    ("args", "uri"),
    [
        (CLOSED_PORT, "mongodb://localhost:1"),
        (("--port", "1"), "mongodb://localhost:1"),
        (("--host", "rs0/localhost:1"), "mongodb://localhost:1/?replicaSet=rs0"),
        (("localhost:1", "--tlsAllowInvalidHostnames"),
         "mongodb://localhost:1/?tlsAllowInvalidHostnames=true"),
        (("localhost:1", "--apiVersion", "1", "--apiStrict"), "mongodb://localhost:1"),
        (("localhost:1", "--authenticationMechanism", "MONGODB-X509"),
         "mongodb://localhost:1/?authMechanism=MONGODB-X509"),
    ],
)  # fmt: skip
def test_mongosh_names_do_what_they_say(
    args: tuple[str, ...], uri: str, run_mongoping: Any
) -> None:
    run = run_mongoping("check", *args, "--format", "json")
    assert uri_of(run) == uri, run.err


def test_a_login_in_options(run_mongoping: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("p@ss/word")
    options = ("-u", "ada@shop", "--password-file", "secret", "--authenticationDatabase", "shop")
    run = run_mongoping("check", *CLOSED_PORT, *options, "--format", "json")
    assert uri_of(run) == "mongodb://ada%40shop:***@localhost:1/?authSource=shop"


def test_a_password_in_the_argument_is_taken_with_a_warning(run_mongoping: Any) -> None:
    run = run_mongoping("check", *CLOSED_PORT, "-u", "ada", "-p", "canary", "--format", "json")
    assert uri_of(run) == "mongodb://ada:***@localhost:1"
    assert "other users of this machine can see the password" in run.err
    assert "canary" not in run.out + run.err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("localhost", "--host", "h"), "only once: as an argument or with --host and --port"),
        (("--host", "h", "--uri-file", "f"), "only once"),
        (("--host", "h:1", "--port", "2"), "--host h:1 has another port than --port 2"),
        (("mongodb://ada@h/", "-u", "eve"), "--username is not the user"),
        (("-p", "mongodb://ada:canary@h/"), "put --password last"),
        (("-p", "localhost:27018"), "what looks like an address as the password"),
        (("--port", "1", "-p", "canary"), "--password needs the name of a user: add --username"),
        (("localhost", "--password-file", "f"), "--password-file needs the name of a user"),
        (("-p", "canary"), "No connection string is left: --password took the text after it"),
        (("localhost", "-p", "canary", "--password-file", "f"), "Give the password only once"),
        (("localhost", "--apiVersion", "2"), "--api-version 2 does not exist"),
        (("localhost", "--tlsCAfile", "f"), "There is no option --tlsCAfile. Did you mean --tls"),
    ],
)
def test_contradictions_are_one_sentence(
    args: tuple[str, ...], message: str, run_mongoping: Any
) -> None:
    run = run_mongoping("check", *args)
    assert run.code == 2
    assert message in run.err
    assert "canary" not in run.out + run.err
    assert "27018" not in run.out + run.err, "an address that may be a password is shown"


@pytest.mark.parametrize("command", ["check", "topology", "local", "smoke"])
def test_an_address_after_password_is_not_taken_for_one(command: str, run_mongoping: Any) -> None:
    """Also if there is another address: the default of ``local``, or a variable."""
    env = {} if command == "local" else {"MONGODB_URI": "mongodb://ada@localhost:1/"}
    run = run_mongoping(command, "-u", "ada", "-p", "localhost:27018", env=env)
    assert run.code == 2
    assert "what looks like an address as the password" in run.err
    assert "27018" not in run.out + run.err


def test_an_address_can_be_a_password_where_the_target_is_named(run_mongoping: Any) -> None:
    run = run_mongoping("check", "localhost:1", "-u", "ada", "-p", "db:27018", "--format", "json")
    assert uri_of(run) == "mongodb://ada:***@localhost:1"


def test_every_alias_leads_to_an_option() -> None:
    context = click.Context(main)
    commands = [main.get_command(context, name) for name in ("check", "snippet")]
    groups = [*commands, *getattr(commands[1], "commands", {}).values()]
    params = [param for command in groups if command for param in command.params]
    names = {name for param in params for name in param.opts}
    assert {f"--{name}" for name in ALIASES.values()} <= names


def test_the_prompt_names_user_and_host_and_does_not_echo(
    mongod_auth: Deployment, tmp_path: Path
) -> None:
    """On a real terminal: -p as the last argument asks, as in mongosh."""
    assert mongod_auth.user is not None
    user, password = mongod_auth.user.name, mongod_auth.user.password
    args = ["check", mongod_auth.host, "-u", user, "--authenticationDatabase", "admin", "-q", "-p"]
    with Terminal(args, env=clean_environment(tmp_path), cwd=tmp_path) as terminal:
        terminal.wait_for(f"Password for {user} at {mongod_auth.host}")
        terminal.type(f"{password}\n")
        output = terminal.end()
    assert output.code == 0, output.screen
    assert password not in output.screen
