"""From observations to events: every rule as a little story, told second by second."""

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
    """The driver's picture: ``a="primary"``, members that are not named are unknown."""
    servers = tuple(Server(f"{name}:27017", role) for name, role in roles.items())
    whole = any(role == "primary" for role in roles.values())
    return Picture(at, f"ReplicaSet{'With' if whole else 'No'}Primary", "rs0", servers)


def ok(at: float, host: str = A, ms: float = 1.0, role: str | None = None) -> Ping:
    return Ping(at, host, ms, sent=at, role=role)


def lost(at: float, host: str = A, why: str = "Connection refused") -> Ping:
    return Ping(at, host, None, why, sent=at)


def silent(sent: float, host: str = A, patience: float = 2.0) -> Ping:
    return Ping(sent + patience, host, None, "no answer in time", timed_out=True, sent=sent)


def cut(at: float, host: str = A) -> Beat:
    return Beat(at, host, "connection closed")


WHOLE = picture(0.0, a="primary", b="secondary", c="secondary")
BEGUN: list[Observation] = [WHOLE, ok(0.5, A), ok(0.5, B), ok(0.5, C)]


def told(*observations: Observation, machine: Machine | None = None) -> list[Event]:
    """The events after a healthy beginning."""
    one = machine or Machine((A, B, C))
    events = [event for seen in BEGUN for event in one.feed(seen)]
    assert events == []
    return [event for seen in observations for event in one.feed(seen)]


def kinds(events: list[Event]) -> list[tuple[str, str | None]]:
    return [(one.kind, one.host) for one in events]


def only(events: list[Event], kind: str) -> Event:
    (one,) = [event for event in events if event.kind == kind]
    return one


def test_a_healthy_beginning_is_no_news() -> None:
    machine = Machine((A,))
    assert told(machine=machine) == []
    assert machine.now.primary == A
    assert [one.role for one in machine.now.members] == ["primary", "secondary", "secondary"]
    assert all(one.up for one in machine.now.members)


def test_a_step_down_is_an_election_with_the_seconds_between() -> None:
    events = told(
        picture(10.0, a="secondary", b="secondary", c="secondary"),
        picture(12.5, a="secondary", b="primary", c="secondary"),
    )
    assert kinds(events) == [("primary-lost", A), ("election", B)]
    assert "stepped down" in events[0].text
    assert events[1].facts == {"old": A, "new": B, "seconds": 2.5, "since": 10.0}


def test_the_same_primary_again_is_told_as_such() -> None:
    events = told(
        picture(10.0, a="secondary", b="secondary", c="secondary"),
        picture(14.0, a="primary", b="secondary", c="secondary"),
    )
    assert events[1].facts["old"] == events[1].facts["new"] == A
    assert "again" in events[1].text


def test_a_killed_primary_is_missed_from_the_first_failure_on() -> None:
    events = told(
        cut(20.0),
        Beat(20.1, A, "Connection refused"),
        picture(20.1, a="unknown", b="secondary", c="secondary"),
        picture(31.0, a="unknown", b="secondary", c="primary"),
    )
    assert kinds(events) == [("member-lost", A), ("primary-lost", A), ("election", C)]
    assert only(events, "member-lost").facts["role"] == "primary"
    assert only(events, "election").facts["seconds"] == pytest.approx(11.0)
    assert only(events, "election").facts["since"] == 20.0


def test_a_new_primary_before_anybody_missed_the_old_one_counts_from_its_first_failure() -> None:
    events = told(cut(20.0), picture(22.0, a="unknown", b="primary", c="secondary"))
    assert only(events, "election").facts["seconds"] == pytest.approx(2.0)


def test_silence_began_between_the_last_answer_and_the_first_ping_without_one() -> None:
    """Stopped at some moment after 30.0 and before 31.0: the middle is right to half a tick."""
    events = told(
        ok(30.0), silent(31.0), silent(33.0), picture(45.0, a="unknown", b="primary", c="secondary")
    )
    assert only(events, "member-lost").facts["since"] == pytest.approx(30.5)
    assert only(events, "election").facts["seconds"] == pytest.approx(14.5)


def test_one_failure_and_an_answer_is_a_drop_not_a_loss() -> None:
    events = told(lost(40.0, B, "closed"), ok(41.0, B))
    assert kinds(events) == [("drop", B)]
    assert "closed" in events[0].text


