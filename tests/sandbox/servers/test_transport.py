"""Fetching over HTTP and HTTPS: trust, redirects, logins, proxies, limits, and what fails."""

from __future__ import annotations

import base64
import socket
import threading
from typing import TYPE_CHECKING
from urllib.error import URLError

import pytest

from mongoping.sandbox.servers import transport
from tests.sandbox.servers.mirror import Answer, Mirror

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mongoping.sandbox.certificates import Certificates


@pytest.fixture
def web(bare: Path) -> Iterator[Mirror]:
    """A server with one file."""
    with Mirror().running() as running:
        running.answers["/file"] = Answer(b"content")
        yield running


@pytest.fixture
def secure(
    bare: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mirror]:
    """The same with TLS, and a CA that is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    with Mirror(certificates.good).running() as running:
        running.answers["/file"] = Answer(b"content")
        yield running


def fetch(url: str, most: int = 100) -> bytes:
    return transport.fetch(url, most, 30)


def failure(url: str, most: int = 100) -> str:
    """The clause that says why a file cannot be fetched."""
    with pytest.raises(transport.Unavailable) as error:
        fetch(url, most)
    return str(error.value)


def test_a_trusted_server_is_used_over_tls(secure: Mirror) -> None:
    assert fetch(f"{secure.url}/file") == b"content"


def test_a_certificate_of_an_unknown_ca_is_not_trusted(
    secure: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    text = failure(f"{secure.url}/file")
    assert text.startswith(f"the certificate of {secure.address} is not trusted here (")
    assert secure.requests == []


def test_a_redirect_away_from_tls_is_refused(secure: Mirror, web: Mirror) -> None:
    secure.answers["/moved"] = Answer(status=302, headers={"Location": f"{web.url}/file"})
    text = failure(f"{secure.url}/moved")
    assert f"redirects from HTTPS to {web.url}/file, without TLS" in text
    assert web.requests == []


def test_other_redirects_are_followed(web: Mirror, secure: Mirror) -> None:
    web.answers["/moved"] = Answer(status=302, headers={"Location": f"{secure.url}/file"})
    assert fetch(f"{web.url}/moved") == b"content"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://localhost/file"])
def test_a_redirect_to_another_scheme_is_not_followed(web: Mirror, target: str) -> None:
    web.answers["/moved"] = Answer(status=302, headers={"Location": target})
    failure(f"{web.url}/moved")
    failure(target)


def test_endless_redirects_end(web: Mirror) -> None:
    web.answers["/moved"] = Answer(status=302, headers={"Location": f"{web.url}/moved"})
    assert "answered 302" in failure(f"{web.url}/moved")
    assert len(web.requests) <= 2 + transport.MAX_REDIRECTS


def test_a_login_in_the_url_is_sent_but_neither_shown_nor_passed_on(web: Mirror) -> None:
    with Mirror().running() as other:
        other.answers["/file"] = Answer(b"moved")
        web.answers["/moved"] = Answer(status=302, headers={"Location": f"{other.url}/file"})
        assert fetch(f"http://ada:p%40ss@{web.address}/moved") == b"moved"
    login = base64.b64encode(b"ada:p@ss").decode()
    assert web.requests[0].headers["Authorization"] == f"Basic {login}"
    assert "Authorization" not in other.requests[0].headers
    text = failure(f"http://ada:p%40ss@{web.address}/missing?token=canary")
    assert text == f"{web.address} answered 403 for {web.url}/missing?..."


def test_a_proxy_is_used_and_named_without_its_password(
    web: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy is a server that gets the complete address of the request."""
    web.answers["http://mirror.example.com/file"] = Answer(b"by proxy")
    monkeypatch.setenv("http_proxy", f"http://ada:secret@{web.address}")
    assert fetch("http://mirror.example.com/file") == b"by proxy"
    with Mirror().running() as dead_proxy:
        pass
    monkeypatch.setenv("http_proxy", f"http://ada:secret@{dead_proxy.address}")
    text = failure("http://mirror.example.com/file")
    assert text.endswith(f" through the proxy {dead_proxy.address}")
    assert "secret" not in text
    monkeypatch.setenv("no_proxy", "localhost")
    assert fetch(f"{web.url}/file") == b"content"


@pytest.mark.parametrize(
    "proxy",
    ["http://[::1", "http://127.0.0.1:x", "socks5://127.0.0.1:1", "::::", "\x1b[2J", "http://"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_odd_proxy_is_a_clause_too(
    bare: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, proxy: str
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", proxy)
    text = failure(f"{scheme}://127.0.0.1:1/file")
    assert "proxy" in text
    assert text.isprintable()


def test_a_proxy_that_refuses_a_tunnel_is_named(
    web: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy is an HTTP server that does not know CONNECT."""
    monkeypatch.setenv("https_proxy", f"http://ada:secret@{web.address}")
    text = failure("https://mirror.example.com/file")
    assert "the connection to mirror.example.com failed (Tunnel connection failed: 501" in text
    assert text.endswith(f" through the proxy {web.address}")
    assert "secret" not in text


def test_what_exceeds_the_limit_is_refused(web: Mirror) -> None:
    assert "7 bytes, more than the limit of 6" in failure(f"{web.url}/file", most=6)


@pytest.mark.parametrize("header", ["", f"Content-Length: {'9' * 5000}\r\n"], ids=["none", "odd"])
def test_what_exceeds_the_limit_without_saying_so_is_refused_too(bare: Path, header: str) -> None:
    """A server that closes the connection at the end and states no usable length; it is played."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            client, _ = server.accept()
            with client:
                client.recv(4096)
                client.sendall(f"HTTP/1.0 200 OK\r\n{header}\r\n{'x' * 1000}".encode())

        thread = threading.Thread(target=answer)
        thread.start()
        text = failure(f"http://127.0.0.1:{server.getsockname()[1]}/file")
        thread.join()
    assert "is larger than the limit of 100 bytes" in text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            URLError(socket.gaierror(-2, "Name or service not known")),
            "the name db.example.com does not resolve (Name or service not known)",
        ),
        (URLError(TimeoutError()), "db.example.com:81 did not answer within 20 s"),
        (TimeoutError(), "db.example.com:81 did not answer within 20 s"),
        (
            URLError(OSError("Tunnel connection failed: 407 \x1b[31m Login")),
            "the connection to db.example.com:81 failed (Tunnel connection failed: 407 \\x1b[31m "
            "Login)",
        ),
        (OSError(101, "Network is unreachable"), "failed (Network is unreachable)"),
    ],
)
def test_failures_of_the_network_are_named(bare: Path, error: OSError, words: str) -> None:
    """Errors that this machine cannot produce at will are made by hand."""
    text = str(transport._failure("https://ada:secret@db.example.com:81/file", error))
    assert words in text
    assert "secret" not in text


@pytest.mark.parametrize(
    "url", ["", "host/path", "ftp://host/x", "https://", "http://[::1", "http://host:99999/"]
)
def test_other_texts_are_no_urls(url: str) -> None:
    assert not transport.is_url(url)
