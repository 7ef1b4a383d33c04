"""Play the Atlas Administration API on loopback, for an account in a given state.

Only what mongoping asks for is there. Requests are authenticated as by the real API: an API key
with HTTP digest (RFC 7616), a service account with a token from ``/api/oauth/token``. Replies
have the media types and the fields of version 2 of the API.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit
from urllib.request import parse_http_list, parse_keqv_list

if TYPE_CHECKING:
    import ssl
    from typing import Self

PROJECT, ORGANIZATION = "5f0c1d2e3a4b5c6d7e8f9a0b", "5f0c1d2e3a4b5c6d7e8f9a0c"
PROJECT_NAME = "Shop"
ADDRESS = "203.0.113.7"  # of this machine, as the played API sees it (RFC 5737)
REALM = "MMS Public API"
VERSIONS = {"clusters": "2024-08-05", "flexClusters": "2024-11-13"}
DEFAULT_VERSION = "2023-01-01"


def in_days(days: float) -> str:
    """Return the time this many days from now, or ago, as the API writes it."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Account:
    """The state of one project with clusters, as the API shows it.

    Attributes:
        clusters: documents of dedicated clusters, see `cluster_document`.
        flex_clusters: documents of flex clusters.
        entries: the access list, from value to status.
        expires: when entries of the access list end, by value.
        users: documents of database users.
        history: rows of the access history.
        address: the address of the client, or None for an API without this resource.
        delay: seconds before each reply.
        broken: replaces the replies of paths that match the pattern by a status and a body.
    """

    clusters: list[dict[str, Any]] = field(default_factory=list)
    flex_clusters: list[dict[str, Any]] = field(default_factory=list)
    entries: dict[str, str] = field(default_factory=dict)
    expires: dict[str, str] = field(default_factory=dict)
    users: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    address: str | None = ADDRESS
    delay: float = 0.0
    broken: dict[str, tuple[int, bytes]] = field(default_factory=dict)


def cluster_document(
    name: str, srv: str, *, private: str | None = None, **fields: Any
) -> dict[str, Any]:
    """Return the document of a cluster; ``private`` is the SRV name of a private endpoint."""
    strings: dict[str, Any] = {"standardSrv": f"mongodb+srv://{srv}"}
    if private is not None:
        strings["privateEndpoint"] = [
            {"srvConnectionString": f"mongodb+srv://{private}", "type": "MONGOD", "endpoints": []}
        ]
    return {
        "name": name,
        "groupId": PROJECT,
        "stateName": "IDLE",
        "paused": False,
        "mongoDBVersion": "8.0.12",
        "connectionStrings": strings,
        "advancedConfiguration": {"minimumEnabledTlsProtocol": "TLS1_2"},
        "replicationSpecs": [
            {
                "regionConfigs": [
                    {
                        "providerName": "AWS",
                        "regionName": "EU_WEST_1",
                        "electableSpecs": {"instanceSize": "M10"},
                    }
                ]
            }
        ],
        **fields,
    }


def user_document(name: str, source: str = "admin", **fields: Any) -> dict[str, Any]:
    """Return the document of a database user."""
    roles = [{"roleName": "readWriteAnyDatabase", "databaseName": "admin"}]
    return {
        "username": name,
        "databaseName": source,
        "groupId": PROJECT,
        "roles": roles,
        **fields,
    }


def failed_login(name: str, reason: str, *, address: str = ADDRESS) -> dict[str, Any]:
    """Return a row of the access history."""
    return {
        "authResult": False,
        "authSource": "admin",
        "failureReason": reason,
        "groupId": PROJECT,
        "hostname": "cluster0-shard-00-00.example.net",
        "ipAddress": address,
        "timestamp": in_days(0),
        "username": name,
    }


