"""Named connections: the files, the credentials, who is trusted, and ``mongoping targets``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.terminal import Terminal
from tests.conftest import clean_environment

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment

PLAIN = "mongodb://x@localhost:1/?authMechanism=PLAIN&authSource=$external"
ADDRESS = f'[targets.orders]\nuri = "{PLAIN}"\n'
VARIABLE = '[targets.orders]\nuri-env = "ORDERS_URI"\n'
COMMAND = """password-command = ["printf", "canary\\n"]\n"""


@pytest.fixture
def users_file(tmp_path: Path) -> Path:
    """The file in the configuration folder of the user, whose HOME is tmp_path."""
    path = tmp_path / ".config" / "mongoping" / "mongoping.toml"
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture
def found_file(tmp_path: Path) -> Path:
    return tmp_path / "mongoping.toml"


@pytest.mark.parametrize("command", ["check", "atlas", "local", "topology", "smoke"])
def test_every_command_takes_a_name(command: str, found_file: Path, run_mongoping: Any) -> None:
    found_file.write_text('[targets.orders]\nuri = "mongodb://localhost:1/"\n')
    run = run_mongoping(command, "@orders", "--format", "json")
    assert run.code == 12, run.err
    report = run.json if "target" in run.json else run.json["report"]
    assert report["target"]["uri"] == "mongodb://localhost:1/"


def test_uri_explains_a_name(found_file: Path, run_mongoping: Any) -> None:
    found_file.write_text(VARIABLE)
    run = run_mongoping("uri", "@orders", env={"ORDERS_URI": "mongodb://ada:canary@h/"})
    assert "mongodb://ada:***@h/" in run.out
    assert "canary" not in run.out


def test_the_settings_of_the_target_count_unless_an_option_does(
    found_file: Path, run_mongoping: Any
) -> None:
    found_file.write_text('[targets.a]\nuri = "mongodb://192.0.2.1:1/"\ntimeout = "1s"\n')
    run = run_mongoping("check", "@a", "--format", "json")
    assert run.json["duration_ms"] < 5000
    assert run.json["verdict"]["cause"].startswith("tcp.")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("@ordres", "There is no target @ordres. Did you mean @orders?"),
        ("@zzzzzz", "List them: mongoping targets"),
    ],
)
def test_an_unknown_name_has_a_suggestion(
    name: str, message: str, found_file: Path, run_mongoping: Any
) -> None:
    found_file.write_text(VARIABLE)
    run = run_mongoping("check", name)
    assert (run.code, message in run.err) == (2, True), run.err


def test_a_name_without_any_file(run_mongoping: Any) -> None:
    run = run_mongoping("check", "@orders")
    assert (run.code, "there is no configuration file" in run.err) == (2, True)


class TestTrust:
    """A file that was found must not pair its own address with a secret from elsewhere."""

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ('password-env = "TOKEN"\n', "combines an address with a secret"),
            ('password-file = "secret"\n', "combines an address with a secret"),
            (COMMAND, "runs a command"),
        ],
    )
    def test_a_found_file_adds_no_secret_to_its_address(
        self, more: str, message: str, found_file: Path, run_mongoping: Any
    ) -> None:
        (found_file.parent / "secret").write_text("canary")
        found_file.write_text(ADDRESS + more)
        run = run_mongoping("check", "@orders", env={"TOKEN": "canary"})
        assert run.code == 2
        assert message in run.err
        assert "canary" not in run.out + run.err.replace("[", "")

    def test_a_found_file_never_runs_a_command(self, found_file: Path, run_mongoping: Any) -> None:
        """Also not for an address that the user set: that would run the checkout's code."""
        found_file.write_text(VARIABLE + 'password-command = ["touch", "made"]\n')
        run = run_mongoping("check", "@orders", env={"ORDERS_URI": "mongodb://x@localhost:1/"})
        assert run.code == 2
        assert run_mongoping("targets").code == 0
        assert not (found_file.parent / "made").exists()

    @pytest.mark.parametrize("args", [("--password-file", "secret"), ("-p", "canary")])
    def test_an_option_adds_none_either(
        self, args: tuple[str, ...], found_file: Path, run_mongoping: Any
    ) -> None:
        (found_file.parent / "secret").write_text("canary")
        found_file.write_text(ADDRESS)
        run = run_mongoping("check", "@orders", *args)
        assert run.code == 2
        assert "is not sent to an address from mongoping.toml" in run.err
        assert "canary" not in run.out + run.err

    def test_the_environment_does_not_complete_a_named_target(
        self, found_file: Path, run_mongoping: Any
    ) -> None:
        found_file.write_text('[targets.orders]\nuri = "mongodb://x@localhost:1/"\n')
        run = run_mongoping("check", "@orders", env={"MONGOPING_PASSWORD": "canary"})
        assert run.code == 10
        assert "uri.empty-credentials" in run.out

    def test_a_prompt_that_shows_the_address_may(self, found_file: Path) -> None:
        found_file.write_text(ADDRESS)
        folder = found_file.parent
        args = ["check", "@orders", "--ask-password", "-q"]
        with Terminal(args, env=clean_environment(folder), cwd=folder) as terminal:
            terminal.wait_for("Password for x at localhost:1")
            terminal.type("canary\n")
            output = terminal.end()
        assert output.code == 12
        assert "canary" not in output.screen

    def test_ambient_credentials_are_not_used(self, found_file: Path, run_mongoping: Any) -> None:
        uri = "mongodb://localhost:1/?authMechanism=MONGODB-AWS"
        found_file.write_text(f'[targets.orders]\nuri = "{uri}"\n')
        run = run_mongoping("check", "@orders")
        assert (run.code, "MONGODB-AWS credentials" in run.err) == (2, True)


