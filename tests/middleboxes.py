"""Run real HAProxy, nginx and stunnel on loopback, from Debian's packages.

Each function is a context manager that writes a configuration into ``folder``, starts the
program, waits until it listens and yields its port on 127.0.0.1:

    with haproxy(tmp_path, f"server db 127.0.0.1:{port} send-proxy") as front: ...

Where a program is not installed, the test is skipped; with ``CI`` set it fails.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox.process import free_port
from tests.conftest import unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START_S = 20.0
POLL_S = 0.02
SYSTEM_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
NGINX_STREAM = Path("/usr/lib/nginx/modules/ngx_stream_module.so")


@contextmanager
def haproxy(
    folder: Path, *lines: str, bind: str = "", sections: Sequence[str] = ()
) -> Iterator[int]:
    """Run HAProxy in TCP mode.

    Args:
        folder: where its configuration and log go.
        lines: lines of the ``listen`` section, such as ``server db 127.0.0.1:27017``.
        bind: options of the ``bind`` line, such as ``ssl crt FILE`` or ``accept-proxy``.
        sections: further sections (a ``backend``), each with its own line breaks.
    """
    port = free_port()
    times = [f"timeout {name} 30s" for name in ("connect", "client", "server")]
    config = "\n".join(
        [
            "defaults",
            *_indent("mode tcp", *times),
            "listen front",
            *_indent(f"bind 127.0.0.1:{port} {bind}", *lines),
            *sections,
            "",
        ]
    )
    path = _write(folder, f"haproxy-{port}.cfg", config)
    with _running(["haproxy", "-db", "-f", str(path)], folder, port):
        yield port


@contextmanager
def nginx(folder: Path, *lines: str, listen: str = "", stream: Sequence[str] = ()) -> Iterator[int]:
    """Run nginx with one ``server`` in its ``stream`` block.

    Args:
        folder: where its configuration and log go.
        lines: directives of the server, such as ``proxy_pass 127.0.0.1:27017;``.
        listen: parameters of the ``listen`` directive, such as ``ssl``.
        stream: directives of the ``stream`` block (a ``map``), each complete.
    """
    port = free_port()
    module = [f"load_module {NGINX_STREAM};"] if NGINX_STREAM.exists() else []
    config = "\n".join(
        [
            *module,
            "daemon off;",
            "master_process off;",
            f"pid {folder}/nginx-{port}.pid;",
            f"error_log {folder}/nginx-{port}.log info;",
            "events { worker_connections 256; }",
            "stream {",
            *_indent(*stream),
            "  server {",
            *_indent(f"listen 127.0.0.1:{port} {listen};", *lines),
            "  }",
            "}",
            "",
        ]
    )
    path = _write(folder, f"nginx-{port}.conf", config)
    log = folder / f"nginx-{port}.log"
    line = ["nginx", "-p", str(folder), "-e", str(log), "-c", str(path)]
    with _running(line, folder, port):
        yield port


@contextmanager
def stunnel(folder: Path, connect: int, *lines: str) -> Iterator[int]:
    """Run stunnel as a TLS server in front of ``connect``, a port on 127.0.0.1.

    ``lines`` are options of the service, such as ``cert = FILE``.
    """
    port = free_port()
    config = "\n".join(
        [
            "foreground = yes",
            "pid =",
            "[front]",
            f"accept = 127.0.0.1:{port}",
            f"connect = 127.0.0.1:{connect}",
            *lines,
            "",
        ]
    )
    path = _write(folder, f"stunnel-{port}.conf", config)
    with _running(["stunnel4", str(path)], folder, port):
        yield port


def _indent(*lines: str) -> list[str]:
    return [f"  {line}" for line in lines]


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


@contextmanager
def _running(line: list[str], folder: Path, port: int) -> Iterator[None]:
    """Run a program until the context ends; fail the test if it does not come up."""
    program = shutil.which(line[0], path=SYSTEM_PATH)
    if program is None:
        unavailable(f"{line[0]} is not installed")
    log = folder / f"{line[0]}-{port}.out"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(program), *line[1:]],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    try:
        _wait(process, port, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(POLL_S)
            continue
        return
    pytest.fail(f"{process.args!r} does not listen: {log.read_text(errors='replace')[-2000:]}")
