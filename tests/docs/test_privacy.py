"""What docs/security.md says of the wire is what goes over it, on a real server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.docs.wiretap import Tap

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.sandbox.deployment import Deployment

TEXT = (Path(__file__).parents[2] / "docs" / "security.md").read_text("utf-8")
RUNS = (
    # arguments of a run, and whether its password is right
    (("check",), True),
    (("check", "--stable-api"), True),
    (("check",), False),
    (("check", "--waterfall", "--count", "2"), True),
    (("topology",), True),
    (("watch", "--count", "1"), True),
    (("smoke", "--expect", "write-concern=majority"), True),
)


def table(head: str) -> str:
    """A table of the page, by the beginning of its heads."""
    found = re.search(rf"^\| {re.escape(head)}.*\n(?:\|.*\n)+", TEXT, re.MULTILINE)
    assert found is not None, head
    return found[0]


def first_cells(head: str) -> set[str]:
    rows = table(head).splitlines()[2:]
    return {name for row in rows for name in re.findall("`([^`]+)`", row.split("|")[1])}


def test_every_command_that_is_sent_stands_on_the_page(
    mongod_auth: Deployment, run_mongoping: Callable[..., Any]
) -> None:
    """Only names that the page has, never the password, and the greeting's fields alone."""
    user = mongod_auth.user
    assert user is not None
    with Tap(mongod_auth.ports[0]) as tap:
        for args, right in RUNS:
            uri = mongod_auth.uri_with([f"127.0.0.1:{tap.port}"])
            if not right:
                uri = re.sub("(?<=:)[^:@]+(?=@)", "not-the-password", uri, count=1)
            run = run_mongoping(*args, uri)
            assert run.code in ((0, 18) if right else (16,)), run.out + run.err
        sent = list(tap.messages())
        raw = b"".join(tap.said)
    names = {next(iter(one)) for one in sent}
    listed = first_cells("command |") | first_cells("command of the driver")
    assert {name.lower() for name in names} <= {name.lower() for name in listed}
    assert {"connectionStatus", "ping", "buildInfo", "getParameter"} <= names
    assert user.password.encode() not in raw
    assert b"not-the-password" not in raw
    greetings = [one["client"] for one in sent if "client" in one]
    assert {field for one in greetings for field in one} <= first_cells("field")
    drivers = {one["driver"]["name"] for one in greetings}
    assert "mongoping" in drivers
    assert any(name.startswith("PyMongo") and "mongoping" in name for name in drivers)


def test_the_greeting_of_the_probes_says_no_more_than_the_page_has_it(
    mongod: Deployment, run_mongoping: Callable[..., Any]
) -> None:
    with Tap(mongod.ports[0]) as tap:
        uri = f"mongodb://127.0.0.1:{tap.port}/?appName=shop"
        assert run_mongoping("check", uri).code == 0
        own = [one["client"] for one in tap.messages() if "client" in one]
    probes = [one for one in own if one["driver"]["name"] == "mongoping"]
    assert probes
    for one in probes:
        assert one["os"] == {"type": "unknown"}
        assert one["application"] == {"name": "shop"}
        assert set(one) == {"driver", "os", "application"}
