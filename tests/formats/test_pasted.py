"""What a report gives to copy works when it is pasted, as it is printed at 80 columns."""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING

import pytest

from mongoping.uri.target import parse
from tests.formats.printed import by_language, paste, verbose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mongoping.model import Report

PARSE = """
let failed = {};
for (const code of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
  try { new Function(code); } catch (error) { failed[code] = String(error); }
}
console.log(JSON.stringify(failed));
"""
PAIRS = {")": "(", "]": "[", "}": "{"}


def strings_to_copy(report: Report) -> list[str]:
    """Return what the remedies of a report give to copy."""
    root = report.verdict.cause if report.verdict is not None else None
    remedies = [*report.verdict.remedies] if report.verdict is not None else []
    for layer in report.layers:
        for finding in layer.findings:
            if finding.severity != "info" and finding.cause != root:
                remedies += finding.remedies
    return [part for remedy in remedies for part in (remedy.command, remedy.uri) if part]


@cache
def commands() -> Mapping[str, list[str]]:
    """Return everything to copy from the reports of all causes, by where it is pasted."""
    return by_language(
        [
            command
            for page in verbose()
            for command in paste(page.text, strings_to_copy(page.report))
        ]
    )


def test_everything_to_copy_is_a_line_of_its_own() -> None:
    assert {name: len(texts) > 0 for name, texts in commands().items()} == dict.fromkeys(
        ("sh", "mongosh", "python", "uri"), True
    )


def test_commands_are_read_by_the_shell() -> None:
    for command in commands()["sh"]:
        process = subprocess.run(
            ["/bin/bash", "-n", "-c", command], capture_output=True, text=True, check=False
        )
        assert process.returncode == 0, f"{command}: {process.stderr}"
        assert shlex.split(command)


def test_python_within_commands_compiles() -> None:
    programs = commands()["python"]
    for command in commands()["sh"]:
        words = shlex.split(command)
        if words[0].startswith("python") and "-c" in words:
            programs = [*programs, words[words.index("-c") + 1]]
    assert len(programs) > 3
    for program in programs:
        ast.parse(program)


def test_code_for_mongosh_is_javascript() -> None:
    """Node parses it if it is installed; otherwise its quotes and brackets are in pairs."""
    programs = [*commands()["mongosh"]]
    for command in commands()["sh"]:
        words = shlex.split(command)
        if words[0] == "mongosh" and "--eval" in words:
            programs.append(words[words.index("--eval") + 1])
    assert len(programs) > 5
    for code in programs:
        assert _is_balanced(code), code
    node = shutil.which("node")
    if node is not None:
        process = subprocess.run(
            [node, "-e", PARSE],
            input=json.dumps(programs),
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(process.stdout) == {}


@pytest.mark.parametrize(
    ("code", "expected"),
    [('f({a: "]"})', True), ("f([)]", False), ('f("a)', False), ("f(')", False), ("", True)],
)
def test_brackets_are_counted_outside_quotes(code: str, expected: bool) -> None:
    assert _is_balanced(code) == expected


def _is_balanced(code: str) -> bool:
    stack: list[str] = []
    rest = re.sub(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", "", code)
    for char in rest:
        if char in PAIRS.values():
            stack.append(char)
        elif char in PAIRS and (not stack or stack.pop() != PAIRS[char]):
            return False
    return not stack and not re.search("[\"']", rest)


def test_connection_strings_are_accepted() -> None:
    """It parses without an error once the words in capitals are replaced."""
    wrong = {}
    for uri in commands()["uri"]:
        problem = parse(uri).problem
        if problem is not None:
            wrong[uri] = problem.detail
    assert not wrong
