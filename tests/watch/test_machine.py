"""Events from observations: each rule as a sequence of observations over time."""

from __future__ import annotations

from typing import Any

import pytest

from mongoping.watch.machine import Machine
from mongoping.watch.model import (
    DRIVER,
    Beat,
    Certificate,
    Event,
    Gap,
    Login,
    Names,
    Observation,
    Picture,
    Ping,
    Pool,
    Server,
)

A, B, C = "a:27017", "b:27017", "c:27017"
DAY = 86_400.0


def picture(at: float, **roles: str) -> Picture:
    """Return a topology description with the given roles, as in ``a="primary"``."""
    servers = tuple(Server(f"{name}:27017", role) for name, role in roles.items())
    writable = any(role == "primary" for role in roles.values())
    return Picture(at, f"ReplicaSet{'With' if writable else 'No'}Primary", "rs0", servers)


def ok(at: float, host: str = A, ms: float = 1.0, role: str | None = None) -> Ping:
    return Ping(at, host, ms, sent=at, role=role)


def lost_ping(at: float, host: str = A, why: str = "Connection refused") -> Ping:
    return Ping(at, host, None, why, sent=at)


def silent(sent_at: float, host: str = A, timeout: float = 2.0) -> Ping:
    return Ping(sent_at + timeout, host, None, "no answer in time", timed_out=True, sent=sent_at)


def cut(at: float, host: str = A) -> Beat:
    return Beat(at, host, "connection closed")


HEALTHY = picture(0.0, a="primary", b="secondary", c="secondary")
HEALTHY_START: list[Observation] = [HEALTHY, ok(0.5, A), ok(0.5, B), ok(0.5, C)]


def events_of(*observations: Observation, machine: Machine | None = None) -> list[Event]:
    """Return the events of the observations, which follow a healthy start."""
    machine = machine or Machine((A, B, C))
    events = [event for observation in HEALTHY_START for event in machine.feed(observation)]
    assert events == []
    return [event for observation in observations for event in machine.feed(observation)]


def kinds(events: list[Event]) -> list[tuple[str, str | None]]:
    return [(event.kind, event.host) for event in events]


def single(events: list[Event], kind: str) -> Event:
    (match,) = [event for event in events if event.kind == kind]
    return match


def test_a_healthy_start_causes_no_event() -> None:
    machine = Machine((A,))
    assert events_of(machine=machine) == []
    assert machine.now.primary == A
    assert [member.role for member in machine.now.members] == ["primary", "secondary", "secondary"]
    assert all(member.up for member in machine.now.members)


def test_a_step_down_is_an_election_with_the_seconds_without_a_primary() -> None:
    events = events_of(
        picture(10.0, a="secondary", b="secondary", c="secondary"),
        picture(12.5, a="secondary", b="primary", c="secondary"),
    )
    assert kinds(events) == [("primary-lost", A), ("election", B)]
    assert "stepped down" in events[0].text
    assert events[1].facts == {"old": A, "new": B, "seconds": 2.5, "since": 10.0}


def test_the_same_primary_can_be_elected_again() -> None:
    events = events_of(
        picture(10.0, a="secondary", b="secondary", c="secondary"),
        picture(14.0, a="primary", b="secondary", c="secondary"),
    )
    assert events[1].facts["old"] == events[1].facts["new"] == A
    assert "again" in events[1].text


def test_a_killed_primary_is_lost_since_the_first_failure() -> None:
    events = events_of(
        cut(20.0),
        Beat(20.1, A, "Connection refused"),
        picture(20.1, a="unknown", b="secondary", c="secondary"),
        picture(31.0, a="unknown", b="secondary", c="primary"),
    )
    assert kinds(events) == [("member-lost", A), ("primary-lost", A), ("election", C)]
    assert single(events, "member-lost").facts["role"] == "primary"
    assert single(events, "election").facts["seconds"] == pytest.approx(11.0)
    assert single(events, "election").facts["since"] == 20.0


def test_an_early_new_primary_counts_from_the_old_ones_first_failure() -> None:
    events = events_of(cut(20.0), picture(22.0, a="unknown", b="primary", c="secondary"))
    assert single(events, "election").facts["seconds"] == pytest.approx(2.0)


def test_silence_starts_between_the_last_answer_and_the_first_lost_ping() -> None:
    """The member stopped between 30.0 and 31.0; the middle is accurate to half a tick."""
    events = events_of(
        ok(30.0), silent(31.0), silent(33.0), picture(45.0, a="unknown", b="primary", c="secondary")
    )
    assert single(events, "member-lost").facts["since"] == pytest.approx(30.5)
    assert single(events, "election").facts["seconds"] == pytest.approx(14.5)


