"""Run a job in another place: look around, copy mongoping there, start it, receive its messages."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import sys
import sysconfig
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mongoping import signals
from mongoping._version import __version__
from mongoping.escape import printable
from mongoping.places import problem
from mongoping.places.bundle import build
from mongoping.places.choose import UNPACKED_FACTOR, Choice, choose
from mongoping.places.connection import MAX_LINE, Connection
from mongoping.places.problem import Problem, Unusable
from mongoping.places.shell import Facts, facts_of, script

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from mongoping.places.choose import Bundle
    from mongoping.places.job import Job
    from mongoping.places.place import Place

START_S = 60.0  # to connect, to enter a password, and to look around
COPY_S = 60.0  # for the end of the file to arrive
END_S = 20.0  # to remove the folder
HURRY_S = 4.0  # the same, if something went wrong or the user does not want to wait
MAX_FACTS = 100
MAX_RESULT = 1024 * 1024  # bytes of the report of a target, on average
MAX_FOLDER = 200  # characters
MAX_HOST = 255
Message = dict[str, Any]
"""What mongoping there sends; nothing in it is certain."""


class Files:
    """The files that can be copied, and the archive of this installation, which is built once."""

    def __init__(self, bundles: Sequence[Bundle], folder: Path) -> None:
        self.bundles = tuple(bundles)
        self._built = folder / "mongoping.zip"
        self._lock = threading.Lock()

    def read(self, bundle: Bundle) -> bytes:
        """Return the contents of a file. Raises `Failed`."""
        path = Path(bundle.path) if bundle.path is not None else self._built
        try:
            with self._lock:
                if bundle.path is None and not path.exists():
                    build(path)
            return path.read_bytes()
        except OSError as error:
            words = f"{error.filename or path} cannot be read here: {error.strerror or error}"
            raise Unusable(Problem("no-file", words)) from None


class Outcome:
    """The end of a run in a place.

    Attributes:
        host: the name of the machine there.
        problem: why the run is not complete, or None.
        left: the folder there that may be left, or None.
    """

    def __init__(self) -> None:
        self.host = ""
        self.problem: Problem | None = None
        self.left: str | None = None


async def run(
    place: Place,
    job: Job,
    files: Files,
    receive: Callable[[Message], None],
    stop: asyncio.Event,
    asking: AbstractAsyncContextManager[object],
) -> Outcome:
    """Run a job in a place, and call ``receive`` with each message.

    Args:
        place: Where to run it.
        job: What to run.
        files: What can be copied there.
        receive: Gets each message, which may contain anything.
        stop: Ends the run.
        asking: Entered while the program may ask for a password.
    """
    outcome = Outcome()
    if shutil.which(place.kind) is None:
        words = f"the command {place.kind} is not installed here"
        outcome.problem = Problem("no-program", words)
        return outcome
    session = _Session(place, job, files, receive, outcome)
    working = asyncio.ensure_future(session.run(asking))
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    working.cancel()  # which does nothing if it is done
    try:
        await working
    except asyncio.CancelledError:
        outcome.problem = Problem("interrupted", "the run was interrupted")
    except Unusable as failure:
        outcome.problem = failure.problem
    return outcome


class _Session:
    """A run in a place. Its methods raise `Failed`."""

    def __init__(
        self,
        place: Place,
        job: Job,
        files: Files,
        receive: Callable[[Message], None],
        outcome: Outcome,
    ) -> None:
        self._place = place
        self._job = job
        self._files = files
        self._receive = receive
        self._outcome = outcome
        self._token = f"mongoping-{secrets.token_hex(8)}"

    async def run(self, asking: AbstractAsyncContextManager[object]) -> None:
        """Run the job."""
        connection = None
        limit_s = HURRY_S
        try:
            async with asking:
                connection = await Connection.open(self._place, self._token, self._max_bytes())
                facts = await self._look(connection)
            choice = choose(facts, self._files.bundles, tls=self._job.uses_tls)
            if isinstance(choice, Problem):
                raise Unusable(choice)
            await self._copy(connection, choice, facts)
            await self._work(connection)
            limit_s = END_S
        finally:
            with signals.hold():  # after Ctrl-C, the folder there is removed first
                if connection is not None and await connection.close("removed", limit_s):
                    self._outcome.left = None

    def _max_bytes(self) -> int:
        if self._job.kind == "watch":  # it may last for months; each line is limited
            return sys.maxsize
        return MAX_LINE + MAX_RESULT * len(self._job.items)

    async def _look(self, connection: Connection) -> Facts:
        """Send the script and return what it reports."""
        suffix = sysconfig.get_config_var("EXT_SUFFIX")
        folder, minor = secrets.token_hex(12), sys.version_info[1]
        await connection.write(script(self._token, folder, minor, suffix).encode())
        lines: list[tuple[str, str]] = []
        while len(lines) < MAX_FACTS:
            word, rest = await connection.line(START_S)
            if word == "folder":
                self._outcome.left = printable(rest, most=MAX_FOLDER)
            if word in ("ready", "unfit"):
                return facts_of(lines)
            lines.append((word, rest))
        raise Unusable(problem.GARBAGE)

    async def _copy(self, connection: Connection, choice: Choice, facts: Facts) -> None:
        """Send the file."""
        data = await asyncio.to_thread(self._files.read, choice.bundle)
        if facts.free_bytes is not None and facts.free_bytes < (1 + UNPACKED_FACTOR) * len(data):
            words = (
                f"{facts.folder} has room for {facts.free_bytes / 1e6:.0f} MB, and "
                f"{(1 + UNPACKED_FACTOR) * len(data) / 1e6:.0f} are needed"
            )
            raise Unusable(Problem("disk-full", words))
        await connection.write(f"{len(data)} {choice.python or ''}\n".encode())
        await connection.write(data)
        word, rest = await connection.line(COPY_S)
        if word != "got" or rest.strip() != str(len(data)):
            raise Unusable(problem.from_copy(connection.words(), rest, len(data)))

    async def _work(self, connection: Connection) -> None:
        """Start mongoping there, send the job, and receive the messages."""
        await connection.write(b"go\n")
        hello = await self._message(connection)
        self._outcome.host = str(hello.get("host", ""))[:MAX_HOST]
        if (version := hello.get("mongoping")) != __version__:
            words = f"it is mongoping {printable(str(version), most=40)}, and this is {__version__}"
            raise Unusable(Problem("version", words))
        job = self._job.as_json(self._place.name)
        await connection.write(json.dumps(job).encode() + b"\n")
        while "end" not in (message := await self._message(connection)):
            if "error" in message:
                words = printable(str(message["error"]), most=200)
                raise Unusable(Problem("crashed", f"mongoping failed there: {words}"))
            self._receive(message)

    async def _message(self, connection: Connection) -> Message:
        """Return the next message of mongoping there."""
        word, rest = await connection.line(self._job.limit_s)
        if word == "ended":
            words = f"mongoping ended there with exit code {printable(rest, most=8)}"
            raise Unusable(Problem("crashed", f"{words}{connection.said()}"))
        try:
            message = await asyncio.to_thread(json.loads, f"{word} {rest}")
        except (ValueError, RecursionError):
            raise Unusable(problem.GARBAGE) from None
        if not isinstance(message, dict):
            raise Unusable(problem.GARBAGE)
        return message
