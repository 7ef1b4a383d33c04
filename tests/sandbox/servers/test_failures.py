"""Why a server does not start."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox.mongods import NoMongod, usable
from mongoping.sandbox.servers.failures import cpu_flags, ending, reason

if TYPE_CHECKING:
    from pathlib import Path

AVX = "this CPU has no AVX, which MongoDB 5.0 and later need"
LOADER = "mongod: error while loading shared libraries: {}: cannot open shared object file"


@pytest.mark.parametrize(
    ("code", "errors", "flags", "expected", "absent"),
    [
        (-signal.SIGILL, "", {"sse2"}, AVX, "@"),
        (-signal.SIGILL, "", {"sse2", "avx"}, "lacks an instruction that it uses", "AVX"),
        (-signal.SIGILL, "", set(), "lacks an instruction that it uses", "AVX"),
        (-signal.SIGSEGV, "", {"sse2"}, "was ended by SIGSEGV", "AVX"),
        (127, LOADER.format("libcurl.so.4"), {"avx"}, "package libcurl4 on Debian", "@"),
        (127, LOADER.format("libssl.so.1.1"), {"avx"}, "libssl.so.1.1, which is not", "package"),
        (1, "version `GLIBC_2.38' not found\n", {"avx"}, "`GLIBC_2.38' not found", "@"),
        (1, "\x1b[2J" + "x" * 9999, {"avx"}, "\\x1b[2Jxxx", "\x1b"),
        (0, "", {"avx"}, "does not report a version", "@"),
        (3, "", {"avx"}, "it ended with exit code 3", "@"),
    ],
)
def test_the_reason_follows_from_what_the_program_did(
    code: int, errors: str, flags: set[str], expected: str, absent: str
) -> None:
    """AVX is named only if the signal and the CPU both show that it is missing."""
    text = reason(code, errors, frozenset(flags))
    assert expected in text
    assert absent not in text
    assert len(text) < 400


def test_an_unknown_signal_has_its_number() -> None:
    assert ending(-200) == "was ended by signal 200"


def test_a_program_with_an_illegal_instruction_is_described(tmp_path: Path) -> None:
    """The program sends the signal to itself, on a CPU that has the instruction."""
    path = tmp_path / "mongod"
    path.write_text("#!/bin/sh\nkill -ILL $$\n")
    path.chmod(0o755)
    with pytest.raises(NoMongod, match="ended by SIGILL, because the CPU lacks") as error:
        usable(path)
    assert ("AVX" in str(error.value)) is (bool(cpu_flags()) and "avx" not in cpu_flags())
