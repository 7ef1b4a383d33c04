"""Other systems than Linux: what they lack, and mongoping with parts of Windows simulated.

`tests/test_architecture.py` searches the code for what they lack.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.availability import MISSING_MODULES, find, lacking
from tests.conftest import clean_environment
from tests.test_architecture import ROOT, sources


@pytest.mark.parametrize(
    ("source", "findings"),
    [
        ("import os\nos.getuid()", ["2: os.getuid"]),
        ("import os\nos.set_blocking(1, True)", ["2: os.set_blocking"]),  # there since 3.12
        ("import os as system\nsystem.killpg(1, 2)", ["2: system.killpg"]),
        ("import signal\nsignal.SIGKILL", ["2: signal.SIGKILL"]),
        ("import socket\nsocket.AF_UNIX", ["2: socket.AF_UNIX"]),
        ("import asyncio\nasyncio.open_unix_connection('/s')", ["2: open_unix_connection"]),
        ("from os import fork", ["1: os.fork"]),
        ("import termios", ["1: termios"]),
        ("def f(loop):\n  loop.add_reader(0, f)", ["2: add_reader"]),
        ("run(['ls'], preexec_fn=f)", ["1: preexec_fn"]),
        ("import os, sys\nif sys.platform == 'win32':\n  os.fork()", ["3: os.fork"]),
        ("import os\ntry:\n  os.fork()\nexcept OSError:\n  pass", ["3: os.fork"]),
    ],
)  # fmt: skip
def test_what_windows_lacks_is_found(source: str, findings: list[str]) -> None:
    assert find(source, "win32") == findings


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.getpid()",
        "import signal\nsignal.SIGTERM",
        "import os, sys\nif sys.platform != 'win32':\n  os.fork()",
        "import os, sys\nif sys.platform == 'win32':\n  pass\nelse:\n  os.fork()",
        "import os, sys\ndef f():\n  if sys.platform == 'win32':\n    return 0\n  return os.fork()",
        "import os\nn = os.getuid() if hasattr(os, 'getuid') else 0",
        "import os, sys\nn = os.getuid() if sys.platform == 'linux' else 0",
        "try:\n  import termios\nexcept ImportError:\n  pass",
    ],
)
def test_what_is_guarded_is_allowed(source: str) -> None:
    assert find(source, "win32") == []


def test_macos_lacks_other_names() -> None:
    source = "import os, time\nos.fork()\nos.sched_getaffinity(0)\ntime.pthread_getcpuclockid(1)"
    assert find(source, "darwin") == [
        "3: os.sched_getaffinity",
        "4: time.pthread_getcpuclockid",
    ]


WALK = f"""
import asyncio, shutil, subprocess, pkgutil, sys, importlib
for name in {MISSING_MODULES}:
    sys.modules[name] = None  # imports of it raise ModuleNotFoundError
import mongoping
for module in pkgutil.walk_packages(mongoping.__path__, "mongoping."):
    importlib.import_module(module.name)
    print(module.name)
"""


def test_every_module_is_imported_without_those_that_windows_lacks() -> None:
    """asyncio, shutil and subprocess import others there, so they are imported before."""
    run = subprocess.run([sys.executable, "-c", WALK], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-1000:]
    modules = {f"mongoping.{name.removesuffix('.py').replace('/', '.')}" for name, _ in sources()}
    assert {module for module in modules if not module.endswith("__")} <= set(run.stdout.split())


LACKING = {
    "modules": MISSING_MODULES,
    "names": {
        module: sorted(lacking(module, "win32")) for module in ("os", "signal", "socket", "time")
    },
}


def windows(
    *args: str, folder: Path, without: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run mongoping with parts of Windows simulated, see `tests.windows`."""
    lacking = json.dumps({**LACKING, "modules": (*MISSING_MODULES, *without)})
    return subprocess.run(
        [sys.executable, ROOT / "tests" / "windows.py", lacking, *args],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=clean_environment(folder),
    )


CLOSED_PORT = "mongodb://127.0.0.1:1/"


@pytest.mark.parametrize(
    ("args", "code", "text"),
    [
        (("uri", CLOSED_PORT), 0, "127.0.0.1:1"),
        (("check", CLOSED_PORT), 12, "tcp.refused"),
        (("check", "mongodb://%2Ftmp%2Fmongodb-1.sock/"), 12, "do not support on this system"),
        (("smoke", "--probe", CLOSED_PORT), 12, "tcp.refused"),
        (("watch", CLOSED_PORT, "--count", "1"), 18, "member-lost"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_commands_run_without_what_windows_lacks(
    args: tuple[str, ...], code: int, text: str, tmp_path: Path
) -> None:
    run = windows(*args, folder=tmp_path)
    assert run.returncode == code, run.stderr
    assert text in run.stdout
    assert "Traceback" not in run.stderr


def test_ctrl_c_ends_a_command_without_what_windows_lacks(tmp_path: Path) -> None:
    """SIGINT is the signal that Ctrl-C raises on Windows, too."""
    process = subprocess.Popen(
        [sys.executable, ROOT / "tests" / "windows.py", json.dumps(LACKING), "watch", CLOSED_PORT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=clean_environment(tmp_path),
    )
    assert process.stdout is not None
    assert "member-lost" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert "no ping was answered" in out + err
    assert "Traceback" not in err
    assert process.returncode == 18


@pytest.mark.parametrize(
    ("without", "text"),
    [
        ((), "listens on 127.0.0.2:"),
        (("psutil",), "psutil is not installed, which finds processes on this system"),
    ],
    ids=["with psutil", "without"],
)
def test_the_process_at_another_address_is_named(
    without: tuple[str, ...], text: str, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.2", 0)) as listening:
        uri = f"mongodb://127.0.0.1:{listening.getsockname()[1]}/"
        run = windows("check", uri, "--format", "json", folder=tmp_path, without=without)
    assert run.returncode == 12, run.stderr
    assert text in run.stdout
    evidence = json.loads(run.stdout)["verdict"]["evidence"]
    assert any("python" in sentence for sentence in evidence) is (not without)
