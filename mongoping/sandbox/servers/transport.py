"""Fetch files over HTTP and HTTPS, with limits, and say in one clause why one cannot be fetched.

Uses `urllib.request`, which takes proxies from the environment (``HTTPS_PROXY``, ``NO_PROXY``) and
trusted CAs from OpenSSL (``SSL_CERT_FILE``).
"""

from __future__ import annotations

import base64
import re
import socket
import ssl
import time
import urllib.request
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import IO, TYPE_CHECKING, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from mongoping._version import __version__
from mongoping.escape import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPMessage

TIMEOUT_S = 20.0  # for each connection and each read
MAX_REDIRECTS = 5
MAX_REASON = 200  # characters of a message from a peer or the system
CHUNK = 1 << 16
ABSENT = (403, 404, 410)
_SIZE = re.compile(r"[0-9]{1,18}")


class Unavailable(Exception):  # noqa: N818 - it describes the file
    """A file cannot be fetched. The text is a clause without a period."""


class Absent(Unavailable):
    """The server answered that it does not have the file, or refuses it: MongoDB's says 403."""


class Reply(NamedTuple):
    """The answer to a request: its size in bytes, if the server states it, and its content."""

    size: int | None
    chunks: Iterator[bytes]


def is_url(text: str) -> bool:
    """Return whether a text is a URL of HTTP or HTTPS with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def printable_url(url: str) -> str:
    """Return a URL for people: without a password, and without a query that may hold a token."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    query = "..." if parts.query else ""
    return printable(urlunsplit((parts.scheme, host, parts.path, query, "")))


def host_of(url: str) -> str:
    """Return the host of a URL, with its port if it has one."""
    return printable(urlsplit(url).netloc.rpartition("@")[2])


def fetch(url: str, most: int, limit_s: float) -> bytes:
    """Return a small file.

    Args:
        url: its address.
        most: the largest size in bytes that is accepted.
        limit_s: the time for all of it, in seconds.

    Raises:
        Absent: the server does not have the file.
        Unavailable: the file cannot be fetched for another reason.
    """
    with open_url(url, most, limit_s) as reply:
        return b"".join(reply.chunks)


@contextmanager
def open_url(url: str, most: int, limit_s: float) -> Iterator[Reply]:
    """Yield the answer to a request, to read it in chunks. Arguments and errors as in `fetch`."""
    deadline = time.monotonic() + limit_s
    try:
        response = _opener().open(_request(url), timeout=TIMEOUT_S)
    except (OSError, HTTPException, ValueError) as error:
        raise _failure(url, error) from None
    with response:
        length_text = response.headers.get("Content-Length", "")
        size = int(length_text) if _SIZE.fullmatch(length_text) else None
        if size is not None and size > most:
            raise Unavailable(
                f"{printable_url(url)} has {size:,} bytes, more than the limit of {most:,}"
            )
        yield Reply(size, _chunks(response, url, size, most, deadline))


def _chunks(
    response: HTTPResponse, url: str, size: int | None, most: int, deadline: float
) -> Iterator[bytes]:
    received_bytes = 0
    while True:
        try:
            chunk = response.read1(CHUNK)
        except IncompleteRead:
            raise _cut(url, received_bytes, size) from None
        except (OSError, HTTPException, ValueError) as error:
            raise _failure(url, error) from None
        if not chunk:
            break
        received_bytes += len(chunk)
        if received_bytes > most:
            raise Unavailable(f"{printable_url(url)} is larger than the limit of {most:,} bytes")
        if time.monotonic() > deadline:
            raise Unavailable(
                f"{host_of(url)} is too slow: {received_bytes:,} bytes arrived in time"
            )
        yield chunk
    if size is not None and received_bytes < size:
        raise _cut(url, received_bytes, size)


def _cut(url: str, received_bytes: int, size: int | None) -> Unavailable:
    of = "" if size is None else f" of {size:,}"
    return Unavailable(f"the connection to {host_of(url)} ended after {received_bytes:,}{of} bytes")


class _Tls(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        # reading the CAs takes some 30 ms, so only where they are needed
        return self.do_open(HTTPSConnection, req, context=ssl.create_default_context())


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = MAX_REDIRECTS

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise Unavailable(
                f"{host_of(req.full_url)} redirects from HTTPS to {printable_url(newurl)}, "
                "without TLS"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """Return an opener for HTTP and HTTPS only: no local files, no FTP, also after redirects."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        _Tls(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def _request(url: str) -> urllib.request.Request:
    """Return the request for a URL; a login in the URL is not passed on to other addresses."""
    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    bare = urlunsplit(SplitResult(parts.scheme, host, parts.path, parts.query, ""))
    request = urllib.request.Request(bare, headers={"User-Agent": f"mongoping/{__version__}"})  # noqa: S310 - the opener has handlers for HTTP only
    if login:
        token = base64.b64encode(unquote(login).encode()).decode("ascii")
        request.add_unredirected_header("Authorization", f"Basic {token}")
    return request


def _failure(url: str, error: BaseException) -> Unavailable:
    """Return the exception that describes an error of `urllib`."""
    if isinstance(error, HTTPError):
        with error:
            words = f"{host_of(url)} answered {error.code} for {printable_url(url)}"
            return Absent(words) if error.code in ABSENT else Unavailable(words)
    cause = error.reason if isinstance(error, URLError) else error
    return Unavailable(_words(url, cause) + _proxy_of(url))


def _words(url: str, cause: object) -> str:
    host = host_of(url)
    if isinstance(cause, socket.gaierror):
        return f"the name {urlsplit(url).hostname} does not resolve ({_text(cause)})"
    if isinstance(cause, ssl.SSLCertVerificationError):
        words = printable(cause.verify_message)
        return (
            f"the certificate of {host} is not trusted here ({words}; the variable SSL_CERT_FILE "
            "names a file with the CAs to trust)"
        )
    if isinstance(cause, TimeoutError):
        return f"{host} did not answer within {TIMEOUT_S:.0f} s"
    if isinstance(cause, ConnectionRefusedError):
        return f"{host} refused the connection"
    return f"the connection to {host} failed ({_text(cause)})"


def _text(cause: object) -> str:
    """Return the system's or a peer's message, of bounded length."""
    words = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return printable(words or type(cause).__name__, most=MAX_REASON)


def _proxy_of(url: str) -> str:
    """Return a note about the proxy that a request goes through, or ""."""
    parts = urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if not proxy or urllib.request.proxy_bypass(parts.hostname or ""):
        return ""
    try:
        return f" through the proxy {host_of(proxy if '//' in proxy else f'//{proxy}')}"
    except ValueError:
        return f" through the proxy in {parts.scheme}_proxy, which is not a valid address"
