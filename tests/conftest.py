"""Real servers for every test that wants one, started once; and mongoping as a process.

A test that needs a server which cannot be had here is skipped with the reason. With ``CI``
set in the environment that is a failure: there, everything has to run.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from mongoping.sandbox.mongods import SERVERS, NoMongod, find_mongod
from tests import distribution, examples, marks, schemas
from tests.preloaded import Preloader, ProcessResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.nameserver import NameServer

ROOT = Path(__file__).parents[1]
SCHEMA = ROOT / "mongoping" / "formats" / "report.schema.json"


SLOW = {  # files that take many seconds, without a marked program
    ROOT / "tests" / name
    for name in (
        "docs/test_compatibility.py",
        "explain/test_corpus.py",
        "test_architecture.py",
        "test_hostile.py",
        "test_root_cause.py",
        "uri/test_target_secrets.py",
    )
}
SLOW_HEARTBEAT_MS = 2000  # MongoDB's default; the sandbox has a tenth of it


def pytest_configure(config: pytest.Config) -> None:
    """Use the old servers of ``tests/servers.py``, and stop all servers on SIGTERM too.

    A shell starts its background jobs with SIGINT ignored, and ``nohup`` its program with SIGHUP;
    children would inherit both. What handles a signal is not inherited: programs that a test starts
    have the default.
    """
    config.option.loadscopereorder = False  # pytest-xdist keeps the order of `ordered`
    sys.dont_write_bytecode = False  # or each worker and program would compile all modules again
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault(SERVERS, str(ROOT / ".servers"))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda number, frame: None)
    examples.register_profiles()
    marks.watch_programs()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """Pause garbage collection while tests are collected, and exempt what is there afterwards.

    All of it lives until the end. Searching it for garbage takes a third of the time of collection.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start a mongod, see `tests.marks`."""
    for item in items:
        if isinstance(item, pytest.Function) and marks.starts_servers(item):
            item.add_marker("server")
    items[:] = in_order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Distribute long files to several workers, see `tests.distribution`."""
    return distribution.scheduler(config, log) if config.getoption("dist") == "loadfile" else None


def in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the items with the files first that wait or are slow, then large files first.

    Parallel workers that take file by file end at about the same time then: short files that only
    need CPU are left for the end.
    """
    sizes = Counter(item.path for item in items)
    first = SLOW | {item.path for item in items if any(map(item.get_closest_marker, marks.MARKERS))}
    return sorted(items, key=lambda item: (item.path not in first, -sizes[item.path]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[object]:
    """Let `tests.marks` know which test runs."""
    marks.running = item
    try:
        return (yield)
    finally:
        marks.running = None


def unavailable(reason: str) -> None:
    """Skip the test, or fail it where everything has to run."""
    if os.environ.get("CI"):
        pytest.fail(f"not skipped, since CI is set: {reason}")
    pytest.skip(reason)


@contextmanager
def having(version: str | None = None) -> Iterator[None]:
    """Start servers inside: without a mongod of this version the test is skipped."""
    marks.require("server")
    try:
        find_mongod(version)
    except NoMongod as error:
        unavailable(str(error))
    yield


def building() -> None:
    """Say that what follows builds or installs something, as a test marked ``server`` may do."""
    marks.require("server")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority for the whole run. Make further certificates with its methods."""
    from mongoping.sandbox.certificates import Certificates

    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def mongod() -> Iterator[Deployment]:
    """A plain standalone: no access control, no TLS."""
    from mongoping.sandbox.deployment import standalone

    with having(), standalone() as deployment:
        yield deployment


@pytest.fixture(scope="session")
def mongod_auth() -> Iterator[Deployment]:
    """A standalone with access control and the users of `mongoping.sandbox.fault.people`."""
    from mongoping.sandbox.deployment import standalone
    from mongoping.sandbox.fault import people

    with having(), standalone(users=people()) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def mongod_tls(certificates: Certificates) -> Iterator[Deployment]:
    """A standalone that requires TLS and no client certificate."""
    from mongoping.sandbox.deployment import ServerTls, standalone

    tls = ServerTls(certificates.good, certificates.authority)
    with having(), standalone(tls=tls) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def replica_set() -> Iterator[Deployment]:
    """Three members named rs0, the first one primary. Other tests use it: leave it as it is."""
    from mongoping.sandbox import deployment

    with having(), deployment.replica_set(3) as running:
        slow_down(running)
        yield running


