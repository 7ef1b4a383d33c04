"""The markers `server`, `browser` and `shell`: who gets them, and who may not do without.

A test that starts a mongod, a browser or an interactive shell has the marker of that program, so
that ``pytest -m "not server and not browser and not shell"`` needs none of them. What builds or
installs mongoping or its site takes as long as starting a server, and is marked so too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

PROGRAMS = {
    "mongod": "server",
    "chromium": "browser",
    "chromium-browser": "browser",
    "google-chrome": "browser",
    "google-chrome-stable": "browser",
    "fish": "shell",
    "zsh": "shell",
}
MARKERS = frozenset(PROGRAMS.values())
MARKING = ("having", "building")  # functions of tests/conftest.py
running: pytest.Item | None = None


def starts_servers(item: pytest.Function) -> bool:
    """Return whether a test, or a fixture that it uses, calls a function of `MARKING` itself.

    Helpers in between are not followed: a test that calls one of them through a helper needs
    an explicit marker.
    """
    fixtures = item._fixtureinfo.name2fixturedefs.values()
    functions = [item.function, *(fixture.func for same in fixtures for fixture in same)]
    codes = [getattr(function, "__code__", None) for function in functions]
    return any(_mentions(code, name) for code in codes for name in MARKING)


def _mentions(code: CodeType | None, name: str) -> bool:
    if code is None:
        return False
    inner = [value for value in code.co_consts if isinstance(value, CodeType)]
    return name in code.co_names or any(_mentions(value, name) for value in inner)


def require(marker: str) -> None:
    """Fail the running test unless it has this marker."""
    if running is not None and running.get_closest_marker(marker) is None:
        pytest.fail(
            f"{running.nodeid} starts what only tests marked {marker!r} may start: "
            f"add @pytest.mark.{marker}, or pytestmark = pytest.mark.{marker}",
            pytrace=False,
        )


def watch_programs() -> None:
    """Fail a test from now on if it starts a program of `PROGRAMS` without its marker."""

    def look(event: str, args: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen" and running is not None:
            program, words = args[:2]
            marker = PROGRAMS.get(Path(str(program or words[0])).name)
            if marker is not None and "--version" not in words:
                require(marker)

    sys.addaudithook(look)
