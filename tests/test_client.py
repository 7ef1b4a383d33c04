"""Discovery: when the driver's picture of a deployment is whole, and what it came to."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any

import pytest
from bson.objectid import ObjectId
from pymongo import AsyncMongoClient
from pymongo.asynchronous.settings import TopologySettings
from pymongo.asynchronous.topology import Topology
from pymongo.errors import AutoReconnect, InvalidOperation
from pymongo.hello import Hello
from pymongo.pool_options import PoolOptions
from pymongo.server_description import ServerDescription
from pymongo.topology_description import (
    TOPOLOGY_TYPE,
    TopologyDescription,
    updated_topology_description,
)

from mongoping.client import Driver, close_client, new_client
from mongoping.probe.discovery import outcome, pending
from mongoping.probe.guarded import pool_class
from mongoping.sandbox import listeners
from mongoping.settings import Settings
from mongoping.tasks import run_to_completion
from mongoping.uri.target import parse

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment

SEED, OTHER = ("seed.example.test", 27017), ("member.example.test", 27017)
SEED_NAMES = {"seed.example.test:27017": {}}
PRIMARY = {
    "ok": 1,
    "setName": "rs0",
    "isWritablePrimary": True,
    "setVersion": 1,
    "electionId": ObjectId("7fffffff0000000000000001"),
    "maxWireVersion": 17,
}
SECONDARY = {"ok": 1, "setName": "rs0", "secondary": True, "maxWireVersion": 17}
ARBITER = {"ok": 1, "setName": "rs0", "arbiterOnly": True, "maxWireVersion": 17}
NAMES_ANOTHER = {"hosts": ["member.example.test:27017"]}


def picture(kind: int = TOPOLOGY_TYPE.Unknown) -> TopologyDescription:
    """Return the driver's first view: one seed, with unknown state."""
    name = "rs0" if kind == TOPOLOGY_TYPE.ReplicaSetNoPrimary else None
    servers = {SEED: ServerDescription(SEED)}
    return TopologyDescription(kind, servers, name, None, None, TopologySettings([SEED]))


def after(hello: dict[str, Any], kind: int = TOPOLOGY_TYPE.Unknown) -> TopologyDescription:
    """The same when the seed's answer was taken up, by the driver's own rules."""
    return updated_topology_description(picture(kind), ServerDescription(SEED, Hello(hello)))


@pytest.mark.parametrize(
    ("topology", "beats", "expected"),
    [
        (picture(), {}, None),
        (picture(), SEED_NAMES, "unreachable"),
        (after({"ok": 1, "maxWireVersion": 17}), SEED_NAMES, "ready"),
        (after({**PRIMARY, "hosts": ["seed.example.test:27017"]}), SEED_NAMES, "ready"),
        # the set has another name for its one member: that one was not asked yet
        (after({**PRIMARY, **NAMES_ANOTHER}), SEED_NAMES, None),
        (after({**SECONDARY, **NAMES_ANOTHER}), SEED_NAMES, None),
        # a secondary alone is enough only when no other member might be the primary
        (after({**SECONDARY, "hosts": ["seed.example.test:27017"]}), SEED_NAMES, "ready"),
        (
            after({**ARBITER, "arbiters": ["seed.example.test:27017"]}),
            SEED_NAMES,
            "no-usable-member",
        ),
        # no member of the set that the string names
        (after({"ok": 1}, TOPOLOGY_TYPE.ReplicaSetNoPrimary), SEED_NAMES, "removed"),
        (after({**ARBITER}, TOPOLOGY_TYPE.Single), SEED_NAMES, "ready"),
    ],
)
def test_what_discovery_comes_to(
    topology: TopologyDescription, beats: dict[str, Any], expected: str | None
) -> None:
    assert outcome(topology, beats, is_applied=True) == expected


def test_an_answer_that_is_not_taken_up_yet_decides_nothing() -> None:
    """PyMongo publishes a heartbeat before its topology has it."""
    before = picture()
    former = {SEED: before.server_descriptions()[SEED]}
    assert pending(before, former)
    assert outcome(before, SEED_NAMES, is_applied=False) is None
    assert not pending(after({**PRIMARY, **NAMES_ANOTHER}), former)


def test_an_earlier_failure_is_not_taken_for_the_answer() -> None:
    """A seed that failed at first and has answered now: the picture still has the failure."""
    earlier_failure = ServerDescription(SEED, error=AutoReconnect("reset"))
    topology = updated_topology_description(picture(), earlier_failure)
    assert pending(topology, {SEED: topology.server_descriptions()[SEED]})


