"""The action: its steps are those of a composite one, and its shell is run as the runner would."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

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


def run(folder: Path, env: dict[str, str] | None = None, **inputs: str) -> Ran:
    """The step by bash, with the flags of the runner, and mongoping on PATH."""
    bash = shutil.which("bash")
    assert bash is not None
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    program = tools / "mongoping"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mongoping "$@"\n')
    program.chmod(0o755)
    clean = clean_environment(folder)
    output, summary = folder / "output", folder / "summary"
    output.write_text("")
    summary.write_text("")
    done = subprocess.run(
        [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", SMOKE["run"]],
        env={
            **clean,
            "PATH": f"{tools}:{clean['PATH']}",
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            **given(**inputs),
            **(env or {}),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Ran(done, output.read_text(), summary.read_text())


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
    """What a workflow passes could be anybody's: it comes by the environment alone."""
    for step in STEPS:
        assert "${{" not in step["run"]
    used = {text for step in STEPS for text in step["env"].values()}
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
