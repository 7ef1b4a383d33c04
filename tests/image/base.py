"""An image that replaces the official one of Python in tests, which have no registry.

It contains the Python that runs the tests, with pip and a shell, and no byte code, as the official
image. The Dockerfile is unchanged: its argument ``PYTHON`` names this image.
"""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SHELL = Path("/bin/sh")
LEFT_OUT = (
    "__pycache__",
    *("site-packages", "dist-packages", "config-*", "test", "tests", "ensurepip"),
    *("idlelib", "lib2to3", "tkinter", "turtledemo", "pydoc_data", "_tkinter*", "*.a"),
)
PATHS = "import sys, sysconfig; print(sys.executable, *map(sysconfig.get_path, {names}), sep='\\n')"
LIBRARY = re.compile(r"(?:=> |^\s+)(/\S+) \(", re.MULTILINE)


def fill(root: Path, extensions: Iterable[Path]) -> None:
    """Copy Python, pip, a shell, their libraries, and trusted certificates into a folder.

    They are at the same places below the folder as on this machine.

    Args:
        root: The folder.
        extensions: Compiled modules that must find the libraries of the system.
    """
    import pip

    program, library, packages = _places()
    shutil.copytree(library, _below(root, library), ignore=shutil.ignore_patterns(*LEFT_OUT))
    source = Path(pip.__file__).parent
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source, _below(root, packages / "pip"), ignore=ignore)
    own = _below(root, library).glob("lib-dynload/*.so")
    for file in {program, SHELL.resolve(), *_libraries([program, SHELL, *own, *extensions])}:
        shutil.copy2(file, _below(root, file))
    (root / "bin").symlink_to("usr/bin")
    for name, file in (("sh", SHELL.resolve()), ("python3", program)):
        _below(root, Path("/usr/bin", name)).symlink_to(file)
    paths = ssl.get_default_verify_paths()
    authorities = Path(paths.cafile or f"{paths.openssl_capath}/ca-certificates.crt")
    if authorities.exists():  # the tests bring their own
        shutil.copy(authorities, _below(root, Path(paths.openssl_cafile)))
    for folder in ("proc", "dev", "sys", "etc", "tmp"):
        (root / folder).mkdir(exist_ok=True)
    (root / "tmp").chmod(0o1777)


def _places() -> tuple[Path, Path, Path]:
    """Return Python's program and the folders of its library and of its packages."""
    names = ("stdlib", "purelib")
    base = Path(sys.base_prefix, "bin", f"python3.{sys.version_info[1]}").resolve()
    process = subprocess.run(
        [base, "-I", "-c", PATHS.format(names=names)], stdout=subprocess.PIPE, text=True, check=True
    )
    program, library, packages = map(Path, process.stdout.split())
    return program, library, packages


def _below(root: Path, path: Path) -> Path:
    place = root / path.relative_to("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _libraries(files: list[Path]) -> set[Path]:
    """Return the shared libraries that files load, as ldd finds them on this machine."""
    process = subprocess.run(
        ["ldd", *map(str, files)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return {Path(path) for path in LIBRARY.findall(process.stdout)}