def slow_down(running: Deployment) -> None:
    """Give a set that lives long the usual heartbeat, which halves the CPU time of its idleness."""
    from mongoping.sandbox import replication

    def edit(config: dict[str, Any]) -> dict[str, Any]:
        slow = {**config["settings"], "heartbeatIntervalMillis": SLOW_HEARTBEAT_MS}
        return {**config, "settings": slow}

    with running.admin() as client:
        replication.change(client, edit)


@pytest.fixture(scope="session", params=["5.0", "4.4"])
def old_mongod(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    """A plain standalone of an old version: `Deployment.servers[0].mongod.version`."""
    from mongoping.sandbox.deployment import standalone

    with having(request.param), standalone(version=request.param) as deployment:
        yield deployment


@pytest.fixture
def nameserver() -> Iterator[NameServer]:
    """A name server on loopback; fill its ``zone``, see `mongoping.sandbox.nameserver`."""
    from mongoping.sandbox.nameserver import NameServer

    with NameServer() as server:
        yield server


class Run(NamedTuple):
    """The result of a mongoping process. ``json`` is parsed if the output is JSON.

    A list of objects where there is one a line.
    """

    code: int
    out: str
    err: str
    json: Any = None


@pytest.fixture(scope="session")
def preloader() -> Iterator[Preloader]:
    """Start processes of mongoping at a fraction of their cost, see `tests.preloaded`."""
    with closing(Preloader()) as process_starter:
        yield process_starter


@pytest.fixture
def run_mongoping(tmp_path: Path, preloader: Preloader) -> Callable[..., Run]:
    """Run ``mongoping ARGS`` in a process of its own, in a clean environment.

    ``run_mongoping("check", uri, "--format", "json", env={...}, stdin="...")``. A report in JSON
    is validated against the schema that ships. ``prelude`` is Python code to run first, after the
    modules of mongoping were imported.
    """

    def run(
        *args: str,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        timeout: float = 60,
        prelude: str = "",
    ) -> Run:
        environment = {**clean_environment(tmp_path), **(env or {})}
        options: Any = {"cwd": tmp_path, "stdin": stdin, "timeout": timeout}
        first = tmp_path / "sitecustomize.py"
        if prelude:
            first.write_text(prelude)
        if preloader.can_run(environment, args):
            file = str(first) if prelude else ""
            process: ProcessResult | subprocess.CompletedProcess[str]
            process = preloader.run(args, env=environment, prelude=file, **options)
        else:
            path = {"PYTHONPATH": str(tmp_path)} if prelude else {}
            process = run_python(args, env={**environment, **path}, **options)
        return Run(process.returncode, process.stdout, process.stderr, _json(args, process.stdout))

    return run


def run_python(
    args: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdin: str | None, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run ``mongoping ARGS`` in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-m", "mongoping", *args],
        env=env,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        cwd=cwd,
        check=False,
    )


def clean_environment(home: Path) -> dict[str, str]:
    """An environment without a connection string, a terminal or settings of a person."""
    names = ("PATH", "SYSTEMROOT", "TMPDIR", SERVERS)
    own = {name: os.environ[name] for name in names if name in os.environ}
    return {**own, "HOME": str(home), "COLUMNS": "200", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


def _json(args: tuple[str, ...], out: str) -> Any:
    wants_json = "--format=json" in args or ("--format", "json") in pairwise(args)
    if not wants_json or not out.strip():
        return None
    try:
        document = json.loads(out)
    except ValueError:
        return [json.loads(line) for line in out.splitlines()]
    if isinstance(document, dict) and "layers" in document:
        validate(document)
    return document


def validate(report: Mapping[str, Any]) -> None:
    """Raise `jsonschema.ValidationError` if a report does not conform to its schema."""
    schemas.validate(report, SCHEMA)