def test_many_connections_that_drop_together_are_one_drop() -> None:
    events = told(cut(40.0, B), ok(40.2, B), lost(40.3, B), ok(41.0, B), cut(41.5, B), ok(41.6, B))
    assert kinds(events) == [("drop", B)]


def test_two_failures_of_different_witnesses_are_one_drop_as_well() -> None:
    """The driver's connection and ours were cut at once; both come back."""
    events = told(cut(40.0, B), lost(40.1, B), ok(41.0, B))
    assert kinds(events) == [("drop", B)]


def test_a_cleared_pool_is_a_drop_where_the_member_lives() -> None:
    assert kinds(told(Pool(50.0, B, "the pool was cleared"), ok(51.0, B))) == [("drop", B)]


def test_a_cleared_pool_of_a_member_that_died_is_no_further_event() -> None:
    events = told(Pool(50.0, B, "cleared"), cut(50.1, B), cut(50.2, B))
    assert kinds(events) == [("member-lost", B)]
    assert events[0].facts["since"] == 50.0


def test_a_lost_member_that_comes_back_tells_how_long_it_was_away() -> None:
    events = told(cut(60.0, B), cut(60.1, B), lost(61.0, B), lost(62.0, B), ok(65.0, B))
    assert kinds(events) == [("member-lost", B), ("member-back", B)]
    assert events[1].facts["seconds"] == pytest.approx(5.0)


def test_a_member_that_never_answered_is_told_once() -> None:
    machine = Machine((A, B))
    events = [event for at in (1.0, 2.0, 3.0, 4.0) for event in machine.feed(lost(at, B))]
    assert kinds(events) == [("member-lost", B)]
    assert "does not answer" in events[0].text


def test_a_deployment_that_vanishes_is_an_event_and_so_is_its_return() -> None:
    down = [cut(70.0 + at, host) for at in (0.0, 0.1) for host in (A, B, C)]
    events = told(*down, ok(80.0, B))
    assert [one.kind for one in events].count("silent") == 1
    assert kinds(events)[-2:] == [("member-back", B), ("reached", None)]


def test_a_member_that_slept_through_an_election_is_not_believed() -> None:
    """It takes itself for the primary still; the driver knows a newer one."""
    machine = Machine((A, B, C))
    events = told(
        silent(10.0),
        silent(12.0),
        picture(14.0, a="unknown", b="primary", c="secondary"),
        ok(20.0, A, role="primary"),
        machine=machine,
    )
    assert [one.kind for one in events].count("election") == 1
    assert machine.now.primary == B


def test_the_wire_tells_a_primary_that_the_driver_has_not_found_again() -> None:
    """The only member restarts: the driver looks again after a while, the wire at each tick."""
    machine = Machine((A,))
    for seen in (picture(0.0, a="primary"), ok(0.5), cut(5.0), cut(5.1)):
        machine.feed(seen)
    machine.feed(picture(5.1, a="unknown"))
    assert machine.feed(ok(7.0, A, role="secondary"))[0].kind == "member-back"
    assert machine.knows(A) is False
    (event,) = machine.feed(ok(8.0, A, role="primary"))
    assert event.kind == "election"
    assert event.facts["seconds"] == pytest.approx(3.0)


def test_a_set_that_had_no_primary_when_the_watch_began_tells_its_first_one() -> None:
    machine = Machine((A, B))
    machine.feed(picture(0.0, a="secondary", b="secondary"))
    assert machine.now.without_since == 0.0
    (event,) = machine.feed(picture(9.0, a="secondary", b="primary"))
    assert event.facts["old"] is None
    assert event.facts["seconds"] == pytest.approx(9.0)


def test_discovery_in_pieces_is_no_election() -> None:
    """A secondary is heard a moment before the primary."""
    machine = Machine((A, B))
    machine.feed(picture(0.0, a="unknown", b="secondary"))
    assert machine.feed(picture(0.2, a="primary", b="secondary")) == []
    assert machine.now.without_since is None


def test_a_role_that_changes_for_good_is_told_and_a_passing_one_is_not() -> None:
    events = told(
        picture(20.0, a="primary", b="recovering", c="secondary"),
        picture(20.5, a="primary", b="secondary", c="secondary"),
        picture(60.0, a="primary", b="secondary", c="recovering"),
    )
    assert kinds(events) == [("role", B), ("role", C)]
    assert events[0].facts == {"role": "recovering", "before": "secondary"}