class TestCredentials:
    """References to secrets, in a file that is trusted."""

    @pytest.mark.parametrize(
        "more",
        [
            'password-env = "TOKEN"\n',
            'password-file = "secret"\n',
            'password-command = ["cat", "secret"]\n',
            'password-command = "cat < secret"\n',
        ],
    )
    def test_a_login_succeeds(
        self, more: str, mongod_auth: Deployment, users_file: Path, run_mongoping: Any
    ) -> None:
        """On a real server, with each kind of reference in the user's own file."""
        assert mongod_auth.user is not None
        name, password = mongod_auth.user.name, mongod_auth.user.password
        (users_file.parents[2] / "secret").write_text(f"{password}\n")
        users_file.write_text(f'[targets.o]\nuri = "mongodb://{name}@{mongod_auth.host}/"\n{more}')
        run = run_mongoping("check", "@o", "--format", "json", env={"TOKEN": password})
        assert run.code == 0, run.out + run.err
        assert password not in run.out + run.err

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ('password-env = "TOKEN"\n', "the environment variable TOKEN is not set"),
            ('password-command = ["false"]\n', "the command failed with exit code 1"),
            ('password-command = ["true"]\n', "the command printed nothing"),
            ('password-command = ["no-such-command"]\n', "the command cannot be run"),
            ('password-command = "echo canary; exit 3"\n', "exit code 3"),
            ("password-command = []\n", "must be a command"),
            ('password-env = "A"\npassword-command = "x"\n', "use only one of"),
        ],
    )
    def test_a_failed_reference_is_one_sentence(
        self, more: str, message: str, found_file: Path, run_mongoping: Any
    ) -> None:
        found_file.write_text(ADDRESS + more)
        run = run_mongoping("check", "@orders", "--config", "mongoping.toml")
        assert (run.code, message in run.err) == (2, True), run.err
        assert "canary" not in run.out + run.err


class TestList:
    """``mongoping targets``."""

    def test_it_lists_every_file_and_what_is_missing(
        self, found_file: Path, users_file: Path, run_mongoping: Any
    ) -> None:
        found_file.write_text(VARIABLE + '[targets.b]\nuri = "mongodb://h/"\n')
        command = '[targets.b]\nuri = "mongodb://ada@own/"\npassword-command = ["touch", "made"]\n'
        users_file.write_text(command)
        run = run_mongoping("targets", "--format", "json")
        assert run.code == 0
        rows = json.loads(run.out)["targets"]
        assert [(row["name"], row["trusted"], row["overridden"]) for row in rows] == [
            ("orders", False, False),
            ("b", False, False),
            ("b", True, True),
        ]
        assert "ORDERS_URI is not set" in rows[0]["missing"]
        assert (rows[1]["uri"], rows[1]["missing"]) == ("mongodb://h/", None)
        assert rows[2]["password"] == "password-command"
        assert not (found_file.parent / "made").exists()
        text = run_mongoping("targets").out
        assert "@orders" in text
        assert "mongoping.toml:1: uri-env ORDERS_URI" in text

    def test_a_target_with_an_error_does_not_block_the_others(
        self, found_file: Path, run_mongoping: Any
    ) -> None:
        found_file.write_text("[targets.bad]\nwiat = 3\n[targets.good]\nuri = 'mongodb://h/'\n")
        assert run_mongoping("uri", "@good").code == 0
        error = "mongoping.toml:2: targets.bad.wiat is not a known key; did you mean wait?"
        run = run_mongoping("uri", "@bad")
        assert (run.code, error in run.err) == (2, True)
        run = run_mongoping("smoke", "--dry-run")  # names no target, so all of them
        assert (run.code, error in run.err) == (2, True)
        assert run_mongoping("smoke", "--dry-run", "@good").code == 0
        run = run_mongoping("targets")
        assert (run.code, error in run.out, "mongodb://h/" in run.out) == (0, True, True)
        bad, good = json.loads(run_mongoping("targets", "--format", "json").out)["targets"]
        assert (bad["uri"], bad["source"], good["missing"]) == (None, None, None)
        assert error in bad["missing"]

    def test_an_error_at_the_top_concerns_every_target(
        self, found_file: Path, run_mongoping: Any
    ) -> None:
        found_file.write_text("wiat = 3\n[targets.good]\nuri = 'mongodb://h/'\n")
        assert run_mongoping("uri", "@good").code == 2

    def test_no_secret_is_listed(self, found_file: Path, run_mongoping: Any) -> None:
        found_file.write_text(VARIABLE + 'password-env = "TOKEN"\n')
        env = {"ORDERS_URI": "mongodb://ada:canary@h/", "TOKEN": "canary2"}
        for form in ("text", "json"):
            run = run_mongoping("targets", "--format", form, env=env)
            assert "mongodb://ada:***@h/" in run.out
            assert "canary" not in run.out + run.err

    def test_a_token_in_the_variable_is_not_shown(
        self, found_file: Path, run_mongoping: Any
    ) -> None:
        found_file.write_text(VARIABLE)
        run = run_mongoping("targets", env={"ORDERS_URI": "ghp0canary"})
        assert run.code == 0
        assert "does not contain a connection string" in run.out
        assert "canary" not in run.out + run.err

    def test_without_a_file(self, run_mongoping: Any) -> None:
        run = run_mongoping("targets")
        assert (run.code, run.out) == (0, "")
        assert "create mongoping.toml" in run.err
