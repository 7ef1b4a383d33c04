"""The driver's picture and the members' own, side by side, of real deployments."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.checks.members import CHECK as MEMBERS
from mongoping.checks.members import topology
from mongoping.observations import ApiFacts, DriverFacts, HelloFacts, MembersFacts, ServerFacts
from mongoping.sandbox import listeners, scripts
from mongoping.sandbox.listeners import Listener
from mongoping.sandbox.played import SimulatedServer, Wire, hello, standalone
from mongoping.sandbox.process import free_port
from tests.checks.real import look
from tests.evidence import evidence, failed, result

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment

A, B, C = "a:27017", "b:27017", "c:27017"


def server(address: str, kind: str = "RSSecondary", **more: object) -> ServerFacts:
    fields = {"rtt_ms": 1.0, "set_name": "rs0", "wire": (0, 17), **more}
    return ServerFacts(address, kind, **fields)


def driver(*servers: ServerFacts, kind: str = "ReplicaSetWithPrimary") -> DriverFacts:
    return DriverFacts("ready", kind, "rs0", servers)


def test_every_seed_and_every_advertised_name_is_a_member() -> None:
    """Unreachable members with the lowest reason, and members that were not tried."""
    case = evidence(
        result("hello", HelloFacts("primary", 0, 17, set_name="rs0", hosts=("A:27017", C)), A),
        failed("tcp", "refused", B, message="Connection refused"),
        result("driver", driver(server(A, "RSPrimary"))),
        hosts=(A, B),
        seeds=(A, B),
    )
    members = {member.host: member for member in topology(case).members}
    assert list(members) == [A, B, C]
    assert [(member.seed, member.advertised, member.reachable) for member in members.values()] == [
        (True, True, True),
        (True, False, False),
        (False, True, None),
    ]
    assert members[B].error == "Connection refused"


def test_a_type_that_nobody_has_told_does_not_look_ok() -> None:
    """The only member refuses: the topology is not known, and is no good news."""
    case = evidence(failed("tcp", "refused", A, message="Connection refused"), hosts=(A,))
    data = MembersFacts(topology(case), {})
    assert MEMBERS.summarize(data) == "Unknown, 1 member, none reached"
    first, row = MEMBERS.lines(data)
    assert (first.text, first.status) == ("Unknown: no member was reached", "skip")
    assert row.status == "fail"


def test_members_that_were_reached_are_counted_where_some_were_not() -> None:
    hello = HelloFacts("primary", 0, 17, set_name="rs0", hosts=(A, B))
    parts = (result("hello", hello, A), failed("tcp", "refused", B))
    state = driver(server(A, "RSPrimary"))
    some = evidence(*parts, result("driver", state), hosts=(A, B))
    assert MEMBERS.summarize(MembersFacts(topology(some), {})) == (
        "ReplicaSetWithPrimary, 2 members, 1 reached"
    )
    whole = evidence(parts[0], result("driver", state), hosts=(A,))
    one = MembersFacts(topology(whole).replace(members=topology(whole).members[:1]), {})
    assert MEMBERS.summarize(one) == "ReplicaSetWithPrimary, 1 member"


def test_lag_is_measured_from_the_newest_write() -> None:
    case = evidence(
        result(
            "driver",
            driver(
                server(A, "RSPrimary", last_write=100.0),
                server(B, last_write=88.0),
                server(C, last_write=101.0),
            ),
        )
    )
    lags = {member.host: member.lag_s for member in topology(case).members}
    assert lags == {A: None, B: 13.0, C: 0.0}


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("Standalone", "standalone"),
        ("RSPrimary", "primary"),
        ("RSArbiter", "arbiter"),
        ("RSGhost", "uninitialized"),
        ("Mongos", "mongos"),
        ("LoadBalancer", "load-balancer"),
        ("Unknown", "unknown"),
    ],
)
def test_roles_are_words_for_the_drivers_types(kind: str, role: str) -> None:
    case = evidence(result("driver", driver(server(A, kind))))
    assert topology(case).members[0].role == role


def test_without_the_driver_there_is_what_the_probes_saw() -> None:
    case = evidence(result("hello", HelloFacts("primary", 0, 17, set_name="rs0"), A))
    tree = topology(case)
    assert (tree.type, tree.set_name) == ("Unknown", "rs0")
    assert (tree.members[0].role, tree.members[0].version_wire) == ("primary", (0, 17))


def test_a_real_standalone_is_single(mongod: Deployment) -> None:
    evidence = look(mongod.uri)
    facts = evidence.data("driver")
    assert (facts.state, facts.type, facts.compatible) == ("ready", "Single", True)
    assert facts.has_primary
    (member,) = evidence.data("members").topology.members
    assert (member.host, member.role, member.reachable) == (mongod.host, "standalone", True)


def test_a_real_set_is_known_from_any_of_its_members(replica_set: Deployment) -> None:
    evidence = look(replica_set.uri_with(hosts=[replica_set.hosts[2]]))
    facts = evidence.data("driver")
    assert (facts.type, facts.set_name, facts.has_primary) == ("ReplicaSetWithPrimary", "rs0", True)
    members = evidence.data("members").topology.members
    assert {member.host for member in members} == set(replica_set.hosts)
    assert all(member.reachable and member.advertised for member in members)
    assert [member.host for member in members if member.seed] == [replica_set.hosts[2]]


def test_a_direct_connection_stays_with_its_host(replica_set: Deployment) -> None:
    uri = replica_set.uri_with(hosts=[replica_set.hosts[1]], replicaSet=None, directConnection=True)
    evidence = look(uri)
    assert [str(host) for host in evidence.hosts] == [replica_set.hosts[1]]
    assert evidence.data("driver").type == "Single"


def test_the_driver_is_asked_also_where_one_host_of_two_is_silent(mongod: Deployment) -> None:
    """It needs one of them; the silent one delays the run only up to its cap."""
    with Listener(listeners.silent) as listener, SimulatedServer(scripts.mongos()) as router:
        uri = f"mongodb://{listener.address},{router.address}/"
        evidence = look(uri, cap=1.5)
    assert evidence.result("driver").ok  # type: ignore[union-attr]
    assert evidence.data("driver").type == "Sharded"


def test_where_every_host_is_silent_the_driver_could_only_wait() -> None:
    with Listener(listeners.silent) as listener:
        evidence = look(f"mongodb://{listener.address}/", deadline=20.0, cap=1.8)
    assert evidence.result("driver").status == "skipped"  # type: ignore[union-attr]
    assert "no reachable host answers" in str(evidence.result("import").reason)  # type: ignore[union-attr]


def test_a_set_without_a_configuration_is_asked_why() -> None:
    """94: it was never initiated. A removed member says 93."""
    from mongoping.sandbox.deployment import replica_set
    from tests.conftest import having

    with having(), replica_set(1, initiate=False) as whole:
        evidence = look(whole.uri)
    assert evidence.data("set-status").code == 94
    assert evidence.data("hello", whole.host).role == "uninitialized"
    assert evidence.data("api").enforced is True


@pytest.mark.parametrize("stable", [None, True])
def test_the_stable_api_is_enforced_by_a_server_of_today(
    stable: bool | None, mongod: Deployment
) -> None:
    """Known by its answer to a version that does not exist, whether one is declared or not."""
    facts: ApiFacts = look(mongod.uri, stable_api=stable).data("api")
    assert (facts.enforced, facts.required, facts.answer_code) == (True, False, 322)
    assert facts.declared == ("1" if stable else None)
    assert facts.works is (True if stable else None)


def test_strict_and_deprecation_errors_are_declared_with_it(mongod: Deployment) -> None:
    evidence = look(mongod.uri, stable_api=True, api_strict=True, api_deprecation_errors=True)
    facts = evidence.data("api")
    assert (facts.strict, facts.deprecation_errors, facts.works) == (True, True, True)
    assert evidence.result("ping").ok  # type: ignore[union-attr]
    assert evidence.result("auth").ok  # type: ignore[union-attr]


def test_an_old_server_ignores_the_stable_api(old_mongod: Deployment) -> None:
    """4.4 takes any version in ping and refuses it in a query; 5.0 has it."""
    version = old_mongod.servers[0].mongod.version
    facts = look(old_mongod.uri, stable_api=True).data("api")
    assert facts.enforced is (version >= "5")
    assert facts.works is (version >= "5")


def test_a_server_that_wants_a_version_gets_one() -> None:
    with SimulatedServer(scripts.api_required()) as server:
        without = look(f"mongodb://{server.address}/")
        evidence = look(f"mongodb://{server.address}/", stable_api=True)
    assert without.failure("api").code == 498870  # type: ignore[union-attr]
    assert without.data("hello", server.address).requires_api is True
    assert evidence.result("driver").ok  # type: ignore[union-attr]


def test_a_key_that_needs_a_password_keeps_the_driver_from_asking_for_it() -> None:
    """OpenSSL would ask on the terminal, in the midst of a report."""
    from mongoping.checks.driver import CHECK

    case = evidence(failed("tls-files", "key-file", how="password-needed"))
    assert "terminal" in str(CHECK.applies(case))
    assert CHECK.applies(evidence(failed("tls-files", "key-file", how="no-key"))) is None


def test_an_answer_that_is_too_large_is_kept_from_the_driver() -> None:
    """It would take all of it in, and connect to every member that it names."""
    with SimulatedServer(standalone() | scripts.megabytes_of_hosts(200, 20)) as server:
        evidence = look(f"mongodb://{server.address}/")
    assert evidence.result("driver").status == "skipped"  # type: ignore[union-attr]
    assert evidence.failure("hello", server.address).facts["wire"] == "size"  # type: ignore[union-attr]


def test_a_closed_port_leaves_the_driver_alone() -> None:
    evidence = look(f"mongodb://127.0.0.1:{free_port()}/")
    row = evidence.result("driver")
    assert row is not None
    assert (row.status, row.blocked_by) == ("skipped", "tcp")


@pytest.mark.parametrize(
    ("then", "kind", "cap"), [(None, "eof", 15.0), (Wire(b""), "timeout", 1.5)], ids=["eof", "late"]
)
def test_who_answers_the_probe_and_not_the_driver_is_asked_again(
    then: Any, kind: str, cap: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is played: it answers the first hello, and from then on does otherwise."""
    monkeypatch.setattr("mongoping.checks.driver.AGAIN_S", cap / 3)  # a busy machine is no silence
    first = iter([hello()])

    def answer(command: Any, address: str) -> Any:
        reply = next(first, None)
        return then if reply is None else reply(command, address)

    with SimulatedServer(standalone() | {"hello": answer}) as server:
        facts = look(f"mongodb://{server.address}/", deadline=cap + 1, cap=cap).data("driver")
    assert facts.again == {server.address: kind}


def test_nobody_is_asked_again_where_the_driver_works(mongod: Deployment) -> None:
    assert look(mongod.uri).data("driver").again == {}


def test_a_secondary_that_is_late_is_waited_for_by_who_reads_there() -> None:
    """Both members are played; the driver has a primary before the other one has answered."""
    with SimulatedServer({}) as first, SimulatedServer({}) as second:
        hosts = [first.address, second.address]
        first.script |= scripts.member(hosts=hosts)
        late = scripts.member(
            hosts=hosts, primary=first.address, isWritablePrimary=False, secondary=True
        )

        def slowly(command: Any, address: str) -> Any:
            time.sleep(0.3)
            return late["hello"](command, address)  # type: ignore[operator, misc]

        second.script |= late | {"hello": slowly}
        uri = f"mongodb://{','.join(hosts)}/?replicaSet=rs0&readPreference=secondary"
        facts = look(uri).data("driver")
    assert facts.readable is True