def test_reconfiguring_brings_and_takes_members() -> None:
    machine = Machine((A, B, C))
    events = told(
        picture(80.0, a="primary", b="secondary", c="secondary", d="secondary"),
        picture(90.0, a="primary", b="secondary", d="secondary"),
        machine=machine,
    )
    assert kinds(events) == [("member-new", "d:27017"), ("member-gone", C)]
    assert machine.hosts == (A, B, "d:27017")


def test_the_names_of_the_set_replace_the_seeds_without_a_word() -> None:
    machine = Machine(("localhost:1",))
    assert machine.feed(WHOLE) == []
    assert machine.hosts == (A, B, C)


def test_seeds_stay_as_long_as_the_driver_has_found_nobody() -> None:
    """The names of the set lead nowhere; the seed is all that answers."""
    machine = Machine(("localhost:1",))
    machine.feed(picture(0.0, mongo="unknown"))
    assert machine.hosts == ("localhost:1", "mongo:27017")


def test_another_kind_of_deployment_is_told() -> None:
    (event,) = told(Picture(5.0, "Sharded", None, tuple(Server(h, "mongos") for h in (A, B, C))))[
        :1
    ]
    assert event.kind == "topology"


def test_a_set_without_a_primary_is_no_other_kind_of_deployment() -> None:
    events = told(picture(5.0, a="secondary", b="secondary", c="secondary"))
    assert [one.kind for one in events] == ["primary-lost"]


def certificate(at: float, mark: str, days: float) -> Certificate:
    return Certificate(at, A, mark, at + days * DAY)


def test_another_certificate_is_told_with_its_days_and_the_same_one_is_not() -> None:
    events = told(
        certificate(1.0, "aa", 30), certificate(61.0, "aa", 30), certificate(121.0, "bb", 90)
    )
    assert kinds(events) == [("certificate", A)]
    assert "90 days" in events[0].text
    assert events[0].severity == "info"


def test_a_new_certificate_that_ends_soon_is_a_warning() -> None:
    assert told(certificate(1.0, "aa", 30), certificate(2.0, "bb", 3))[0].severity == "warning"


def names(at: float, *values: str, failed: bool = False) -> Names:
    return Names(at, "srv", "db.example.test", None if failed else frozenset(values), "SERVFAIL")


def test_srv_that_changes_tells_what_came_and_what_went() -> None:
    (event,) = told(names(1.0, A, B), names(61.0, A, B), names(121.0, A, C))
    assert event.kind == "dns"
    assert event.facts == {"name": "db.example.test", "new": [C], "gone": [B]}


def test_a_name_that_fails_is_told_once_and_its_return_once() -> None:
    events = told(
        names(1.0, A),
        names(2.0, failed=True),
        names(3.0, failed=True),
        names(4.0, A),
        names(5.0, A),
    )
    assert [one.kind for one in events] == ["dns-failed", "dns-back"]
    assert "SERVFAIL" in events[0].text


def test_a_name_that_never_resolved_is_told_at_once() -> None:
    assert [one.kind for one in told(names(1.0, failed=True))] == ["dns-failed"]


def test_slow_pings_of_a_member_and_of_the_driver_are_spells() -> None:
    for host in (B, DRIVER):
        calm = [ok(100.0 + at, host, 1.0) for at in range(20)]
        slow = [ok(120.0 + at, host, 80.0) for at in range(3)]
        over = [ok(123.0 + at, host, 1.0) for at in range(3)]
        assert kinds(told(*calm, *slow, *over)) == [("slow", host), ("slow-over", host)]


def test_a_refused_login_and_a_machine_that_slept_are_events() -> None:
    events = told(Login(5.0, "Authentication failed."), Gap(6.0, 300.0))
    assert [one.kind for one in events] == ["login-refused", "gap"]
    assert "5 min 0 s" in events[1].text


def test_what_is_said_of_strangers_is_not_believed() -> None:
    machine = Machine((A, B, C))
    strangers: list[Any] = [
        cut(1.0, "z:1"),
        cut(2.0, "z:1"),
        lost(3.0, "z:1"),
        Pool(4.0, "z:1", "x"),
    ]
    assert told(*strangers, machine=machine) == []
    assert "z:1" not in machine.hosts


def test_a_hostile_picture_does_not_grow_without_bounds() -> None:
    machine = Machine((A,))
    servers = tuple(Server(f"h{at}:1", "secondary") for at in range(5000))
    machine.feed(Picture(1.0, "ReplicaSetNoPrimary", "rs0", servers))
    assert len(machine.hosts) <= 61
