"""The packages that a release is built with."""

from __future__ import annotations

import importlib.util

from tools.release.errors import NotReadyError

MODULES = {
    "hatchling": "hatchling",
    "packaging": "packaging",
    "twine": "twine",
    "check_wheel_contents": "check-wheel-contents",
    "cyclonedx": "cyclonedx-python-lib",
    "shiv": "shiv",
    "PyInstaller": "pyinstaller",
}


def require_tools(*, executable: bool) -> None:
    """Raise `NotReadyError` if a package that the build needs is not installed."""
    modules_needed = [name for name in MODULES if executable or name != "PyInstaller"]
    missing = [MODULES[name] for name in modules_needed if importlib.util.find_spec(name) is None]
    if missing:
        raise NotReadyError(
            f"A release needs {', '.join(missing)}: python -m pip install -e '.[release]'"
        )
