"""Every command that the pages about getting started show runs, or says what it needs.

Commands of these pages that other files run are not run twice: `elsewhere` names them. The rest
are lines of `RUNS`, and run against real servers: the names and ports of the pages are theirs.
Simulated are the Atlas API, and the password manager in front of a pipe.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from mongoping.sandbox.atlas_account import Account, AccountServer, cluster_document
from tests import test_docs, test_installation_real
from tests.cli.terminal import Terminal
from tests.conftest import ROOT, clean_environment
from tests.docs import commands
from tests.docs.commands import Block, Command, same
from tests.smoke import test_recipes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.nameserver import NameServer

NAME = "db.example.com"
NAME_SERVER = "192.0.2.53"
NEEDS_PUBLICATION = re.compile(
    r"\b(?:pip|pipx|uv tool) install (?:-\S+ )*'?mongoping(?! @)|\bOWNER/mongoping@TAG"
)
LISTS_CLUSTERS = "mongoping atlas --list"
SERVES = "mongoping exporter"
WATCHES = "mongoping watch --interval 0.5 --duration 5m"


class Outcome(NamedTuple):
    """The exit code of a command, and a part of its output."""

    code: int = 0
    shows: str = ""


RUNS = {
    "mongoping check localhost:27017": Outcome(),
    "mongoping check @orders": Outcome(),
    "mongoping check --quiet --strict": Outcome(1, "--strict"),  # the tests have Motor
    "mongoping check --verbose": Outcome(shows="✓ ping"),
    "mongoping check --anonymize -o report.html": Outcome(shows="Wrote report.html"),
    f"mongoping check mongodb://{NAME}/shop": Outcome(),
    f"mongoping check {NAME}:27017": Outcome(),
    "mongoping check --uri-file /run/secrets/mongodb-uri": Outcome(),
    f"mongoping check -4 mongodb://{NAME}/": Outcome(),
    f"mongoping check -6 mongodb://{NAME}/": Outcome(12, "::1"),  # the server has only IPv4
    f"mongoping check --trace --resolver {NAME_SERVER} mongodb://{NAME}/": Outcome(shows="hello"),
    "vault read -field=uri secret/mongodb | mongoping check -": Outcome(),
    "mongoping topology": Outcome(shows="standalone"),
    "mongoping topology 'mongodb://db1.example.com,db2.example.com/?replicaSet=rs0'": Outcome(
        shows="3 members"
    ),
    "mongoping smoke --wait 60 --until primary --report junit=mongoping.xml": Outcome(),
    "mongoping smoke --write-check shop": Outcome(shows="write"),
    "mongoping smoke --report junit=mongoping.xml --report html=mongoping.html "
    "--report json=mongoping.json": Outcome(),
    "mongoping lint --exclude tests": Outcome(shows="connection string"),
    "mongoping diff laptop.json server.json": Outcome(shows="server.json"),
    "mongoping fleet targets.txt --only-failures": Outcome(shows="1 target"),
    "mongoping targets": Outcome(shows="orders"),
    "mongoping snippet migrate --check app.py": Outcome(1, "AsyncMongoClient"),
    LISTS_CLUSTERS: Outcome(shows="Cluster0"),
}
TYPES = {  # the password of a user is typed at the prompt
    "mongoping check --ask-password": "bob",
    f"mongoping check --host {NAME} --port 27017 -u ada -p": "ada",
}
UNTIL_CTRL_C = {SERVES: ("Serving", 0), WATCHES: ("#1", 130)}  # by Ctrl-C, once it shows this
EVERY = commands.every()


def elsewhere() -> set[str]:
    """Return the commands of these pages that the tests of other files run."""
    report = commands.lines(Block("", "console", test_docs.failing_report()))
    recipes = commands.lines(Block("", "sh", test_recipes.shell_lines()))
    return {*report, *recipes, *test_installation_real.documented_lines(), TESTS}


TESTS = next(
    command.line for command in EVERY if "pytest -q" in command.line
)  # .ci/run, which takes the line from the README


def without_test(page_commands: list[Command]) -> list[str]:
    """Return the commands that no test runs and that name nothing they need."""
    offline = {example.arguments for example in test_docs.runnable()}
    lines = {*elsewhere(), *RUNS, *TYPES, *UNTIL_CTRL_C}
    lines_with_test = {same(line) for line in lines}
    return [
        f"{command.page}: {command.line}"
        for command in page_commands
        if not command.needs
        and same(command.line) not in lines_with_test
        and not (command.words[0] == "mongoping" and command.words[1:] in offline)
    ]


def test_every_command_runs_or_says_what_it_needs() -> None:
    """Add a command to `RUNS`, or write ``<!-- needs: ... -->`` in the line before its block."""
    assert len(EVERY) > 50
    assert without_test(EVERY) == []


def test_a_command_that_no_test_runs_is_found() -> None:
    text = (
        "```sh\nmongoping check mongodb://else.example.com/ \\\n  --strict # so\n```\n"
        "<!-- needs: a cluster -->\n```sh\nkubectl get pods\n```\n"
        "```console\n$ pip install nothing\nmongoping check\n```\n```text\nls\n```\n"
    )
    page_commands = list(commands.commands("page.md", text))
    assert [command.needs for command in page_commands] == ["", "a cluster", ""]
    assert without_test(page_commands) == [
        "page.md: mongoping check mongodb://else.example.com/ --strict # so",
        "page.md: pip install nothing",
    ]


def test_no_row_is_left_of_a_command_that_is_gone() -> None:
    lines = {command.line for command in EVERY}
    assert {*RUNS, *TYPES, *UNTIL_CTRL_C} <= lines


def test_the_line_that_runs_the_tests_is_run_in_ci() -> None:
    assert "<!-- test line -->" in (ROOT / ".ci/run").read_text("utf-8")
    assert f"<!-- test line -->\n```sh\n{TESTS}\n" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("page", commands.PAGES)
def test_what_needs_a_published_package_says_so(page: str) -> None:
    """In every language: workflows and pipelines install mongoping too."""
    blocks_without_mark = [
        block.text
        for block in commands.blocks((ROOT / page).read_text("utf-8"))
        if NEEDS_PUBLICATION.search(block.text) and "publi" not in block.needs
    ]
    assert blocks_without_mark == []


def test_the_extras_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = set().union(*map(commands.extras, EVERY))
    assert extras >= {"bundle", "sandbox"}
    assert extras <= set(project["optional-dependencies"])


def test_an_installation_from_a_package_index_is_recognized() -> None:
    for line in ("pip install mongoping", "pip install -q 'mongoping[atlas]'"):
        assert NEEDS_PUBLICATION.search(line)
    for line in ("pip install .", "pip install 'mongoping @ git+https://a'", "pipx install ./m"):
        assert not NEEDS_PUBLICATION.search(line)


@pytest.fixture
def folder(tmp_path: Path, mongod: Deployment, request: pytest.FixtureRequest) -> Path:
    """The files that the commands name."""
    (tmp_path / "mongodb-uri").write_text(mongod.uri)
    (tmp_path / "targets.txt").write_text(f"{mongod.host}\n")
    (tmp_path / "app.py").write_text(
        "from motor.motor_asyncio import AsyncIOMotorClient\n\nclient = AsyncIOMotorClient()\n"
    )
    return tmp_path


def configure(folder: Path, mongod: Deployment) -> None:
    (folder / "mongoping.toml").write_text(f'[targets.orders]\nuri = "{mongod.uri}"\n')


def arguments_of(line: str, deployment: Deployment, nameserver: NameServer) -> list[str]:
    """Return the arguments of a command, with the addresses of real servers.

    The names of a set, and those with -4 and -6, which look up names of this machine, are replaced.
    Another name stays as it is: the name server knows it.
    """
    port = str(deployment.ports[0])
    line = line.replace("db1.example.com,db2.example.com", ",".join(deployment.hosts[:2]))
    line = line.replace("localhost:27017", deployment.host).replace("27017", port)
    line = line.replace(NAME_SERVER, nameserver.address).replace("/run/secrets/", "")
    for option, address in (("-4", "127.0.0.1"), ("-6", "[::1]")):
        line = line.replace(f"{option} mongodb://{NAME}", f"{option} mongodb://{address}:{port}")
    line = re.sub(rf"(//(?:\w+@)?{NAME})(?=/)", rf"\1:{port}", line)
    words = shlex.split(line)[1:]
    if NAME in line and "--resolver" not in words:
        words += nameserver.args
    return words


@pytest.fixture
def names(nameserver: NameServer) -> NameServer:
    nameserver.zone[NAME, "A"] = ["127.0.0.1"]
    nameserver.zone[NAME, "AAAA"] = ["::1"]
    return nameserver


@pytest.fixture(scope="module")
def atlas() -> Iterator[AccountServer]:
    with AccountServer(Account(clusters=[cluster_document("Cluster0", "a.mongodb.net")])) as api:
        yield api


@pytest.mark.parametrize("line", RUNS)
def test_it_runs(
    line: str,
    folder: Path,
    request: pytest.FixtureRequest,
    mongod: Deployment,
    names: NameServer,
    run_mongoping: Callable[..., Any],
) -> None:
    deployment = request.getfixturevalue("replica_set") if "replicaSet" in line else mongod
    env = {"MONGODB_URI": mongod.uri, "MONGOPING_SANDBOX": ",".join(map(str, mongod.ports))}
    _, _, behind = line.partition(" | ")  # vault prints the connection string
    args = arguments_of(behind or line, deployment, names)
    if "@orders" in line or line == "mongoping targets":
        configure(folder, mongod)
    if " lint " in line:
        (folder / "settings.env").write_text(f"MONGODB_URI={mongod.uri}\n")
    if " diff " in line:
        for file in ("laptop.json", "server.json"):
            run_mongoping("check", mongod.uri, "-o", file)
    if line == LISTS_CLUSTERS:
        api = request.getfixturevalue("atlas")
        env |= api.key
        args += api.args
    run = run_mongoping(*args, env=env, stdin=mongod.uri if behind else None)
    expected = RUNS[line]
    assert run.code == expected.code, run.out + run.err
    assert expected.shows in run.out + run.err
    for name in re.findall(r"\w+=(mongoping\.\w+)|-o (\S+)", line):
        assert (folder / "".join(name)).stat().st_size > 100


@pytest.mark.parametrize("line", TYPES)
def test_it_asks_for_the_password(
    line: str, folder: Path, mongod_auth: Deployment, names: NameServer
) -> None:
    (command,) = [command for command in EVERY if command.line == line]
    user = mongod_auth.named(TYPES[line])
    env = clean_environment(folder)
    for name, value in command.variables:
        (uri,) = arguments_of(f"x {value}", mongod_auth, names)[:1]
        env[name] = uri.replace("//ada@", f"//{user.name}@")  # who is in the database shop here
    args = arguments_of(line, mongod_auth, names)
    if command.variables:
        args += names.args
    with Terminal(args, env=env, cwd=folder) as terminal:
        terminal.wait_for("Password for")
        terminal.type(f"{user.password}\n")
        output = terminal.end()
    assert output.code == 0, output.screen


@pytest.mark.parametrize("line", UNTIL_CTRL_C)
def test_it_runs_until_it_is_interrupted(line: str, folder: Path, mongod: Deployment) -> None:
    configure(folder, mongod)
    shows, code = UNTIL_CTRL_C[line]
    args = [*shlex.split(line)[1:], *(("--listen", "0") if line == SERVES else ())]
    env = {**clean_environment(folder), "MONGODB_URI": mongod.uri}
    with Terminal(args, env=env, cwd=folder) as terminal:
        terminal.wait_for(shows)
        terminal.type("\x03")
        assert terminal.end().code == code
