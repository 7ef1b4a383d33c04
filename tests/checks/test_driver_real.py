"""mongoping says that it works exactly where a bare program of the driver works.

The program pings, reads, and writes what changes nothing. A ping says less: a member of any role
answers it, to any client, where reads and writes are refused. The program does not write if the
string has another read preference than primary, or a direct connection and no write concern.
That a user may not write is no fault of a connection.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from mongoping import diagnose
from mongoping.probe.dns import system_override
from mongoping.sandbox.nameserver import NameServer, cluster
from mongoping.sandbox.process import free_port
from tests.conftest import having

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment

UNAUTHORIZED_CODE = 13
SELECTION_MS = 3000  # of a program that is expected to fail: it waits for all of it
PATIENT_MS = 20_000  # of one that is expected to work, on a machine that is busy
NAME = "cluster.example.test"


class Case(NamedTuple):
    """A connection string, and whether a program works with it."""

    uri: str
    works: bool


async def program(case: Case) -> str | None:
    """Return why the bare driver does not work with that string, or None."""
    limit = PATIENT_MS if case.works else SELECTION_MS
    try:
        client = AsyncMongoClient(case.uri, serverSelectionTimeoutMS=limit)
    except (PyMongoError, ValueError, OSError) as error:
        return f"{type(error).__name__}: {error}"
    orders = client.shop.orders
    try:
        await client.admin.command("ping")
        await orders.find_one()
        if client.read_preference.name == "Primary" and not _reads_one_member(case.uri):
            await orders.delete_one({"_id": "nobody"})
    except OperationFailure as error:
        may_not_write = error.code == UNAUTHORIZED_CODE and "delete" in str(error)
        return None if may_not_write else f"{error.code}: {error}"
    except (PyMongoError, OSError) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        await client.close()
    return None


def _reads_one_member(uri: str) -> bool:
    """Return whether a program stays with one server and says nothing about writes."""
    return "directConnection=true" in uri and "w=" not in uri


async def differences(cases: dict[str, Case], resolver: str | None) -> dict[str, str]:
    """Return the cases in which the program and mongoping disagree, or the program surprises."""
    with system_override(resolver):
        outcomes = await asyncio.gather(*map(program, cases.values()))
    problems = {}
    for (name, case), why in zip(cases.items(), outcomes, strict=True):
        report = await diagnose(case.uri, timeout=30, cap=15, count=1, resolver=resolver)
        verdict = report.verdict and report.verdict.cause
        if not (case.works == (why is None) == (verdict is None)):
            problems[name] = (
                f"expected works={case.works}, the program: {why}, mongoping: {verdict}"
            )
    return problems


def agree(cases: dict[str, Case], resolver: str | None = None) -> None:
    assert asyncio.run(differences(cases, resolver)) == {}


@pytest.mark.filterwarnings("ignore::UserWarning")  # PyMongo's own, of options that it drops
def test_standalones(mongod: Deployment, mongod_auth: Deployment) -> None:
    bob, nobody, reader = map(mongod_auth.named, ("bob", "nobody", "reader"))
    dead_host = f"127.0.0.1:{free_port()}"
    agree(
        {
            "plain": Case(mongod.uri, True),
            "direct": Case(mongod.uri_with(directConnection=True), True),
            "set that is none": Case(mongod.uri_with(replicaSet="rs0"), False),
            "direct, set that is none": Case(
                mongod.uri_with(replicaSet="rs0", directConnection=True), False
            ),
            "no balancer": Case(mongod.uri_with(loadBalanced=True), False),
            "beside a dead one": Case(mongod.uri_with([mongod.host, dead_host]), False),
            "beside a stranger": Case(mongod.uri_with([mongod.host, mongod_auth.host]), False),
            "TLS on plain": Case(mongod.uri_with(tls=True), False),
            "unknown options": Case(mongod.uri_with(colour="red", zlibCompressionLevel=99), True),
            "unacknowledged": Case(mongod.uri_with(w=0), True),
            "contradiction": Case(mongod.uri_with(w=0, journal=True), False),
            "refused": Case(f"mongodb://{dead_host}/", False),
            "unknown host": Case("mongodb://nobody.example.invalid/", False),
            "password": Case(mongod_auth.uri, True),
            "wrong password": Case(f"mongodb://ada:wrong@{mongod_auth.host}/", False),
            "wrong database": Case(mongod_auth.uri_with(authSource="shop"), False),
            "other database": Case(mongod_auth.uri_with(user=bob), True),
            "no user": Case(mongod_auth.uri_with(user=None), False),
            "user of no server": Case(mongod.uri_with(user=bob), False),
            "no rights": Case(mongod_auth.uri_with(user=nobody), False),
            "reads only": Case(mongod_auth.uri_with(user=reader), True),
            "no LDAP": Case(mongod_auth.uri_with(authMechanism="PLAIN"), False),
        }
    )


def test_tls(mongod_tls: Deployment, certificates: Certificates) -> None:
    no_checks = {"tlsCAFile": None, "tlsAllowInvalidCertificates": True}
    agree(
        {
            "trusted": Case(mongod_tls.uri, True),
            "unknown authority": Case(mongod_tls.uri_with(tlsCAFile=None), False),
            "other authority": Case(
                mongod_tls.uri_with(tlsCAFile=certificates.other_authority), False
            ),
            "plain on TLS": Case(mongod_tls.uri_with(tls=None, tlsCAFile=None), False),
            "unchecked": Case(mongod_tls.uri_with(**no_checks), True),
            "other name": Case(mongod_tls.uri_with([f"127.0.0.2:{mongod_tls.ports[0]}"]), False),
            "no such file": Case(mongod_tls.uri_with(tlsCAFile="/nowhere/ca.pem"), False),
            "foreign client": Case(
                mongod_tls.uri_with(tlsCertificateKeyFile=certificates.foreign_client()), False
            ),
            "client": Case(mongod_tls.uri_with(tlsCertificateKeyFile=certificates.client()), True),
        }
    )


@pytest.fixture
def odd_set() -> Iterator[Deployment]:
    """A set with an arbiter and a hidden member, for this test alone: members of it end."""
    from mongoping.sandbox import deployment

    members = [{}, {}, {"arbiterOnly": True}, {"priority": 0, "hidden": True}]
    with having(), deployment.replica_set(members) as running:
        yield running


def test_replica_sets(odd_set: Deployment) -> None:
    primary, secondary, arbiter, hidden_host = (server.address for server in odd_set.servers)
    with_tags = {"readPreference": "secondary", "readPreferenceTags": "dc:nowhere"}
    whole = {
        "whole": Case(odd_set.uri, True),
        "by a secondary": Case(odd_set.uri_with([secondary]), True),
        "by the arbiter": Case(odd_set.uri_with([arbiter]), True),
        "by the hidden one": Case(odd_set.uri_with([hidden_host]), True),
        "by a name that it has not": Case(
            odd_set.uri_with([primary.replace("127.0.0.1", "localhost")]), True
        ),
        "a dead seed": Case(odd_set.uri_with([f"127.0.0.1:{free_port()}", secondary]), True),
        "other set": Case(odd_set.uri_with(replicaSet="rs1"), False),
        "secondaries": Case(odd_set.uri_with(readPreference="secondary"), True),
        "tagged": Case(odd_set.uri_with(**with_tags), False),
        "too fresh": Case(
            odd_set.uri_with(readPreference="secondary", maxStalenessSeconds=10), False
        ),
        "direct": Case(odd_set.uri_with([primary], directConnection=True), True),
        "direct to a secondary": Case(odd_set.uri_with([secondary], directConnection=True), True),
        "direct to the hidden one": Case(
            odd_set.uri_with([hidden_host], directConnection=True), True
        ),
        "direct to a secondary, to write": Case(
            odd_set.uri_with([secondary], directConnection=True, w="majority"), False
        ),
        "direct, to read": Case(
            odd_set.uri_with([secondary], directConnection=True, readPreference="nearest"), True
        ),
        "direct to the arbiter": Case(odd_set.uri_with([arbiter], directConnection=True), False),
        "direct, other set": Case(
            odd_set.uri_with([primary], directConnection=True, replicaSet="rs1"), False
        ),
    }
    agree(whole)
    odd_set.servers[1].stop()
    agree(
        {
            "a member down": Case(odd_set.uri, True),
            "that one alone": Case(odd_set.uri_with([secondary]), False),
            "no secondary left": Case(odd_set.uri_with(readPreference="secondary"), False),
            "preferred": Case(odd_set.uri_with(readPreference="secondaryPreferred"), True),
        }
    )
    odd_set.servers[3].stop()  # two of four voters are no majority
    odd_set.servers[0].stop()
    odd_set.servers[1].restart()
    agree(
        {
            "no primary": Case(odd_set.uri, False),
            "direct to what is left": Case(
                odd_set.uri_with([secondary], directConnection=True), True
            ),
        }
    )


def test_a_set_without_a_configuration() -> None:
    from mongoping.sandbox import deployment

    with having(), deployment.replica_set(1, initiate=False) as empty:
        bare = empty.uri_with(replicaSet=None)
        agree(
            {
                "not initiated": Case(empty.uri, False),
                "not initiated, direct": Case(f"{bare}?directConnection=true", False),
            }
        )


def test_names_from_srv_records(mongod: Deployment) -> None:
    port = mongod.ports[0]
    names = {
        **cluster(NAME, [(f"a.{NAME}", port)]),
        **cluster(f"two.{NAME}", [(f"a.two.{NAME}", port), (f"b.two.{NAME}", free_port())]),
        **cluster(f"set.{NAME}", [(f"a.set.{NAME}", port)], "replicaSet=rs0"),
        **cluster(f"txt.{NAME}", [(f"a.txt.{NAME}", port)], "tls=false"),
        **cluster("else.example.test", [("a.example.org", port)]),
    }
    with NameServer(names) as server:
        agree(
            {
                "plain": Case(f"mongodb+srv://{NAME}/?tls=false", True),
                "one of two": Case(f"mongodb+srv://two.{NAME}/?tls=false", False),
                "TLS on plain": Case(f"mongodb+srv://{NAME}/", False),
                "set by TXT": Case(f"mongodb+srv://set.{NAME}/?tls=false", False),
                "TXT that is not allowed": Case(f"mongodb+srv://txt.{NAME}/?tls=false", False),
                "foreign host": Case("mongodb+srv://else.example.test/?tls=false", False),
                "no such name": Case(f"mongodb+srv://none.{NAME}/?tls=false", False),
                "no SRV name": Case(f"mongodb://{NAME}:{port}/", False),
                "address": Case(f"mongodb://a.{NAME}:{port}/", True),
            },
            server.address,
        )


def test_what_looks_like_atlas() -> None:
    from mongoping.sandbox.atlas import atlas_like

    with having(), atlas_like() as cluster:
        agree(
            {
                "whole": Case(cluster.uri, True),
                "secondaries": Case(cluster.uri_with(readPreference="secondary"), True),
                "one of three": Case(cluster.uri_with(cluster.hosts[:1], tls=True), True),
                "no authority": Case(cluster.uri_with(tlsCAFile=None), False),
                "no user": Case(cluster.uri_with(user=None), False),
                "wrong database": Case(cluster.uri_with(authSource="shop"), False),
                "other set": Case(cluster.uri_with(replicaSet="rs1"), False),
                "hosts fewer than the set": Case(cluster.uri_with(srvMaxHosts=1), False),
                "without TLS": Case(cluster.uri_with(tls=False, tlsCAFile=None), False),
                "direct": Case(cluster.uri_with(directConnection=True), False),
            },
            cluster.args[1],
        )
