"""Faults of the Stable API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.sandbox import scripts
from mongoping.sandbox.fault import Fault, fault, plain

if TYPE_CHECKING:
    from collections.abc import Iterator


@fault("api.required")
def version_required() -> Iterator[Fault]:
    """The server runs with requireApiVersion, and the client declares no API version."""
    from mongoping.sandbox.deployment import standalone

    with standalone(require_api_version=True) as healthy:
        yield Fault(healthy.uri, remedy="Declare an API version", remedy_args=("--stable-api",))


@fault("api.unsupported", needs="4.4")
def version_unsupported() -> Iterator[Fault]:
    """The server is MongoDB 4.4, which accepts apiVersion in hello but not in queries."""
    from mongoping.sandbox.deployment import standalone

    with standalone(version="4.4") as healthy:
        yield Fault(
            healthy.uri,
            args=("--stable-api",),
            remedy="Create the client without server_api",
            remedy_args=(),
        )


@fault("api.strict-violation")
def strict_violation() -> Iterator[Fault]:
    """The client sets apiStrict, and a command is not in API version 1."""
    from mongoping.sandbox.played import SimulatedServer

    text = "Provided apiStrict:true, but the command find is not in API Version 1"
    with (
        plain() as healthy,
        SimulatedServer(scripts.failing("find", 323, text, "APIStrictError")) as server,
    ):
        yield Fault(
            f"mongodb://{server.address}/",
            args=("--api-strict",),
            remedy="Use a command of the Stable API",
            remedy_uri=healthy.uri,
            note="The server is simulated: in real servers, find is part of version 1.",
        )


@fault("api.deprecated")
def command_deprecated() -> Iterator[Fault]:
    """The client sets apiDeprecationErrors, and a command is deprecated in API version 1."""
    from mongoping.sandbox.played import SimulatedServer

    text = "Provided apiDeprecationErrors:true, but the command find is deprecated in API Version 1"
    script = scripts.failing("find", 324, text, "APIDeprecationError")
    with plain() as healthy, SimulatedServer(script) as server:
        yield Fault(
            f"mongodb://{server.address}/",
            args=("--api-deprecation-errors",),
            remedy="Use the replacement of the command",
            remedy_uri=healthy.uri,
            note="The server is simulated: no command of version 1 is deprecated yet.",
        )
