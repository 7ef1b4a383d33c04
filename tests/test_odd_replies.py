"""Replies with values of any BSON type in any field: a verdict or none, and never a bug.

The servers are played: no real one sends such replies. Each test plays many of them at once.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import struct
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import bson
import pytest

from mongoping.api import examine
from mongoping.model import Style
from mongoping.sandbox import scripts
from mongoping.sandbox.played import Body, SimulatedServer, standalone
from mongoping.settings import Settings
from mongoping.topology import config, document, text
from mongoping.topology.view import PreferenceOptions, build_view
from mongoping.uri.target import parse
from mongoping.watch.board import Board
from mongoping.watch.session import Session
from mongoping.watch.ticker import Plan
from tests.examples import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from mongoping.sandbox.played import Document, Reply, Script
    from tests.conftest import Run

EXIT_BUG = 70
YEAR_0 = Body(b"\x18\0\0\0\x09a\0" + struct.pack("<q", -(2**62)) + b"\x08ok\0\1\0")
VALUES: tuple[Any, ...] = (
    None,
    "x",
    {"a": 1},
    [None],
    True,
    -1,
    float("nan"),
    [],
    b"\0\xff",
    bson.ObjectId(),
    datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
    bson.Timestamp(1, 1),
    bson.Decimal128("1.5"),
)
# fmt: off
HELLO = (
    "ok", "hosts", "passives", "arbiters", "tags", "primary", "me", "setName", "setVersion",
    "electionId", "maxBsonObjectSize", "maxMessageSizeBytes", "maxWriteBatchSize",
    "minWireVersion", "maxWireVersion", "lastWrite", "lastWrite.lastWriteDate",
    "topologyVersion", "topologyVersion.processId", "topologyVersion.counter",
    "logicalSessionTimeoutMinutes", "$clusterTime", "$clusterTime.clusterTime",
    "compression", "saslSupportedMechs", "speculativeAuthenticate", "serviceId", "helloOk",
    "connectionId", "isWritablePrimary", "secondary", "hidden", "arbiterOnly",
    "isreplicaset", "msg", "localTime", "operationTime", "errmsg", "code",
)
# fmt: on
WITHIN: Mapping[str, Document] = {
    "lastWrite": {"lastWriteDate": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)},
    "topologyVersion": {"processId": bson.ObjectId(), "counter": bson.Int64(1)},
    "$clusterTime": {"clusterTime": bson.Timestamp(1, 1)},
    "authInfo": {"authenticatedUsers": [], "authenticatedUserRoles": []},
}
OTHERS = {
    "buildInfo": "ok version versionArray modules openssl storageEngines gitVersion errmsg code",
    "ping": "ok errmsg code codeName errorLabels $clusterTime operationTime topologyVersion",
    "endSessions": "ok errmsg code errorLabels $clusterTime",
    "connectionStatus": "ok authInfo authInfo.authenticatedUsers authInfo.authenticatedUserRoles "
    "authInfo.authenticatedUserPrivileges",
    "getParameter": "ok authenticationMechanisms errmsg code",
    "replSetGetStatus": "ok code errmsg members set",
    "replSetGetConfig": "ok code errmsg config",
    "find": "ok code errmsg cursor errorLabels",
}
LOGIN = [
    ("hello", "saslSupportedMechs"),
    ("hello", "speculativeAuthenticate"),
    *[
        (command, field)
        for command in ("saslStart", "saslContinue")
        for field in ("ok", "payload", "conversationId", "done", "errmsg", "code")
    ],
]
CASES = [("hello", field) for field in HELLO] + [
    (command, field) for command, fields in OTHERS.items() for field in fields.split()
]


def put(document: Document, field: str, value: Any) -> Document:
    """Return a reply with one field replaced, one level down where its name has a dot."""
    outer, _, inner = field.partition(".")
    if not inner:
        return {**document, field: value}
    return {**document, outer: {**WITHIN[outer], inner: value}}


def odd(script: Script, command: str, field: str, value: Any) -> Script:
    """Return the script with one field of one reply replaced."""
    reply = script.get(command, {"ok": 1.0})

    def answer(command: Document, address: str) -> Reply:
        usual = reply(command, address) if callable(reply) else reply
        return put(usual, field, value) if isinstance(usual, dict) else usual

    return {**script, command: answer}


def play_all(
    stack: ExitStack, make: Callable[[], Script], command: str, field: str
) -> list[SimulatedServer]:
    """Play a server for each value that is tried in this field."""
    return [
        stack.enter_context(SimulatedServer(odd(make(), command, field, value)))
        for value in values_of(field)
    ]


def values_of(field: str) -> Sequence[Any]:
    """Return the values to try in a field; outside CI a sample that differs between fields."""
    return sample(VALUES, len(field))


class Complaints(list[str]):
    """Messages of the event loop, such as exceptions that were never retrieved."""

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.append(f"{context.get('message')}: {context.get('exception')!r}")


def run(work: Coroutine[Any, Any, list[str]]) -> list[str]:
    """Return the bugs that the work found, and what the event loop had to complain about."""

    async def main() -> list[str]:
        complaints = Complaints()
        asyncio.get_running_loop().set_exception_handler(complaints)
        problems = await work
        others = asyncio.all_tasks() - {asyncio.current_task()}
        return [*problems, *(f"left running: {task.get_coro()}" for task in others), *complaints]

    return asyncio.run(main())


async def check_and_topology(uris: list[str], values: Sequence[Any] = VALUES) -> list[str]:
    settings = Settings(deadline=3.0, cap=1.5, count=2)
    runs = await asyncio.gather(
        *(examine(parse(uri), settings, further=(config.CHECK,)) for uri in uris)
    )
    bugs = []
    for value, (evidence, report) in zip(values, runs, strict=False):
        view = build_view(evidence, report, PreferenceOptions())
        assert text.render(view, Style())
        json.loads(document.render([view]))
        crashes = [result for result in evidence.results if result.status == "crashed"]
        bugs += [f"{value!r}: {result.check}: {result.failure}" for result in crashes]
        assert report.exit_code() != EXIT_BUG or crashes
    return bugs


@pytest.mark.parametrize(("command", "field"), CASES)
def test_check_and_topology_bear_a_value_of_any_type(command: str, field: str) -> None:
    with ExitStack() as stack:
        servers = play_all(stack, scripts.member, command, field)
        uris = [f"mongodb://{server.address}/?replicaSet=rs0" for server in servers]
        assert run(check_and_topology(uris, values_of(field))) == []


@pytest.mark.parametrize("field", OTHERS["ping"].split())
def test_a_load_balancer_may_answer_its_first_ping_with_any_type(field: str) -> None:
    """The driver pings a load balancer before anything else is known of it."""
    with ExitStack() as stack:
        servers = play_all(stack, scripts.load_balancer, "ping", field)
        uris = [f"mongodb://{server.address}/?loadBalanced=true" for server in servers]
        assert run(check_and_topology(uris, values_of(field))) == []


@pytest.mark.parametrize(("command", "field"), LOGIN)
def test_a_login_may_be_answered_with_any_type(command: str, field: str) -> None:
    def make() -> Script:
        return scripts.costly_login("15000", speculative=command == "hello")

    with ExitStack() as stack:
        servers = play_all(stack, make, command, field)
        uris = [f"mongodb://ada:secret@{server.address}/" for server in servers]
        assert run(check_and_topology(uris, values_of(field))) == []


async def watch(uris: Mapping[str, str]) -> list[str]:
    """Watch servers at the same time; the values are the replaced fields, for error messages."""
    await asyncio.gather(*(watch_one(uri, field) for uri, field in uris.items()))
    return []


async def watch_one(uri: str, field: str) -> None:
    parsed_uri = parse(uri)
    plan = Plan(interval=0.02, count=3, timeout=0.3)
    session = Session(parsed_uri, Settings(), plan, Board(parsed_uri.shown), ())
    try:
        await session.prepare()
        await session.run(asyncio.Event())
    except Exception as error:
        error.add_note(f"The replaced field: {field}")
        raise


WATCHED_AT_ONCE = 5  # fields; with more of them, a server would have less time than its limit
WATCH_FIELDS = {
    "hello": HELLO,
    **{name: tuple(OTHERS[name].split()) for name in ("ping", "endSessions")},
}


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        pytest.param(command, fields[start : start + WATCHED_AT_ONCE], id=f"{command}-{start}")
        for command, fields in WATCH_FIELDS.items()
        for start in range(0, len(fields), WATCHED_AT_ONCE)
    ],
)
def test_watch_bears_a_value_of_any_type(command: str, fields: Sequence[str]) -> None:
    uris = {}
    with ExitStack() as stack:
        for field in fields:
            few = sample(VALUES, len(field)) if command == "ping" else VALUES[:3]
            for value in few:
                script = odd(scripts.member(), command, field, value)
                server = stack.enter_context(SimulatedServer(script))
                uris[f"mongodb://{server.address}/"] = f"{command}: {field}: {value!r}"
        assert run(watch(uris)) == []


@pytest.mark.parametrize("command", ["hello", "buildInfo", "ping", "endSessions"])
def test_a_date_that_python_does_not_have_is_no_bug(command: str) -> None:
    with SimulatedServer(standalone() | {command: YEAR_0}) as server:
        uri = f"mongodb://{server.address}/"
        assert run(check_and_topology([uri])) == []
        assert run(watch({uri: command})) == []


@pytest.mark.parametrize("command", ["check", "watch", "topology", "smoke"])
@pytest.mark.parametrize("reply", [{"ok": 0}, {"ok": 0, "errmsg": 5}], ids=["bare", "number"])
def test_a_process_ends_with_a_report(
    command: str, reply: dict[str, Any], run_mongoping: Callable[..., Run]
) -> None:
    script = standalone() | {"ping": reply, "endSessions": reply}
    with SimulatedServer(script) as server:
        uri = f"mongodb://{server.address}/"
        more = ["--count", "2", "--interval", "0.1"] if command == "watch" else ["--timeout", "3"]
        run = run_mongoping(command, uri, *more)
    assert run.code in (14, 18), run.out
    assert "Traceback" not in run.err
