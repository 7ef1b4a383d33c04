"""The action: its steps are those of a composite one, and its shell is run as the runner would."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mongoping.sandbox.played import SimulatedServer, hello
from tests.conftest import ROOT, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = ACTION["runs"]["steps"]
SMOKE = next(step for step in STEPS if step.get("id") == "smoke")
HOSTILE = '"; touch pwned; echo "$(touch pwned)`touch pwned` $HOME'


def given(**inputs: str) -> dict[str, str]:
    """The environment of the step, its expressions replaced as the runner does."""
    known = {name: spec.get("default", "") for name, spec in ACTION["inputs"].items()}
    assert set(inputs) <= set(known)
    known |= inputs
    found = {}
    for name, text in SMOKE["env"].items():
        match = re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", text)
        assert match is not None, text
        found[name] = known[match[1]]
    return found


class Ran:
    def __init__(self, done: subprocess.CompletedProcess[str], output: str, summary: str) -> None:
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.output, self.summary = output, summary


PYTHON3 = """#!/bin/sh
printf '%s\\n' "python3 $*" >> "$LOG"
env | grep ^PYTHON >> "$LOG"
for venv; do :; done
mkdir -p "$venv/bin"
cat > "$venv/bin/python" <<'END'
#!/bin/sh
printf '%s\\n' "$PWD: python $*" >> "$LOG"
if [ "$3" = pip ]; then env | grep ^PYTHON >> "$LOG"; exit 0; fi
exec "{python}" "$@"
END
chmod +x "$venv/bin/python"
"""
"""A python3 whose virtual environment is played: pip does nothing, since a test has no index, and
mongoping is the one under test. It writes down how it is called."""


def run(folder: Path, env: dict[str, str] | None = None, **inputs: str) -> Ran:
    """Run both steps by bash, with the flags of the runner, in a folder as workspace."""
    bash = shutil.which("bash")
    assert bash is not None
    tools, temporary = folder.parent / f"{folder.name}-bin", folder.parent / f"{folder.name}-temp"
    for path in (tools, temporary):
        path.mkdir(exist_ok=True)
    program = tools / "python3"
    program.write_text(PYTHON3.replace("{python}", sys.executable))
    program.chmod(0o755)
    clean = clean_environment(folder)
    output, summary = temporary / "output", temporary / "summary"
    output.write_text("")
    summary.write_text("")
    for step in STEPS:
        done = subprocess.run(
            [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            env={
                **clean,
                "PATH": f"{tools}:{clean['PATH']}",
                "LOG": str(temporary / "log"),
                "RUNNER_TEMP": str(temporary),
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_ACTIONS": "true",
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(summary),
                **(given(**inputs) if step is SMOKE else {}),
                **(env or {}),
            },
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if step is not SMOKE:
            assert done.returncode == 0, done.stderr
    return Ran(done, output.read_text(), summary.read_text())


def log(folder: Path) -> list[str]:
    """Return how Python was called, line by line."""
    return (folder.parent / f"{folder.name}-temp" / "log").read_text().splitlines()


def test_it_is_a_composite_action() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert ACTION["name"]
    assert ACTION["description"]
    for step in STEPS:
        assert step["shell"] == "bash"
        assert "uses" not in step, "its steps are plain commands"
    for spec in ACTION["inputs"].values():
        assert spec["description"]
        assert spec["required"] is False
        assert isinstance(spec["default"], str)


def test_no_input_stands_in_a_shell_text() -> None:
    """Workflow inputs are not trusted: they are passed only through the environment."""
    for step in STEPS:
        assert "${{" not in step["run"]
    used = {text for step in STEPS for text in step.get("env", {}).values()}
    named = {f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]}
    assert used == named


def test_a_deployment_that_works(mongod: Any, tmp_path: Path) -> None:
    done = run(
        tmp_path,
        uri=mongod.uri,
        expect="server=>=6.0\nprimary\n\n",
        reports="junit=a.xml\nhtml=a.html\n",
        **{"write-check": "smoke", "stable-for": "0.2", "until": "write", "args": "--verbose"},
    )
    assert done.code == 0, done.out + done.err
    assert done.output == "exit-code=0\n"
    assert done.summary.startswith("### ")
    assert "<testsuite" in (tmp_path / "a.xml").read_text()
    assert (tmp_path / "a.html").exists()


def test_one_that_does_not_has_its_annotation_its_code_and_its_summary(tmp_path: Path) -> None:
    done = run(tmp_path, uri="mongodb://127.0.0.1:1/", wait="0.5")
    assert done.code == 12
    assert done.output == "exit-code=12\n"
    assert "::error title=mongoping" in done.out
    assert "`tcp.refused`" in done.summary


def test_the_string_may_come_from_a_file_or_from_the_environment(
    mongod: Any, tmp_path: Path
) -> None:
    assert run(tmp_path, env={"MONGODB_URI": mongod.uri}).code == 0
    (tmp_path / "own.toml").write_text(f'[targets.a]\nuri = "{mongod.uri}"\n')
    assert run(tmp_path, config="own.toml").code == 0


def test_the_password_may_come_apart(mongod_auth: Any, tmp_path: Path) -> None:
    user = mongod_auth.user
    uri = f"mongodb://{user.name}@{mongod_auth.host}/?authSource={user.database}"
    done = run(tmp_path, uri=uri, password=user.password)
    assert done.code == 0, done.out
    assert user.password not in done.out + done.err + done.summary


@pytest.mark.parametrize(
    "name",
    ["uri", "config", "wait", "until", "stable-for", "expect", "write-check", "reports", "args"],
)
def test_no_input_is_obeyed_by_the_shell(name: str, tmp_path: Path) -> None:
    inputs = {"uri": "mongodb://127.0.0.1:1/", "wait": "0", name: HOSTILE}
    done = run(tmp_path, **inputs)
    assert done.code != 0
    assert done.output == f"exit-code={done.code}\n"
    assert not (tmp_path / "pwned").exists()


MODULES = ("pip", "venv", "sitecustomize", "usercustomize", "mongoping", "click", "pymongo", "re")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A checkout that wants to run code and to take secrets away."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    for name in MODULES:
        (folder / f"{name}.py").write_text(
            f"open({str(folder / 'pwned')!r}, 'w').write(__name__)\n"
        )
    return folder


def test_a_hostile_checkout_runs_no_code(mongod: Any, workspace: Path) -> None:
    """Its modules lie in the current folder, and a variable of an earlier step leads to them."""
    hostile = {"PYTHONPATH": str(workspace), "PYTHONSTARTUP": str(workspace / "pip.py")}
    done = run(workspace, env=hostile, uri=mongod.uri)
    assert done.code == 0, done.out + done.err
    assert not (workspace / "pwned").exists()
    venv, install, smoke = log(workspace)
    assert venv.startswith("python3 -I -m venv ")
    assert " python -I -m pip install " in install
    assert install.endswith(f" -- {ROOT}")
    assert not install.startswith(f"{workspace}:")
    assert " python -I -m mongoping smoke " in smoke


def test_isolation_keeps_modules_of_the_current_folder_out(workspace: Path) -> None:
    """Without it, Python runs them: what the steps above rely on, with the real pip and venv."""
    for isolated, pwned in (("-I", False), ("-B", True)):
        subprocess.run(
            [sys.executable, isolated, "-m", "pip", "--version"],
            cwd=workspace,
            env={**clean_environment(workspace), "PYTHONPATH": str(workspace)},
            check=False,
            capture_output=True,
        )
        assert (workspace / "pwned").exists() is pwned


def test_a_hostile_configuration_takes_no_secret(workspace: Path) -> None:
    with SimulatedServer({"hello": hello()}) as server:
        uri = f"mongodb://x@{server.address}/?authMechanism=PLAIN"
        text = f"[targets.a]\nuri = '{uri}'\npassword-env = 'DEPLOY_TOKEN'\n"
        (workspace / "mongoping.toml").write_text(text)
        done = run(workspace, env={"DEPLOY_TOKEN": "canary"})
        assert server.commands == []
    assert done.code == 2
    assert "was found in this folder and" in done.err
    assert "canary" not in done.out + done.err + done.summary


@pytest.mark.parametrize("name", ["config", "wait", "until", "stable-for", "expect", "reports"])
def test_no_input_becomes_another_option(name: str, tmp_path: Path) -> None:
    inputs = {"uri": "mongodb://127.0.0.1:1/", "wait": "0", name: "--help"}
    done = run(tmp_path, **inputs)
    assert done.code == 2
    assert "Usage" not in done.out


def test_nothing_is_installed_from_an_index_by_name() -> None:
    text = (ROOT / "action.yml").read_text()
    assert "install" not in ACTION["inputs"]
    assert "pip install mongoping" not in text
    assert "$GITHUB_ACTION_PATH" in text
