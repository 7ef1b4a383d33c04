"""Look into another Python: the one that runs the user's program, with its own packages.

The interpreter runs a short script of mongoping and nothing of the user's. It sends nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mongoping.escape import clip
from mongoping.record import NOTHING, Record

TIMEOUT_S = 20.0  # a cold start from a network drive takes seconds
MAX_BYTES = 64 * 1024
MAX_TEXT = 300
PACKAGES = ("pymongo", "motor", "dnspython", "certifi")
AUTO = "auto"

START = "import sys; sys.path[:] = [entry for entry in sys.path if entry]"
"""Leave out the current folder, before anything can be imported from it. The option -I would also
leave out PYTHONPATH and the user's own packages, which the program imports."""

SCRIPT = """
import json
def version(name):
    try:
        from importlib import metadata
        return metadata.version(name)
    except Exception:
        pass
    try:
        import pkg_resources
        return pkg_resources.get_distribution(name).version
    except Exception:
        return None
found = {
    "executable": sys.executable,
    "version": "%d.%d.%d" % sys.version_info[:3],
    "implementation": getattr(getattr(sys, "implementation", None), "name", "cpython"),
    "packages": dict((name, version(name)) for name in PACKAGES),
    "openssl": None, "ca_file": None, "ca_folder": None, "certifi_file": None,
}
try:
    import ssl
    paths = ssl.get_default_verify_paths()
    found.update(openssl=ssl.OPENSSL_VERSION, ca_file=paths.cafile, ca_folder=paths.capath)
except Exception as error:
    found["ssl_error"] = str(error)
try:
    import certifi
    found["certifi_file"] = certifi.where()
except Exception:
    pass
sys.stdout.write("\\n" + json.dumps(found))
"""


class InterpreterError(ValueError):
    """A path that is no usable Python; the message is one sentence for the user."""


class Interpreter(Record):
    """What another Python has.

    Attributes:
        path: as the user named it, or as it was found.
        found_by: what led to it: ``--python``, ``VIRTUAL_ENV``, ``.venv`` or ``uv.lock``.
        version: such as ``3.12.1``.
        implementation: ``cpython``, ``pypy`` or another word.
        packages: the versions of PACKAGES; None for one that is not installed.
        openssl: the version text of its OpenSSL, or None without the module ssl.
        ca_file: the file of its trust store, or None.
        ca_folder: the folder of its trust store, or None.
        certifi_file: the file of the package certifi, which PyMongo prefers on some systems.
    """

    path: str
    found_by: str
    version: str
    implementation: str = "cpython"
    packages: Mapping[str, str | None] = NOTHING
    openssl: str | None = None
    ca_file: str | None = None
    ca_folder: str | None = None
    certifi_file: str | None = None


def find(environment: Mapping[str, str], folder: Path) -> tuple[str, str] | None:
    """Return the Python of the project in a folder, and what led to it; None if there is none.

    An activated environment comes first, then ``.venv`` here or in a folder above, which uv
    makes next to its ``uv.lock``.
    """
    active = environment.get("VIRTUAL_ENV")
    if active and (path := _python_in(Path(active))):
        return path, "VIRTUAL_ENV"
    for place in (folder, *folder.parents):
        if path := _python_in(place / ".venv"):
            return path, "uv.lock" if (place / "uv.lock").is_file() else ".venv"
        if (place / ".git").exists():
            break
    return None


def _python_in(environment: Path) -> str | None:
    for name in ("bin/python", "Scripts/python.exe"):
        if os.access(environment / name, os.X_OK):
            return str(environment / name)
    return None


def inspect(path: str, found_by: str = "--python") -> Interpreter:
    """Return what a Python has. Raises `InterpreterError`."""
    code = f"{START}\nPACKAGES = {PACKAGES!r}\n{SCRIPT}"
    try:
        ran = subprocess.run(
            [path, "-c", code],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InterpreterError(f"{path} did not answer within {TIMEOUT_S:g} s.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the path is not valid"
        raise InterpreterError(f"{path} cannot be started: {reason}.") from None
    document = _document(ran.stdout[-MAX_BYTES:])
    if document is None:
        raise InterpreterError(f"{path} is not a Python: it did not run a script of Python.")
    packages = document.get("packages")
    return Interpreter(
        path=path,
        found_by=found_by,
        version=_text(document, "version") or "",
        implementation=_text(document, "implementation") or "cpython",
        packages={name: _text(packages, name) for name in PACKAGES},
        openssl=_text(document, "openssl"),
        ca_file=_text(document, "ca_file"),
        ca_folder=_text(document, "ca_folder"),
        certifi_file=_text(document, "certifi_file"),
    )


def _document(output: bytes) -> dict[str, Any] | None:
    """Return the script's own line, which follows whatever the environment prints at start."""
    try:
        value = json.loads(output.rsplit(b"\n", 1)[-1])
    except ValueError:
        return None
    return value if isinstance(value, dict) and "version" in value else None


def _text(document: Any, key: str) -> str | None:
    value = document.get(key) if isinstance(document, dict) else None
    return clip(value, MAX_TEXT) if isinstance(value, str) and value else None
