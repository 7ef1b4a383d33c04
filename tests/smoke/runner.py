"""Run the steps of a composite action with bash, as GitHub's runner does.

It knows what `action.yml` uses: `run` steps of bash, `env`, inputs, outputs, the files that a step
writes to, and commands in the log. Anything else raises an error, so that nothing is skipped.

Source: GitHub's documentation of the metadata syntax, of contexts and of workflow commands.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from tests.conftest import ROOT, clean_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
COMMAND = re.compile(r"\s*::([a-z-]+)(?: [^\n]*?)?::|.*##\[(\w+)")


class Outcome(NamedTuple):
    """The traces of a step: its exit code, its log, the outputs of the action, and the summary."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str

    @property
    def commands(self) -> set[str]:
        """The names of the workflow commands that the runner would carry out."""
        matches = map(COMMAND.match, self.log.splitlines())
        return {match[1] or match[2] for match in matches if match is not None}


@dataclass
class Job:
    """A job on a runner: its workspace, its temporary folder, and its environment."""

    workspace: Path
    temporary: Path
    env: Mapping[str, str] = field(default_factory=dict)
    path: Sequence[str] = ()
    steps: dict[str, dict[str, str]] = field(default_factory=dict)

    def run(self, *ids: str, env: Mapping[str, str] | None = None, **inputs: str) -> Outcome:
        """Run the steps of the action that have these IDs, until one fails."""
        defaults = {name: spec.get("default", "") for name, spec in ACTION["inputs"].items()}
        assert set(inputs) <= set(defaults)
        context = {f"inputs.{name}": text for name, text in (defaults | inputs).items()}
        process, log, summary = None, "", self.temporary / "summary"
        summary.write_text("")
        for step in ACTION["runs"]["steps"]:
            if step["id"] in ids:
                process = self._step(step, context, {**self.env, **(env or {})}, summary)
                log += process.stdout
                if process.returncode:
                    break
        assert process is not None
        outputs = {
            name: self._evaluate(spec["value"], context) for name, spec in ACTION["outputs"].items()
        }
        return Outcome(process.returncode, log, outputs, summary.read_text("utf-8"))

    def _step(
        self, step: Any, context: Mapping[str, str], env: Mapping[str, str], summary: Path
    ) -> subprocess.CompletedProcess[str]:
        assert set(step) <= {"name", "id", "shell", "env", "run"}
        assert step["shell"] == "bash"
        script, output = self.temporary / "step.sh", self.temporary / "output"
        script.write_text(step["run"], "utf-8")
        output.write_text("")
        bash = shutil.which("bash")
        assert bash is not None
        clean = clean_environment(self.temporary)
        process = subprocess.run(
            [bash, "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            env={
                **clean,
                "PATH": os.pathsep.join((*self.path, clean["PATH"])),
                **env,
                **{name: self._evaluate(text, context) for name, text in step["env"].items()},
                "RUNNER_TEMP": str(self.temporary),
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_ACTIONS": "true",
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(summary),
            },
            cwd=self.workspace,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        lines = output.read_text("utf-8").splitlines()
        self.steps[step["id"]] = dict(line.split("=", 1) for line in lines)
        return process

    def _evaluate(self, text: str, context: Mapping[str, str]) -> str:
        """Return a text with its expressions replaced: names, and names joined by ``||``."""
        return EXPRESSION.sub(
            lambda match: next(filter(None, map(self._value(context), match[1].split(" || "))), ""),
            text,
        )

    def _value(self, context: Mapping[str, str]) -> Any:
        def look_up(name: str) -> str:
            match = re.fullmatch(r"steps\.([\w-]+)\.outputs\.([\w-]+)", name)
            if match is None:
                return context[name]
            assert any(step["id"] == match[1] for step in ACTION["runs"]["steps"]), name
            return self.steps.get(match[1], {}).get(match[2], "")

        return look_up
