"""The driver's login on a real server, and causes that share one error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mongoping.checks.auth import _rights, is_allowed
from mongoping.observations import AuthFacts
from mongoping.sandbox.played import SimulatedServer, error, standalone
from mongoping.sandbox.users import User
from tests.checks.real import check_uri, look
from tests.checks.test_hello import VALUES

if TYPE_CHECKING:
    from mongoping.model import Failure
    from mongoping.sandbox.deployment import Deployment


def login(uri: str, **settings: Any) -> tuple[AuthFacts, Failure | None]:
    evidence = look(uri, **settings)
    return evidence.data("auth"), evidence.failure("auth")


@pytest.mark.parametrize(
    ("resource", "covers"),
    [
        ({"db": "shop", "collection": ""}, True),
        ({"db": "shop", "collection": "orders"}, True),
        ({"db": "", "collection": ""}, True),
        ({"anyResource": True}, True),
        ({"db": "other", "collection": ""}, False),
        ({"cluster": True}, False),
        ({"db": "shop"}, False),
        ({}, False),
        (None, False),
        ("shop", False),
    ],
)
def test_a_privilege_covers_a_database_by_its_resource(resource: Any, covers: bool) -> None:
    """MongoDB's resource documents; what is none covers nothing."""
    privilege = {"resource": resource, "actions": ["find"]}
    assert is_allowed([privilege], "shop", "find") is covers
    assert is_allowed([privilege], "shop", "insert") is False


def test_privileges_add_up() -> None:
    one = {"resource": {"db": "a", "collection": ""}, "actions": ["insert"]}
    two = {"resource": {"db": "", "collection": ""}, "actions": ["find"]}
    assert is_allowed([one, two], "a", "find")
    assert is_allowed([one, two], "a", "insert")
    assert not is_allowed([one, two], "b", "insert")
    assert not is_allowed([], "a", "find")


@given(
    st.dictionaries(
        st.sampled_from(["authInfo"]),
        VALUES
        | st.dictionaries(
            st.sampled_from(
                ["authenticatedUsers", "authenticatedUserRoles", "authenticatedUserPrivileges"]
            ),
            VALUES
            | st.lists(
                st.dictionaries(
                    st.sampled_from(["user", "db", "role", "resource", "actions"]), VALUES
                ),
                max_size=3,
            ),
        ),
    )
)
def test_any_answer_has_rights_or_none(reply: dict[str, Any]) -> None:
    """Whatever a server puts there, nothing is claimed that it did not say."""
    rights = AuthFacts(user=None, source="admin", mechanism=None, **_rights(reply, "shop"))
    assert rights.as_user is None or "@" in rights.as_user
    assert rights.reads in (True, False, None)
    if rights.as_user is None:
        assert rights.reads is rights.writes is None


def test_a_user_is_told_with_mechanism_roles_and_rights(mongod_auth: Deployment) -> None:
    facts, failure = login(mongod_auth.uri)
    assert failure is None
    assert (facts.as_user, facts.mechanism, facts.source) == ("ada@admin", "SCRAM-SHA-256", "admin")
    assert facts.roles == ("root@admin",)
    assert (facts.reads, facts.writes, facts.access_control) == (True, True, True)


def test_rights_are_those_of_the_database_of_the_string(mongod_auth: Deployment) -> None:
    reader = mongod_auth.named("reader")
    here, _ = login(mongod_auth.uri_with(user=reader, database="shop", authSource="admin"))
    assert (here.reads, here.writes, here.database) == (True, False, "shop")
    there, _ = login(mongod_auth.uri_with(user=reader, database="other", authSource="admin"))
    assert (there.reads, there.writes) == (False, False)


def test_an_older_mechanism_is_told_as_such(mongod_auth: Deployment) -> None:
    facts, failure = login(mongod_auth.uri_with(user=mongod_auth.named("sha1")))
    assert failure is None
    assert facts.mechanism == "SCRAM-SHA-1"


