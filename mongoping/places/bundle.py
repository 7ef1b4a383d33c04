"""The files that can be copied to another place: this program, others, or one that is built."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping.places.choose import Bundle, executable_of, libc_of, normal_machine, suffixes_of
from mongoping.places.shell import version_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HEADER = 32
MAX_NAMES = 100_000  # of files in an archive
MAX_WHEELS = 100
LEFT_OUT = ("rich",)  # only what prints for people needs it, and it is a third of the size
START = '''"""Unpack this archive next to itself, and run mongoping from there."""
import os
import sys
import zipfile

sys.dont_write_bytecode = True  # this folder is used once
folder = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "site")
with zipfile.ZipFile(sys.argv[0]) as archive:
    archive.extractall(folder)
sys.path.insert(0, folder)
from mongoping.__main__ import main

main()
'''


class BundleError(Exception):
    """A file that the user named cannot be used; the message is one sentence."""


def available(files: Sequence[str] = ()) -> tuple[Bundle, ...]:
    """Return the files that can be copied, those that the user named first.

    Raises `BundleError`.
    """
    bundles = [read(path) for path in files]
    own = _own()
    bundles.append(own)
    if own.path is None and (own_build := _build_of_checkout()) is not None:
        bundles.append(own_build)
    return tuple(bundles)


def read(path: str) -> Bundle:
    """Return what a file is. Raises `BundleError` if mongoping cannot be in it."""
    try:
        with Path(path).open("rb") as file:
            header = file.read(HEADER)
        if (executable := executable_of(header, path)) is not None:
            return executable
        if not zipfile.is_zipfile(path):
            raise BundleError(
                f"{path} is neither mongoping.pyz nor the executable: build them with "
                "python -m tools.bundle."
            )
        return _archive(path)
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror or error}.") from None


def _archive(path: str) -> Bundle:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()[:MAX_NAMES]
            if not any(name.endswith("mongoping/__main__.py") for name in names):
                raise BundleError(f"{path} does not contain mongoping.")
            wheels = [name for name in names if name.endswith(".dist-info/WHEEL")][:MAX_WHEELS]
            texts = [archive.read(name)[:4096].decode("utf-8", "replace") for name in wheels]
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise BundleError(f"{path} is damaged: {error}.") from None
    return Bundle("archive", path, libc=libc_of(texts), suffixes=suffixes_of(names))


def _own() -> Bundle:
    """Return the file from which mongoping runs, or else the archive that `build` makes."""
    if getattr(sys, "frozen", False):
        return here(sys.executable)
    program = sys.argv[0] if sys.argv else ""
    if program and Path(program).is_file() and zipfile.is_zipfile(program):
        try:
            return _archive(program).replace(machine=_machine())
        except BundleError:
            pass  # another archive that uses mongoping as a library
    texts = (distributions.read_text("WHEEL") or "" for distributions in _distributions())
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    return Bundle("archive", machine=_machine(), libc=libc_of(texts), suffixes=(suffix,))


def _machine() -> str:
    return normal_machine(platform.machine())


def here(path: str) -> Bundle:
    """Return an executable that was built on this machine, or runs on it."""
    name, version = platform.libc_ver()
    libc = version_of(version) if name == "glibc" else ()
    return Bundle("executable", path, platform.system(), _machine(), libc)


def _build_of_checkout() -> Bundle | None:
    """Return the executable that `python -m tools.bundle` has built, in a checkout of the source.

    A file in the current folder is never used: it may belong to anyone.
    """
    root = Path(__file__).parents[2]
    path = root / "dist" / "mongoping"
    if not (root / "tools" / "bundle").is_dir() or not path.is_file():
        return None
    return here(str(path))


def build(path: Path) -> None:
    """Write an archive of the running installation, with what it needs to check deployments."""
    from mongoping.snippets.store import folder

    package, snippets = Path(__file__).resolve().parents[1], folder()
    with zipfile.ZipFile(
        path, "w", zipfile.ZIP_DEFLATED, compresslevel=1, strict_timestamps=False
    ) as archive:
        archive.writestr("__main__.py", START)
        for file in _files(package):
            archive.write(file, f"mongoping/{file.relative_to(package).as_posix()}")
        if package not in snippets.parents:  # in a checkout of the source
            for file in sorted(snippets.glob("*/*.*")):
                archive.write(file, f"mongoping/_snippets/{file.parent.name}/{file.name}")
        for distribution in _distributions():
            for name, file in _files_of(distribution):
                archive.write(file, name)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _files_of(distribution: importlib.metadata.Distribution) -> Iterator[tuple[str, Path]]:
    """Yield the files of an installed package by the name that an import expects."""
    own = distribution.metadata["Name"].lower() == "mongoping"
    for entry in distribution.files or ():
        name = entry.as_posix()
        if name.startswith(("..", "/")) or name.endswith((".pyc", ".pth")):
            continue
        if own and ".dist-info/" not in name:
            continue  # the package itself is copied from where it is imported
        path = Path(str(distribution.locate_file(entry)))
        if path.is_file():
            yield name, path


def _distributions() -> list[importlib.metadata.Distribution]:
    """Return mongoping and the installed packages that it needs, without extras."""
    distributions_by_name: dict[str, importlib.metadata.Distribution] = {}
    waiting = ["mongoping"]
    while waiting:
        name = _normal(waiting.pop())
        if name in distributions_by_name or name in LEFT_OUT:
            continue
        try:
            distributions_by_name[name] = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # required only on other systems
        waiting += _needed_packages(distributions_by_name[name].requires or ())
    return list(distributions_by_name.values())


def _needed_packages(requirements: Iterable[str]) -> Iterator[str]:
    for text in requirements:
        name = re.match(r"[A-Za-z0-9._-]+", text)
        if name and "extra ==" not in text:
            yield name[0]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
