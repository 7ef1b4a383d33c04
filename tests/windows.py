"""Run ``python tests/windows.py LACKING ARGS...``: mongoping with parts of Windows simulated.

``sys.platform`` is ``win32``; `os`, `signal`, `socket` and `time` lack the names in the JSON text
LACKING, and the modules that Windows does not have cannot be imported. What is imported before,
such as asyncio, behaves as on this system. So this shows that mongoping's branches for Windows run
without an error; it does not show that they work there.
"""

from __future__ import annotations

import importlib
import json
import sys
from types import ModuleType

BEFORE = (
    "asyncio", "click", "ctypes", "dns.asyncresolver", "encodings.idna", "getpass", "http.server",
    "multiprocessing", "platformdirs", "psutil", "pymongo", "rich.console", "rich.table",
    "shutil", "ssl", "subprocess", "tempfile", "uuid",
)  # fmt: skip


def without(module: ModuleType, names: frozenset[str]) -> ModuleType:
    """Return a module like this one that lacks these names."""
    copy = ModuleType(module.__name__, module.__doc__)
    vars(copy).update({name: value for name, value in vars(module).items() if name not in names})
    return copy


def main() -> None:
    """Hide what Windows lacks, and run the command line."""
    lacking = json.loads(sys.argv[1])
    for name in BEFORE:
        importlib.import_module(name)
    sys.modules["dns.resolver"].get_default_resolver()  # else it would read the registry
    for name in lacking["modules"]:
        sys.modules[name] = None  # type: ignore[assignment]
    for name, attributes in lacking["names"].items():
        sys.modules[name] = without(sys.modules[name], frozenset(attributes))
    sys.platform = "win32"
    sys.argv[:] = ["mongoping", *sys.argv[2:]]
    del sys.path[0]

    from mongoping.__main__ import main as run

    run()


main()
