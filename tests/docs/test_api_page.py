"""docs/api.md: the examples run, and the list of names is complete."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import mongoping
from tests.conftest import ROOT, clean_environment

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment

PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
PROGRAMS = [
    block
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    if "from mongoping import" in block
]


def program(number: int, deployment: Deployment, home: Path) -> subprocess.CompletedProcess[str]:
    text = PROGRAMS[number].replace("localhost:27017", deployment.host)
    return subprocess.run(
        [sys.executable, "-c", text],
        env=clean_environment(home),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("number", "code", "expected"),
    [
        (0, 0, r"(ok|warn)\n"),
        (1, 0, r"uri ok .*\n(.*\n)*ping ok .*\n(.*\n)*median [\d.]+\n\['.*'\]\n"),
        (2, 0, r"(ok|warn) - mongodb:.*\nfail topology\.not-a-replica-set mongodb:.*rs0\n"),
        (3, 12, r"tcp\.refused in layer tcp\n.+\nevidence: .+\ntry: .+\n(.*\n)*"),
        (4, 0, r"tcp\.refused (certain|likely|possible)\n.+\n(.*\n)*"),
    ],
)
def test_the_examples_do_what_the_page_says(
    mongod: Deployment, tmp_path: Path, number: int, code: int, expected: str
) -> None:
    process = program(number, mongod, tmp_path)
    assert process.stderr == ""
    assert process.returncode == code
    assert re.fullmatch(expected, process.stdout), process.stdout


def test_every_example_is_tried() -> None:
    assert len(PROGRAMS) == 5


def test_the_page_and_dir_list_the_public_names() -> None:
    names = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)))
    public = [name for name in dir(mongoping) if not name.startswith("_")]
    assert sorted(names) == sorted(public)
    assert set(mongoping.__all__) <= set(dir(mongoping))
    for name in mongoping.__all__:
        assert getattr(mongoping, name) is not None
        assert getattr(mongoping, name).__doc__


@pytest.mark.parametrize("name", ["diagnose", "diagnose_sync", "explain"])
def test_every_argument_of_a_public_function_is_typed_and_options_are_keywords(name: str) -> None:
    function: Any = getattr(mongoping, name)
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Parameter.empty
    for position, parameter in enumerate(signature.parameters.values()):
        assert parameter.annotation not in (inspect.Parameter.empty, "Any", typing.Any)
        assert parameter.kind is not inspect.Parameter.VAR_KEYWORD
        if position:
            assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
            assert f"        {parameter.name}: " in (mongoping.diagnose.__doc__ or "")


def test_the_two_forms_of_diagnose_take_the_same_arguments() -> None:
    one, other = inspect.signature(mongoping.diagnose), inspect.signature(mongoping.diagnose_sync)
    assert one.parameters == other.parameters
