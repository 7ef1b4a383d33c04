"""The steps: a wheel, its dependencies in a folder, and the files made of them."""

from __future__ import annotations

import csv
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
START = Path(__file__).parent / "_start.py"
EXECUTABLE_START = Path(__file__).parent / "_executable.py"
ENTRY = "mongoping.__main__:main"
INTERPRETER = "/usr/bin/env python3"
EPOCH = 315532800  # 1980-01-01, the earliest time in a zip file
FILE_MODE = 0o100644
INSTALLER_FILES = ("direct_url.json", "INSTALLER", "REQUESTED")  # how pip was called, and where
COMPILED_MODULE = (
    "_cffi_backend"  # cryptography needs this module, compiled for each version of Python
)
PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # that can run the archive
PACKAGES = ("pymongo", "bson", "dns", "rich", "click", "dotenv", "platformdirs")
LEXERS_HOOK = """
from pygments.lexers import find_lexer_class_by_name
from mongoping.cli._snippet import LEXERS

hiddenimports = sorted({find_lexer_class_by_name(name).__module__ for name in LEXERS.values()})
"""
"""In place of PyInstaller's own hook, which includes the syntax of 500 languages."""
EXTRAS = ""  # as in "[atlas]": what the files contain in addition to the core


def run(*command: str | Path, **environment: str) -> None:
    """Run a command without output. Raises RuntimeError with its output if it fails."""
    process = subprocess.run(
        list(map(str, command)),
        env={"SOURCE_DATE_EPOCH": str(EPOCH), **os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed with {process.returncode}:\n{process.stdout}")


def wheel(folder: Path) -> Path:
    """Build the wheel of this source tree into a folder, and return its path."""
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT)
    return next(folder.glob("mongoping-*.whl"))


def install(executable: Path, site: Path) -> Path:
    """Install a wheel and what it needs into a folder, and return the folder.

    It contains no byte code, no programs, and nothing that depends on where it was installed.
    """
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-compile")
    run(*pip, "--target", site, f"{executable}{EXTRAS}")
    shutil.rmtree(site / "bin", ignore_errors=True)
    for name in INSTALLER_FILES:
        for path in site.glob(f"*.dist-info/{name}"):
            path.unlink()
    for record in site.glob("*.dist-info/RECORD"):
        record.write_text(existing_rows(record.read_text("utf-8"), site), "utf-8")
    return site


def add_compiled(site: Path, pythons: Sequence[str] = PYTHONS) -> None:
    """Add the compiled module of cffi for other versions of Python than the one that runs this.

    The other packages work without their compiled modules, or have one for all versions.
    """
    [own] = metadata.distributions(path=[str(site)], name="cffi")
    running = "{}.{}".format(*sys.version_info)
    for python in (python for python in pythons if python != running):
        with tempfile.TemporaryDirectory() as folder:
            run(
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", folder),
                *("--only-binary=:all:", f"--python-version={python}", f"cffi=={own.version}"),
            )
            with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
                wheel.extractall(
                    site, (n for n in wheel.namelist() if n.startswith(COMPILED_MODULE))
                )


def suffixes(site: Path) -> list[str]:
    """Return the suffixes of the compiled modules, such as ``.cpython-311-x86_64-linux-gnu.so``."""
    return sorted(
        path.name.removeprefix(COMPILED_MODULE) for path in site.glob(f"{COMPILED_MODULE}.*")
    )


def start(site: Path) -> str:
    """Return the first module of the archive, which says for which Python it is built."""
    suffix_list = suffixes(site)
    numbers = (re.search(r"p(?:ython-)?3(\d+)", suffix) for suffix in suffix_list)
    versions = sorted({int(number[1]) for number in numbers if number})
    versions_text = f"Python {', '.join(f'3.{version}' for version in versions)}"
    text = START.read_text("utf-8")
    for name, value in (
        ("SUFFIXES = ()", f"SUFFIXES = {suffix_list!r}"),
        (
            'BUILT_FOR = ""',
            f'BUILT_FOR = "{versions_text} on {platform.system()} {platform.machine()}"',
        ),
    ):
        if name not in text:
            raise RuntimeError(f"{START} does not contain {name}")
        text = text.replace(name, value)
    return text


def existing_rows(record: str, site: Path) -> str:
    """Return the rows of a RECORD whose files exist in a folder, sorted by path."""
    rows = [row for row in csv.reader(record.splitlines()) if row and (site / row[0]).exists()]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(sorted(rows))
    return text.getvalue()


def pyz(site: Path, output: Path) -> Path:
    """Build ``mongoping.pyz`` from a folder of installed packages and return its path."""
    path = output / "mongoping.pyz"
    with tempfile.TemporaryDirectory() as temporary:
        archive = Path(temporary) / "made.pyz"
        run(
            *(sys.executable, "-m", "shiv", "--site-packages", site, "-e", ENTRY, "-o", archive),
            *("-p", INTERPRETER, "--uncompressed", "--reproducible"),
        )
        _replace_start(archive, start(site), path)
    path.chmod(0o755)
    return path


def _replace_start(archive_path: Path, text: str, path: Path) -> None:
    """Copy an archive of shiv, with our own first module, which chooses the folder to unpack to.

    The order and the permissions of its files depend on the machine in shiv's archive, but not
    in ours.
    """
    with zipfile.ZipFile(archive_path) as source, path.open("wb") as target:
        target.write(f"#!{INTERPRETER}\n".encode())
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for info in sorted(source.infolist(), key=lambda info: info.filename):
                data = source.read(info)
                if info.filename == "__main__.py":
                    data = text.encode()
                entry = zipfile.ZipInfo(info.filename, info.date_time)
                entry.external_attr = FILE_MODE << 16
                archive.writestr(entry, data, zipfile.ZIP_DEFLATED)


def executable(site: Path, output: Path) -> Path:
    """Build the standalone executable from a folder of installed packages and return its path."""
    name = "mongoping.exe" if os.name == "nt" else "mongoping"
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        specification = work / "mongoping.spec"
        specification.write_text(_specification(site, work))
        hook = work / "hooks" / "hook-pygments.py"
        hook.parent.mkdir()
        hook.write_text(LEXERS_HOOK)
        run(
            *(sys.executable, "-m", "PyInstaller", "--log-level", "WARN", "--noconfirm"),
            *("--distpath", output.resolve(), "--workpath", work / "build", specification),
            PYTHONHASHSEED="1",
        )
    return output / name


def _foreign(site: Path) -> list[str]:
    """Return the modules of this environment that mongoping does not need."""
    own = {path.name.partition(".")[0] for path in site.iterdir()}
    return sorted({"tkinter", *metadata.packages_distributions()} - own)


def _specification(site: Path, work: Path) -> str:
    """Return PyInstaller's specification.

    mongoping's source is included next to its byte code, because `mongoping.registry` lists it.
    """
    hidden_modules = [
        name for package in ("mongoping", *PACKAGES) for name in modules(site, package)
    ]
    folders = [
        site / "mongoping",
        *site.glob("mongoping-*.dist-info"),
        *site.glob("pymongo-*.dist-info"),
    ]
    data = [(str(folder), folder.name) for folder in folders]
    return f"""
import sys
sys.path[:0] = [{str(site)!r}, {str(ROOT)!r}]
from tools.bundle.build import without_debugging_data

analysis = Analysis(
    [{str(EXECUTABLE_START)!r}],
    pathex=[{str(site)!r}],
    datas={data!r},
    hiddenimports={hidden_modules!r},
    hookspath=[{str(work / "hooks")!r}],
    excludes={_foreign(site)!r},
)
EXE(
    PYZ(analysis.pure),
    analysis.scripts,
    [
        (name, without_debugging_data(path, {str(work)!r}), kind)
        for name, path, kind in analysis.binaries
    ],
    analysis.datas,
    name="mongoping",
    console=True,
    strip=False,
    upx=False,
)
"""


def modules(site: Path, package: str) -> list[str]:
    """Return the names of the modules in a package, sorted. Snippets are programs, not modules."""
    paths = (path.relative_to(site).with_suffix("") for path in site.glob(f"{package}/**/*.py"))
    names = (".".join(path.parts).removesuffix(".__init__") for path in paths)
    return sorted(name for name in names if not name.startswith("mongoping._snippets."))


def without_debugging_data(path: str, work: str) -> str:
    """Return the path of a copy of a library without debugging data, or else the path itself.

    Only libraries of this Python are copied: those of packages are stripped, and `strip` damages
    some of them. Without the program `strip`, the executable gets larger and starts later.
    """
    program = shutil.which("strip")
    if program is None or os.name == "nt" or not Path(path).is_relative_to(sys.base_prefix):
        return path
    copy = Path(work) / "stripped" / Path(path).name
    copy.parent.mkdir(exist_ok=True)
    process = subprocess.run([program, "-S", "-o", copy, path], check=False, capture_output=True)
    return path if process.returncode else str(copy)