class AccountServer:
    """The API of an `Account`, in threads of its own from ``with`` to its end.

    ``account`` may be changed at any time. ``requests`` has the method and the path of each
    request, ``accepted`` the media types that were asked for.
    """

    def __init__(self, account: Account, context: ssl.SSLContext | None = None) -> None:
        self.account = account
        self.public, self.private = "sandboxk", secrets.token_hex(18)
        self.client_id, self.client_secret = "mdb_sa_id_sandbox", secrets.token_hex(18)
        self.token = secrets.token_urlsafe(40)
        self.nonce = secrets.token_hex(16)
        self.requests: list[tuple[str, str]] = []
        self.accepted: list[str] = []
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._scheme = "http"
        if context is not None:
            self._scheme = "https"
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def url(self) -> str:
        """Return the address for ``--atlas-api-url``."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    @property
    def args(self) -> tuple[str, ...]:
        """Return the options with which mongoping asks this API."""
        return ("--atlas-api-url", self.url)

    @property
    def key(self) -> dict[str, str]:
        """Return the environment with the API key."""
        return {
            "MONGODB_ATLAS_PUBLIC_API_KEY": self.public,
            "MONGODB_ATLAS_PRIVATE_API_KEY": self.private,
        }

    @property
    def service_account(self) -> dict[str, str]:
        """Return the environment with the service account."""
        return {
            "MONGODB_ATLAS_CLIENT_ID": self.client_id,
            "MONGODB_ATLAS_CLIENT_SECRET": self.client_secret,
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def allows(self, method: str, path: str, header: str) -> bool:
        """Return whether an Authorization header is valid."""
        scheme, _, rest = header.partition(" ")
        if scheme == "Bearer":
            return secrets.compare_digest(rest, self.token)
        return scheme == "Digest" and self._digest_is_right(method, path, rest)

    def _digest_is_right(self, method: str, path: str, header: str) -> bool:
        fields = parse_keqv_list(parse_http_list(header))

        def digest_of(*parts: str) -> str:
            return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()

        secret = digest_of(self.public, REALM, self.private)
        request = digest_of(method, fields.get("uri", ""))
        counted_fields = [fields.get(name, "") for name in ("nonce", "nc", "cnonce", "qop")]
        return (
            fields.get("username") == self.public
            and fields.get("nonce") == self.nonce
            and fields.get("uri") == path
            and fields.get("response") == digest_of(secret, *counted_fields, request)
        )

    def reply(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        """Return the status and the document of an authenticated request."""
        for pattern, answer in ROUTES:
            if match := re.fullmatch(pattern, path):
                return answer(self.account, [unquote(part) for part in match.groups()], query)
        return 404, error(404, "RESOURCE_NOT_FOUND")


Reply = tuple[int, Any]


def error(status: int, code: str, detail: str = "") -> dict[str, Any]:
    """Return the document of an error."""
    return {"error": status, "errorCode": code, "detail": detail, "parameters": []}


def _page(rows: list[dict[str, Any]], query: dict[str, str]) -> Reply:
    size, number = int(query.get("itemsPerPage", "100")), int(query.get("pageNum", "1"))
    first = (number - 1) * size
    return 200, {"results": rows[first : first + size], "totalCount": len(rows), "links": []}


def _groups(account: Account, parts: list[str], query: dict[str, str]) -> Reply:
    group = {
        "id": PROJECT,
        "name": PROJECT_NAME,
        "orgId": ORGANIZATION,
        "clusterCount": len(account.clusters),
        "created": "2024-01-01T00:00:00Z",
    }
    return _page([group], query)


def _overview(account: Account, parts: list[str], query: dict[str, str]) -> Reply:
    names = [{"name": row["name"]} for row in (*account.clusters, *account.flex_clusters)]
    return _page([{"groupId": PROJECT, "groupName": PROJECT_NAME, "clusters": names}], query)


def _clusters(account: Account, parts: list[str], query: dict[str, str]) -> Reply:
    return _page(account.clusters, query)


def _flex(account: Account, parts: list[str], query: dict[str, str]) -> Reply:
    return _page(account.flex_clusters, query)


def _access_list(account: Account, parts: list[str], query: dict[str, str]) -> Reply:
    rows = []
    for value in account.entries:
        row: dict[str, Any] = {"groupId": PROJECT, "cidrBlock": value}
        if "/" not in value:
            row = {"groupId": PROJECT, "ipAddress": value, "cidrBlock": f"{value}/32"}
        if value in account.expires:
            row["deleteAfterDate"] = account.expires[value]
        rows.append(row)
    return _page(rows, query)


def _status(account: Account, parts: list[str], query: dict[str, str]) -> Reply:
    if parts[0] not in account.entries:
        return 404, error(404, "ATLAS_NETWORK_PERMISSION_ENTRY_NOT_FOUND")
    return 200, {"STATUS": account.entries[parts[0]]}


def _user(account: Account, parts: list[str], query: dict[str, str]) -> Reply:
    source, name = parts
    for row in account.users:
        if (row["databaseName"], row["username"]) == (source, name):
            return 200, row
    return 404, error(404, "USER_NOT_FOUND", f"User {name} could not be found.")


def _history(account: Account, parts: list[str], query: dict[str, str]) -> Reply:
    if parts[0] not in [row["name"] for row in account.clusters]:
        return 404, error(404, "CLUSTER_NOT_FOUND")
    return 200, {"accessLogs": account.history[: int(query.get("nLogs", "20000"))]}


_PROJECT = rf"/api/atlas/v2/groups/{PROJECT}"
ROUTES: tuple[tuple[str, Callable[[Account, list[str], dict[str, str]], Reply]], ...] = (
    (r"/api/atlas/v2/groups", _groups),
    (r"/api/atlas/v2/clusters", _overview),
    (rf"{_PROJECT}/clusters", _clusters),
    (rf"{_PROJECT}/flexClusters", _flex),
    (rf"{_PROJECT}/accessList", _access_list),
    (rf"{_PROJECT}/accessList/([^/]+)/status", _status),
    (rf"{_PROJECT}/databaseUsers/([^/]+)/([^/]+)", _user),
    (rf"{_PROJECT}/dbAccessHistory/clusters/([^/]+)", _history),
)


class _Handler(BaseHTTPRequestHandler):
    """One connection to the played API."""

    api: ClassVar[AccountServer]
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Print nothing."""

    def do_POST(self) -> None:
        """Return a token to the service account."""
        self.api.requests.append(("POST", self.path))
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        pair = f"{self.api.client_id}:{self.api.client_secret}"
        basic = f"Basic {base64.b64encode(pair.encode()).decode()}"
        if self.path != "/api/oauth/token" or self.headers.get("Authorization") != basic:
            self._send(401, {"error": "invalid_client"})
            return
        token = {"access_token": self.api.token, "expires_in": 3600, "token_type": "Bearer"}
        self._send(200, token)

    def do_GET(self) -> None:
        """Answer a request for data."""
        account = self.api.account
        if account.delay:
            time.sleep(account.delay)
        header = self.headers.get("Authorization", "")
        if not self.api.allows("GET", self.path, header):
            challenge = f'Digest realm="{REALM}", nonce="{self.api.nonce}", qop="auth"'
            self._send(401, error(401, "UNAUTHORIZED"), {"WWW-Authenticate": challenge})
            return
        parts = urlsplit(self.path)
        self.api.requests.append(("GET", self.path))
        for pattern, (status, body) in account.broken.items():
            if re.search(pattern, parts.path):
                self._send(status, body)
                return
        if parts.path == "/api/private/ipinfo" and account.address is not None:
            self._send(200, {"currentIpv4Address": account.address})
            return
        accept = self.headers.get("Accept", "")
        self.api.accepted.append(accept)
        if accept != _media_type(parts.path):
            self._send(406, error(406, "INVALID_VERSION_DATE"))
            return
        status, document = self.api.reply(parts.path, dict(parse_qsl(parts.query)))
        self._send(status, document)

    def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def _media_type(path: str) -> str:
    """Return the media type of a resource, which the API requires to be named."""
    inside = path.removeprefix(_PROJECT).strip("/").split("/")[0] if _PROJECT in path else ""
    return f"application/vnd.atlas.{VERSIONS.get(inside, DEFAULT_VERSION)}+json"
