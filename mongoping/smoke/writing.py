"""Write one document, read it back with majority, delete it, and leave nothing behind.

Without the name of a collection, one is created under a random name and dropped again.
The document is removed in any case, also after Ctrl-C and SIGTERM; if the server can no longer
be reached, the row states what may remain.

Every write has maxTimeMS, so that a locked or stalled server does not carry it out after
mongoping has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING, Any

from mongoping import signals
from mongoping.escape import clip
from mongoping.model import Remedy
from mongoping.model.waiting import Expectation
from mongoping.record import Record
from mongoping.smoke.write_problems import Around, Problem, explain, problem_of
from mongoping.uri.hosts import is_atlas

if TYPE_CHECKING:
    from mongoping.model import Report, Status
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri

NAME = "write-check"
PREFIX = "mongoping_smoke_"
CLEANING_S = 5.0  # more than an election takes on a healthy set is not waited for
CLEANING_TRIES = 5
FINISH_S = 2.0
WTIMEOUT_S, WRITE_S = 3.0, 4.0  # the write concern gives up first, and so names itself
FOLLOW_UP_S = 1.5  # for questions about the server after a write failed
RETRYABLE = frozenset({6, 7, 89, 91, 189, 9001, 10107, 11600, 11602, 13435, 13436})
"""Errors after which drivers try a write once more (the retryable writes specification)."""
DUPLICATE_KEY = 11000
DATA_STATES = (1, 2)  # PRIMARY and SECONDARY, in replSetGetStatus
ARBITER = 7
NAMESPACE_NOT_FOUND = 26


class Place(Record):
    """The place to write to. ``own``: the collection was created by mongoping and is dropped."""

    database: str
    collection: str
    own: bool

    def __str__(self) -> str:
        return f"{self.database}.{self.collection}"


def place_of(text: str) -> Place:
    """Parse ``DB`` or ``DB.COLLECTION``. Raises ValueError for names that are not allowed."""
    database, dot, collection = text.partition(".")
    bad = any(char in ' /\\"$*<>:|?\0' for char in database)
    if bad or not database or len(database.encode()) > 63:
        raise ValueError("must be the name of a database, or DB.COLLECTION")
    if database in ("admin", "local", "config"):
        raise ValueError(f"{database} is reserved; use another database")
    if dot and (not collection or collection.startswith("system.") or "$" in collection):
        raise ValueError("the name after the dot must be one of your own collections")
    return Place(database, collection or PREFIX + secrets.token_hex(8), not dot)


def skipped_row(text: str, report: Report) -> Expectation:
    """Return the row of a write check that did not run because a lower layer failed."""
    why = report.verdict.cause if report.verdict is not None else "interrupted"
    return Expectation(NAME, f"a write to {text}", f"skipped: {why}", "skip")


async def write_check(
    uri: ParsedUri, settings: Settings, text: str, stop: asyncio.Event
) -> tuple[Expectation, str | None]:
    """Return the row of the report, and the cause in the catalog if the error has one.

    ``text`` is ``DB`` or ``DB.COLLECTION``; ``stop`` ends the check, but not the removal.
    """
    from mongoping.probe.dns import system_override

    check = _WriteCheck(uri, settings, place_of(text))
    with signals.hold(), system_override(settings.resolver):
        return await check.run(stop)


def _client(parsed_uri: ParsedUri, settings: Settings) -> Any:
    """Return a separate client, which survives an interruption until the document is removed."""
    import warnings

    from pymongo.server_api import ServerApi

    from mongoping.client import new_client

    options: dict[str, Any] = {
        "serverSelectionTimeoutMS": 3000,
        "connectTimeoutMS": 3000,
        "socketTimeoutMS": int(settings.cap * 1000),
        "appname": "mongoping write-check",
    }
    if settings.uses_stable_api:
        options["server_api"] = ServerApi(settings.api_version)
    uri = parsed_uri.credentials.uri if parsed_uri.credentials else ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return new_client(uri, **options)


class _WriteCheck:
    """A write check in progress. ``written`` is None if it is unknown whether a write succeeded."""

    def __init__(self, uri: ParsedUri, settings: Settings, place: Place) -> None:
        self.uri = uri
        self.settings = settings
        self.place = place
        self.client = _client(uri, settings)
        self.write_ms = int(min(WRITE_S, settings.cap * 0.8) * 1000)
        self.concern = {"w": "majority", "wtimeout": int(self.write_ms * WTIMEOUT_S / WRITE_S)}
        self.written: bool | None = False

    async def run(self, stop: asyncio.Event) -> tuple[Expectation, str | None]:
        from mongoping.client import close_client

        work = asyncio.ensure_future(self._write_and_read())
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait(
                {work, stopping},
                timeout=self.settings.deadline,
                return_when=asyncio.FIRST_COMPLETED,
            )
            problem = await self._outcome(work, stop)
            around = await self._around(problem)
            rest = await self._clean(around)
        finally:
            stopping.cancel()
            await close_client(self.client)
        return self._row(problem, around, rest)

    async def _write_and_read(self) -> Problem | None:
        """Insert a document and read it with majority; return the problem, or None."""
        from pymongo.read_concern import ReadConcern

        from mongoping.client import driver_errors

        with driver_errors():
            would_stay = await _would_stay(self.client, self.place)
        if would_stay is not None:
            return would_stay
        token = _token(self.place)
        document = {"_id": token, "by": "mongoping"}
        self.written = None
        problem = await self._insert(document)
        if problem is not None:
            self.written = problem.written
            return problem
        self.written = True
        collection = self.client[self.place.database].get_collection(
            self.place.collection, read_concern=ReadConcern("majority")
        )
        with driver_errors():
            stored_document = await collection.find_one({"_id": token})
        if stored_document is not None:
            return None
        words = "the document was written, but a majority read does not find it"
        return Problem("unread", words, written=True)

    async def _insert(self, document: dict[str, Any]) -> Problem | None:
        """Insert the document; retry once after a transient error, as drivers do."""
        from pymongo.errors import AutoReconnect, NetworkTimeout, OperationFailure

        command = {"insert": self.place.collection, "documents": [document]}
        for again in (False, True):
            try:
                problem = await self._command(command)
            except NetworkTimeout:
                raise  # it may be under way still
            except (AutoReconnect, OperationFailure) as error:
                code = getattr(error, "code", None)
                if again or (isinstance(error, OperationFailure) and code not in RETRYABLE):
                    raise
                continue
            if again and problem is not None and problem.code == DUPLICATE_KEY:
                return None  # the first one arrived after all
            if again or problem is None or problem.code not in RETRYABLE:
                return problem
        return None

    async def _command(self, command: dict[str, Any]) -> Problem | None:
        """Run one write command. Raises the exceptions of the driver."""
        from mongoping.client import driver_errors

        limits = {"writeConcern": self.concern, "maxTimeMS": self.write_ms}
        with driver_errors():
            reply = await self.client[self.place.database].command({**command, **limits})
        return problem_of(reply)

    async def _outcome(
        self, work: asyncio.Future[Problem | None], stop: asyncio.Event
    ) -> Problem | None:
        """Return the problem of the work, or None."""
        interruption = Problem("interrupted", "interrupted", written=None)
        if not work.done() and stop.is_set():
            # let what is under way finish first, so that it does not arrive after the cleaning
            await asyncio.wait({work}, timeout=FINISH_S)
            if work.done():
                return interruption
        if not work.done():
            work.cancel()
            with contextlib.suppress(BaseException):
                await asyncio.wait({work}, timeout=1.0)
            if stop.is_set():
                return interruption
            return Problem(
                "unanswered", f"no answer within {self.settings.deadline:g} s", None, None
            )
        error = work.exception()
        if error is None:
            return work.result()
        problem = _problem(error)
        if self.written is None and problem.kind == "server":
            self.written = False  # the server says that it did not carry the command out
        return problem

    async def _around(self, problem: Problem | None) -> Around:
        """Query the state of the set if a write failed or was not confirmed."""
        target, place = self.uri.target, self.place
        around = Around(
            database=place.database,
            collection=None if place.own else place.collection,
            user=target.username if target else None,
            source=target.auth_source if target else "admin",
            atlas=target is not None and all(map(is_atlas, target.hosts)),
        )
        if problem is None or problem.kind in ("interrupted", "no-collection", "would-stay"):
            return around
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FOLLOW_UP_S):
                around = around.replace(**await self._members())
                around = around.replace(locked=await self._is_locked())
        return around

    async def _members(self) -> dict[str, Any]:
        """Return the members that cannot confirm writes, by the set's status or the driver's."""
        reply = await self._ask({"replSetGetStatus": 1})
        rows = [member for member in reply.get("members") or () if isinstance(member, dict)]
        if rows:
            down = [
                clip(f"{row.get('name')} ({row.get('stateStr')})", 200)
                for row in rows
                if row.get("state") not in (*DATA_STATES, ARBITER)
            ]
            return {
                "down": tuple(down),
                "arbiters": sum(row.get("state") == ARBITER for row in rows),
            }
        servers = self.client.topology_description.server_descriptions()
        types = {clip(f"{host}:{port}", 200): server for (host, port), server in servers.items()}
        return {
            "down": tuple(
                name for name, description in types.items() if not description.is_server_type_known
            ),
            "arbiters": sum(
                description.server_type_name == "RSArbiter" for description in types.values()
            ),
        }

    async def _is_locked(self) -> bool | None:
        """Return whether the server says that fsyncLock locks it; None if it does not say."""
        reply = await self._ask({"currentOp": 1, "waitingForLock": True})
        return bool(reply.get("fsyncLock")) if reply else None

    async def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """Return the reply to a command for administrators; empty if it is refused."""
        from pymongo.errors import PyMongoError

        from mongoping.client import driver_errors

        try:
            with driver_errors():
                reply: dict[str, Any] = await self.client.admin.command(command)
        except (PyMongoError, OSError):
            return {}
        return reply

    async def _clean(self, around: Around) -> str | None:
        """Delete the document and drop our own collection; return what may remain, or None."""
        from pymongo.errors import PyMongoError

        if self.written is False and (around.locked or not self.place.own):
            return None
        last: BaseException | None = None
        try:
            async with asyncio.timeout(CLEANING_S):
                for _ in range(CLEANING_TRIES):
                    try:
                        await self._remove()
                    except (PyMongoError, OSError) as error:
                        last = error
                        if getattr(error, "code", None) in (13, 18) or self.written is False:
                            break  # another attempt gives no rights
                        await asyncio.sleep(0.3)
                    else:
                        return None
        except TimeoutError as error:
            last = last or error
        if self.written is False:
            return None  # there was nothing to remove
        place = self.place
        what = (
            f"the collection {place}" if place.own else f'the document "{_token(place)}" in {place}'
        )
        return f"{what} may still be there: {type(last).__name__}"

    async def _remove(self) -> None:
        """Remove the document, even without confirmation by a majority."""
        from pymongo.errors import OperationFailure

        delete = {"q": {"_id": _token(self.place)}, "limit": 1}
        await self._command({"delete": self.place.collection, "deletes": [delete]})
        if self.place.own:
            database = self.client[self.place.database]
            limits = {"writeConcern": {"w": 1}, "maxTimeMS": self.write_ms}
            try:
                await database.command({"drop": self.place.collection, **limits})
            except OperationFailure as error:
                if error.code != NAMESPACE_NOT_FOUND:
                    raise

    def _row(
        self, problem: Problem | None, around: Around, rest: str | None
    ) -> tuple[Expectation, str | None]:
        from mongoping.uri.target import scrub

        place, credentials = self.place, self.uri.credentials
        expected_text = f"a write to {place.database if place.own else place}"
        if problem is None and rest is None:
            words = "written, read back with majority, deleted"
            return Expectation(NAME, expected_text, words, "ok"), None
        if problem is None:
            words = f"written and read back with majority; {rest}"
            remedy = Remedy(f"Remove it, and check the user's rights in {place.database}.")
            return Expectation(NAME, expected_text, scrub(words, credentials), "fail", remedy), None
        explanation_text, remedy = explain(problem, around)
        if self.written is not False and rest is None and problem.kind != "interrupted":
            explanation_text += "; removed again"
        status: Status = "skip" if problem.kind == "interrupted" and rest is None else "fail"
        words = scrub("; ".join(part for part in (explanation_text, rest) if part), credentials)
        return Expectation(NAME, expected_text, words, status, remedy), problem.cause


def _problem(error: BaseException) -> Problem:
    """Return an exception of the driver as a problem; re-raise any other exception."""
    from mongoping.client import failure_of

    if not isinstance(error, Exception):
        raise error
    failure = failure_of(error)
    message = clip(failure.message.partition(" (configured timeouts:")[0])
    kinds = {"command": "server", "timeout": "unanswered", "selection": "selection"}
    return Problem(kinds.get(failure.kind, "driver"), message, failure.code, written=None)


async def _would_stay(client: Any, place: Place) -> Problem | None:
    """Return why a write could leave a new collection behind, or None."""
    database = client[place.database]
    if not place.own:
        ask = {"listCollections": 1, "nameOnly": True, "authorizedCollections": True}
        reply = await database.command({**ask, "filter": {"name": place.collection}})
        if reply["cursor"]["firstBatch"]:
            return None
        return Problem("no-collection", f"not written: there is no collection {place}")
    from mongoping.checks.auth import is_allowed

    reply = await client.admin.command({"connectionStatus": 1, "showPrivileges": True})
    info = reply.get("authInfo") or {}
    privileges = info.get("authenticatedUserPrivileges") or []
    if not info.get("authenticatedUsers") or is_allowed(
        privileges, place.database, "dropCollection"
    ):
        return None
    if not is_allowed(privileges, place.database, "insert"):
        return None  # the insert itself is refused, by the server and in its words
    words = f"not written: the user may not drop collections in {place.database}, so one would stay"
    return Problem("would-stay", words)


def _token(place: Place) -> str:
    return f"mongoping:{place.collection if place.own else _RUN}"


_RUN = secrets.token_hex(8)  # of this process: no other one's document is ever touched