def test_one_failure_followed_by_an_answer_is_a_drop() -> None:
    events = events_of(lost_ping(40.0, B, "closed"), ok(41.0, B))
    assert kinds(events) == [("drop", B)]
    assert "closed" in events[0].text


def test_connections_that_drop_together_are_one_drop() -> None:
    events = events_of(
        cut(40.0, B), ok(40.2, B), lost_ping(40.3, B), ok(41.0, B), cut(41.5, B), ok(41.6, B)
    )
    assert kinds(events) == [("drop", B)]


def test_failures_of_the_driver_and_on_the_wire_are_one_drop() -> None:
    """The driver's connection and mongoping's are cut together; both come back."""
    events = events_of(cut(40.0, B), lost_ping(40.1, B), ok(41.0, B))
    assert kinds(events) == [("drop", B)]


def test_a_cleared_pool_is_a_drop_if_the_member_answers() -> None:
    assert kinds(events_of(Pool(50.0, B, "the pool was cleared"), ok(51.0, B))) == [("drop", B)]


def test_a_cleared_pool_of_a_lost_member_is_not_a_separate_event() -> None:
    events = events_of(Pool(50.0, B, "cleared"), cut(50.1, B), cut(50.2, B))
    assert kinds(events) == [("member-lost", B)]
    assert events[0].facts["since"] == 50.0


def test_a_member_that_comes_back_has_the_seconds_it_was_away() -> None:
    events = events_of(
        cut(60.0, B), cut(60.1, B), lost_ping(61.0, B), lost_ping(62.0, B), ok(65.0, B)
    )
    assert kinds(events) == [("member-lost", B), ("member-back", B)]
    assert events[1].facts["seconds"] == pytest.approx(5.0)


def test_a_member_that_never_answered_is_reported_once() -> None:
    machine = Machine((A, B))
    events = [event for at in (1.0, 2.0, 3.0, 4.0) for event in machine.feed(lost_ping(at, B))]
    assert kinds(events) == [("member-lost", B)]
    assert "does not answer" in events[0].text


def test_an_unreachable_deployment_and_its_return_are_events() -> None:
    down = [cut(70.0 + at, host) for at in (0.0, 0.1) for host in (A, B, C)]
    events = events_of(*down, ok(80.0, B))
    assert [event.kind for event in events].count("silent") == 1
    assert kinds(events)[-2:] == [("member-back", B), ("reached", None)]


def test_a_stale_primary_is_ignored() -> None:
    """It missed the election and still claims to be primary; the driver knows the new one."""
    machine = Machine((A, B, C))
    events = events_of(
        silent(10.0),
        silent(12.0),
        picture(14.0, a="unknown", b="primary", c="secondary"),
        ok(20.0, A, role="primary"),
        machine=machine,
    )
    assert [event.kind for event in events].count("election") == 1
    assert machine.now.primary == B


def test_a_primary_on_the_wire_counts_before_the_driver_rediscovers_it() -> None:
    """The only member restarts: the driver retries it later than the pings on the wire."""
    machine = Machine((A,))
    for observation in (picture(0.0, a="primary"), ok(0.5), cut(5.0), cut(5.1)):
        machine.feed(observation)
    machine.feed(picture(5.1, a="unknown"))
    assert machine.feed(ok(7.0, A, role="secondary"))[0].kind == "member-back"
    assert machine.knows(A) is False
    (event,) = machine.feed(ok(8.0, A, role="primary"))
    assert event.kind == "election"
    assert event.facts["seconds"] == pytest.approx(3.0)


def test_a_set_without_a_primary_at_the_start_reports_its_first_election() -> None:
    machine = Machine((A, B))
    machine.feed(picture(0.0, a="secondary", b="secondary"))
    assert machine.now.without_since == 0.0
    (event,) = machine.feed(picture(9.0, a="secondary", b="primary"))
    assert event.facts["old"] is None
    assert event.facts["seconds"] == pytest.approx(9.0)


def test_discovery_is_not_an_election() -> None:
    """The driver discovers a secondary shortly before the primary."""
    machine = Machine((A, B))
    machine.feed(picture(0.0, a="unknown", b="secondary"))
    assert machine.feed(picture(0.2, a="primary", b="secondary")) == []
    assert machine.now.without_since is None


def test_only_a_lasting_change_of_role_is_reported() -> None:
    events = events_of(
        picture(20.0, a="primary", b="recovering", c="secondary"),
        picture(20.5, a="primary", b="secondary", c="secondary"),
        picture(60.0, a="primary", b="secondary", c="recovering"),
    )
    assert kinds(events) == [("role", B), ("role", C)]
    assert events[0].facts == {"role": "recovering", "before": "secondary"}


