"""Decide which file to copy to another place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from mongoping.places.problem import Problem
from mongoping.places.shell import Facts, Python
from mongoping.record import Record

BUILD = "python -m tools.bundle exe"
ELF_MACHINES = {62: "x86_64", 183: "aarch64", 243: "riscv64", 22: "s390x", 21: "ppc64le", 40: "arm"}
ARM = {"arm64": "aarch64", "amd64": "x86_64"}
UNPACKED_FACTOR = 3  # the size of the unpacked files, compared with that of the file
FOR_TLS = "which TLS needs"


class Bundle(Record):
    """A file that contains mongoping.

    Attributes:
        kind: ``archive`` needs a Python; ``executable`` needs none.
        path: where it is; None for an archive that is built when it is needed.
        system: the kind of system for which it is, as uname calls it; empty if not known.
        machine: the processor for which it is; empty if not known.
        libc: the oldest GNU C library that it works with; empty if not known.
        suffixes: of the compiled modules in an archive, one for each Python that it is for.
    """

    kind: Literal["archive", "executable"]
    path: str | None = None
    system: str = ""
    machine: str = ""
    libc: tuple[int, ...] = ()
    suffixes: tuple[str, ...] = ()


class Choice(Record):
    """A file, and the Python that runs it if it needs one."""

    bundle: Bundle
    python: str | None = None


def choose(facts: Facts, bundles: Sequence[Bundle], *, tls: bool) -> Choice | Problem:
    """Return the file to copy, or why none fits.

    The compiled modules of an archive need the Python for which they are. Without them, mongoping
    cannot read certificates, so another Python will do only for targets that do not use TLS, and
    only with the archive of this installation, because ``mongoping.pyz`` refuses it.
    """
    if facts.lacks:
        words = f"it has no {' and no '.join(facts.lacks)}, which receiving a file needs"
        return Problem("no-shell", words)
    if not facts.folder:
        return _nowhere(facts)
    archives = [bundle for bundle in bundles if bundle.kind == "archive"]
    if facts.runs:
        for bundle in archives:
            for python in facts.pythons:
                if python.suffix in bundle.suffixes and _has_machine(facts, bundle):
                    return Choice(bundle, python.path)
        for bundle in bundles:
            if bundle.kind == "executable" and _fits(facts, bundle):
                return Choice(bundle)
    for bundle in archives if not tls else ():
        for python in facts.pythons:
            if bundle.path is None or python.suffix in bundle.suffixes:
                return Choice(bundle, python.path)
    return _problem(facts, bundles)


def _nowhere(facts: Facts) -> Problem:
    if facts.full:
        return Problem("disk-full", f"nothing can be written to {facts.full} there")
    return Problem(
        "no-folder", "no folder can be written there: neither /tmp nor /var/tmp, HOME or /dev/shm"
    )


def _has_machine(facts: Facts, bundle: Bundle) -> bool:
    """Return whether compiled modules can run there; macOS has one suffix for all."""
    is_known = bool(bundle.machine and facts.machine)
    same = not is_known or bundle.machine == normal_machine(facts.machine)
    return same and _is_new_enough(facts, bundle)


def _is_new_enough(facts: Facts, bundle: Bundle) -> bool:
    return facts.libc is None or not bundle.libc or facts.libc >= bundle.libc


def _fits(facts: Facts, bundle: Bundle) -> bool:
    """Return whether an executable can run there, as far as that is known."""
    same = bundle.system == facts.system and bundle.machine == normal_machine(facts.machine)
    return same and not facts.musl and _is_new_enough(facts, bundle)


def normal_machine(name: str) -> str:
    """Return the name of a processor as Linux has it."""
    return ARM.get(name.lower(), name.lower())


def _problem(facts: Facts, bundles: Sequence[Bundle]) -> Problem:
    """Return why no file fits."""
    where = f"{facts.system} {facts.machine}".strip() or "an unknown system"
    if not facts.runs:
        pythons = "and there is no Python 3.11 or newer"
        if facts.pythons:
            pythons = f"and Python can load no compiled modules from it, {FOR_TLS}"
        return Problem(
            "noexec",
            f"no program can be started from a folder that can be written there, {pythons}",
        )
    executables = [bundle for bundle in bundles if bundle.kind == "executable"]
    need = f"the standalone executable for {where}"
    if facts.musl:
        need = f"Python {_versions(bundles)} (its C library is musl, for which no executable is)"
    why = f"it needs {need}, which is not available here"
    if executables and not facts.musl:
        others = sorted({f"{bundle.system} {bundle.machine}" for bundle in executables})
        why = f"it is {where}, and the executable is for {', '.join(others)}"
        if all(bundle.system == facts.system for bundle in executables) and all(
            bundle.machine == normal_machine(facts.machine) for bundle in executables
        ):
            libc = ".".join(map(str, facts.libc or ()))
            why = f"its C library, {libc}, is older than the one the executable was built with"
    return Problem("no-file", f"{_no_python(facts.pythons, facts.unsuitable, bundles)}, and {why}")


def _no_python(
    pythons: Sequence[Python], unsuitable: Sequence[str], bundles: Sequence[Bundle]
) -> str:
    if pythons:
        version_text = ".".join(map(str, pythons[0].version))
        return (
            f"its Python {version_text} does not fit the compiled modules for Python "
            f"{_versions(bundles)}, {FOR_TLS}"
        )
    other_versions = f" (only {', '.join(unsuitable[:2])})" if unsuitable else ""
    return f"it has no Python 3.11 or newer{other_versions}"


def _versions(bundles: Sequence[Bundle]) -> str:
    suffixes = (suffix for bundle in bundles for suffix in bundle.suffixes)
    matches = (re.search(r"cp(?:ython-)?(\d)(\d+)", suffix) for suffix in suffixes)
    versions = dict.fromkeys(f"{row[1]}.{row[2]}" for row in matches if row)
    return " or ".join(versions) or "3.11 or newer"


def executable_of(header: bytes, path: str) -> Bundle | None:
    """Return the executable whose first 32 bytes are given, or None if it is none."""
    if header[:4] == b"\x7fELF" and len(header) >= 20:
        order: Literal["little", "big"] = "little" if header[5] == 1 else "big"
        machine = ELF_MACHINES.get(int.from_bytes(header[18:20], order), "")
        return Bundle("executable", path, "Linux", machine)
    if header[:4] == b"\xcf\xfa\xed\xfe":
        kind = int.from_bytes(header[4:8], "little") & 0xFFFFFF
        return Bundle("executable", path, "Darwin", {7: "x86_64", 12: "aarch64"}.get(kind, ""))
    if header[:2] == b"MZ":
        return Bundle("executable", path, "Windows")
    return None


def suffixes_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the suffixes of the compiled modules in an archive, from the names of its files."""
    matches = (re.search(r"/_cffi_backend(\.[\w.-]+)$", f"/{name}") for name in names)
    return tuple(row[1] for row in matches if row)


def libc_of(wheels: Iterable[str]) -> tuple[int, ...]:
    """Return the oldest GNU C library that compiled packages work with, from their WHEEL files."""
    version_needed: tuple[int, ...] = ()
    for text in wheels:
        versions = [tuple(map(int, row)) for row in re.findall(r"manylinux_(\d+)_(\d+)_", text)]
        version_needed = max(version_needed, min(versions, default=()))
    return version_needed
