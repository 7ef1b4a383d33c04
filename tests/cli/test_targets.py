"""The origin of the connection string, in every command and in its report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.cli._dotenv import MAX_VALUE, substitute
from mongoping.environment import URI_VARIABLES, find_uri

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment

REFUSED_URI = "mongodb://localhost:1/"


def target_of(run: Any) -> dict[str, Any]:
    target: dict[str, Any] = run.json["target"]
    return target


@pytest.mark.parametrize("command", ["check", "atlas", "local", "topology", "smoke"])
def test_every_command_takes_an_address(command: str, run_mongoping: Any) -> None:
    run = run_mongoping(command, "localhost:1", "--format", "json")
    assert run.code == 12, run.err
    report = run.json if "target" in run.json else run.json["report"]
    assert report["target"]["uri"] == "mongodb://localhost:1"


def test_a_web_address_in_a_variable_is_shown_and_corrected(run_mongoping: Any) -> None:
    """Only if it can be no secret: a path or a login may be one."""
    run = run_mongoping("check", env={"MONGODB_URI": "http://localhost:1/"})
    assert run.code == 10
    assert "mongodb://localhost:1/" in run.out
    run = run_mongoping("check", env={"MONGODB_URI": "https://hooks.example.test/canary"})
    assert run.code == 10
    assert "canary" not in run.out + run.err


@pytest.mark.parametrize("command", ["check", "uri", "topology", "local", "smoke", "watch"])
@pytest.mark.parametrize("name", ["./uri", "uri.txt"])
def test_a_file_is_no_connection_string(
    command: str, name: str, run_mongoping: Any, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(f"{REFUSED_URI}\n")
    run = run_mongoping(command, name)
    assert run.code == 2
    assert run.err.splitlines()[-1] == (
        f"Error: {name} is a file: to read the connection string from it, use --uri-file {name}"
    )


def test_a_folder_may_be_named_like_a_host(run_mongoping: Any, tmp_path: Path) -> None:
    """As next to a Compose file. With a separator, the name is that of the folder."""
    (tmp_path / "localhost").mkdir()
    assert run_mongoping("uri", "localhost").code == 0
    run = run_mongoping("check", "./localhost")
    assert run.code == 2
    assert run.err.endswith("Error: ./localhost is a folder, not a connection string.\n")


def test_a_long_argument_is_not_repeated(run_mongoping: Any) -> None:
    run = run_mongoping("check", REFUSED_URI, "--output", "x" * 5000)
    assert run.code == 2
    assert len(run.err) < 2500


def test_uri_says_how_an_address_was_read(run_mongoping: Any) -> None:
    run = run_mongoping("uri", "ada:s3cret@h1,h2/shop")
    assert run.code == 0
    assert "ada:***@h1,h2/shop was read as mongodb://ada:***@h1,h2/shop" in run.out
    assert "s3cret" not in run.out + run.err


def test_a_snippet_takes_an_address(mongod: Deployment, run_mongoping: Any) -> None:
    run = run_mongoping("snippet", "run", "pymongo-async-local", mongod.host)
    assert run.code == 0, run.out + run.err


def test_the_first_variable_counts() -> None:
    """A later one does not replace an empty one: that would hide an unset secret."""
    assert find_uri({}) is None
    assert find_uri({"MONGO_URI": "b", "MONGO_URL": "a"}) == ("MONGO_URL", "a")
    assert find_uri({"MONGODB_URI": "", "MONGO_URL": "a"}) == ("MONGODB_URI", "")
    assert find_uri({"DATABASE_URL": "postgres://h/x"}) is None
    assert find_uri({"DATABASE_URL": "mongodb+srv://h/x"}) == ("DATABASE_URL", "mongodb+srv://h/x")


@pytest.mark.parametrize("name", URI_VARIABLES)
def test_every_variable_is_read(name: str, run_mongoping: Any) -> None:
    run = run_mongoping("uri", "--format", "json", env={name: "mongodb://h/"})
    assert json.loads(run.out)["uri"] == "mongodb://h/"
    if name != "DATABASE_URL":
        empty = run_mongoping("check", env={name: " "})
        assert (empty.code, f"{name} is empty" in empty.err) == (2, True)


def test_a_value_that_is_no_address_is_hidden(run_mongoping: Any) -> None:
    run = run_mongoping("uri", env={"MONGO_URL": "ghp0canary"})
    assert run.code == 10
    assert "canary" not in run.out + run.err
    assert run_mongoping("uri", env={"MONGO_URL": "db:27017"}).code == 0


class TestDotenv:
    """The file .env in the current folder."""

    @pytest.fixture
    def dotenv(self, tmp_path: Path) -> Path:
        return tmp_path / ".env"

    def test_it_comes_after_the_environment(self, dotenv: Path, run_mongoping: Any) -> None:
        dotenv.write_text("# of the shop\nexport MONGO_URL='mongodb://file/'\n")
        run = run_mongoping("uri", "--format", "json")
        assert json.loads(run.out)["uri"] == "mongodb://file/"
        run = run_mongoping("uri", "--format", "json", env={"DATABASE_URL": "mongodb://env/"})
        assert json.loads(run.out)["uri"] == "mongodb://env/"

    def test_nothing_in_it_is_run(self, dotenv: Path, run_mongoping: Any) -> None:
        dotenv.write_text("MONGODB_URI=mongodb://$(touch made)h/`touch made`\n")
        assert run_mongoping("uri").code in (0, 10)
        assert not (dotenv.parent / "made").exists()

    def test_a_reference_reaches_only_its_own_values(
        self, dotenv: Path, run_mongoping: Any
    ) -> None:
        """A file of a checkout must not send a variable of the user to its own address."""
        dotenv.write_text("USER=ada\nMONGODB_URI=mongodb://${USER}:${TOKEN}@h/\n")
        run = run_mongoping("check", "--format", "json", env={"TOKEN": "canary"})
        assert run.json["verdict"]["cause"] == "uri.placeholder-not-replaced"
        assert "mongodb://ada:***@h/" in run.out
        assert "canary" not in run.out + run.err

    def test_references_cannot_multiply(self) -> None:
        lines = {"A0": "x" * 100}
        lines |= {f"A{level}": f"${{A{level - 1}}}" * 50 for level in range(1, 9)}
        assert max(map(len, substitute(lines).values())) <= MAX_VALUE
        assert substitute({"A": "${B:-c}", "B": "${A}${C}"}) == {"A": "c", "B": "c${C}"}

    @pytest.mark.parametrize("args", [("--password-file", "secret"), ()])
    def test_a_secret_from_elsewhere_is_not_sent_to_its_address(
        self, args: tuple[str, ...], dotenv: Path, run_mongoping: Any
    ) -> None:
        dotenv.write_text("MONGODB_URI=mongodb://x@localhost:1/?authMechanism=PLAIN\n")
        (dotenv.parent / "secret").write_text("canary")
        run = run_mongoping("check", *args, env={"MONGOPING_PASSWORD": "canary"})
        assert run.code == 2
        assert "is not sent to an address from .env" in run.err
        assert "canary" not in run.out + run.err

    def test_its_own_password_is(self, dotenv: Path, run_mongoping: Any) -> None:
        dotenv.write_text("MONGODB_URI=mongodb://x@localhost:1/\nMONGOPING_PASSWORD=pw\n")
        assert run_mongoping("check", "-q").code == 12

    def test_credentials_of_this_machine_are_not_used(
        self, dotenv: Path, run_mongoping: Any
    ) -> None:
        dotenv.write_text("MONGODB_URI=mongodb://h/?authMechanism=MONGODB-AWS\n")
        run = run_mongoping("check")
        assert run.code == 2
        assert "MONGODB-AWS credentials of this machine" in run.err

    @pytest.mark.parametrize(
        ("text", "message"),
        [("MONGODB_URI=\n", "MONGODB_URI in .env is empty"), ("", "No connection string")],
    )
    def test_a_file_without_a_value(
        self, text: str, message: str, dotenv: Path, run_mongoping: Any
    ) -> None:
        dotenv.write_text(text)
        run = run_mongoping("check")
        assert (run.code, message in run.err) == (2, True)

    def test_a_virtual_environment_of_that_name_is_no_file(
        self, dotenv: Path, run_mongoping: Any
    ) -> None:
        dotenv.mkdir()
        run = run_mongoping("check")
        assert (run.code, "or in .env, which is a folder here." in run.err) == (2, True)
        assert run_mongoping("uri", env={"MONGODB_URI": "mongodb://h/"}).code == 0

    def test_a_broken_link_is_named(self, dotenv: Path, run_mongoping: Any) -> None:
        dotenv.symlink_to("missing")
        assert "which links to a file that does not exist." in run_mongoping("check").err
        dotenv.unlink()
        assert run_mongoping("check").err.endswith("or in .env.\n")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("check", "h", "b"), "mongoping check takes one argument: remove b, or quote the"),
        (("check", "mongodb://a:b", "canary@h"), "remove ***, or quote"),
        (("targets", "x"), "mongoping targets takes no argument: remove x."),
    ],
)
def test_too_many_arguments_are_refused_in_one_sentence(
    args: tuple[str, ...], words: str, run_mongoping: Any
) -> None:
    run = run_mongoping(*args)
    assert (run.code, words in run.err) == (2, True), run.err
    assert "canary" not in run.err
