"""A pytest plugin: wait once for the database, and end the session with its verdict if it fails.

``pytest --mongoping URI`` waits before any test is collected. The fixture ``mongoping_ready``
waits when the first test asks for it, for the same string, or for the one of the ini option
``mongoping_uri``, of MONGOPING_URI or of MONGODB_URI; its value is the `mongoping.Report`.

Every pytest process imports this module, so it imports nothing before it is asked.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

import pytest

from mongoping.environment import URI_VARIABLES

if TYPE_CHECKING:
    from mongoping.model import Report
    from mongoping.smoke.targets import Smoke
    from mongoping.uri.target import ParsedUri

WAIT_S = 60.0
EXIT_BUG = 70  # as in mongoping.model
POLL_S = 0.1
ENDING_S = 15.0  # for an interrupted run to close its connections; a second Ctrl-C cuts it short
KEY = pytest.StashKey["Report"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("mongoping", "a MongoDB deployment that the tests rely on")
    group.addoption(
        "--mongoping",
        metavar="URI",
        help="wait for this deployment before the first test; - takes it from the environment",
    )
    group.addoption(
        "--mongoping-wait",
        metavar="SECONDS",
        type=float,
        help=f"how long to wait until it is ready [{WAIT_S:g}]",
    )
    group.addoption(
        "--mongoping-until",
        metavar="DEPTH",
        choices=("tcp", "hello", "primary", "auth", "write"),
        help="how deep ready is",
    )
    parser.addini("mongoping_uri", "the deployment that the fixture mongoping_ready waits for")
    parser.addini("mongoping_wait", f"how many seconds to wait until it is ready [{WAIT_S:g}]")
    parser.addini("mongoping_until", "how deep ready is: tcp, hello, primary, auth or write")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Wait before anything is collected, once; the workers of pytest-xdist need not."""
    config = session.config
    uri = config.getoption("--mongoping")
    if uri is None or hasattr(config, "workerinput") or config.getoption("collectonly"):
        return
    config.stash[KEY] = _ready(config, uri)


@pytest.hookimpl(tryfirst=True)
def pytest_report_header(config: pytest.Config) -> str | None:
    """Say what was waited for."""
    report = config.stash.get(KEY, None)
    if report is None or report.waiting is None:
        return None
    from mongoping.escape import printable

    took = f"after {report.waiting.took_s:.1f} s"
    return _without_commands(f"mongoping: {printable(report.uri)} is ready {took}")


@pytest.fixture(scope="session")
def mongoping_ready(pytestconfig: pytest.Config) -> Report:
    """Return the report on the deployment once it is ready; otherwise end the session."""
    report = pytestconfig.stash.get(KEY, None)
    if report is None:
        uri = pytestconfig.getoption("--mongoping")
        configured_uri = None if uri else pytestconfig.getini("mongoping_uri")
        report = _ready(pytestconfig, uri or configured_uri or "-", from_file=bool(configured_uri))
        pytestconfig.stash[KEY] = report
    return report


def _usage(words: str) -> NoReturn:
    """End the session for a wrong option; an exception's traceback could show the string."""
    pytest.exit(_without_commands(f"mongoping: {words}"), returncode=pytest.ExitCode.USAGE_ERROR)


def _without_commands(text: str) -> str:
    """Return text in which no line is a command for the runner that reads the output."""
    from mongoping.output import inert, runs_in_ci

    return inert(text) if runs_in_ci(os.environ) else text


def _string(uri: str) -> str:
    """Return the connection string; ``-`` means the one in the environment."""
    if uri != "-":
        return uri
    for name in URI_VARIABLES:
        if os.environ.get(name, "").strip():
            return os.environ[name]
    _usage(
        "mongoping_ready has no connection string: say --mongoping URI, set mongoping_uri in the "
        f"configuration, or {' or '.join(URI_VARIABLES)} in the environment."
    )


