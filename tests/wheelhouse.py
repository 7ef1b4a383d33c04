"""A package index on this disk, made of the packages that are installed here.

With it, tests install mongoping into fresh environments without a network:

    index = wheelhouse.build(folder, "sandbox")
    env = wheelhouse.settings(index, cache)
    run([python, "-m", "pip", "install", f"{ROOT}[sandbox]"], env=env)

The packages are the real ones, in the versions that are installed here. The index has what the
build of mongoping, mongoping itself and the given extras need, but not mongoping: `artefacts`
builds its wheel and its source archive.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[1]
LEFT_OUT = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")  # pip writes these
PAGE = '<!DOCTYPE html>\n<a href="{name}">{name}</a>\n'


def build(folder: Path, *extras: str, also: Iterable[str] = ()) -> str:
    """Write the index into a folder, or add to it, and return its URL.

    Raises `importlib.metadata.PackageNotFoundError` for a package that is not installed here.

    Args:
        folder: Where the index is written.
        extras: The extras of mongoping whose packages it has.
        also: Requirements of the test itself.
    """
    for name in sorted(closure([*requirements(*extras), *also])):
        place = folder / name
        if not place.exists():
            place.mkdir(parents=True)
            wheel = repack(metadata.distribution(name), place)
            (place / "index.html").write_text(PAGE.format(name=wheel.name))
    return folder.as_uri()


def settings(index: str, cache: Path) -> dict[str, str]:
    """Return the variables with which pip, pipx and uv know no other index, and no network.

    Args:
        index: The URL that `build` returned.
        cache: A folder for what uv downloads and builds.
    """
    return {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_INDEX_URL": index,
        "PIP_NO_CACHE_DIR": "1",
        "PIP_NO_COMPILE": "0",  # it means no: a test imports little of what it installs
        "PIPX_DEFAULT_BACKEND": "uv",  # pipx 1.8 and newer; it is faster
        "UV_CACHE_DIR": str(cache),
        "UV_DEFAULT_INDEX": index,
        "UV_NO_CONFIG": "1",
        "UV_NO_PROGRESS": "1",
        "UV_OFFLINE": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }


def artefacts(folder: Path) -> tuple[Path, Path]:
    """Build the wheel and the source archive of this source tree, and return their paths."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", folder],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    return next(folder.glob("mongoping-*.whl")), next(folder.glob("mongoping-*.tar.gz"))


def program(package: str, name: str) -> Path:
    """Return the path of a program that an installed package has."""
    files = metadata.files(package) or ()
    (file_of_program,) = (file for file in files if file.name == name and file.parent.name == "bin")
    return Path(str(file_of_program.locate())).resolve()


def requirements(*extras: str) -> list[str]:
    """Return what building and installing this source tree needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    optional = project["project"]["optional-dependencies"]
    texts = [text for extra in extras for text in optional[extra]]
    return [*project["build-system"]["requires"], *project["project"]["dependencies"], *texts]


def closure(texts: Iterable[str]) -> set[str]:
    """Return the names of the packages that requirements need on this machine."""
    waiting = [(Requirement(text), "") for text in texts]
    visits: set[tuple[str, str]] = set()
    while waiting:
        requirement, within = waiting.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": within}):
            continue
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras} - {
            extra_name for other, extra_name in visits if other == name
        }:
            visits.add((name, extra))
            needs = metadata.distribution(name).requires or ()
            waiting += [(Requirement(text), extra) for text in needs]
    return {name for name, _ in visits}


def repack(distribution: metadata.Distribution, folder: Path) -> Path:
    """Write a wheel of an installed package into a folder, and return its path.

    It has everything but programs outside site-packages, of which none is needed.
    """
    name = re.sub(r"[-_.]+", "_", distribution.metadata["Name"])
    stem = f"{name}-{distribution.version}"
    path = folder / f"{stem}-{_tags(distribution)}.whl"
    record = []
    with zipfile.ZipFile(path, "w") as archive:  # not compressed: it is read once
        for file, data in _files(distribution, f"{stem}.dist-info"):
            archive.writestr(file, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f'"{file}",sha256={digest},{len(data)}\n')
        archive.writestr(f"{stem}.dist-info/RECORD", "".join(record))
    return path


def _files(distribution: metadata.Distribution, info: str) -> Iterator[tuple[str, bytes]]:
    for file in distribution.files or ():
        if file.name in LEFT_OUT or {"..", "__pycache__"} & set(file.parts):
            continue
        is_info = file.parts[0].endswith(".dist-info")
        path = "/".join((info, *file.parts[1:])) if is_info else file.as_posix()
        yield path, Path(str(distribution.locate_file(file))).read_bytes()


def _tags(distribution: metadata.Distribution) -> str:
    """Return the tags of a wheel as they are in a file name, such as ``py2.py3-none-any``."""
    tags = re.findall(r"^Tag: (.+)$", distribution.read_text("WHEEL") or "", re.MULTILINE)
    columns = zip(*(tag.strip().split("-") for tag in tags), strict=True)
    return "-".join(".".join(dict.fromkeys(column)) for column in columns)
