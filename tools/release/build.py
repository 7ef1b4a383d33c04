"""Build the files of a release into a folder, and check what other tools say about them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.bundle import build as bundle
from tools.release import contents, sbom
from tools.release.errors import UnfitError
from tools.release.source import Commit, export

SUMS = "SHA256SUMS"
# W002: the manual page is where `man` finds it and where `mongoping --man` does.
# W004: the snippets are programs to copy, and none is imported.
WHEEL_CHECK = ("check_wheel_contents", "--no-config", "--toplevel=mongoping", "--ignore=W002,W004")


def build(root: Path, commit: Commit, version: str, output: Path, *, executable: bool) -> None:
    """Build the files of a release into a folder. Raises `UnfitError` if one is not right."""
    with tempfile.TemporaryDirectory(prefix="mongoping-release-") as name, _epoch(commit.time):
        source, wheel = archives(root, commit, version, output)
        check(source, wheel, commit, version)
        site = bundle.install(wheel, Path(name))
        if executable:
            bundle.executable(site, output)
        bundle.add_compiled(site)
        bundle.pyz(site, output)
        text = sbom.document(
            sbom.packages(site), sbom.runtime() if executable else [], commit.name, commit.time
        )
    if problem := sbom.problem(text):
        raise UnfitError(problem)
    (output / f"mongoping-{version}.cdx.json").write_text(text, "utf-8")


def archives(root: Path, commit: Commit, version: str, output: Path) -> tuple[Path, Path]:
    """Build the source archive and the wheel, and return their paths.

    The source archive is built from an export of the commit, and the wheel from the source
    archive, so that they contain nothing else of this machine. Raises `UnfitError` if that fails.
    """
    with tempfile.TemporaryDirectory(prefix="mongoping-release-") as name, _epoch(commit.time):
        exported_folder, unpacked_folder = Path(name) / "exported", Path(name) / "unpacked"
        export(root, commit.name, exported_folder)
        source = _hatch(exported_folder, "sdist", output)
        with tarfile.open(source) as archive:
            archive.extractall(unpacked_folder, filter="data")
        return source, _hatch(unpacked_folder / f"mongoping-{version}", "wheel", output)


def check(source: Path, wheel: Path, commit: Commit, version: str) -> None:
    """Raise `UnfitError` with the reasons not to publish the source archive and the wheel.

    Other tools check them only if they contain the right files.
    """
    problems = contents.differences(
        source.name, contents.source_files(commit.tracked, version), _names_in_source(source)
    )
    problems += contents.differences(
        wheel.name, contents.wheel_files(commit.tracked, version), _names_in_wheel(wheel)
    )
    if not problems:
        problems = _complaint("twine", "check", "--strict", str(source), str(wheel))
        problems += _complaint(*WHEEL_CHECK, str(wheel))
    if problems:
        raise UnfitError("\n".join(problems))


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 checksums of the files in a folder by their names."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.name != SUMS
    }


def _hatch(tree: Path, target: str, output: Path) -> Path:
    """Build one archive of a source tree, and return its path."""
    before = set(output.iterdir())
    process = _run("hatchling", "build", "-t", target, "-d", str(output.resolve()), cwd=tree)
    if process.returncode:
        raise UnfitError(f"hatchling cannot build the {target}:\n{process.stdout.strip()}")
    return (set(output.iterdir()) - before).pop()


def _complaint(*command: str) -> list[str]:
    """Return what a tool says if it fails."""
    process = _run(*command)
    if not process.returncode:
        return []
    return [f"{command[0]} exits with {process.returncode}:\n{process.stdout.strip()}"]


def _run(module: str, *args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", module, *args],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _names_in_source(path: Path) -> list[str]:
    with tarfile.open(path) as archive:
        return [member.name for member in archive if not member.isdir()]


def _names_in_wheel(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return [name for name in archive.namelist() if not name.endswith("/")]


@contextmanager
def _epoch(time: int) -> Iterator[None]:
    """Let the tools that are started here date files at a time, in seconds since 1970."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = str(time)
    try:
        yield
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = before
