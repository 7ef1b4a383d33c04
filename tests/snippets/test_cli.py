"""``mongoping snippet``: printing, writing, refusing and running programs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.snippets import all_snippets, find
from tests.conftest import ROOT, clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.sandbox.deployment import Deployment
    from tests.conftest import Run

    Mongoping = Callable[..., Run]
from tests.snippets.programs import PING_MESSAGE, SECRET

URI = f"mongodb://ada:{SECRET}@db.example.com:27017/shop"


class TestList:
    """``snippet list``."""

    def test_it_lists_every_snippet(self, run_mongoping: Mongoping) -> None:
        """Deprecated snippets have their replacement."""
        run = run_mongoping("snippet", "list")
        assert run.code == 0
        assert all(
            re.search(rf"^  {snippet.name} ", run.out, re.MULTILINE) for snippet in all_snippets()
        )
        replacements = re.findall(r"\(deprecated:\s+use\s+([\w-]+)\)", run.out)
        old_snippets = [snippet for snippet in all_snippets() if snippet.deprecated]
        assert sorted(replacements) == sorted(snippet.instead for snippet in old_snippets)
        assert len(old_snippets) == 3

    def test_json_is_an_array_of_objects(self, run_mongoping: Mongoping) -> None:
        run = run_mongoping("snippet", "list", "--format", "json")
        assert run.json == [snippet.row() for snippet in all_snippets()]

    @pytest.mark.parametrize(
        ("words", "test"),
        [
            (["--language", "python"], lambda row: row["language"] == "Python"),
            (["--language", "csharp"], lambda row: row["language"] == "C#"),
            (["--language", "node"], lambda row: row["language"] == "Node.js"),
            (["--driver", "pymongo-async"], lambda row: row["driver"] == "PyMongo Async"),
            (["--auth", "x509"], lambda row: row["auth"] == "X.509"),
            (["--stable-api"], lambda row: row["stable_api"]),
            (["--no-stable-api"], lambda row: not row["stable_api"]),
            (["--deprecated"], lambda row: row["deprecated"]),
            (
                ["--no-deprecated", "--language", "Python", "--auth", "scram"],
                lambda row: (
                    row["language"] == "Python" and row["auth"] == "SCRAM" and not row["deprecated"]
                ),
            ),
        ],
    )
    def test_filters_keep_only_what_matches(
        self, run_mongoping: Mongoping, words: list[str], test: Callable[[dict[str, object]], bool]
    ) -> None:
        run = run_mongoping("snippet", "list", "--format", "json", *words)
        expected = [snippet.name for snippet in all_snippets() if test(snippet.row())]
        assert expected
        assert [row["name"] for row in run.json] == expected

    @pytest.mark.parametrize("flag", ["--language", "--driver", "--auth"])
    def test_an_unknown_filter_value_lists_the_known_ones(
        self, run_mongoping: Mongoping, flag: str
    ) -> None:
        run = run_mongoping("snippet", "list", flag, "cobol")
        assert run.code == 2
        assert {"--language": "Rust", "--driver": "PyMongo Async", "--auth": "X.509"}[
            flag
        ] in run.err

    def test_an_empty_list_is_one_sentence(self, run_mongoping: Mongoping) -> None:
        run = run_mongoping("snippet", "list", "--language", "rust", "--deprecated")
        assert (run.code, run.out) == (0, "No snippet matches.\n")

    @pytest.mark.parametrize("command", [["list"], ["show", "go-local"], ["emit", "go-local"]])
    def test_it_does_not_import_the_driver_or_network_modules(
        self, command: list[str], tmp_path: Path
    ) -> None:
        """Start-up time is a feature."""
        heavy = ("pymongo", "rich", "asyncio", "ssl", "socket", "dns", "libcst", "subprocess")
        script = (
            "import sys\n"
            "from mongoping.cli import main\n"
            f"main(['snippet', *{command!r}], standalone_mode=False)\n"
            f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
        )
        process = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            env=clean_environment(tmp_path),
            check=True,
        )
        assert process.stderr == "[]\n"


class TestShow:
    """``snippet show``."""

    def test_it_prints_the_file(self, run_mongoping: Mongoping) -> None:
        snippet = find("php-atlas")
        assert snippet is not None
        assert run_mongoping("snippet", "show", "php-atlas").out == snippet.text

    def test_color_does_not_change_the_text(self, run_mongoping: Mongoping) -> None:
        snippet = find("pymongo-async-x509")
        assert snippet is not None
        run = run_mongoping("snippet", "show", snippet.name, env={"FORCE_COLOR": "1"})
        assert "\x1b[" in run.out
        assert re.sub(r"\x1b\[[0-9;]*m", "", run.out) == snippet.text
        plain = run_mongoping("snippet", "show", snippet.name, env={"NO_COLOR": "1"})
        assert plain.out == snippet.text

    def test_an_unknown_name_suggests_similar_ones(self, run_mongoping: Mongoping) -> None:
        run = run_mongoping("snippet", "show", "pymongo-async-atals")
        assert run.code == 2
        assert "Did you mean pymongo-async-atlas or " in run.err

    def test_control_characters_in_a_name_are_escaped(self, run_mongoping: Mongoping) -> None:
        run = run_mongoping("snippet", "show", "\x1b[31mred")
        assert run.code == 2
        assert "\x1b" not in run.err


class TestEmit:
    """``snippet emit``."""

    def test_the_program_contains_the_string_only_on_request(
        self, run_mongoping: Mongoping
    ) -> None:
        """The string only chooses the snippet."""
        run = run_mongoping("snippet", "emit", URI)
        assert run.code == 0
        assert 'os.environ["MONGODB_URI"]' in run.out
        assert "example.com" not in run.out
        assert SECRET not in run.out

    @pytest.mark.parametrize(
        ("words", "title"),
        [
            (["mongodb+srv://c.ab1cd.mongodb.net/"], "Connect to Atlas with the Stable API"),
            (["mongodb://localhost/"], "Connect to a server on this machine"),
            (["--language", "go", "mongodb://localhost/"], "Connect to a server on this machine"),
            (
                ["mongodb://h/?authMechanism=MONGODB-X509"],
                "Connect with an X.509 client certificate",
            ),
        ],
    )
    def test_without_a_name_the_string_chooses_the_snippet(
        self, run_mongoping: Mongoping, words: list[str], title: str
    ) -> None:
        run = run_mongoping("snippet", "emit", *words)
        assert run.out.splitlines()[0].endswith(f" title: {title}")

    def test_the_string_may_come_from_the_environment(self, run_mongoping: Mongoping) -> None:
        run = run_mongoping("snippet", "emit", env={"MONGODB_URI": "mongodb://localhost/"})
        assert "Connect to a server on this machine" in run.out

    def test_a_string_is_optional_with_a_name(self, run_mongoping: Mongoping) -> None:
        assert run_mongoping("snippet", "emit", "ruby-atlas").code == 0
        run = run_mongoping("snippet", "emit")
        assert run.code == 2
        assert "No connection string" in run.err

    def test_a_file_in_the_string_goes_into_a_program_that_reads_one(
        self, run_mongoping: Mongoping
    ) -> None:
        run = run_mongoping("snippet", "emit", "mongodb://h/?tls=true&tlsCAFile=my-ca.pem")
        assert 'ca_file = "my-ca.pem"' in run.out

    def test_inline_is_refused_for_a_password(self, run_mongoping: Mongoping) -> None:
        """The same goes for any other secret; --with-password allows it."""
        for secret in (URI, f"mongodb://h/?tls=true&tlsCertificateKeyFilePassword={SECRET}"):
            run = run_mongoping("snippet", "emit", "pymongo-local", secret, "--inline")
            assert run.code == 2
            assert "--with-password" in run.err
            assert SECRET not in run.out + run.err
        run = run_mongoping("snippet", "emit", "pymongo-local", URI, "--inline", "--with-password")
        assert f'uri = "{URI}"' in run.out
        assert "import os" not in run.out

    def test_inline_without_a_password_is_written(self, run_mongoping: Mongoping) -> None:
        uri = "mongodb://localhost:27017/?appName=%22%24%7B1%7D"
        run = run_mongoping("snippet", "emit", "node-local", uri, "--inline")
        assert f'const uri = "{uri}";' in run.out

    def test_inline_is_refused_for_a_separate_password(self, run_mongoping: Mongoping) -> None:
        uri = "mongodb://ada@db.example.com/"
        words = ["snippet", "emit", "pymongo-local", uri, "--inline"]
        run = run_mongoping(*words, env={"MONGOPING_PASSWORD": SECRET})
        assert run.code == 2
        assert SECRET not in run.out + run.err

    def test_with_password_needs_inline(self, run_mongoping: Mongoping) -> None:
        run = run_mongoping("snippet", "emit", "pymongo-local", "--with-password")
        assert run.code == 2
        assert "--inline" in run.err

    def test_the_options_reach_the_program(self, run_mongoping: Mongoping) -> None:
        words = ["--api-strict", "--timeout", "2.5", "--app-name", "it's", "--auth-source", "shop"]
        run = run_mongoping("snippet", "emit", "pymongo-async-atlas", *words)
        assert 'ServerApi("1", strict=True)' in run.out
        assert "serverSelectionTimeoutMS=2500" in run.out
        assert 'appname="it\'s"' in run.out
        assert 'authSource="shop"' in run.out

    def test_an_option_that_a_language_lacks_is_refused(self, run_mongoping: Mongoping) -> None:
        run = run_mongoping("snippet", "emit", "mongosh-local", "--timeout", "1")
        assert run.code == 2
        assert "serverSelectionTimeoutMS" in run.err

    @pytest.mark.parametrize(
        "uri",
        ["mongo://h/", f"mongodb://ada:{SECRET}@x@h/", "mongodb//localhost", "mongodb://h:x/"],
    )
    def test_an_invalid_string_is_refused_with_the_message_of_uri(
        self, run_mongoping: Mongoping, uri: str
    ) -> None:
        other = run_mongoping("uri", uri)
        assert other.code == 10
        for words in (["emit"], ["emit", "go-local"], ["run"], ["run", "pymongo-local"]):
            run = run_mongoping("snippet", *words, uri)
            assert (run.code, run.out, run.err) == (10, "", other.out)

    @pytest.mark.parametrize(("language", "name"), [("go", "go-local"), ("C#", "csharp-local")])
    def test_without_a_target_a_language_selects_the_local_program(
        self, run_mongoping: Mongoping, language: str, name: str
    ) -> None:
        run = run_mongoping("snippet", "emit", "--language", language)
        assert run.code == 0
        assert run.out == run_mongoping("snippet", "emit", name).out
        assert run_mongoping("snippet", "run", "--language", language).code == 2

    def test_a_deprecated_snippet_warns_on_standard_error(self, run_mongoping: Mongoping) -> None:
        run = run_mongoping("snippet", "emit", "motor-asyncio-atlas")
        assert "use pymongo-async-atlas." in run.err
        assert "deprecated" not in run.out.partition("import asyncio")[2]

    def test_an_existing_file_is_not_overwritten(
        self, run_mongoping: Mongoping, tmp_path: Path
    ) -> None:
        """--force overwrites it."""
        file = tmp_path / "app.py"
        file.write_text("precious")
        words = ["snippet", "emit", "pymongo-local", "-o", str(file)]
        run = run_mongoping(*words)
        assert run.code == 2
        assert "--force" in run.err
        assert file.read_text() == "precious"
        assert run_mongoping(*words, "--force").code == 0
        assert file.read_text() == run_mongoping("snippet", "emit", "pymongo-local").out

    def test_a_device_keeps_its_mode(self, run_mongoping: Mongoping, tmp_path: Path) -> None:
        """Only a regular file becomes private."""
        words = ["snippet", "emit", "pymongo-local", URI, "--inline", "--with-password"]
        before = Path("/dev/null").stat().st_mode
        run = run_mongoping(*words, "-o", "/dev/null", "--force")
        assert run.code == 0, run.err
        assert Path("/dev/null").stat().st_mode == before
        file = tmp_path / "app.py"
        file.write_text("x" * 100_000)
        file.chmod(0o644)
        assert run_mongoping(*words, "-o", str(file), "--force").code == 0
        assert file.stat().st_mode & 0o777 == 0o600
        assert "xxx" not in file.read_text()
        for path in ("/dev/full", str(tmp_path)):
            run = run_mongoping(*words, "-o", path, "--force")
            assert run.code == 2
            assert f"{path} cannot be written" in run.err

    def test_only_the_owner_can_read_a_file_with_a_password(
        self, run_mongoping: Mongoping, tmp_path: Path
    ) -> None:
        file = tmp_path / "app.py"
        words = ["snippet", "emit", "pymongo-local", URI, "--inline", "--with-password"]
        assert run_mongoping(*words, "-o", str(file)).code == 0
        assert SECRET in file.read_text()
        if os.name == "posix":
            assert file.stat().st_mode & 0o777 == 0o600

    def test_a_file_that_cannot_be_written_is_named(
        self, run_mongoping: Mongoping, tmp_path: Path
    ) -> None:
        run = run_mongoping("snippet", "emit", "go-local", "-o", str(tmp_path / "no" / "a.go"))
        assert run.code == 2
        assert "cannot be written" in run.err

    def test_verify_runs_the_program_and_prints_only_the_program(
        self, run_mongoping: Mongoping, mongod_auth: Deployment
    ) -> None:
        """The result and the time go to standard error."""
        run = run_mongoping("snippet", "emit", mongod_auth.uri, "--verify")
        assert run.code == 0, run.err
        assert run.out == run_mongoping("snippet", "emit", mongod_auth.uri).out
        assert PING_MESSAGE in run.err
        assert re.search(r"reached the deployment in \d+\.\d\d s\.", run.err)

    def test_verify_fails_if_the_program_fails(self, run_mongoping: Mongoping) -> None:
        words = ["emit", "pymongo-async-local", "mongodb://127.0.0.1:1/", "--timeout", "1"]
        run = run_mongoping("snippet", *words, "--verify")
        assert run.code == 1
        assert "Not connected to MongoDB: 127.0.0.1:1" in run.err
        assert "mongoping check" in run.err

    def test_two_names_are_a_usage_error(self, run_mongoping: Mongoping) -> None:
        assert run_mongoping("snippet", "emit", "go-local", "go-atlas").code == 2


@pytest.mark.parametrize("command", ["list", "show", "emit", "run", "migrate"])
def test_every_command_has_help(run_mongoping: Mongoping, command: str) -> None:
    run = run_mongoping("snippet", command, "--help")
    assert run.code == 0
    assert re.match(rf"Usage: (python -m )?mongoping snippet {command} ", run.out)


def test_the_collection_ships_inside_the_wheel() -> None:
    """The wheel has the folder as package data."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"]["snippets"] == "mongoping/_snippets"


def test_json_output_of_list_is_a_single_value(run_mongoping: Mongoping) -> None:
    """Standard output has nothing else."""
    run = run_mongoping("snippet", "list", "--format", "json")
    assert isinstance(json.loads(run.out), list)