@pytest.mark.parametrize(
    ("name", "password", "options", "mechanisms"),
    [
        ("ada", "wrong", {}, {"admin": ("SCRAM-SHA-1", "SCRAM-SHA-256")}),
        ("eve", "x", {}, {"admin": None}),
        ("eve", "x", {"database": "shop"}, {"shop": None, "admin": None}),
        (
            "ada",
            "x",
            {"database": "shop", "authSource": None},
            {"shop": None, "admin": ("SCRAM-SHA-1", "SCRAM-SHA-256")},
        ),
        ("sha1", "x", {}, {"admin": ("SCRAM-SHA-1",)}),
    ],
)
def test_a_failed_login_is_taken_apart_without_another_one(
    name: str, password: str, options: dict[str, Any], mechanisms: Any, mongod_auth: Deployment
) -> None:
    """Code 18 for all of them; the user's own mechanisms in each database tell which it is."""
    facts, failure = login(mongod_auth.uri_with(user=User(name, password), **options))
    assert failure is not None
    assert (failure.kind, failure.code) == ("command", 18)
    assert {
        key: value and tuple(sorted(value)) for key, value in facts.user_found_in.items()
    } == mechanisms
    assert facts.as_user is None


def test_no_login_where_one_is_wanted(mongod_auth: Deployment) -> None:
    """ping is answered all the same: the refusal of getParameter tells."""
    facts, failure = login(mongod_auth.uri_with(user=None))
    assert failure is not None
    assert failure.kind == "not-authenticated"
    assert facts.access_control is True


def test_no_login_where_none_is_wanted(mongod: Deployment) -> None:
    facts, failure = login(mongod.uri)
    assert failure is None
    assert facts.access_control is False
    assert facts.as_user is facts.reads is facts.writes is None
    assert "SCRAM-SHA-256" in (facts.server_mechanisms or ())


def test_credentials_for_a_server_without_access_control_are_checked(mongod: Deployment) -> None:
    """It refuses those of a user that it does not have."""
    _, failure = login(mongod.uri_with(user=User("ada", "x")))
    assert failure is not None
    assert failure.code == 18


def test_a_failed_login_is_tried_once(mongod_auth: Deployment) -> None:
    """Each attempt is logged, and some services lock an account: counted at a played server."""
    from mongoping.sandbox import scripts

    with SimulatedServer(scripts.atlas_bad_auth()) as server:
        uri = f"mongodb://ada:x@{server.address}/"
        _, failure = login(uri)
        attempts = [command for command in server.commands if "saslStart" in command]
        guesses = [command for command in server.commands if "speculativeAuthenticate" in command]
    assert failure is not None
    assert failure.code == 8000
    assert len(attempts) + len(guesses) <= 2


def test_a_server_without_rights_to_tell_claims_none() -> None:
    """An empty connectionStatus reports no user."""
    with SimulatedServer(standalone() | {"connectionStatus": {"ok": 1.0}}) as server:
        facts, failure = login(f"mongodb://{server.address}/")
    assert failure is None
    assert (facts.as_user, facts.roles) == (None, ())


@pytest.mark.parametrize("reply", [None, error(11600, "bye"), error(10107, "not me")])
def test_who_cannot_say_who_we_are_may_let_us_in_all_the_same(reply: Any) -> None:
    """A ping is what a login is judged by; connectionStatus is not. The server is played."""
    with SimulatedServer(standalone() | {"connectionStatus": reply}) as server:
        evidence = look(f"mongodb://{server.address}/")
    assert evidence.failure("auth") is None
    assert evidence.data("ping").lost == 0


def test_a_login_that_is_not_answered_is_held_against_a_ping_without_one() -> None:
    """The servers are played: one hangs up when a login begins, the other at everything."""
    for script, pings in ({"saslStart": None}, True), ({"saslStart": None, "ping": None}, False):
        with SimulatedServer(standalone() | script) as server:
            facts, failure = login(f"mongodb://ada:x@{server.address}/")
        assert failure is not None
        assert failure.kind == "driver"
        assert facts.pings is pings


