"""Server selection, compared with PyMongo's own selectors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mongoping.topology.selection import (
    Candidate,
    Preference,
    Selection,
    parse_tags,
    select,
    staleness,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROLES = ("primary", "secondary", "arbiter", "hidden", "unknown")


def server_description(candidate: Candidate) -> Any:
    """Return PyMongo's description of a member, made from the hello it would send."""
    from pymongo.hello import Hello
    from pymongo.server_description import ServerDescription

    address = (candidate.host.partition(":")[0], 27017)
    if candidate.role == "unknown":
        return ServerDescription(address)
    reply: dict[str, Any] = {
        "ok": 1,
        "setName": "rs0",
        "hosts": [candidate.host],
        "me": candidate.host,
        "minWireVersion": 0,
        "maxWireVersion": 17,
        "tags": dict(candidate.tags),
        "isWritablePrimary": candidate.role == "primary",
        "secondary": candidate.role in ("secondary", "hidden"),
        "arbiterOnly": candidate.role == "arbiter",
        "hidden": candidate.role == "hidden",
    }
    if candidate.last_write is not None:
        moment = NOW + timedelta(seconds=candidate.last_write)
        reply["lastWrite"] = {"lastWriteDate": moment.replace(tzinfo=None)}
    description = ServerDescription(address, Hello(reply), (candidate.rtt_ms or 0.0) / 1000)
    description._last_update_time = 1000.0  # all were asked at candidate moment
    return description


def select_with_pymongo(candidates: list[Candidate], preference: Preference) -> set[str]:
    """Return the hosts that PyMongo selects in a replica set of these members."""
    from pymongo.read_preferences import make_read_preference
    from pymongo.topology_description import TOPOLOGY_TYPE, TopologyDescription

    rows = [server_description(candidate) for candidate in candidates]
    primary = any(candidate.role == "primary" for candidate in candidates)
    kind = TOPOLOGY_TYPE.ReplicaSetWithPrimary if primary else TOPOLOGY_TYPE.ReplicaSetNoPrimary

    class Settings:
        heartbeat_frequency = preference.heartbeat_s
        local_threshold_ms = preference.threshold_ms

    topology = TopologyDescription(
        kind, {row.address: row for row in rows}, "rs0", None, None, Settings()
    )
    number = ["primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"].index(
        preference.mode
    )
    staleness_s = -1 if preference.max_staleness_s is None else int(preference.max_staleness_s)
    tags = [dict(tags) for tags in preference.tag_sets] or None
    selector = make_read_preference(number, tags, staleness_s)
    return {f"{row.address[0]}:27017" for row in topology.apply_selector(selector)}


def chosen_hosts(selection: Selection) -> set[str]:
    return {choice.host for choice in selection.choices if choice.selected}


tag_sets = st.dictionaries(st.sampled_from(["dc", "rack"]), st.sampled_from(["1", "2"]), max_size=2)


@st.composite
def deployments(draw: st.DrawFn) -> list[Candidate]:
    roles = draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=6))
    has_primary = False
    rows = []
    for number, name in enumerate(roles):
        role = "secondary" if name == "primary" and has_primary else name
        has_primary = has_primary or role == "primary"
        rows.append(
            Candidate(
                host=f"h{number}:27017",
                role=role,
                tags=draw(tag_sets),
                rtt_ms=draw(st.sampled_from([0.0, 4.0, 9.0, 24.0, 80.0])),
                last_write=float(draw(st.sampled_from([0, -10, -79, -81, -300]))),
            )
        )
    return rows


@st.composite
def preferences(draw: st.DrawFn) -> Preference:
    mode = draw(
        st.sampled_from(
            ["primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"]
        )
    )
    if mode == "primary":
        return Preference(mode)
    return Preference(
        mode=mode,
        tag_sets=tuple(draw(st.lists(tag_sets, max_size=3))),
        max_staleness_s=draw(st.sampled_from([None, 90.0, 120.0])),
        threshold_ms=draw(st.sampled_from([0.0, 5.0, 15.0, 100.0])),
    )