def _seconds(config: pytest.Config) -> float:
    option = config.getoption("--mongoping-wait")
    text = config.getini("mongoping_wait") if option is None else option
    try:
        value = float(text) if text not in (None, "") else WAIT_S
    except ValueError:
        value = -1.0
    if not 0 <= value <= 86_400:
        _usage(f"mongoping_wait is {text!r}: say seconds as a number.")
    return value


def _until(config: pytest.Config) -> str | None:
    from mongoping.smoke.depth import DEPTHS

    text = config.getoption("--mongoping-until") or config.getini("mongoping_until") or None
    if text is not None and text not in DEPTHS:
        _usage(f"mongoping_until is {text!r}: must be one of {', '.join(DEPTHS)}.")
    return text


def _ready(config: pytest.Config, uri: str, *, from_file: bool = False) -> Report:
    """Wait; a deployment that does not become ready ends the session with its exit code."""
    wait, until, text = _seconds(config), _until(config), _string(uri)
    parsed_uri = _parse(text, from_file=from_file)
    try:
        report = _look(parsed_uri, wait, until)
    except Exception as error:  # its traceback would show the connection string
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        at = f" at {place.tb_frame.f_code.co_name}:{place.tb_lineno}" if place else ""
        pytest.exit(f"mongoping failed: {type(error).__name__}{at}", returncode=EXIT_BUG)
    code = report.exit_code()
    if code:
        pytest.exit(_without_commands(words(report)), returncode=code)
    return report


def _parse(text: str, *, from_file: bool) -> ParsedUri:
    """Parse the connection string, with the password of the environment.

    pytest's configuration file comes with a checkout, like every configuration that is found: it
    must not send a secret of this machine to an address of its own.
    """
    from mongoping.uri.target import parse

    password = os.environ.get("MONGOPING_PASSWORD") or None
    uri = parse(text, password=password)
    if not from_file or uri.target is None:
        return uri
    from mongoping.smoke.trust import forbidden_login

    use = forbidden_login(uri.target)
    if use is None and password is not None and uri.target.username is not None:
        use = "is combined with MONGOPING_PASSWORD"
    if use is not None:
        _usage(
            f"mongoping_uri was found in pytest's configuration and {use}. Put the connection "
            "string into the environment variable MONGOPING_URI instead."
        )
    return uri


def _look(uri: ParsedUri, wait: float, until: str | None) -> Report:
    from mongoping.settings import Settings
    from mongoping.smoke.targets import Smoke
    from mongoping.smoke.waiting import Plan

    return _wait_in_thread(Smoke(uri, Settings(preset="smoke"), Plan(wait=wait, until=until)))


def _wait_in_thread(target: Smoke) -> Report:
    """Run the wait in a thread with a loop of its own: there may be one here that is not ours."""
    import asyncio
    import threading

    from mongoping.smoke.targets import run_one

    box: list[Report | BaseException] = []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def work() -> None:
        try:
            box.append(loop.run_until_complete(run_one(target, stop=stop)))
        except BaseException as error:
            box.append(error)

    thread = threading.Thread(target=work, name="mongoping", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(POLL_S)
    except KeyboardInterrupt:
        loop.call_soon_threadsafe(stop.set)
        thread.join(ENDING_S)
        raise
    finally:
        if not thread.is_alive():
            loop.close()
    if isinstance(box[0], BaseException):
        raise box[0]
    return box[0]


def words(report: Report) -> str:
    """Return the verdict in a few lines: title, evidence, remedies and code."""
    from mongoping.code_spans import plain
    from mongoping.escape import printable
    from mongoping.formats._cases import advice

    verdict = report.verdict
    lines = [f"mongoping: {printable(report.uri)} is not ready"]
    if report.waiting is not None and report.waiting.limit_s:
        lines[0] += f" after {report.waiting.took_s:.1f} s"
    if verdict is not None:
        lines.append(f"{plain(verdict.title)} [{verdict.cause}]")
        lines += [f"  Evidence: {printable(detail)}" for detail in verdict.evidence]
        lines += [f"  {printable(line.lstrip())}" for line in advice(verdict.remedies[:3])]
    return "\n".join(lines)
