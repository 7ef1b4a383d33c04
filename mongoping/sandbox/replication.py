"""Make single servers into a replica set, and wait until every member has found its role."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mongoping.sandbox.users import User, admin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mongoping.sandbox.process import Server

STATE_S = 60.0  # quiet members need two seconds; a loaded CI machine needs more
CHANGE_S = 20.0  # a wrong configuration is refused as often as it is tried
POLL_S = 0.05
HEARTBEAT = {"heartbeatIntervalMillis": 200}  # 2 s by default: ten times what setting up needs
SETTLED_STATES = {"PRIMARY", "SECONDARY", "ARBITER"}


class NotSettled(Exception):  # noqa: N818 - the name is the state
    """A set did not become what it was asked to be within a minute."""


def until(question: Callable[[], bool], what: str, seconds: float = STATE_S) -> None:
    """Ask until the answer is yes, through errors that pass. Raises `NotSettled`."""
    from pymongo.errors import PyMongoError

    deadline = time.monotonic() + seconds
    last: Exception | None = None
    while True:
        try:
            if question():
                return
        except PyMongoError as error:
            last = error
        if time.monotonic() > deadline:
            raise NotSettled(f"{what} did not happen within {seconds:g} s ({last})")
        time.sleep(POLL_S)


def configuration(
    name: str, servers: Sequence[Server], members: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the replica set configuration for ``members``, as in ``replica_set``."""
    documents = []
    for number, (server, member) in enumerate(zip(servers, members, strict=True)):
        document = {"_id": number, "host": server.address, **member}
        horizon = document.pop("horizon", None)
        if horizon:
            document["horizons"] = {"outside": horizon.format(port=server.port)}
        document["host"] = document["host"].format(port=server.port)
        documents.append(document)
    return {"_id": name, "version": 1, "members": documents, "settings": HEARTBEAT}


def _first_alone(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration with only the first member electable, so that it wins at once."""
    members = [
        member if member["_id"] == 0 else {**member, "priority": 0} for member in config["members"]
    ]
    settings = {**HEARTBEAT, "electionTimeoutMillis": 500}
    return {**config, "members": members, "settings": settings}


def initiate(server: Server, config: dict[str, Any], tls: Mapping[str, Any] | None) -> None:
    """Initiate the set on its first member, and wait until that one is the primary."""
    with admin(server.address, tls=tls) as client:
        client.admin.command("replSetInitiate", _first_alone(config))
        until(
            lambda: bool(client.admin.command("hello").get("isWritablePrimary")),
            f"The election of {server.address}",
        )


def settle(
    server: Server, config: dict[str, Any], user: User | None, tls: Mapping[str, Any] | None
) -> None:
    """Give every member its own priority and patience, and wait until all know their role."""
    with admin(server.address, user=user, tls=tls) as client:
        change(client, lambda current: {**config, "version": current["version"]})
        until(
            lambda: all(
                member["stateStr"] in SETTLED_STATES
                for member in client.admin.command("replSetGetStatus")["members"]
            ),
            "The settling of the members",
        )


def change(
    client: Any, edit: Callable[[dict[str, Any]], dict[str, Any]], *, force: bool = False
) -> None:
    """Reconfigure the set: ``edit`` receives the current configuration and returns the next one."""

    def attempt() -> bool:
        current = client.admin.command("replSetGetConfig")["config"]
        document = edit(current)
        document["version"] = current["version"] + 1
        client.admin.command("replSetReconfig", document, force=force)
        return True

    until(attempt, "The new configuration", CHANGE_S)
