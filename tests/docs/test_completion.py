"""The Tab key in real shells, set up by the lines that the documentation gives."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from mongoping import registry
from mongoping.sandbox.fault import faults
from mongoping.snippets import every
from tests.cli.test_startup import HEAVY, NAMES
from tests.conftest import unavailable
from tests.docs import shells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TYPED = [
    # what is typed before Tab, and the line behind it
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
    ("mongoping check mongodb://a,b/ --qui", "mongoping check mongodb://a,b/ --quiet "),
    ("mongoping explain --file strin", "mongoping explain --file strings.txt "),
]


def needing(program: str) -> None:
    """Without the shell, or without mongoping's own script, there is nothing to look at."""
    if shutil.which(program) is None:
        unavailable(f"there is no {program} here")
    if not (shells.PROGRAMS / "mongoping").is_file():
        unavailable("mongoping is not installed as a program")


@pytest.fixture(scope="module", params=["bash", "zsh"])
def shell(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[shells.Shell]:
    needing(request.param)
    home = tmp_path_factory.mktemp(request.param)
    (home / "strings.txt").touch()
    with getattr(shells, request.param)(home) as one:
        yield one


@pytest.mark.parametrize(("typed", "line"), TYPED)
def test_tab_completes_what_was_begun(shell: shells.Shell, typed: str, line: str | None) -> None:
    if line is None:  # the one fault of that beginning, with a colon in it
        begun = typed.rpartition(" ")[2]
        (code,) = [one for one in faults() if one.startswith(begun)]
        line = f"{typed.removesuffix(begun)}{code} "
    seen = shell.line(f"{typed}\t").replace("\\:", ":")
    assert seen.rstrip() == line.rstrip()
    if shell.name == "bash":  # zsh puts a blank behind sarif= as well
        assert seen == line


def test_bash_inserts_every_value_that_fits(tmp_path: Path) -> None:
    """Alt-* puts all of them on the line: names, codes and formats are what the code knows."""
    needing("bash")
    with shells.bash(tmp_path) as shell:

        def values(begun: str) -> set[str]:
            return set(shell.line(f"{begun}\x1b*").removeprefix(begun).split())

        codes = {one.code for one in registry.causes()}
        offered = values("mongoping causes ")
        assert offered >= codes
        assert offered - codes == {one.layer for one in registry.causes()} | {
            code.partition(".")[0] for code in codes
        }
        assert values("mongoping sandbox --fault ") == set(faults())
        assert values("mongoping snippet emit ") == {one.name for one in every()}
        assert values("mongoping check --format ") == set(registry.names("formats"))
        assert values("mongoping ") == set(registry.names("cli"))


@pytest.mark.parametrize(("typed", "line"), TYPED)
def test_fish_offers_what_fits(typed: str, line: str | None, tmp_path: Path) -> None:
    needing("fish")
    (tmp_path / "strings.txt").touch()
    begun = typed.rpartition(" ")[2]
    offered = [one for one in shells.fish(tmp_path, typed) if one.startswith(begun)]
    wanted = None if line is None else line.split()[-1]
    assert offered
    assert wanted is None or offered == [wanted]


@pytest.mark.parametrize("line", ["mongoping ", *(typed for typed, _ in TYPED)])
def test_an_answer_imports_nothing_of_size(line: str, tmp_path: Path) -> None:
    """A key has to be answered at once: no driver, no Rich, no network."""
    needing("bash")
    asked = {"COMP_LINE": line, "_MONGOPING_COMPLETE": "bash_complete"}
    done = subprocess.run(
        [shells.PROGRAMS / "mongoping"],
        env={**shells.environment(tmp_path), **asked, "PYTHONPROFILEIMPORTTIME": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    found = set(NAMES.findall(done.stderr))
    assert "click" in found
    assert done.stdout
    assert not found & HEAVY


def test_what_is_typed_goes_into_no_argument(tmp_path: Path) -> None:
    """A connection string on the line may hold a password; arguments can be seen by others."""
    needing("bash")
    with shells.bash(tmp_path) as shell:
        fake = tmp_path / "mongoping"
        fake.write_text('#!/bin/sh\nprintf "%s|" "$0" "$@" >"$HOME/arguments"\n')
        fake.chmod(0o755)
        shell.line(f"PATH={tmp_path}:$PATH; hash -r\n")
        shell.line("mongoping check mongodb://ada:s3cret@a/ --qui\t")
    assert (tmp_path / "arguments").read_text() == f"{fake}|"
