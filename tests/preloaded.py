"""Run ``python -m mongoping`` in processes that need not import anything first.

Starting an interpreter and importing PyMongo, Rich, mongoping and others takes most of the CPU
time of a short run. A `Preloader` is an interpreter that has done this once; it forks a process
for each run, which has its own arguments, environment, folder and standard streams. A run whose
environment configures the interpreter (``PYTHONPATH``, ``LC_ALL`` ...) needs one of its own, see
`can_run`. So do tests of what a command imports, such as `tests/cli/test_startup.py`.

The process that forks is started as ``python tests/preloaded.py FD MODULE...``.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import linecache
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[1]
MODULES = (
    "asyncio",
    "click",
    "concurrent.futures.thread",
    "cryptography.x509",
    "dns.asyncresolver",
    "libcst",
    "pymongo.asynchronous.auth",
    "pymongo.asynchronous.mongo_client",
    "rich.console",
    "rich.live",
    "rich.table",
    "ssl",
    "statistics",
)
METHODS = ("findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn")
LEFT_OUT = (  # need extras, or pytest, or are programs
    "mongoping.__main__",
    "mongoping.exporter",
    "mongoping.fleet",
    "mongoping.pytest_plugin",
)
LOCALE = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
WARM_RUNS = 5
MAX_REQUEST = 100_000  # bytes; a longer one may not fit into one packet


class ProcessResult(NamedTuple):
    """The output, exit code and peak memory of a process, with the modules that it forked with."""

    returncode: int
    stdout: str
    stderr: str
    memory_kb: int


class Preloader:
    """An interpreter with mongoping and its dependencies, started for the first run."""

    def __init__(self, modules: Sequence[str] = ()) -> None:
        """Prepare an interpreter that imports these modules, or else mongoping and all it uses."""
        self._modules = modules
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def can_run(self, env: Mapping[str, str], args: Sequence[str]) -> bool:
        """Return whether a forked process does the same as a new interpreter."""
        plain = all(env.get(name) == value for name, value in LOCALE.items())
        has_own_settings = any(
            name.startswith(("PYTHON", "LC_")) for name in env if name not in LOCALE
        )
        short = len(_request(args, env, Path())) < MAX_REQUEST
        return (
            sys.platform == "linux" and plain and not has_own_settings and "TZ" not in env and short
        )

    def run(
        self,
        args: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        stdin: str | None,
        timeout: float,
        program: str = "",
        prelude: str = "",
    ) -> ProcessResult:
        """Run mongoping, or a program, as `subprocess.run` would, with pipes for its output.

        Args:
            args: The arguments of the command line.
            env: The complete environment.
            cwd: The folder to run in.
            stdin: The standard input; without it, it is empty.
            timeout: Seconds until the process is killed.
            program: A file to run in place of mongoping. A `ResourceWarning` in it is an error.
            prelude: A file of Python code to run first, as ``sitecustomize`` would be.

        Raises:
            subprocess.TimeoutExpired: It took longer.
        """
        with _Ends(stdin) as ends:
            request = _request(args, env, cwd, program=program, prelude=prelude)
            self._send(request, ends.theirs)
            ends.close_theirs()
            return ends.communicate(args, timeout)

    def _send(self, request: bytes, descriptors: Sequence[int]) -> None:
        with self._lock:
            if self._socket is None:
                self._start()
            assert self._socket is not None
            socket.send_fds(self._socket, [request], descriptors)

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno()), *self._modules],
                env={**environment, **LOCALE},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd="/",
            )
        self._socket = ours

    def close(self) -> None:
        """End the interpreter; it does so when its socket is closed."""
        if self._socket is not None and self._process is not None:
            self._socket.close()
            self._process.wait()


def _request(
    args: Sequence[str], env: Mapping[str, str], cwd: Path, program: str = "", prelude: str = ""
) -> bytes:
    request = {"args": list(args), "env": dict(env), "cwd": str(cwd)}
    return json.dumps({**request, "program": program, "prelude": prelude}).encode()


class _Ends:
    """Pipes for the standard streams of a process, and a socket on which its end is reported."""

    def __init__(self, stdin: str | None) -> None:
        self._input = (stdin or "").encode()
        read_end, self._stdin = os.pipe()
        if stdin is None:
            os.close(read_end)
            read_end = os.open(os.devnull, os.O_RDONLY)
        self._stdout, stdout = os.pipe()
        self._stderr, stderr = os.pipe()
        self._status, status = socket.socketpair()
        self.theirs = [read_end, stdout, stderr, status.detach()]

    def __enter__(self) -> _Ends:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_theirs()
        self._status.close()

    def close_theirs(self) -> None:
        while self.theirs:
            os.close(self.theirs.pop())

    def communicate(self, args: Sequence[str], timeout: float) -> ProcessResult:
        outputs: dict[int, bytes] = {}

        def write() -> None:
            with contextlib.suppress(BrokenPipeError), open(self._stdin, "wb") as stream:  # noqa: PTH123
                stream.write(self._input)

        def read(descriptor: int) -> None:
            with open(descriptor, "rb") as stream:
                outputs[descriptor] = stream.read()

        threads = [threading.Thread(target=write, daemon=True)]
        for descriptor in (self._stdout, self._stderr):
            threads.append(threading.Thread(target=read, args=(descriptor,), daemon=True))
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + timeout
        end = self._wait(timeout)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if end is None or len(outputs) < 2:
            raise subprocess.TimeoutExpired(["mongoping", *args], timeout)
        out, err = (outputs[descriptor].decode() for descriptor in (self._stdout, self._stderr))
        code, memory_kb = end
        return ProcessResult(code, out, err, memory_kb)

    def _wait(self, timeout: float) -> tuple[int, int] | None:
        """Return the exit code and peak memory, or kill the process after the timeout: None."""
        with self._status.makefile("rb") as lines:
            pid = int(lines.readline())
            self._status.settimeout(timeout)
            try:
                code, memory_kb = lines.readline().split()
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                return None
        return int(code), int(memory_kb)


class _Running(NamedTuple):
    """A process that was forked, and the socket on which its end is reported."""

    pid: int
    status: int

    def report(self) -> None:
        """Report the exit code and the peak memory of the process, which has ended."""
        _, status, usage = os.wait4(self.pid, 0)
        with contextlib.suppress(OSError):
            os.write(self.status, b"%d %d\n" % (os.waitstatus_to_exitcode(status), usage.ru_maxrss))
        os.close(self.status)


def serve(requests: socket.socket) -> Mapping[str, Any]:
    """Fork a process for each request, and return the request in that process.

    The process that was started reports the ends of these, and exits here when the other end of
    the socket is closed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    running: dict[int, _Running] = {}  # by the descriptor that is readable once the process ends
    events = select.poll()
    events.register(requests, select.POLLIN)
    while True:
        for descriptor, _ in events.poll():
            if descriptor in running:
                events.unregister(descriptor)
                running.pop(descriptor).report()
                os.close(descriptor)
                continue
            request, descriptors, _, _ = socket.recv_fds(requests, 2 * MAX_REQUEST, 4)
            if not request:
                sys.exit()
            *streams, status = descriptors
            pid = os.fork()
            if pid == 0:
                requests.close()
                for other, process in running.items():
                    os.close(other)
                    os.close(process.status)
                _become(streams, status)
                return dict(json.loads(request))
            for stream in streams:
                os.close(stream)
            pidfd = os.pidfd_open(pid)
            running[pidfd] = _Running(pid, status)
            events.register(pidfd, select.POLLIN)


