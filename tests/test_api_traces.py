"""A program that has called `diagnose` is as it was before: in every way a run can end.

Each program runs in a process of its own, since only the first calls import anything. It
compares its tasks, threads, open files, modules and handlers, and prints what differs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.sandbox import listeners, played, scripts
from mongoping.sandbox.listeners import Listener
from mongoping.sandbox.nameserver import NameServer, Silence
from mongoping.sandbox.played import SimulatedServer
from tests.conftest import clean_environment
from tests.resolvers import silent_resolver

if TYPE_CHECKING:
    from pathlib import Path

    from mongoping.sandbox.deployment import Deployment

PROGRAM = """
import asyncio, collections, gc, json, os, signal, socket, sys, threading
from mongoping import diagnose

asyncio.get_event_loop_policy()
given = json.loads(sys.stdin.readline())

def kinds_of_files():
    kinds = collections.Counter()
    for number in os.listdir("/proc/self/fd"):
        try:
            kinds[os.readlink(f"/proc/self/fd/{number}").partition(":")[0]] += 1
        except OSError:
            pass
    return kinds

def state():
    resolver = sys.modules.get("dns.asyncresolver")
    return {
        "files": kinds_of_files(),
        "threads": [t.name for t in threading.enumerate() if not t.name.startswith("asyncio_")],
        "hidden": [name for name, module in sys.modules.items() if module is None],
        "handlers": [id(signal.getsignal(n)) for n in (signal.SIGINT, signal.SIGTERM)],
        "interval": sys.getswitchinterval(),
        "lookup": repr(socket.getaddrinfo),
        "resolver": repr(resolver and resolver.default_resolver),
    }

async def one(uri, more):
    run = asyncio.ensure_future(diagnose(uri, **more))
    if given["cancel"]:
        await asyncio.to_thread(sys.stdin.readline)
        run.cancel()
    try:
        report = await run
        return report.verdict and report.verdict.cause
    except asyncio.CancelledError:
        return "cancelled"

async def main():
    asyncio.get_running_loop().slow_callback_duration = 3600.0
    before = state()
    causes = await asyncio.gather(*(one(uri, given["settings"]) for uri in given["uris"]))
    after = state()
    tasks = [repr(t) for t in asyncio.all_tasks() if t is not asyncio.current_task()]
    differs = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    print(json.dumps({"causes": causes, "tasks": tasks, "differs": differs}), flush=True)

