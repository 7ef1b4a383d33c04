"""Say why a server does not start on this machine."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from mongoping.escape import printable

MAX_LINE = 300  # characters of a message from a program that may be anything
MAX_CPUINFO = 1 << 16  # bytes; one processor has about 1500
PACKAGES = {"libcurl.so.4": "libcurl4 on Debian and Ubuntu, libcurl on Red Hat and SUSE"}
"""Libraries that the vendor's servers need, and the packages that contain them."""

_LIBRARY = re.compile(r"error while loading shared libraries: ([\w.+-]{1,60}): cannot open")
_FLAGS = re.compile(r"^flags\s*:(.*)$", re.MULTILINE)


def ending(code: int) -> str:
    """Return what happened to a process with this exit code, with a signal's name."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def reason(code: int, errors: str, flags: frozenset[str]) -> str:
    """Return why a server could not even report its version: a clause without a period.

    Args:
        code: its exit code.
        errors: what it wrote on standard error.
        flags: the features of this CPU; empty if they are unknown.
    """
    if code == -getattr(signal, "SIGILL", 0):
        return _illegal_instruction(flags)
    missing = _LIBRARY.search(errors[-10_000:])
    if missing:
        package = PACKAGES.get(missing[1])
        hint = f" (package {package})" if package else ""
        return f"it needs the library {missing[1]}, which is not installed{hint}"
    lines = errors.strip().splitlines()
    if lines:
        return printable(lines[-1], most=MAX_LINE)
    if code == 0:
        return "it does not report a version of mongod"
    return f"it {ending(code)}"


def _illegal_instruction(flags: frozenset[str]) -> str:
    ending = "it was ended by SIGILL, because the CPU lacks an instruction that it uses"
    if flags and "avx" not in flags:
        return f"{ending}: this CPU has no AVX, which MongoDB 5.0 and later need"
    return ending


def cpu_flags() -> frozenset[str]:
    """Return the features of an x86-64 CPU that Linux lists; empty elsewhere."""
    try:
        with Path("/proc/cpuinfo").open("rb") as stream:
            text = stream.read(MAX_CPUINFO).decode("ascii", "replace")
    except OSError:
        return frozenset()
    match = _FLAGS.search(text)
    return frozenset(match[1].split()) if match else frozenset()