def test_a_reconfiguration_adds_and_removes_members() -> None:
    machine = Machine((A, B, C))
    events = events_of(
        picture(80.0, a="primary", b="secondary", c="secondary", d="secondary"),
        picture(90.0, a="primary", b="secondary", d="secondary"),
        machine=machine,
    )
    assert kinds(events) == [("member-new", "d:27017"), ("member-gone", C)]
    assert machine.hosts == (A, B, "d:27017")


def test_member_names_replace_the_seeds_without_an_event() -> None:
    machine = Machine(("localhost:1",))
    assert machine.feed(HEALTHY) == []
    assert machine.hosts == (A, B, C)


def test_seeds_stay_until_the_driver_reaches_a_member() -> None:
    """The member names do not work; only the seed answers."""
    machine = Machine(("localhost:1",))
    machine.feed(picture(0.0, mongo="unknown"))
    assert machine.hosts == ("localhost:1", "mongo:27017")


def test_another_kind_of_deployment_is_reported() -> None:
    (event,) = events_of(
        Picture(5.0, "Sharded", None, tuple(Server(h, "mongos") for h in (A, B, C)))
    )[:1]
    assert event.kind == "topology"


def test_a_set_without_a_primary_is_the_same_kind_of_deployment() -> None:
    events = events_of(picture(5.0, a="secondary", b="secondary", c="secondary"))
    assert [event.kind for event in events] == ["primary-lost"]


def certificate(at: float, mark: str, days: float) -> Certificate:
    return Certificate(at, A, mark, at + days * DAY)


def test_a_changed_certificate_is_reported_with_its_validity() -> None:
    events = events_of(
        certificate(1.0, "aa", 30), certificate(61.0, "aa", 30), certificate(121.0, "bb", 90)
    )
    assert kinds(events) == [("certificate", A)]
    assert "90 days" in events[0].text
    assert events[0].severity == "info"


def test_a_new_certificate_that_expires_soon_is_a_warning() -> None:
    assert events_of(certificate(1.0, "aa", 30), certificate(2.0, "bb", 3))[0].severity == "warning"


def names(at: float, *values: str, has_failed: bool = False) -> Names:
    return Names(
        at, "srv", "db.example.test", None if has_failed else frozenset(values), "SERVFAIL"
    )


def test_changed_srv_records_list_what_was_added_and_removed() -> None:
    (event,) = events_of(names(1.0, A, B), names(61.0, A, B), names(121.0, A, C))
    assert event.kind == "dns"
    assert event.facts == {"name": "db.example.test", "new": [C], "gone": [B]}


def test_a_name_that_stops_resolving_is_reported_once_as_is_its_return() -> None:
    events = events_of(
        names(1.0, A),
        names(2.0, has_failed=True),
        names(3.0, has_failed=True),
        names(4.0, A),
        names(5.0, A),
    )
    assert [event.kind for event in events] == ["dns-failed", "dns-back"]
    assert "SERVFAIL" in events[0].text


def test_a_name_that_never_resolved_is_reported_at_once() -> None:
    assert [event.kind for event in events_of(names(1.0, has_failed=True))] == ["dns-failed"]


def test_slow_pings_of_a_member_or_the_driver_are_spells() -> None:
    for host in (B, DRIVER):
        calm = [ok(100.0 + at, host, 1.0) for at in range(20)]
        slow = [ok(120.0 + at, host, 80.0) for at in range(3)]
        over = [ok(123.0 + at, host, 1.0) for at in range(3)]
        assert kinds(events_of(*calm, *slow, *over)) == [("slow", host), ("slow-over", host)]


def test_a_refused_login_and_a_sleeping_machine_are_events() -> None:
    events = events_of(Login(5.0, "Authentication failed."), Gap(6.0, 300.0))
    assert [event.kind for event in events] == ["login-refused", "gap"]
    assert "5 min 0 s" in events[1].text


def test_observations_of_unknown_hosts_are_ignored() -> None:
    machine = Machine((A, B, C))
    observations: list[Any] = [
        cut(1.0, "z:1"),
        cut(2.0, "z:1"),
        lost_ping(3.0, "z:1"),
        Pool(4.0, "z:1", "x"),
    ]
    assert events_of(*observations, machine=machine) == []
    assert "z:1" not in machine.hosts


def test_the_number_of_members_is_bounded() -> None:
    machine = Machine((A,))
    servers = tuple(Server(f"h{at}:1", "secondary") for at in range(5000))
    machine.feed(Picture(1.0, "ReplicaSetNoPrimary", "rs0", servers))
    assert len(machine.hosts) <= 61
