"""The image of this source tree, built once for the file of tests that runs it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from mongoping import __version__
from tests import wheelhouse
from tests.conftest import ROOT
from tests.image import base, docker
from tests.image.containers import Image, Store

MEMORY = Path("/dev/shm")
ROOM = 2 << 30


def place() -> Path | None:
    """Return a folder in memory if it has room and may contain programs, otherwise None.

    Images are thousands of small files, which take more than half of a build's time on a disk.
    """
    if not MEMORY.is_dir():
        return None
    limits = os.statvfs(MEMORY)
    usable = not limits.f_flag & os.ST_NOEXEC and limits.f_bavail * limits.f_frsize > ROOM
    return MEMORY if usable else None


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with tempfile.TemporaryDirectory(prefix="mongoping-image-", dir=place()) as folder:
        Path(folder).chmod(0o755)  # containers run as users without rights
        store = Store(Path(folder))
        try:
            yield store
        finally:
            store.close()


@pytest.fixture(scope="module")
def packages() -> list[metadata.Distribution]:
    """Return what the image contains, and what builds it, as far as it is installed here."""
    requirements = wheelhouse.requirements("atlas", "exporter")
    return [metadata.distribution(name) for name in wheelhouse.closure(requirements)]


@pytest.fixture(scope="module")
def python(store: Store, packages: list[metadata.Distribution]) -> str:
    """Return the name of an image with the running Python, in place of the official one."""
    files = [file for package in packages for file in package.files or ()]
    extensions = [Path(str(file.locate())) for file in files if file.suffix == ".so"]
    root = store.folder / "python"
    root.mkdir()
    base.fill(root, extensions)
    store.build(root, "-t", "python", dockerfile="FROM scratch\nCOPY . /\n")
    return "localhost/python"


@pytest.fixture(scope="module")
def image(store: Store, python: str, packages: list[metadata.Distribution]) -> Image:
    """Return the image that the documented build makes from wheels, without a package index."""
    wheels = store.folder / "wheels"
    wheels.mkdir()
    for package in packages:
        wheelhouse.repack(package, wheels)
    *words, context = docker.build_without_an_index()
    assert context == "."
    args = [f"wheels={wheels}" if word == "wheels=wheels" else word for word in words]
    store.build(ROOT, *args, f"--build-arg=PYTHON={python}")
    return store.image(f"localhost/mongoping:{__version__}")
