"""Connect to the scheduler of a Dask cluster, or say in one sentence why that is not possible."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
import warnings
from typing import TYPE_CHECKING, Any

from mongoping.record import Record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PORT = 8786  # of a scheduler, by default
CONNECT_S = 10.0
GREETING_S = 1.5  # for a scheduler without TLS to speak first, as it always does
LOGGERS = ("distributed", "tornado.application", "asyncio", "bokeh")


class ClusterError(Exception):
    """The cluster cannot be used; the text is one sentence for the user."""


class Access(Record):
    """How to reach a scheduler. ``ca``, ``cert`` and ``key`` are files in PEM."""

    address: str
    ca: str | None = None
    cert: str | None = None
    key: str | None = None

    @property
    def url(self) -> str:
        """Return the address with its protocol and port."""
        text = self.address.strip()
        if "://" not in text:
            wants_tls = any((self.ca, self.cert, self.key))
            text = f"{'tls' if wants_tls else 'tcp'}://{text}"
        scheme, _, place = text.partition("://")
        bare = place.rsplit("]", 1)[-1]
        return text if ":" in bare else f"{scheme}://{place}:{PORT}"

    @property
    def tls(self) -> bool:
        """Return whether the connection is encrypted."""
        return self.url.startswith("tls://")

    @property
    def place(self) -> tuple[str, int]:
        """Return host and port. Raises `ClusterError`."""
        scheme, _, place = self.url.partition("://")
        host, _, port = place.rpartition(":")
        if scheme not in ("tcp", "tls") or not host or not (port.isascii() and port.isdigit()):
            raise ClusterError(
                f"--dask {self.address} is not the address of a scheduler: write it like "
                f"tcp://scheduler.example.com:{PORT} or tls://scheduler.example.com:{PORT}."
            )
        return host.strip("[]"), int(port)


@contextlib.asynccontextmanager
async def connect(access: Access, stop: asyncio.Event) -> AsyncIterator[Any]:
    """Yield a client of the cluster. Raises `ClusterError`.

    After ``stop``, the client is not closed: the process ends, and the scheduler notices that.
    """
    _silence()
    try:
        from distributed import Client
    except ImportError as error:
        from mongoping.installation import import_problem, install_command

        problem = import_problem(error, install_command("fleet"))
        raise ClusterError(f"--dask cannot be used: {problem}") from error
    security = _security(access)
    await _require_scheduler(access, security)
    client = None
    try:
        client = await Client(  # type: ignore[no-untyped-call]
            access.url,
            asynchronous=True,
            security=security,
            timeout=CONNECT_S,
            set_as_default=False,
            name="mongoping",
        )
    except (OSError, TimeoutError, ValueError, RuntimeError, TypeError) as error:
        raise ClusterError(_unreachable(access, _reason(error))) from None
    try:
        yield client
    finally:
        if not stop.is_set():
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CONNECT_S):
                    await client.close(timeout=2)


def _silence() -> None:
    """Keep Dask from printing on standard error what a line of the result says already."""
    warnings.filterwarnings("ignore", module="distributed")
    warnings.filterwarnings("ignore", message="Mismatched versions")
    os.environ.setdefault("DASK_DISTRIBUTED__LOGGING__DISTRIBUTED", "critical")
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _security(access: Access) -> Any:
    """Return the settings of TLS; what no option sets comes from Dask's own configuration."""
    from distributed import Security

    options = {
        "tls_ca_file": access.ca,
        "tls_client_cert": access.cert,
        "tls_client_key": access.key,
    }
    return Security(  # type: ignore[no-untyped-call]
        require_encryption=access.tls,
        **{name: value for name, value in options.items() if value is not None},
    )


def _unreachable(access: Access, reason: str) -> str:
    return f"The Dask scheduler at {access.url} cannot be reached: {reason}."


def _reason(error: BaseException) -> str:
    from mongoping.escape import printable

    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_S:g} s"
    number = getattr(error, "errno", None)
    text = str(error).partition("\n")[0]
    if isinstance(error, OSError) and not isinstance(error, socket.gaierror) and number:
        text = os.strerror(number)  # asyncio replaces the words of the operating system
    elif isinstance(error, socket.gaierror):
        text = error.strerror or text
    return printable(text[:300] or type(error).__name__).rstrip(".")


async def _require_scheduler(access: Access, security: Any) -> None:
    """Raise `ClusterError` if nothing listens there, or if TLS is used on one side only."""
    host, port = access.place
    context = None
    if access.tls:
        try:
            context = security.get_connection_args("client").get("ssl_context")
        except (OSError, ValueError, RuntimeError, TypeError) as error:
            files = ", ".join(filter(None, (access.ca, access.cert, access.key)))
            words = f"The TLS files for --dask cannot be used ({files}): {_reason(error)}."
            raise ClusterError(words) from None
        if context is None:
            raise ClusterError(
                f"{access.url} needs a CA and a client certificate: add --dask-tls-ca, "
                "--dask-tls-cert and --dask-tls-key."
            )
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        raise ClusterError(_unreachable(access, _reason(error))) from None
    try:
        first = await _greeting(reader)
    finally:
        writer.close()
    if access.tls and first:
        raise ClusterError(
            f"The Dask scheduler at {access.url} does not use TLS: use tcp://{host}:{port}."
        )
    if access.tls and context is not None:
        await _require_handshake(access, context)
    if not access.tls and not first and await _speaks_tls(host, port):
        raise ClusterError(
            f"The Dask scheduler at {access.url} uses TLS: use tls://{host}:{port} with "
            "--dask-tls-ca, --dask-tls-cert and --dask-tls-key."
        )


async def _greeting(reader: asyncio.StreamReader) -> bytes:
    """Return what a scheduler says first; nothing if it expects TLS."""
    try:
        async with asyncio.timeout(GREETING_S):
            return await reader.read(1)
    except (OSError, TimeoutError):
        return b""


async def _speaks_tls(host: str, port: int) -> bool:
    """Return whether a TLS server listens there, whatever its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
            writer.close()
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")
    except (OSError, TimeoutError):
        return False
    return True


async def _require_handshake(access: Access, context: ssl.SSLContext) -> None:
    """Raise `ClusterError` if the scheduler's certificate is not accepted, or ours is not."""
    host, port = access.place
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(
                host, port, ssl=context, server_hostname=host
            )
            first = await reader.read(1)  # with TLS 1.3, a refusal comes after the handshake
            writer.close()
    except ssl.SSLCertVerificationError as error:
        words = f"its certificate is not trusted ({error.verify_message})"
        raise ClusterError(_unreachable(access, words)) from None
    except ssl.SSLError as error:
        words = f"the TLS handshake failed ({_reason(error)})"
        raise ClusterError(_unreachable(access, words)) from None
    except (OSError, TimeoutError) as error:
        raise ClusterError(_unreachable(access, _reason(error))) from None
    if not first:
        raise ClusterError(_unreachable(access, "it closed the connection after the handshake"))
