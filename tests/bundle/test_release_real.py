"""``python -m tools.release`` in a repository that contains a copy of this source tree."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mongoping import __version__
from tests.bundle.releasing import git, release

pytestmark = pytest.mark.server  # building takes as long as starting one


@pytest.fixture
def checkout(ready: Path, tmp_path: Path) -> Path:
    """A copy of the repository that a test can change."""
    copy = tmp_path / "source"
    git(ready, "clone", "-q", ".", str(copy))
    return copy


def test_the_files_of_a_release_have_checksums(release_folder: Path) -> None:
    lines = (release_folder / "SHA256SUMS").read_text().splitlines()
    sums = {name: checksum for checksum, name in (line.split("  ") for line in lines)}
    assert sums == {
        name: hashlib.sha256((release_folder / name).read_bytes()).hexdigest()
        for name in (
            f"mongoping-{__version__}-py3-none-any.whl",
            f"mongoping-{__version__}.cdx.json",
            f"mongoping-{__version__}.tar.gz",
            "mongoping.pyz",
        )
    }


def test_the_sbom_lists_the_packages_in_the_archive(release_folder: Path) -> None:
    from tools.release import sbom  # its imports take longer than collecting a hundred tests

    text = (release_folder / f"mongoping-{__version__}.cdx.json").read_text()
    assert sbom.problem(text) is None
    document = json.loads(text)
    assert document["metadata"]["component"]["purl"] == f"pkg:pypi/mongoping@{__version__}"
    names = {component["name"] for component in document["components"]}
    assert {"pymongo", "dnspython", "cryptography", "cffi", "click", "rich"} <= names
    needs = {row["ref"]: row.get("dependsOn", []) for row in document["dependencies"]}
    assert any(
        ref.startswith("pkg:pypi/pymongo@")
        for ref in needs[document["metadata"]["component"]["bom-ref"]]
    )


def test_a_second_build_is_identical(ready: Path, release_folder: Path, tmp_path: Path) -> None:
    """Build the archives again, in another folder and with other permissions of new files."""
    code = (
        "import os, sys; os.umask(0o077); from pathlib import Path\n"
        "from tools.release import build, source\n"
        "root = Path.cwd()\n"
        f"build.archives(root, source.commit_of(root), {__version__!r}, Path(sys.argv[1]))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ready, check=True)
    files = sorted(path for path in tmp_path.iterdir() if path.is_file())
    assert [path.name for path in files] == [
        f"mongoping-{__version__}-py3-none-any.whl",
        f"mongoping-{__version__}.tar.gz",
    ]
    for path in files:
        assert path.read_bytes() == (release_folder / path.name).read_bytes(), path.name


def test_a_wheel_that_lacks_a_file_is_not_published(checkout: Path) -> None:
    """Hatchling leaves out what git ignores, also if it was added."""
    path = checkout / "mongoping" / "build" / "table.json"
    path.parent.mkdir()
    path.write_text("{}\n")
    git(checkout, "add", "-f", str(path))
    git(checkout, "commit", "-q", "-m", "Add a file")
    code, output = release(checkout, "--no-executable")
    assert code == 1
    assert f"mongoping-{__version__}.tar.gz lacks mongoping-{__version__}/mongoping/build" in output
    assert "py3-none-any.whl lacks mongoping/build/table.json." in output
    assert not (checkout / "dist").exists()


def test_a_ready_commit_passes_the_quick_checks(ready: Path) -> None:
    commit = git(ready, "rev-parse", "HEAD")
    assert release(ready, "--check") == (0, f"{__version__} can be built from {commit}.\n")


def test_a_changed_checkout_is_refused(checkout: Path) -> None:
    (checkout / "README.md").write_text("changed\n")
    (checkout / "new.txt").write_text("new\n")
    assert release(checkout) == (
        2,
        "The checkout has changes in README.md and 1 more: commit or remove them.\n",
    )


def test_another_version_than_that_of_the_changelog_is_refused(checkout: Path) -> None:
    (checkout / "mongoping" / "_version.py").write_text('__version__ = "7.0.0"\n')
    git(checkout, "commit", "-qam", "Raise the version")
    assert release(checkout) == (
        2,
        f"The newest version in CHANGELOG.md is {__version__}, "
        "but mongoping/_version.py says 7.0.0.\n",
    )


def test_a_version_that_was_tagged_before_is_refused(checkout: Path) -> None:
    git(checkout, "tag", f"v{__version__}")
    assert release(checkout, "--check")[0] == 0  # the tag of this commit
    git(checkout, "commit", "-q", "--allow-empty", "-m", "Continue")
    assert release(checkout, "--check") == (
        2,
        f"The tag v{__version__} names another commit: raise the version.\n",
    )


def test_missing_packages_are_named(ready: Path) -> None:
    code, output = release(ready, python=("-S",))  # without any installed package
    assert (code, output.count("\n")) == (2, 1)
    assert output.startswith("A release needs hatchling, packaging, twine, ")
    assert output.endswith("python -m pip install -e '.[release]'\n")


def test_a_folder_without_git_is_refused(ready: Path, tmp_path: Path) -> None:
    shutil.copytree(ready / "tools", tmp_path / "tools")
    code, output = release(tmp_path, "--check")
    assert (code, output.count("\n")) == (2, 1)
    assert output.startswith("git rev-parse failed in ")
