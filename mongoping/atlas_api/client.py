"""Send read-only requests to the Atlas Administration API.

httpx does both kinds of authentication, proxies from the environment, and time limits in one
event loop. The standard library has digest authentication only for blocking requests, which a
time limit cannot stop.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mongoping.observer import current

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    import httpx

    from mongoping.atlas_api.credentials import ApiCredentials

VERSIONS = {
    "clusters": "2024-08-05",
    "flexClusters": "2024-11-13",
}
"""The versions of resources of a project that are not DEFAULT_VERSION."""
DEFAULT_VERSION = "2023-01-01"
PREFIX = "/api/atlas/v2"
MAX_BYTES = 4 * 1024 * 1024  # a page of 500 clusters takes about 2 MB
PAGE_SIZE = 500  # the largest that the API allows
MAX_PAGES = 10
PARALLEL = 8  # requests at once: the API limits each project to about 100 a minute
DETAIL_CHARS = 200
MAX_CAUSES = 8  # of exceptions that caused each other
HINTS = {
    401: "the key is wrong or was deleted",
    403: "the key lacks the role Project Read Only, or this address is not on the access list "
    "of the API key itself",
    429: "too many requests; try again later",
}


class ApiError(Exception):
    """A request that failed; the message is a note for the report.

    Attributes:
        status: the HTTP status, or None if there was no reply.
        code: the ``errorCode`` of the API, or None.
    """

    def __init__(self, note: str, status: int | None = None, code: str | None = None) -> None:
        super().__init__(note)
        self.status = status
        self.code = code


class AtlasApi:
    """A connection to the API, as an asynchronous context manager."""

    def __init__(self, credentials: ApiCredentials, url: str, timeout: float) -> None:
        self._credentials = credentials
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._token: asyncio.Task[str] | None = None
        self._slots = asyncio.Semaphore(PARALLEL)
        self._client: httpx.AsyncClient

    async def __aenter__(self) -> Self:
        self._client = await asyncio.to_thread(self._open)
        return self

    def _open(self) -> httpx.AsyncClient:
        """Import httpx and load the certificates, which takes long enough for a thread."""
        import httpx

        key = self._credentials
        auth = httpx.DigestAuth(key.name, key.secret) if key.kind == "key" else None
        return httpx.AsyncClient(
            base_url=self._url, auth=auth, timeout=self._timeout, follow_redirects=False
        )

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._token is not None:
            self._token.cancel()
        await self._client.aclose()

    async def get(self, *path: str, **query: object) -> dict[str, Any]:
        """Return the document at a path of the API, whose parts are percent-encoded.

        Raises `ApiError` for everything but a document.
        """
        resource = path[2] if path[0] == "groups" and len(path) > 2 else ""
        version = VERSIONS.get(resource, DEFAULT_VERSION)
        where = "/".join(quote(part, safe="") for part in path)
        accept = f"application/vnd.atlas.{version}+json"
        return await self._request(f"{PREFIX}/{where}", accept, query)

    async def all(self, *path: str) -> tuple[list[dict[str, Any]], bool]:
        """Return all rows of a list, and whether these are all. Raises `ApiError`."""
        rows: list[dict[str, Any]] = []
        for page in range(1, MAX_PAGES + 1):
            document = await self.get(*path, itemsPerPage=PAGE_SIZE, pageNum=page)
            results = document.get("results")
            if not isinstance(results, list):
                raise ApiError(f"{_name(path)}: the answer of the API has no list of results")
            rows += [row for row in results if isinstance(row, dict)]
            if len(results) < PAGE_SIZE:
                return rows, True
        return rows, False

    async def address(self) -> str | None:
        """Return the address of this machine as Atlas sees it, or None.

        The Atlas CLI uses this resource too, but it is undocumented: its absence is no problem.
        """
        try:
            document = await self._request("/api/private/ipinfo", "application/json", {})
        except ApiError:
            return None
        address = document.get("currentIpv4Address")
        return address if isinstance(address, str) else None

    async def _request(self, path: str, accept: str, query: Mapping[str, object]) -> dict[str, Any]:
        import httpx

        headers = {"Accept": accept}
        name = _name(path.removeprefix(PREFIX).strip("/").split("/"))
        params = {key: str(value).lower() for key, value in query.items()}
        try:
            async with self._slots:
                if self._credentials.kind == "account":
                    headers["Authorization"] = f"Bearer {await self._bearer()}"
                status, body = await self._read("GET", path, headers=headers, params=params)
        except httpx.TimeoutException:
            raise ApiError(f"{name}: the API did not answer in time") from None
        except httpx.HTTPError as error:
            raise ApiError(f"{name}: {self._clean(_reason(error))}") from None
        return self._document(name, status, body)

    async def _bearer(self) -> str:
        """Return the token of the service account; it is requested once, and kept in memory."""
        if self._token is None:
            self._token = asyncio.ensure_future(self._new_token())
        return await asyncio.shield(self._token)

    async def _new_token(self) -> str:
        import httpx

        key = self._credentials
        status, body = await self._read(
            "POST",
            "/api/oauth/token",
            auth=httpx.BasicAuth(key.name, key.secret),
            data={"grant_type": "client_credentials"},
            headers={"Accept": "application/json"},
        )
        token = self._document("the login of the service account", status, body).get("access_token")
        if not isinstance(token, str) or not token:
            raise ApiError("the login of the service account returned no token")
        return token

    async def _read(self, method: str, path: str, **request: Any) -> tuple[int, bytes]:
        """Return the status and the body, of which at most MAX_BYTES are read."""
        if (observer := current()) is not None:
            observer.note("atlas", self._url, f"{method} {path}")
        async with self._client.stream(method, path, **request) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ApiError(f"the answer of the API to {path} is larger than 4 MB")
            return response.status_code, bytes(body)

    def _document(self, name: str, status: int, body: bytes) -> dict[str, Any]:
        """Return the document of a successful reply. Raises `ApiError`."""
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            value = None
        document: dict[str, Any] | None = value if isinstance(value, dict) else None
        if status == 200 and document is not None:
            return document
        if status == 200:
            raise ApiError(f"{name}: the answer of the API is not a JSON document", status)
        code = document.get("errorCode") if document else None
        detail = document.get("detail") if document else None
        words = [HINTS.get(status) or (self._clean(detail) if isinstance(detail, str) else "")]
        if isinstance(code, str):
            words.append(self._clean(code))
        text = "; ".join(word for word in words if word)
        raise ApiError(
            f"{name}: the API answered HTTP {status}{f' ({text})' if text else ''}",
            status,
            code if isinstance(code, str) else None,
        )

    def _clean(self, text: str) -> str:
        """Return the beginning of a foreign text, without the secrets of this connection."""
        key = self._credentials
        secrets = [key.secret]
        if self._token is not None and self._token.done() and not self._token.cancelled():
            secrets += [] if self._token.exception() else [self._token.result()]
        for secret in secrets:
            text = text.replace(secret, "***")
        return text[:DETAIL_CHARS]


def _name(path: Any) -> str:
    """Return what a path asks for, in words: the last part that is no ID or name."""
    names = {
        "groups": "the projects",
        "clusters": "the clusters",
        "flexClusters": "the flex clusters",
        "accessList": "the IP access list",
        "status": "the status of an entry on the IP access list",
        "databaseUsers": "the database user",
        "dbAccessHistory": "the access history",
        "ipinfo": "the address of this machine",
    }
    matches = [names[part] for part in path if part in names]
    if "dbAccessHistory" in path:
        return names["dbAccessHistory"]
    return matches[-1] if matches else "the API"


def _reason(error: Exception) -> str:
    """Return why a request failed; some errors of httpx have no text."""
    import socket
    from urllib.request import getproxies

    cause: BaseException | None = error
    for _ in range(MAX_CAUSES):
        if isinstance(cause, socket.gaierror):
            host = "host of the API, or of the proxy," if getproxies() else "host of the API"
            return f"the name of the {host} cannot be resolved ({cause.strerror})"
        cause = None if cause is None else cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__