@settings(deadline=None)
@given(deployments(), preferences())
def test_the_selection_is_that_of_pymongo(
    candidates: list[Candidate], preference: Preference
) -> None:
    """For any members and any preference, the selected members are those PyMongo selects."""
    selection = select("ReplicaSetWithPrimary", candidates, preference)
    assert selection.problem is None
    assert chosen_hosts(selection) == select_with_pymongo(candidates, preference)


@settings(deadline=None)
@given(deployments(), preferences())
def test_every_member_gets_a_choice_and_a_reason(
    candidates: list[Candidate], preference: Preference
) -> None:
    selection = select("ReplicaSetNoPrimary", candidates, preference)
    assert [choice.host for choice in selection.choices] == [row.host for row in candidates]
    assert all(choice.reason for choice in selection.choices)
    assert all(choice.eligible for choice in selection.choices if choice.selected)


@pytest.mark.parametrize(
    ("preference", "words"),
    [
        (Preference("primary", ({"dc": "east"},)), "tag sets cannot be combined"),
        (Preference("primary", (), 120.0), "cannot be combined with mode primary"),
        (Preference("secondary", (), 89.0), "must be at least 90"),
        (Preference("secondary", (), 95.0, heartbeat_s=90.0), "must be at least 100"),
        (Preference("fastest"), "is not a read preference"),
    ],
)
def test_a_preference_that_drivers_refuse_has_a_problem(preference: Preference, words: str) -> None:
    selection = select("ReplicaSetWithPrimary", [Candidate("a:1", "primary")], preference)
    assert selection.problem is not None
    assert words in selection.problem
    assert selection.choices == ()


@pytest.mark.parametrize("preference", [Preference("secondary", (), 89.0)])
def test_pymongo_refuses_the_same(preference: Preference) -> None:
    """PyMongo also refuses less than 90 seconds."""
    from pymongo.errors import ConfigurationError

    with pytest.raises(ConfigurationError):
        select_with_pymongo([Candidate("h0:27017", "primary")], preference)


def test_the_primary_is_used_if_no_secondary_has_the_tags() -> None:
    rows = [
        Candidate("a:1", "primary", {"dc": "east"}),
        Candidate("b:1", "secondary", {"dc": "west"}),
    ]
    selection = select(
        "ReplicaSetWithPrimary", rows, Preference("secondaryPreferred", ({"dc": "south"},))
    )
    assert chosen_hosts(selection) == {"a:1"}
    assert "no secondary matches" in selection.choices[0].reason
    assert "dc:west" in selection.choices[1].reason


def test_a_distant_member_is_eligible_but_not_selected() -> None:
    rows = [
        Candidate("near:1", "secondary", rtt_ms=2.0),
        Candidate("far:1", "secondary", rtt_ms=60.0),
    ]
    near, far = select("ReplicaSetNoPrimary", rows, Preference("secondary")).choices
    assert (near.eligible, near.selected) == (True, True)
    assert (far.eligible, far.selected) == (True, False)
    assert far.behind_nearest_ms == pytest.approx(58.0)
    assert "localThresholdMS" in far.reason


def test_staleness_counts_from_the_primary_or_the_newest_write() -> None:
    rows = [
        Candidate("a:1", "primary", last_write=100.0),
        Candidate("b:1", "secondary", last_write=40.0),
        Candidate("c:1", "secondary", last_write=90.0),
    ]
    assert staleness(rows, 10.0) == {"b:1": 70.0, "c:1": 20.0}
    assert staleness(rows[1:], 10.0) == {"b:1": 60.0, "c:1": 10.0}


@pytest.mark.parametrize("mode", ["primary", "secondary", "nearest"])
def test_every_mongos_within_the_threshold_is_selected_in_any_mode(mode: str) -> None:
    rows = [Candidate("a:1", "mongos", rtt_ms=1.0), Candidate("b:1", "mongos", rtt_ms=90.0)]
    assert chosen_hosts(select("Sharded", rows, Preference(mode))) == {"a:1"}


def test_tag_sets_have_the_syntax_of_the_connection_string() -> None:
    assert parse_tags("dc:east,rack:1") == {"dc": "east", "rack": "1"}
    assert parse_tags("") == {}
    for bad in ("dc", "dc:east,rack", ":east", ","):
        with pytest.raises(ValueError, match="is not a tag set"):
            parse_tags(bad)