@pytest.mark.parametrize("password", ["a\u0007", "\u0627a1", "a\0b"])
def test_a_password_that_scram_refuses_is_told_from_a_wrong_one(
    mongod_auth: Deployment, password: str
) -> None:
    """The driver fails by itself; the reason holds none of the password."""
    facts, failure = login(mongod_auth.uri_with(user=User("ada", password)))
    assert failure is not None
    assert facts.unfit is not None
    assert password not in facts.unfit
    facts, failure = login(mongod_auth.uri_with(user=User("ada", "\u6570\u636e")))
    assert failure is not None
    assert (facts.unfit, failure.code) == (None, 18)


def test_an_error_that_a_ping_meets_without_a_login_is_none_of_the_login() -> None:
    """Simulated: every login succeeds, but pings fail; `ping` reports it."""
    final_reply = {"ok": 1.0, "conversationId": 1, "done": True, "payload": b""}
    script = standalone() | {"saslStart": final_reply, "ping": error(50, "too slow")}
    with SimulatedServer(script) as server:
        evidence = look(
            f"mongodb://ada:x@{server.address}/?authSource=%24external&authMechanism=PLAIN"
        )
    assert evidence.failure("auth") is None
    failure = evidence.failure("ping")
    assert failure is not None
    assert failure.code == 50


def test_who_does_not_say_who_we_are_to_strangers_wants_a_login() -> None:
    """As a proxy in front of a service may. The server is played."""
    with SimulatedServer(standalone() | {"connectionStatus": error(13, "go away")}) as server:
        _, failure = login(f"mongodb://{server.address}/")
    assert failure is not None
    assert (failure.kind, failure.code) == ("not-authenticated", 13)


def test_an_address_that_a_user_may_not_log_in_from_is_suspected_after_the_password(
    mongod_auth: Deployment,
) -> None:
    """The server answers a right password from a wrong address as it answers a wrong one."""
    elsewhere = [{"clientSource": ["10.9.9.9"]}]
    with mongod_auth.admin() as client:
        client.admin.command(
            "createUser", "remote", pwd="right", roles=[], authenticationRestrictions=elsewhere
        )
    uri = mongod_auth.uri_with(user=User("remote", "right"))
    _, report = check_uri(uri)
    assert report.verdict is not None
    assert report.verdict.cause == "auth.failed"
    remedies = [*map(str, report.verdict.remedies)]
    password = next(at for at, remedy in enumerate(remedies) if "changeUserPassword" in remedy)
    address = next(
        at for at, remedy in enumerate(remedies) if "authenticationRestrictions" in remedy
    )
    assert password < address
    assert 'getUser("remote"' in remedies[address]


def test_a_password_user_who_is_looked_for_in_external(mongod_auth: Deployment) -> None:
    _, report = check_uri(mongod_auth.uri_with(authSource="$external"))
    assert report.verdict is not None
    assert report.verdict.cause == "auth.wrong-auth-source"


def test_a_password_that_the_driver_refuses_says_nothing_about_the_server(
    mongod_auth: Deployment,
) -> None:
    """The driver's ValueError comes before it sends anything."""
    host = mongod_auth.servers[0].address
    _, report = check_uri(f"mongodb://ada:not-this%0A@{host}/")
    assert report.verdict is not None
    assert report.verdict.cause == "auth.password-characters"
    causes = {finding.cause for layer in report.layers for finding in layer.findings}
    assert "hello.not-mongodb" not in causes


def test_a_carriage_return_behind_the_string_is_named(mongod_auth: Deployment) -> None:
    """An env file with Windows line endings leaves it there."""
    user = mongod_auth.named("ada")
    uri = mongod_auth.uri_with(user=user).partition("?")[0] + "\r"
    _, report = check_uri(uri)
    assert report.verdict is not None
    assert report.verdict.cause == "auth.wrong-auth-source"
    assert str(report.verdict.remedies[0]).startswith("Remove the white space")