def _become(streams: list[int], status: int) -> None:
    """Report the ID of this process, and take the streams of a request as its own."""
    os.write(status, b"%d\n" % os.getpid())
    os.close(status)
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _open_streams() -> None:
    """Replace the text streams by what a new interpreter would open on these descriptors."""
    options: dict[str, Any] = {"encoding": "utf-8", "closefd": False}
    lenient = {**options, "errors": "surrogateescape"}
    sys.stdin = sys.__stdin__ = open(0, **lenient)  # noqa: SIM115 - stays open
    sys.stdout = sys.__stdout__ = open(1, "w", **lenient)  # noqa: SIM115 - stays open
    sys.stderr = sys.__stderr__ = open(2, "w", 1, **options, errors="backslashreplace")  # noqa: SIM115 - stays open


def preload(modules: Sequence[str]) -> None:
    """Import these modules, or else the modules of mongoping and what they use."""
    for name in modules:
        importlib.import_module(name)
    if not modules:
        _preload_mongoping()
    gc.collect()
    gc.freeze()


def _preload_mongoping() -> None:
    import mongoping

    for name in MODULES:
        importlib.import_module(name)
    for module in pkgutil.walk_packages(mongoping.__path__, "mongoping."):
        if not module.name.startswith(LEFT_OUT):
            importlib.import_module(module.name)
    _compile_patterns()
    _read_sources()
    _read_tables()
    _warm_up()


def _compile_patterns() -> None:
    """Compile the patterns that `mongoping.lazy_re` leaves to their first use."""
    from mongoping.lazy_re import LazyPattern

    for pattern in [instance for instance in gc.get_objects() if type(instance) is LazyPattern]:
        for name in METHODS:
            getattr(pattern, name)


def _read_sources() -> None:
    """Keep the source files of commands: PyMongo formats the stack when it makes a client."""
    import click.core

    files = ROOT.glob("mongoping/cli/*.py")
    for path in (ROOT / "mongoping" / "__main__.py", *files, click.core.__file__):
        linecache.getlines(str(path))


def _read_tables() -> None:
    """Read the files that a run reads once, and order the checks and causes."""
    from mongoping import registry
    from mongoping.compat import facts
    from mongoping.explaining import catalog
    from mongoping.snippets import all_snippets

    for read in (registry.checks, registry.causes, facts.facts, catalog.patterns, all_snippets):
        read()


def _warm_up() -> None:
    """Run a few times, so that Python has adapted its instructions to the types that they meet."""
    from mongoping import diagnose_sync
    from mongoping.sandbox import played

    with played.SimulatedServer(played.standalone()) as server:
        for _ in range(WARM_RUNS):
            diagnose_sync(f"mongodb://{server.address}/")


def main() -> None:
    """Import, wait for requests, and become the process of one."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    sys.path[0] = str(ROOT)  # the mongoping next to these tests, also in a copy of the project
    preload(sys.argv[2:])
    request = serve(requests)
    _open_streams()
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    sys.path[0] = request["cwd"]
    sys.argv[1:] = request["args"]
    if request["prelude"]:
        runpy.run_path(request["prelude"])
    if request["program"]:
        _run_program(request["program"])
        return
    runpy.run_module("mongoping", run_name="__main__", alter_sys=True)


def _run_program(file: str) -> None:
    warnings.simplefilter("error", ResourceWarning)
    sys.path[0] = str(Path(file).parent)
    sys.argv[0] = file
    runpy.run_path(file, run_name="__main__")


if __name__ == "__main__":
    main()
