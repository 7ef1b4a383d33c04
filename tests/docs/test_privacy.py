"""docs/security.md lists exactly what mongoping sends to a real server."""

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
    # arguments of a run, and whether the password is correct
    (("check",), True),
    (("check", "--stable-api"), True),
    (("check",), False),
    (("check", "--waterfall", "--count", "2"), True),
    (("topology",), True),
    (("watch", "--count", "1"), True),
    (("smoke", "--expect", "write-concern=majority"), True),
)


def table(head: str) -> str:
    """Return the table of the page whose header begins with ``head``."""
    match = re.search(rf"^\| {re.escape(head)}.*\n(?:\|.*\n)+", TEXT, re.MULTILINE)
    assert match is not None, head
    return match[0]


def names_in(head: str) -> set[str]:
    """Return the names in the first column of a table."""
    rows = table(head).splitlines()[2:]
    return {name for row in rows for name in re.findall("`([^`]+)`", row.split("|")[1])}


def test_the_page_lists_every_command_that_is_sent(
    mongod_auth: Deployment, run_mongoping: Callable[..., Any]
) -> None:
    """The wire carries only commands and metadata fields that the page lists, and no password."""
    user = mongod_auth.user
    assert user is not None
    with Tap(mongod_auth.ports[0]) as tap:
        for args, is_correct in RUNS:
            uri = mongod_auth.uri_with([f"127.0.0.1:{tap.port}"])
            if not is_correct:
                uri = re.sub("(?<=:)[^:@]+(?=@)", "not-the-password", uri, count=1)
            run = run_mongoping(*args, uri)
            assert run.code in ((0, 18) if is_correct else (16,)), run.out + run.err
        documents = list(tap.messages())
        raw = b"".join(tap.streams)
    names = {next(iter(command)) for command in documents}
    names_on_page = names_in("command |") | names_in("command of the driver")
    assert {name.lower() for name in names} <= {name.lower() for name in names_on_page}
    assert {"connectionStatus", "ping", "buildInfo", "getParameter"} <= names
    assert user.password.encode() not in raw
    assert b"not-the-password" not in raw
    metadata = [command["client"] for command in documents if "client" in command]
    assert {field for client in metadata for field in client} <= names_in("field")
    drivers = {client["driver"]["name"] for client in metadata}
    assert "mongoping" in drivers
    assert any(name.startswith("PyMongo") and "mongoping" in name for name in drivers)


def test_the_probes_send_only_the_metadata_that_the_page_lists(
    mongod: Deployment, run_mongoping: Callable[..., Any]
) -> None:
    with Tap(mongod.ports[0]) as tap:
        uri = f"mongodb://127.0.0.1:{tap.port}/?appName=shop"
        assert run_mongoping("check", uri).code == 0
        metadata = [command["client"] for command in tap.messages() if "client" in command]
    probes = [client for client in metadata if client["driver"]["name"] == "mongoping"]
    assert probes
    for client in probes:
        assert client["os"] == {"type": "unknown"}
        assert client["application"] == {"name": "shop"}
        assert set(client) == {"driver", "os", "application"}
