"""Secrets and configuration files: what a file may send, and to which address."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox.played import SimulatedServer, hello

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run


CANARY = "K4narie-in-the-mine"
CLASHES = (
    # what a file in a checkout says, the key that is refused, and why
    ("uri='mongodb://x@{host}/?authMechanism=PLAIN&authSource=$external'\npassword-env='TOKEN'",
     "password-env", "combines an address with a secret"),
    ("uri='mongodb://x@{host}/?authMechanism=PLAIN'\npassword-file='secret'",
     "password-file", "combines"),
    ("uri-file='uri'\npassword-env='TOKEN'", "password-env", "combines"),
    ("uri='mongodb://{host}/?authMechanism=MONGODB-AWS'", "uri", "MONGODB-AWS"),
    ("uri='mongodb://{host}/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s'",
     "uri", "MONGODB-OIDC"),
    ("uri='mongodb://x%40R@{host}/?authMechanism=GSSAPI'", "uri", "GSSAPI"),
    ("uri='mongodb://{host}/?tls=true&tlsCertificateKeyFile=secret'", "uri", "client certificate"),
    ("uri-file='aws'", "uri-file", "MONGODB-AWS"),
)  # fmt: skip


@pytest.mark.parametrize("name", ["mongoping.toml", "pyproject.toml"])
@pytest.mark.parametrize(("text", "key", "words"), CLASHES)
def test_a_file_that_was_found_sends_no_secret_to_its_own_address(
    name: str, text: str, key: str, words: str, run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    """A played server, to which nothing may be sent; with --config, the user trusts the file."""
    section = "tool.mongoping.targets.a" if name == "pyproject.toml" else "targets.a"
    with SimulatedServer({"hello": hello()}) as server:
        host = f"127.0.0.1:{server.port}"
        (tmp_path / name).write_text(f"[{section}]\n" + text.format(host=host))
        (tmp_path / "secret").write_text(CANARY)
        (tmp_path / "uri").write_text(f"mongodb://x@{host}/")
        (tmp_path / "aws").write_text(f"mongodb://{host}/?authMechanism=MONGODB-AWS")
        run = run_mongoping("smoke", env={"TOKEN": CANARY})
        assert server.commands == []
        assert run.code == 2
        assert run.out == ""
        assert f"{name}:1: {name} was found in this folder and" in run.err
        assert f"(targets.a.{key})." in run.err
        assert words in run.err
        assert f"trust the file with --config {name}" in run.err
        explicit = run_mongoping("smoke", "--config", name, "--dry-run", env={"TOKEN": CANARY})
        assert explicit.code in (0, 10)
    assert CANARY not in run.err + explicit.out + explicit.err


def test_the_password_of_a_uri_may_come_from_elsewhere(
    mongod_auth: Deployment, run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    user = mongod_auth.user
    uri = f"mongodb://{user.name}@{mongod_auth.host}/?authSource={user.database}"
    (tmp_path / "own.toml").write_text(f"[targets.a]\nuri='{uri}'\npassword-env='SECRET'\n")
    env = {"SECRET": user.password or ""}
    run = run_mongoping("smoke", "--config", "own.toml", env=env)
    assert run.code == 0, run.out + run.err


@pytest.mark.parametrize(
    "uri",
    [
        f"mongodb://ada:{CANARY}@h/",
        f"mongodb://ada%3A{CANARY}@h/",
        f"mongodb://ada@h/?tlsCertificateKeyFilePassword={CANARY}",
        f"mongodb://{CANARY}@ada@h/",
    ],
)
def test_a_uri_with_a_secret_in_it_is_refused(
    uri: str, run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    """The look-alike."""
    (tmp_path / "own.toml").write_text(f"[targets.a]\nuri='{uri}'\npassword-env='SECRET'\n")
    run = run_mongoping("smoke", "--config", "own.toml", env={"SECRET": "x"})
    assert run.code == 2
    assert "use uri-env" in run.err
    assert CANARY not in run.out + run.err


def test_a_file_that_was_found_may_name_the_variables_of_the_user(
    mongod_auth: Deployment, run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    user = mongod_auth.user
    text = "[targets.a]\nuri-env='URI'\npassword-env='PASSWORD'\n"
    (tmp_path / "mongoping.toml").write_text(text)
    uri = f"mongodb://{user.name}@{mongod_auth.host}/?authSource={user.database}"
    run = run_mongoping("smoke", env={"URI": uri, "PASSWORD": user.password or ""})
    assert run.code == 0, run.out + run.err


@pytest.mark.parametrize("is_found", [True, False])
@pytest.mark.parametrize("key", ["uri-env = 'TOKEN'", "uri-file = 'secret'"])
def test_what_is_no_connection_string_is_never_shown(
    key: str, is_found: bool, run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    """The name of any variable can stand in the file."""
    (tmp_path / "mongoping.toml").write_text(f"[targets.a]\n{key}\n")
    for value in (CANARY, f"{CANARY}@x", f"http://x:{CANARY}/", f"user={CANARY} mongodb://h"):
        (tmp_path / "secret").write_text(value)
        options = () if is_found else ("--config", "mongoping.toml")
        run = run_mongoping("smoke", *options, env={"TOKEN": value})
        assert run.code == 2
        assert "does not contain a connection string" in run.err
        assert CANARY not in run.out + run.err


@pytest.mark.parametrize("key", ["resolver", "tls", "tls-insecure", "password"])
def test_a_file_has_no_key_for_what_the_command_line_decides(
    key: str, run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    text = f"{key} = 'x'\n[targets.a]\nuri = 'mongodb://localhost'\n"
    (tmp_path / "mongoping.toml").write_text(text)
    run = run_mongoping("smoke")
    assert run.code == 2
    assert f"mongoping.toml:1: {key} is not a known key" in run.err
