"""One document of our own: written, read back with majority, deleted, and nothing left.

Without the name of a collection, one is made under a name that nobody has, and dropped
again. Whatever happens in between, Ctrl-C and SIGTERM included, the cleaning up is done; only
where the server cannot be reached any more does the row say what stayed there.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING, Any

from mongoping import signals
from mongoping.record import Record
from mongoping.waited import Expectation

if TYPE_CHECKING:
    from mongoping.model import Report, Status
    from mongoping.settings import Settings
    from mongoping.target import Parsed

NAME = "write-check"
PREFIX = "mongoping_smoke_"
CLEANING_S = 5.0  # more than an election takes on a healthy set is not waited for
CLEANING_TRIES = 5
FINISH_S = 2.0
CAUSES = {
    13: "auth.not-authorized",
    18: "auth.failed",
    91: "topology.no-primary",  # ShutdownInProgress
    189: "topology.no-primary",  # PrimarySteppedDown
    10107: "topology.not-primary",
    11602: "topology.no-primary",  # InterruptedDueToReplStateChange
    13435: "topology.not-primary",
}


class Place(Record):
    """Where to write. ``own``: the collection is ours, and goes away with the document."""

    database: str
    collection: str
    own: bool

    def __str__(self) -> str:
        return f"{self.database}.{self.collection}"


def place_of(text: str) -> Place:
    """``DB`` or ``DB.COLLECTION``; raises ValueError for names that MongoDB does not allow."""
    database, dot, collection = text.partition(".")
    bad = any(one in ' /\\"$*<>:|?\0' for one in database)
    if bad or not database or len(database.encode()) > 63:
        raise ValueError("say the name of a database, or DB.COLLECTION")
    if database in ("admin", "local", "config"):
        raise ValueError(f"{database} is not for programs: say another database")
    if dot and (not collection or collection.startswith("system.") or "$" in collection):
        raise ValueError("say the name of a collection of your own behind the dot")
    return Place(database, collection or PREFIX + secrets.token_hex(8), not dot)


def skipped(text: str, report: Report) -> Expectation:
    """The row of a write check that was not made, since something lower is wrong."""
    why = report.verdict.cause if report.verdict is not None else "interrupted"
    return Expectation(NAME, f"a write to {text}", f"skipped: {why}", "skip")


async def write_check(
    parsed: Parsed, settings: Settings, text: str, stop: asyncio.Event
) -> tuple[Expectation, str | None]:
    """Write, read, delete; the row of the report, and the cause where the server named one."""
    from mongoping.client import close_client
    from mongoping.probe.dns import system_override

    place = place_of(text)
    expected = f"a write to {place.database if place.own else place}"
    with signals.held(), system_override(settings.resolver):
        client = _client(parsed, settings)
        work = asyncio.ensure_future(_write_and_read(client, place))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait(
                {work, stopping}, timeout=settings.deadline, return_when=asyncio.FIRST_COMPLETED
            )
            problem = await _outcome(work, stop, settings)
            left = await _clean(client, place)
        finally:
            stopping.cancel()
            await close_client(client, 0.5)
    return _row(parsed, expected, place, problem, left)


def _client(parsed: Parsed, settings: Settings) -> Any:
    """A client of its own: it has to outlive an interruption, by as long as cleaning takes."""
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
    uri = parsed.credentials.uri if parsed.credentials else ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return new_client(uri, **options)


async def _write_and_read(client: Any, place: Place) -> str | None:
    """Insert one document and find it with majority; None, or what was wrong."""
    from pymongo.read_concern import ReadConcern
    from pymongo.write_concern import WriteConcern

    would_stay = await _would_stay(client, place)
    if would_stay is not None:
        return would_stay
    collection = client[place.database].get_collection(
        place.collection,
        read_concern=ReadConcern("majority"),
        write_concern=WriteConcern(w="majority", wtimeout=3000),
    )
    token = _token(place)
    await collection.insert_one({"_id": token, "by": "mongoping"})
    read = await collection.find_one({"_id": token})
    return None if read is not None else "the document was written, and a majority read misses it"


async def _would_stay(client: Any, place: Place) -> str | None:
    """Why a write could leave a collection behind that was not there before, or None."""
    database = client[place.database]
    if not place.own:
        ask = {"listCollections": 1, "nameOnly": True, "authorizedCollections": True}
        reply = await database.command({**ask, "filter": {"name": place.collection}})
        if reply["cursor"]["firstBatch"]:
            return None
        return f"not written: there is no collection {place}; the database alone would do"
    from mongoping.checks.auth import allowed

    reply = await client.admin.command({"connectionStatus": 1, "showPrivileges": True})
    info = reply.get("authInfo") or {}
    privileges = info.get("authenticatedUserPrivileges") or []
    if not info.get("authenticatedUsers") or allowed(privileges, place.database, "dropCollection"):
        return None
    if not allowed(privileges, place.database, "insert"):
        return None  # the insert itself is refused, by the server and in its words
    return (
        f"not written: the user may not drop collections in {place.database}, so one would stay; "
        "name a collection that is there, as DB.COLLECTION"
    )


def _token(place: Place) -> str:
    return f"mongoping:{place.collection if place.own else _RUN}"


_RUN = secrets.token_hex(8)  # of this process: no other one's document is ever touched


async def _outcome(
    work: asyncio.Future[str | None], stop: asyncio.Event, settings: Settings
) -> str | BaseException | None:
    """What came of the work: None, words, or an error."""
    if not work.done() and stop.is_set():
        # what is under way is let through first, so that it does not land behind the cleaning
        await asyncio.wait({work}, timeout=FINISH_S)
        if work.done():
            return "interrupted"
    if not work.done():
        work.cancel()
        with contextlib.suppress(BaseException):
            await asyncio.wait({work}, timeout=1.0)
        if stop.is_set():
            return "interrupted"
        return f"no answer within {settings.deadline:g} s"
    error = work.exception()
    return error if error is not None else work.result()


async def _clean(client: Any, place: Place) -> str | None:
    """Delete the document, drop a collection of ours; None, or what stayed and why."""
    from pymongo.errors import PyMongoError

    from mongoping.client import driver_errors

    last: BaseException | None = None
    try:
        async with asyncio.timeout(CLEANING_S):
            for _ in range(CLEANING_TRIES):
                try:
                    with driver_errors():
                        await _remove(client, place)
                except (PyMongoError, OSError) as error:
                    last = error
                    if getattr(error, "code", None) in (13, 18):
                        break  # asking again gives no rights
                    await asyncio.sleep(0.3)
                else:
                    return None
    except TimeoutError as error:
        last = last or error
    what = f"the collection {place}" if place.own else f'the document "{_token(place)}" in {place}'
    return f"{what} may still be there: {type(last).__name__}"


async def _remove(client: Any, place: Place) -> None:
    from pymongo.write_concern import WriteConcern

    database = client.get_database(
        place.database, write_concern=WriteConcern(w="majority", wtimeout=3000)
    )
    await database[place.collection].delete_one({"_id": _token(place)})
    if place.own:
        await database.drop_collection(place.collection)


def _row(
    parsed: Parsed,
    expected: str,
    place: Place,
    problem: str | BaseException | None,
    left: str | None,
) -> tuple[Expectation, str | None]:
    from mongoping.target import scrub

    if problem is None and left is None:
        words = "written, read back with majority, deleted"
        return Expectation(NAME, expected, words, "ok"), None
    code = getattr(problem, "code", None)
    if isinstance(problem, BaseException):
        details = getattr(problem, "details", None) or {}
        problem = str(details.get("errmsg") or problem) or type(problem).__name__
    parts = [one for one in (problem, left) if one]
    status: Status = "skip" if problem == "interrupted" and left is None else "fail"
    remedy = "Give the user readWrite on that database, or leave --write-check out."
    if left is not None and problem is None:
        remedy = f"Give the user the right to drop collections in {place.database}, or name one."
    words = scrub("; ".join(parts), parsed.credentials)
    return Expectation(NAME, expected, words, status, remedy), CAUSES.get(code or 0)