asyncio.run(main(), debug=given["debug"])
gc.collect()
"""


def left_by(
    uris: list[str],
    home: Path,
    *,
    cancel_when: Callable[[], Any] | None = None,
    debug: bool = False,
    prefix: tuple[str, ...] = (),
    **settings: Any,
) -> list[str | None]:
    """Diagnose all at once; fail if anything is left or printed; return the causes."""
    process = subprocess.Popen(
        [*prefix, sys.executable, "-W", "always::ResourceWarning", "-c", PROGRAM],
        env=clean_environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    request = {"uris": uris, "settings": settings, "cancel": bool(cancel_when), "debug": debug}
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    if cancel_when is not None:
        cancel_when()
    out, err = process.communicate("now\n" if cancel_when else None, timeout=120)
    assert (err, process.returncode) == ("", 0)
    answer = json.loads(out)
    assert (answer["tasks"], answer["differs"]) == ([], {})
    causes: list[str | None] = answer["causes"]
    return causes


def when(condition: Callable[[], bool]) -> Callable[[], None]:
    def wait() -> None:
        import time

        limit = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < limit
            time.sleep(0.01)

    return wait


def test_many_first_calls_at_once(
    mongod: Deployment,
    mongod_auth: Deployment,
    mongod_tls: Deployment,
    replica_set: Deployment,
    tmp_path: Path,
) -> None:
    """Servers of all kinds, and peers that refuse, are silent or close; none blames a module."""
    wrong = f"mongodb://ada:wrong@{mongod_auth.host}/"
    with Listener(listeners.silent) as silent, Listener(listeners.close) as closing:
        peers = [f"mongodb://{silent.address}/", f"mongodb://{closing.address}/"]
        uris = [mongod.uri, wrong, mongod_tls.uri, replica_set.uri, "mongodb://127.0.0.1:1/"]
        uris += [*peers, f"{peers[0]}?tls=true"]
        causes = left_by(uris * 8, tmp_path, timeout=60.0, cap=10.0, count=1)
    assert not {cause for cause in causes if cause and cause.startswith(("client.", "compat."))}
    assert set(causes[4::8]) == {"tcp.refused"}


def script_with(reply: Any) -> dict[str, Any]:
    return {**played.standalone(logicalSessionTimeoutMinutes=30), "endSessions": reply}


HOSTILE: dict[str, Callable[[], dict[str, Any]]] = {
    "endSessions fails": lambda: script_with({"ok": 0}),
    "endSessions is odd": lambda: script_with({"ok": 0, "errmsg": 5, "code": "x"}),
    "endSessions is not answered": lambda: {
        **scripts.mute("endSessions"),
        "hello": played.standalone(logicalSessionTimeoutMinutes=30)["hello"],
    },
    "ping is not answered": lambda: dict(scripts.mute("ping")),
    "ping fails": lambda: {**played.standalone(), "ping": {"ok": 0}},
    "hello is odd": lambda: dict(played.standalone(hosts=5, setName=7)),
}


@pytest.mark.parametrize("debug", [False, True])
def test_peers_that_answer_as_no_server_does(debug: bool, tmp_path: Path) -> None:
    """Simulated: real servers answer these commands."""
    with ExitStack() as stack:
        servers = [stack.enter_context(SimulatedServer(make())) for make in HOSTILE.values()]
        uris = [f"mongodb://{server.address}/" for server in servers] * 3
        left_by(uris, tmp_path, timeout=3.0, cap=1.0, count=2, debug=debug)


@pytest.mark.parametrize("tls", ["", "?tls=true"])
def test_the_deadline_ends_a_run(tls: str, tmp_path: Path) -> None:
    with Listener(listeners.silent) as silent, listeners.dropping() as port:
        uris = [f"mongodb://{silent.address}/{tls}", f"mongodb://127.0.0.1:{port}/{tls}"]
        left_by(uris * 5, tmp_path, timeout=0.5, cap=3600.0)


def test_the_deadline_ends_the_driver(replica_set: Deployment, tmp_path: Path) -> None:
    """Members that cannot be reached keep the driver's monitors busy."""
    with Listener(listeners.silent) as silent:
        hosts = [*replica_set.hosts, silent.address]
        left_by([replica_set.uri_with(hosts=hosts)] * 5, tmp_path, timeout=2.0, cap=1.0)


def test_a_caller_cancels_while_names_are_looked_up(tmp_path: Path) -> None:
    with NameServer(behaviors={"*": Silence()}) as names:
        causes = left_by(
            ["mongodb+srv://c0.ab.example.test/"],
            tmp_path,
            cancel_when=when(lambda: bool(names.queries)),
            resolver=names.address,
            timeout=3600.0,
            cap=3600.0,
        )
    assert causes == ["cancelled"]


@pytest.mark.parametrize("command", ["hello", "ping", "endSessions"])
def test_a_caller_cancels_while_the_server_is_asked(command: str, tmp_path: Path) -> None:
    """Simulated: the server does not answer this command."""
    names = {"hello", "isMaster", "ismaster"} if command == "hello" else {command}
    script = {
        **played.standalone(logicalSessionTimeoutMinutes=30),
        command: scripts.mute(command)[command],
    }
    with SimulatedServer(script) as server:
        left_by(
            [f"mongodb://{server.address}/"],
            tmp_path,
            cancel_when=when(
                lambda: any(names & set(request) for request in list(server.commands))
            ),
            timeout=30.0,
            count=2,
        )


def test_a_lookup_that_hangs_does_not_hold_the_program(tmp_path: Path) -> None:
    """The system's resolver waits for minutes; its thread cannot be ended, and is a daemon."""
    program = (
        "import asyncio; from mongoping import diagnose;"
        "print(asyncio.run(diagnose('mongodb://db.example.test/', timeout=0.5)).status)"
    )
    with silent_resolver(tmp_path) as (inside, _):
        process = subprocess.run(
            [*inside, sys.executable, "-c", program],
            env=clean_environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (process.stderr, process.returncode) == ("", 0)
    assert process.stdout.strip() in ("warn", "fail")
