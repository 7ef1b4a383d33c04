"""The steps: a wheel, its dependencies in a folder, and the files made of them."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
START = Path(__file__).parent / "_start.py"
ENTRY = "mongoping.__main__:main"
INTERPRETER = "/usr/bin/env python3"
EPOCH = 315532800  # 1980-01-01, the earliest time in a zip file
FILE_MODE = 0o100644
INSTALLER_FILES = ("direct_url.json", "INSTALLER", "REQUESTED")  # how pip was called, and where
EXTRAS = ""  # as in "[atlas]": what the files contain in addition to the core


def run(*command: str | Path, **environment: str) -> None:
    """Run a command without output. Raises RuntimeError with its output if it fails."""
    done = subprocess.run(
        list(map(str, command)),
        env={"SOURCE_DATE_EPOCH": str(EPOCH), **os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed with {done.returncode}:\n{done.stdout}")


def wheel(folder: Path) -> Path:
    """Build the wheel of this source tree into a folder, and return its path."""
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT)
    return next(folder.glob("mongoping-*.whl"))


def install(built: Path, site: Path) -> Path:
    """Install a wheel and what it needs into a folder, and return the folder.

    It contains no byte code, no programs, and nothing that depends on where it was installed.
    """
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-compile")
    run(*pip, "--target", site, f"{built}{EXTRAS}")
    shutil.rmtree(site / "bin", ignore_errors=True)
    for name in INSTALLER_FILES:
        for path in site.glob(f"*.dist-info/{name}"):
            path.unlink()
    for record in site.glob("*.dist-info/RECORD"):
        record.write_text(existing_rows(record.read_text("utf-8"), site), "utf-8")
    return site


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
        made = Path(temporary) / "made.pyz"
        run(
            *(sys.executable, "-m", "shiv", "--site-packages", site, "-e", ENTRY, "-o", made),
            *("-p", INTERPRETER, "--uncompressed", "--reproducible"),
        )
        _replace_start(made, path)
    path.chmod(0o755)
    return path


def _replace_start(made: Path, path: Path) -> None:
    """Copy an archive of shiv, with our own first module, which chooses the folder to unpack to.

    The order and the permissions of its files depend on the machine in shiv's archive, but not
    in ours.
    """
    with zipfile.ZipFile(made) as source, path.open("wb") as target:
        target.write(f"#!{INTERPRETER}\n".encode())
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for info in sorted(source.infolist(), key=lambda info: info.filename):
                data = source.read(info)
                if info.filename == "__main__.py":
                    data = START.read_bytes()
                entry = zipfile.ZipInfo(info.filename, info.date_time)
                entry.external_attr = FILE_MODE << 16
                archive.writestr(entry, data, zipfile.ZIP_DEFLATED)


def executable(site: Path, output: Path) -> Path:
    """Build the standalone executable from a folder of installed packages and return its path."""
    name = "mongoping.exe" if os.name == "nt" else "mongoping"
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        specification = work / "mongoping.spec"
        specification.write_text(_specification(site))
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


def _specification(site: Path) -> str:
    """Return PyInstaller's specification.

    The modules of mongoping stay files, because `mongoping.registry` lists their folders.
    """
    start = site / "mongoping" / "__main__.py"
    return f"""
from PyInstaller.utils.hooks import collect_all, copy_metadata
import sys
sys.path.insert(0, {str(site)!r})
datas, binaries, hidden = collect_all("mongoping")
datas += copy_metadata("mongoping") + copy_metadata("pymongo")
for package in ("pymongo", "bson", "dns", "rich", "click", "dotenv", "platformdirs"):
    found = collect_all(package)
    datas, binaries, hidden = datas + found[0], binaries + found[1], hidden + found[2]
analysis = Analysis(
    [{str(start)!r}],
    pathex=[{str(site)!r}],
    datas=datas,
    binaries=binaries,
    hiddenimports=hidden,
    excludes={_foreign(site)!r},
    module_collection_mode={{"mongoping": "py"}},
)
EXE(
    PYZ(analysis.pure),
    analysis.scripts,
    analysis.binaries,
    analysis.datas,
    name="mongoping",
    console=True,
    strip=False,
    upx=False,
)
"""
