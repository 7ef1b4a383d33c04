"""The files of one release, which all tests in this folder share: building them takes long."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bundle.releasing import make_repository, release
from tools.bundle import build


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose only commit can be released."""
    repository = tmp_path_factory.mktemp("release") / "source"
    make_repository(repository)
    return repository


@pytest.fixture(scope="session")
def release_folder(ready: Path) -> Path:
    """The folder with the files of a release, without the executable."""
    code, output = release(ready, "--no-executable", "--once")
    assert code == 0, output
    return ready / "dist"


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that every user can read; those of pytest are private."""
    with tempfile.TemporaryDirectory(prefix="mongoping-bundle-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def archive(release_folder: Path, open_folder: Path) -> Path:
    return Path(shutil.copy(release_folder / "mongoping.pyz", open_folder))


@pytest.fixture(scope="session")
def site(release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with mongoping and its dependencies, of which both files are made."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(release_folder / "mongoping.pyz") as file:
        file.extractall(folder)
    return folder / "site-packages"


@pytest.fixture(scope="session")
def executable(site: Path, open_folder: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYINSTALLER_ZLIB_COMPRESSION_LEVEL", "1")  # takes a third of the time
        return build.executable(site, open_folder)
