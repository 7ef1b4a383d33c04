"""Tab completes in real shells that are set up as the documentation says."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from mongoping import registry
from mongoping.sandbox.fault import faults
from mongoping.snippets import all_snippets
from tests.cli.test_startup import HEAVY, NAMES
from tests.conftest import unavailable
from tests.docs import shells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = [
    # what is typed before Tab, and the completed line; None for a code with a colon
    ("mongoping ch", "mongoping check "),
    ("mongoping causes tls.not-en", "mongoping causes tls.not-enabled-on-server "),
    ("mongoping snippet em", "mongoping snippet emit "),
    ("mongoping snippet emit node-l", "mongoping snippet emit node-local "),
    ("mongoping sandbox --fault tls.bad-key-file:mis", None),
    ("mongoping sandbox --fault tcp.pro", "mongoping sandbox --fault tcp.proxy "),
    ("mongoping check --format ju", "mongoping check --format junit "),
    ("mongoping check --uri-f", "mongoping check --uri-file "),
    ("mongoping check --uri-file strin", "mongoping check --uri-file strings.txt "),
    ("mongoping smoke --report sar", "mongoping smoke --report sarif="),
    ("mongoping check --critical la", "mongoping check --critical lag="),
    ("mongoping check mongodb://a,b/ --qui", "mongoping check mongodb://a,b/ --quiet "),
    ("mongoping explain --file strin", "mongoping explain --file strings.txt "),
]


def require(shell_name: str) -> None:
    """Skip the test unless the shell and mongoping's script are installed."""
    if shutil.which(shell_name) is None:
        unavailable(f"{shell_name} is not installed")
    if not (shells.PROGRAMS / "mongoping").is_file():
        unavailable("mongoping is not installed as a program")


@pytest.fixture(scope="module", params=["bash", "zsh"])
def shell(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[shells.Shell]:
    require(request.param)
    home = tmp_path_factory.mktemp(request.param)
    (home / "strings.txt").touch()
    with getattr(shells, request.param)(home) as running_shell:
        yield running_shell


@pytest.mark.shell
@pytest.mark.parametrize(("keys", "line"), KEYS)
def test_tab_completes_a_word(shell: shells.Shell, keys: str, line: str | None) -> None:
    if line is None:
        prefix = keys.rpartition(" ")[2]
        (code,) = [fault for fault in faults() if fault.startswith(prefix)]
        line = f"{keys.removesuffix(prefix)}{code} "
    output = shell.line(f"{keys}\t").replace("\\:", ":")
    assert output.rstrip() == line.rstrip()
    if shell.name == "bash":  # zsh also adds a space after sarif=
        assert output == line


@pytest.mark.shell
def test_bash_inserts_every_value_that_fits(tmp_path: Path) -> None:
    """Alt-* inserts all completions: exactly the names, codes and formats that the code defines."""
    require("bash")
    with shells.bash(tmp_path) as shell:

        def values(keys: str) -> set[str]:
            return set(shell.line(f"{keys}\x1b*").removeprefix(keys).split())

        codes = {cause.code for cause in registry.causes()}
        values_of_command = values("mongoping causes ")
        assert values_of_command >= codes
        assert values_of_command - codes == {cause.layer for cause in registry.causes()} | {
            code.partition(".")[0] for code in codes
        }
        assert values("mongoping sandbox --fault ") == set(faults())
        assert values("mongoping snippet emit ") == {snippet.name for snippet in all_snippets()}
        assert values("mongoping check --format ") == set(registry.names("formats"))
        assert values("mongoping ") == set(registry.names("cli"))


@pytest.mark.shell
@pytest.mark.parametrize(("keys", "line"), KEYS)
def test_fish_offers_what_fits(keys: str, line: str | None, tmp_path: Path) -> None:
    require("fish")
    (tmp_path / "strings.txt").touch()
    prefix = keys.rpartition(" ")[2]
    values = [value for value in shells.fish(tmp_path, keys) if value.startswith(prefix)]
    expected = None if line is None else line.split()[-1]
    assert values
    assert expected is None or values == [expected]


@pytest.mark.parametrize("line", ["mongoping ", *(text for text, _ in KEYS)])
def test_completion_imports_no_heavy_module(line: str, tmp_path: Path) -> None:
    """Completion must be immediate, so it imports neither the driver nor Rich nor asyncio."""
    require("bash")
    request = {"COMP_LINE": line, "_MONGOPING_COMPLETE": "bash_complete"}
    process = subprocess.run(
        [shells.PROGRAMS / "mongoping"],
        env={**shells.environment(tmp_path), **request, "PYTHONPROFILEIMPORTTIME": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    modules = set(NAMES.findall(process.stderr))
    assert "click" in modules
    assert process.stdout
    assert not modules & HEAVY


@pytest.mark.shell
def test_the_typed_line_never_becomes_an_argument(tmp_path: Path) -> None:
    """The line may contain a password, and other users can see the arguments of a process."""
    require("bash")
    with shells.bash(tmp_path) as shell:
        fake = tmp_path / "mongoping"
        fake.write_text('#!/bin/sh\nprintf "%s|" "$0" "$@" >"$HOME/arguments"\n')
        fake.chmod(0o755)
        shell.line(f"PATH={tmp_path}:$PATH; hash -r\n")
        shell.line("mongoping check mongodb://ada:s3cret@a/ --qui\t")
    assert (tmp_path / "arguments").read_text() == f"{fake}|"