def test_a_member_that_left_the_picture_is_not_waited_for() -> None:
    former = {OTHER: ServerDescription(OTHER)}
    assert not pending(picture(), former)


@pytest.mark.parametrize("seeds", [1, 3])
def test_seeds_by_other_names_are_found_however_late_the_driver_takes_their_answers_up(
    replica_set: Deployment, monkeypatch: pytest.MonkeyPatch, seeds: int
) -> None:
    """The driver itself is slowed down between a heartbeat's event and its topology."""
    take_up = Topology.on_change

    async def late(self: Topology, *args: Any, **options: Any) -> None:
        await asyncio.sleep(0.02)
        await take_up(self, *args, **options)

    monkeypatch.setattr(Topology, "on_change", late)
    hosts = [f"localhost:{port}" for port in replica_set.ports[:seeds]]

    async def discover() -> tuple[str, set[str]]:
        driver = Driver(parse(replica_set.uri_with(hosts=hosts)), Settings())
        state, topology = await driver.connect(20)
        await driver.close()
        return state, {f"{host}:{port}" for host, port in topology.server_descriptions()}

    state, members = asyncio.run(discover())
    assert state == "ready"
    assert members == {server.address for server in replica_set.servers}


class _PublicClient:
    """A client of a PyMongo that has only its public functions."""

    def __init__(self, client: Any) -> None:
        self.close = client.close


@pytest.mark.server
@pytest.mark.parametrize("wrap", [lambda client: client, _PublicClient], ids=["today", "public"])
def test_a_client_is_closed_with_and_without_pymongos_private_functions(
    wrap: Any, mongod: Deployment
) -> None:
    async def main() -> None:
        client = new_client(mongod.uri)
        await client.admin.command("ping")  # leaves a session to end
        await close_client(wrap(client))
        with pytest.raises(InvalidOperation):
            await client.admin.command("ping")

    asyncio.run(main())


def test_the_private_functions_exist_in_this_pymongo() -> None:
    assert hasattr(AsyncMongoClient, "_end_sessions")
    assert hasattr(Topology, "pop_all_sessions")


class _CancelledAt:
    """An awaitable that cancels its task at one of the points where it waits."""

    def __init__(self, work: Awaitable[Any], point: int) -> None:
        self._work, self._point = work, point

    def __await__(self) -> Generator[Any, Any, Any]:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        steps = self._work.__await__()
        step, value = steps.send, None
        while True:
            try:
                waits_for = step(value)
            except StopIteration as stop:
                return stop.value
            self._point -= 1
            if self._point == 0:
                loop.call_soon(task.cancel)
            try:
                step, value = steps.send, (yield waits_for)
            except BaseException as error:
                step, value = steps.throw, error


async def _cancel_at_each_point(work: Callable[[], Awaitable[Any]], points: int) -> int:
    """Return at how many of the first ``points`` points ``work`` was cancelled."""
    for point in range(1, points + 1):

        async def until_cancelled(point: int = point) -> None:
            await _CancelledAt(work(), point)

        try:
            await asyncio.create_task(until_cancelled())
        except asyncio.CancelledError:
            continue
        return point - 1
    return points


@pytest.fixture
def _closes_sockets() -> Generator[None, None, None]:
    """Fail if the garbage collector finds a socket that was not closed."""
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        yield
        gc.collect()
    assert [str(warning.message) for warning in caught if "socket" in str(warning.message)] == []


@pytest.mark.server
@pytest.mark.usefixtures("_closes_sockets")
def test_a_command_that_is_cancelled_anywhere_loses_no_socket(mongod: Deployment) -> None:
    async def one_command() -> None:
        client = new_client(mongod.uri)
        try:
            await client.admin.command("ping")
        finally:
            await run_to_completion(close_client(client))

    assert asyncio.run(_cancel_at_each_point(one_command, 100)) > 3


@pytest.mark.usefixtures("_closes_sockets")
def test_an_attempt_to_connect_that_is_cancelled_loses_no_socket() -> None:
    """The first point is the lookup of the address, the second the SYN without an answer."""
    with listeners.dropping() as port:
        pool = pool_class()(("127.0.0.1", port), PoolOptions())
        assert asyncio.run(_cancel_at_each_point(pool.connect, 2)) == 2
