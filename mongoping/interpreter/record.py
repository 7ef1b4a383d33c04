"""What mongoping knows of another Python."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from mongoping.record import NOTHING, Record


class InterpreterError(ValueError):
    """A path that is not a usable Python; the message is one sentence for the user."""


class Place(Record):
    """Where a Python is.

    Attributes:
        path: as the user named it, or as it was found.
        found_by: what led to it: ``--python``, ``VIRTUAL_ENV``, ``.venv`` or ``uv.lock``.
        lock_folder: the folder of the ``uv.lock`` that lists its packages, or None.
    """

    path: str
    found_by: str = "--python"
    lock_folder: str | None = None


class Interpreter(Record):
    """What another Python has.

    Attributes:
        path: as the user named it, or as it was found.
        found_by: what led to it, see `Place`.
        version: such as ``3.12.1``.
        implementation: ``cpython``, ``pypy`` or another word.
        packages: the versions of `mongoping.interpreter.inspect.PACKAGES`; None for one that is
            not installed.
        openssl: the version text of its OpenSSL, or None without the module ssl.
        ca_file: the file of its trust store, or None.
        ca_folder: the folder of its trust store, or None.
        certifi_file: the file of the package certifi, which PyMongo prefers on some systems.
        store_digest: identifies the set of all CAs that it trusts by default.
        store_count: how many certificates that set has.
        pymongo_file: the file of its PyMongo, or None if it has no module of that name.
        library: the folder of its standard library.
        has_pip: whether it can run pip.
        lock_folder: the folder of the ``uv.lock`` that lists its packages, or None.
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
    store_digest: str | None = None
    store_count: int | None = None
    pymongo_file: str | None = None
    library: str | None = None
    has_pip: bool = True
    lock_folder: str | None = None

    @property
    def kind(self) -> str:
        """Return the name of the implementation, as the compatibility tables have it."""
        return {"cpython": "CPython", "pypy": "PyPy"}.get(self.implementation, "other")

    @property
    def trust_store(self) -> str:
        """Return where its CAs are, in words."""
        return self.ca_file or self.ca_folder or "no certificates of the system"

    def install_command(self, *requirements: str) -> str:
        """Return the command that installs packages for it: that of uv, or of its own pip."""
        wanted = shlex.join(requirements)
        if self.lock_folder is not None:
            return f"uv add --project {shlex.quote(self.lock_folder)} {wanted}"
        if not self.has_pip:
            return f"uv pip install --python {shlex.quote(self.path)} {wanted}"
        return f"{shlex.quote(self.path)} -m pip install {wanted}"
