"""Read records out of the documents of the Atlas API. Pure.

Each function takes any JSON value: a field of the wrong type counts as absent, because an answer
may come from a proxy, from a newer version, or be nonsense.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from mongoping.escape import clip
from mongoping.observations import AccessEntry, AtlasCluster, AtlasUser, FailedLogin

NAME_CHARS = 200
STRING_CHARS = 4000
MAX_ENTRIES = 5000  # an access list has at most 200 entries, unless Atlas raises the limit
PRIVATE_KEYS = ("private", "privateSrv")
ENDPOINT_KEYS = (
    "connectionString",
    "srvConnectionString",
    "srvShardOptimizedConnectionString",
)


def text(document: Any, key: str, limit: int = NAME_CHARS) -> str | None:
    """Return a text field, shortened; None if it is absent or empty."""
    value = document.get(key) if isinstance(document, dict) else None
    return clip(value, limit) if isinstance(value, str) and value else None


def table(document: Any, key: str) -> dict[str, Any]:
    """Return a field that is a document, else an empty one."""
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, dict) else {}


def rows(document: Any, key: str) -> list[dict[str, Any]]:
    """Return the documents in a field that is a list."""
    value = document.get(key) if isinstance(document, dict) else None
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def cluster(document: Any, project: str, project_id: str, *, flex: bool) -> AtlasCluster | None:
    """Return a cluster, or None without a name."""
    name = text(document, "name")
    if name is None:
        return None
    strings = table(document, "connectionStrings")
    is_paused = document.get("paused")
    advanced_settings = table(document, "advancedConfiguration")
    place = next(_regions(document, flex=flex), {})
    provider = text(place, "backingProviderName") or text(place, "providerName")
    region = " ".join(word for word in (provider, text(place, "regionName")) if word)
    return AtlasCluster(
        name=name,
        project=project,
        project_id=project_id,
        state=text(document, "stateName"),
        paused=is_paused if isinstance(is_paused, bool) else None,
        version=text(document, "mongoDBVersion"),
        minimum_tls=text(advanced_settings, "minimumEnabledTlsProtocol"),
        standard_srv=text(strings, "standardSrv", STRING_CHARS),
        standard=text(strings, "standard", STRING_CHARS),
        private=tuple(dict.fromkeys(_private_strings(strings))),
        flex=flex,
        region=region or None,
        tier="flex" if flex else text(table(place, "electableSpecs"), "instanceSize"),
    )


def _regions(document: Any, *, flex: bool) -> Iterator[dict[str, Any]]:
    if flex:
        yield table(document, "providerSettings")
    for specification in rows(document, "replicationSpecs"):
        yield from rows(specification, "regionConfigs")


def _private_strings(strings: dict[str, Any]) -> Iterator[str]:
    for key in PRIVATE_KEYS:
        if connection_string := text(strings, key, STRING_CHARS):
            yield connection_string
    for key in ("awsPrivateLink", "awsPrivateLinkSrv"):
        for value in table(strings, key).values():
            if isinstance(value, str):
                yield clip(value, STRING_CHARS)
    for endpoint in rows(strings, "privateEndpoint"):
        for key in ENDPOINT_KEYS:
            if connection_string := text(endpoint, key, STRING_CHARS):
                yield connection_string


def access_list(
    documents: Iterable[Any], address: str | None, now: datetime
) -> tuple[AccessEntry, ...]:
    """Return the entries of an IP access list; those that cover ``address`` come first."""
    entries: dict[str, AccessEntry] = {}
    for document in documents:
        value = next(
            (
                text(document, key)
                for key in ("cidrBlock", "ipAddress", "awsSecurityGroup")
                if text(document, key)
            ),
            None,
        )
        if value is not None and len(entries) < MAX_ENTRIES:
            value = value.removesuffix("/32")  # Atlas lists an address in both forms
            expires = text(document, "deleteAfterDate")
            entries[value] = AccessEntry(
                value,
                expires=expires,
                expired=has_passed(expires, now),
                covers=covers(value, address),
            )
    return tuple(sorted(entries.values(), key=lambda entry: not entry.covers))


def covers(entry: str, address: str | None) -> bool | None:
    """Return whether an address is in an entry of an access list; None if that is not known.

    A security group holds the addresses of machines that only AWS knows.
    """
    if address is None:
        return None
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None


def has_passed(moment: str | None, now: datetime) -> bool:
    """Return whether a time in ISO 8601 is before ``now``; False for anything else."""
    try:
        time = datetime.fromisoformat(moment or "")
    except ValueError:
        return False
    return (time if time.tzinfo else time.replace(tzinfo=UTC)) < now


def user(document: Any, now: datetime) -> AtlasUser | None:
    """Return a database user, or None without a name."""
    name, source = text(document, "username"), text(document, "databaseName")
    if name is None or source is None:
        return None
    expires = text(document, "deleteAfterDate")
    scopes = [scope for scope in rows(document, "scopes") if text(scope, "type") == "CLUSTER"]
    others = [scope for scope in rows(document, "scopes") if text(scope, "type") != "CLUSTER"]
    clusters = _names(scopes)
    if others and not clusters:  # restricted to data lakes or stream processing
        clusters = _names(others)
    return AtlasUser(name, source, clusters, expires, has_passed(expires, now))


def _names(scopes: Iterable[Any]) -> tuple[str, ...]:
    return tuple(value for scope in scopes if (value := text(scope, "name")))


def failed_logins(document: Any, username: str, address: str | None) -> tuple[FailedLogin, ...]:
    """Return the refused logins of one user, as the API lists them; those of others are dropped."""
    logins = []
    for row in rows(document, "accessLogs"):
        reason = text(row, "failureReason")
        if reason is None or row.get("authResult") is True or row.get("username") != username:
            continue
        origin = text(row, "ipAddress")
        here = None if address is None or origin is None else origin == address
        logins.append(FailedLogin(reason, text(row, "authSource"), text(row, "timestamp"), here))
    return tuple(logins)
