"""Arguments of commands to paste; for Windows by its documented rules, for want of its shells."""

from __future__ import annotations

import subprocess

import pytest

from mongoping.shell import program, quote, variable

PLAIN = "mongodb://db1.example.com:27017/shop"
QUERY = "mongodb://ada@db1,db2/?replicaSet=rs0&tls=true"


@pytest.mark.parametrize("text", [PLAIN, QUERY, "it's", "@shop", "a b", '"$x"', "%A%", "", "é"])
def test_a_posix_shell_reads_back_what_was_quoted(text: str) -> None:
    run = subprocess.run(
        ["/bin/sh", "-c", f"printf %s {quote(text, 'linux')}"],
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    assert run.stdout == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLAIN, PLAIN),
        (r"C:\certs\ca.pem", r"C:\certs\ca.pem"),
        (r"C:\Program Files\ca.pem", r'"C:\Program Files\ca.pem"'),
        (QUERY, f'"{QUERY}"'),  # & separates commands, and a comma two arguments in PowerShell
        ("@shop", '"@shop"'),  # PowerShell would look for a variable to splat
        ("", '""'),
        ("mongoping[fleet]", '"mongoping[fleet]"'),
        ("it's", '"it\'s"'),
        ("it's $5", "'it''s $5'"),
        ('say "no"', "'say \"no\"'"),
    ],
)
def test_arguments_are_quoted_for_powershell_and_cmd(text: str, expected: str) -> None:
    assert quote(text, "win32") == expected


@pytest.mark.parametrize(
    ("path", "system", "expected"),
    [
        (r"C:\Python312\python.exe", "win32", r"C:\Python312\python.exe"),
        (
            r"C:\Program Files\Python312\python.exe",
            "win32",
            r'& "C:\Program Files\Python312\python.exe"',
        ),
        (r"C:\it's $5\python.exe", "win32", r"& 'C:\it''s $5\python.exe'"),
        ("/opt/my python/bin/python", "linux", "'/opt/my python/bin/python'"),
    ],
)
def test_powershell_calls_a_quoted_program(path: str, system: str, expected: str) -> None:
    """Simulated: PowerShell would print a quoted path, and take the rest for a mistake."""
    assert program(path, system) == expected


def test_a_variable_is_written_for_the_shell() -> None:
    assert variable("MONGODB_URI", "linux") == '"$MONGODB_URI"'
    assert variable("MONGODB_URI", "win32") == "$env:MONGODB_URI"
