"""What mongoping knows of another Python."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from mongoping.record import NOTHING, Record
from mongoping.shell import join, program, quote

PIP = "python -m pip "
"""How the commands of remedies start pip, before the Python is known."""


class InterpreterError(ValueError):
    """A path that is not a usable Python; the message is one sentence for the user."""


class Place(Record):
    """The location of a Python.

    Attributes:
        path: as the user named it, or as it was found.
        found_by: what led to it: ``--python``, ``VIRTUAL_ENV``, ``.venv`` or ``uv.lock``.
        lock_folder: the folder of the ``uv.lock`` that lists its packages, or None.
    """

    path: str
    found_by: str = "--python"
    lock_folder: str | None = None


class Interpreter(Record):
    """The versions and packages of another Python.

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
        needs_ensurepip: whether it can only get pip from its own ensurepip, because uv is not here.
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
    needs_ensurepip: bool = False
    lock_folder: str | None = None

    @property
    def kind(self) -> str:
        """Return the name of the implementation, as the compatibility tables have it."""
        return {"cpython": "CPython", "pypy": "PyPy"}.get(self.implementation, "other")

    @property
    def versions(self) -> dict[str, str]:
        """Return the versions that decide how it connects, by name."""
        names = {"PyMongo": "pymongo", "Motor": "motor", "dnspython": "dnspython"}
        versions = {display_name: self.packages.get(name) for display_name, name in names.items()}
        return {"Python": self.version, **{name: row for name, row in versions.items() if row}}

    @property
    def trust_store(self) -> str:
        """Return where its CAs are, in words."""
        return self.ca_file or self.ca_folder or "no certificates of the system"

    @property
    def _uses_uv(self) -> bool:
        return not self.has_pip and not self.needs_ensurepip

    @property
    def _pip(self) -> str:
        """Return the start of a command of its own pip, which ensurepip may have to install."""
        python = program(self.path)
        first = f"{python} -m ensurepip && " if self.needs_ensurepip else ""
        return f"{first}{python} -m pip"

    def install_command(self, *requirements: str, upgrade: bool = False) -> str:
        """Return the command that installs packages for it: that of uv, or of its own pip."""
        if self.lock_folder is not None:  # where --upgrade would change the rest of the lock, too
            names = [re.split(r"[^\w.-]", requirement)[0] for requirement in requirements]
            options = "".join(f"--upgrade-package {name} " for name in names) if upgrade else ""
            return f"uv add --project {quote(self.lock_folder)} {options}{join(requirements)}"
        arguments = join(("--upgrade", *requirements) if upgrade else requirements)
        if self._uses_uv:
            return f"uv pip install --python {quote(self.path)} {arguments}"
        return f"{self._pip} install {arguments}"

    def uninstall_command(self, *packages: str) -> str:
        """Return the command that removes packages from it: that of uv, or of its own pip."""
        arguments = join(packages)
        if self.lock_folder is not None:
            return f"uv remove --project {quote(self.lock_folder)} {arguments}"
        if self._uses_uv:
            return f"uv pip uninstall --python {quote(self.path)} {arguments}"
        return f"{self._pip} uninstall -y {arguments}"

    def own_command(self, command: str) -> str:
        """Return the command of a remedy, with ``python -m pip`` replaced by what this Python has.

        Commands can follow each other with ``&&``; all others are unchanged.
        """
        return " && ".join(map(self._own_step, command.split(" && ")))

    def _own_step(self, step: str) -> str:
        if not step.startswith(PIP):
            return step
        verb, *words = shlex.split(step.removeprefix(PIP))
        arguments = [word for word in words if not word.startswith("-")]
        if verb == "install":
            return self.install_command(*arguments, upgrade="--upgrade" in words)
        if verb == "uninstall":
            return self.uninstall_command(*arguments)
        if self._uses_uv:
            return f"uv pip {verb} --python {quote(self.path)} {join(words)}".rstrip()
        return f"{self._pip} {verb} {join(words)}".rstrip()
