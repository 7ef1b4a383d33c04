"""A mirror of MongoDB's downloads: a real HTTP or HTTPS server on loopback, and its archives.

The archives contain shell scripts that report a version; a test with a real server says so.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import ssl
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from mongoping.sandbox.servers.machine import Platform, platforms, this_machine


class Answer(NamedTuple):
    """The reply of the mirror for a path."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = {}
    length: int | None = None  # a Content-Length other than that of the body
    pause: threading.Event | None = None  # to wait for after the body


class Request(NamedTuple):
    """A request that the mirror received."""

    path: str
    headers: Mapping[str, str]


class Mirror:
    """Answers by path; `requests` are those that it received."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[Request] = []
        self.sent = threading.Event()
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.requests.append(Request(self.path, dict(self.headers)))
                answer = mirror.answers.get(self.path, Answer(b"no such file", 403))
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                length = len(answer.body) if answer.length is None else answer.length
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(answer.body)
                self.wfile.flush()
                mirror.sent.set()
                if answer.pause is not None:
                    answer.pause.wait()

            def log_message(self, *args: object) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.scheme = "http" if certificate is None else "https"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    @property
    def address(self) -> str:
        """Its host and port."""
        return f"localhost:{self._server.server_port}"

    @property
    def url(self) -> str:
        """Its URL, without a slash at the end."""
        return f"{self.scheme}://{self.address}"

    @property
    def paths(self) -> list[str]:
        """The paths that it was asked for."""
        return [request.path for request in self.requests]

    @contextmanager
    def running(self) -> Iterator[Mirror]:
        """Serve inside the block."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def put(self, name: str, data: bytes, *, checksum: bool = True) -> str:
        """Serve an archive under ``linux/``, or ``osx/`` for macOS; return its SHA-256."""
        folder = "osx" if "-macos-" in name else "linux"
        digest = hashlib.sha256(data).hexdigest()
        self.answers[f"/{folder}/{name}"] = Answer(data)
        if checksum:
            self.answers[f"/{folder}/{name}.sha256"] = Answer(f"{digest}  {name}\n".encode())
        return digest

    def put_list(self, name: str, archives: Mapping[str, str]) -> None:
        """Serve a list of releases with the names and digests of archives.

        Its addresses lead to a host that does not exist: only the names count.
        """
        downloads = [
            {"archive": {"url": f"https://downloads.invalid/linux/{archive}", "sha256": digest}}
            for archive, digest in archives.items()
        ]
        document = {"versions": [{"version": "any", "downloads": downloads}]}
        self.answers[f"/{name}"] = Answer(json.dumps(document).encode())


def here() -> list[Platform]:
    """The platforms whose archives run on this machine, the best first."""
    return [platform for platform in platforms(this_machine()) if not platform.lacks]


def name_of(version: str, rank: int = 0) -> str:
    """The name of the archive for this machine."""
    return here()[rank].archive(version)


def script(version: str) -> bytes:
    """A program that reports a version as mongod does; it is played."""
    return f"#!/bin/sh\necho 'db version v{version}'\n".encode()


def archive(program: bytes, name: str = "mongodb-8.0.4/bin/mongod") -> bytes:
    """A .tgz archive with other files around the server."""
    other = tarfile.TarInfo("mongodb-8.0.4/README")
    other.size = 3
    entry = tarfile.TarInfo(name)
    entry.size = len(program)
    return pack((other, b"abc"), (entry, program))


def pack(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """A .tgz archive of these members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as target:
        for entry, data in members:
            target.addfile(entry, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), 1)
