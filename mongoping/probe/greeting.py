"""The hello command that PyMongo would send. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mongoping._version import __version__

if TYPE_CHECKING:
    from mongoping.model import Evidence

API_VERSION_REQUIRED = 498870  # measured on 5.0.4 and 6.0.5 with requireApiVersion
COMMAND_NOT_FOUND = 59


def hello_command(evidence: Evidence) -> dict[str, Any]:
    """Return the hello command that PyMongo would send for this target."""
    target, settings = evidence.target, evidence.settings
    ask: dict[str, Any] = {"hello": 1}
    is_load_balanced = bool(evidence.options.get("loadBalanced"))
    if not settings.uses_stable_api and not is_load_balanced:
        ask = {"ismaster": 1, "helloOk": True}
    if target is not None and target.username and not target.mechanism:
        ask["saslSupportedMechs"] = f"{evidence.auth_source}.{target.username}"
    if is_load_balanced:
        ask["loadBalanced"] = True
    ask["client"] = {
        "driver": {"name": "mongoping", "version": __version__},
        "os": {"type": "unknown"},
        "application": {"name": str(evidence.options.get("appName") or "mongoping")[:100]},
    }
    if settings.uses_stable_api:
        ask |= api_fields(evidence)
    return ask


def second_hello_command(ask: Mapping[str, Any], reply: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the hello command to send next if the server rejects the first one, else None.

    A server may require an API version, or know the command only by its older name.
    """
    rest = {key: ask[key] for key in ask if key not in ("hello", "ismaster", "helloOk")}
    if reply.get("code") == API_VERSION_REQUIRED:
        return {"hello": 1, **rest, "apiVersion": "1"}
    return {"ismaster": 1, **rest} if reply.get("code") == COMMAND_NOT_FOUND else None


def api_fields(evidence: Evidence) -> dict[str, Any]:
    """Return the fields that a driver with ServerApi adds to every command."""
    settings = evidence.settings
    fields: dict[str, Any] = {"apiVersion": settings.api_version}
    if settings.api_strict:
        fields["apiStrict"] = True
    if settings.api_deprecation_errors:
        fields["apiDeprecationErrors"] = True
    return fields
