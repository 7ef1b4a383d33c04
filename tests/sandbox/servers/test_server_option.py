"""``--server`` of `sandbox` and `local --sandbox`, as processes."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox.mongods import OPENSSL, SERVERS
from mongoping.sandbox.obtain import MIRROR
from mongoping.sandbox.servers.machine import platforms, this_machine
from tests.conftest import clean_environment, having
from tests.sandbox.servers.mirror import Answer, Mirror, archive, here, name_of, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Run

pytestmark = pytest.mark.skipif(not here(), reason="MongoDB builds no server for this machine")

VERSION = """
import os, pymongo
with pymongo.MongoClient(os.environ["MONGODB_URI"]) as client:
    print(client.server_info()["version"])
"""
NEW = "90.0.1"  # a release that no machine has


@pytest.fixture
def web() -> Iterator[Mirror]:
    """A mirror for the processes."""
    with Mirror().running() as running:
        yield running


def environment(web: Mirror, tmp_path: Path) -> dict[str, str]:
    """An empty cache, the mirror, and no folder of old servers."""
    return {
        MIRROR: web.url,
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        SERVERS: str(tmp_path / "none"),
    }


def test_a_real_server_is_downloaded_and_started(
    run_mongoping: Callable[..., Run], web: Mirror, tmp_path: Path
) -> None:
    """A real mongod 4.4 in an archive; the libraries for it are the only ones in the folder."""
    with having("4.4"):
        folder = Path(os.environ[SERVERS])
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / OPENSSL).symlink_to(folder / OPENSSL)
    machine = this_machine([str(folder / OPENSSL)])
    build = next(
        platform for platform in platforms(machine) if platform.name.endswith("ubuntu1804")
    )
    program = next(folder.glob("4.4*/mongod")).read_bytes()
    name = build.archive("4.4.2")
    web.put_list("current.json", {name: web.put(name, archive(program))})
    env = {**environment(web, tmp_path), SERVERS: str(tmp_path / "old")}
    command = ("--", sys.executable, "-c", VERSION)
    first = run_mongoping("sandbox", "--server", "4.4", *command, env=env)
    assert (first.code, first.out) == (0, "4.4.2\n")
    assert f"Downloading {name} from {web.address} (" in first.err
    web.requests.clear()
    again = run_mongoping("sandbox", "--server", "4.4.2", *command, env=env)
    assert (again.out, again.err, web.requests) == ("4.4.2\n", "", [])


def test_the_local_command_starts_the_server_that_is_named(
    run_mongoping: Callable[..., Run], web: Mirror, tmp_path: Path
) -> None:
    """The archive has another content than its checksum says, so nothing starts."""
    web.put(name_of(NEW), archive(script(NEW)))
    web.put(name_of(NEW, rank=1), archive(script(NEW)))
    web.answers[f"/{here()[0].folder}/{name_of(NEW)}"] = Answer(b"replaced")
    for quiet in ((), ("--quiet",)):
        run = run_mongoping(
            "local", "--sandbox", "--server", NEW, *quiet, env=environment(web, tmp_path)
        )
        assert run.code == 19
        assert ("Downloading" in run.err) is not bool(quiet)
        assert f"Error: {name_of(NEW)} was deleted, because its SHA-256" in run.err
        assert "Traceback" not in run.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("sandbox", "--server", "v8.0"), "'v8.0' is neither a version such as 8.0"),
        (("sandbox", "--server", ""), "--server is empty: check that the variable"),
        (("sandbox", "--server", "http://127.0.0.1:1/a.tgz#sha256=abc"), "write sha256= and 64"),
        (("sandbox", "--server", "."), "There is no mongod and no bin/mongod in ."),
        (("sandbox", "--server", __file__), ".py is not executable: name a mongod"),
        (("local", "--sandbox", "--server", "."), "There is no mongod and no bin/mongod in ."),
        (("local", "--server", "8.0"), "--server needs --sandbox."),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(
    run_mongoping: Callable[..., Run], args: tuple[str, ...], words: str
) -> None:
    run = run_mongoping(*args)
    assert run.code == 2
    assert words in run.err


def test_a_fault_of_another_version_is_wrong_usage(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    path = tmp_path / "server"
    path.write_bytes(script(NEW))
    path.chmod(0o755)
    run = run_mongoping("sandbox", "--fault", "api.unsupported", "--server", str(path))
    assert run.code == 2
    assert "needs MongoDB 4.4, and --server has 90.0.1: use --server 4.4." in run.err


def test_ctrl_c_removes_the_partial_file_and_the_bar(web: Mirror, tmp_path: Path) -> None:
    """On a terminal, while the mirror has sent half of the archive and sends no more."""
    release = threading.Event()
    data = os.urandom(4 << 20)
    web.put(name_of(NEW), data)
    place = f"/{here()[0].folder}/{name_of(NEW)}"
    web.answers[place] = Answer(data[: 2 << 20], length=len(data), pause=release)
    main, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "mongoping", "sandbox", "--server", NEW],
        env={**clean_environment(tmp_path), **environment(web, tmp_path), "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=side,
    )
    os.close(side)
    output = b""
    try:
        while b"/4.2 MB" not in output and process.poll() is None:
            output += os.read(main, 4096)
        process.send_signal(signal.SIGINT)
        output += rest_of(main)
        assert process.wait(30) == 130
    finally:
        release.set()
        process.kill()
        process.wait()
        os.close(main)
    folder = tmp_path / "cache" / "mongoping" / "servers"
    assert [path.suffix for path in folder.iterdir()] == [".lock"]
    hide_count, visible = output.count(b"\x1b[?25l"), output.count(b"\x1b[?25h")
    assert hide_count == visible > 0  # of the cursor


def rest_of(terminal: int) -> bytes:
    """Return the text that a terminal receives until no process has it open any more."""
    data = b""
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:  # Linux reports the end as an error
            return data
        if not chunk:
            return data
        data += chunk
