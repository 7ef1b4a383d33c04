"""Classify errors of the operating system by their meaning for a connection. Pure.

One table for Linux, macOS and Windows, by symbolic name, since numbers differ between
systems. It covers what socket(2), connect(2), send(2), recv(2) and getaddrinfo(3) can
return, and their Winsock counterparts.

Sources: man pages connect(2), socket(2), send(2), recv(2), unix(7), ip(7) and
getaddrinfo(3) of Linux and macOS; "Windows Sockets Error Codes" of Microsoft.
"""

from __future__ import annotations

import errno as errno_module
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from mongoping.data.windows_errors import WINDOWS

if TYPE_CHECKING:
    from mongoping.model.kinds import FailureKind

Stage = Literal["socket", "source", "connect", "io"]
"""When an error came: opening a socket, choosing its own address, connecting, or later."""

OsKind = Literal[
    "refused",
    "timeout",
    "reset",
    "unreachable",
    "prohibited",
    "denied",
    "not-found",
    "no-local-port",
    "fd-limit",
    "resource-limit",
    "no-sockets",
    "os",
]
"""Kinds of `mongoping.model.Failure` that an error of a socket can have.

``prohibited`` is a rule on this machine, ``denied`` the permissions of a UNIX socket,
``os`` an error that says nothing about the peer, the network or this machine's limits.
"""

LIMIT_KINDS = frozenset({"fd-limit", "resource-limit", "no-local-port", "no-sockets"})
"""Kinds that are a limit of this machine or process, whatever the server does."""

KINDS: Mapping[str, OsKind] = {
    # the peer, or something that answers for it
    "ECONNREFUSED": "refused",
    "ECONNRESET": "reset",
    "ECONNABORTED": "reset",
    "ENETRESET": "reset",
    "EPIPE": "reset",
    "ESHUTDOWN": "reset",
    "ENOTCONN": "reset",
    "EREMOTEIO": "reset",
    "EDISCON": "reset",
    "EPROTO": "reset",
    # silence
    "ETIMEDOUT": "timeout",
    "ETIME": "timeout",
    # no route; EINVAL is what a blackhole route answers
    "ENETUNREACH": "unreachable",
    "EHOSTUNREACH": "unreachable",
    "ENETDOWN": "unreachable",
    "EHOSTDOWN": "unreachable",
    "ENONET": "unreachable",
    "ENOLINK": "unreachable",
    "ENODEV": "unreachable",
    "ENXIO": "unreachable",
    "EINVAL": "unreachable",
    # a family of addresses that this system does not have
    "EAFNOSUPPORT": "unreachable",
    "EPFNOSUPPORT": "unreachable",
    # a firewall, a prohibit route or a security module of this machine
    "EACCES": "prohibited",
    "EPERM": "prohibited",
    # a UNIX socket's path
    "ENOENT": "not-found",
    "ENOTDIR": "not-found",
    "ELOOP": "not-found",
    "ENAMETOOLONG": "os",
    "EROFS": "denied",
    "EPROTOTYPE": "os",
    "ENOTSOCK": "os",
    # limits of this machine and process
    "EADDRNOTAVAIL": "no-local-port",
    "EADDRINUSE": "no-local-port",
    "EMFILE": "fd-limit",
    "ENFILE": "fd-limit",
    "ENOBUFS": "resource-limit",
    "ENOMEM": "resource-limit",
    "ENOSR": "resource-limit",
    "ENOSPC": "resource-limit",
    "EAGAIN": "resource-limit",
    "EWOULDBLOCK": "resource-limit",
    "EUSERS": "resource-limit",
    "EPROCLIM": "resource-limit",
    "ENOSYS": "no-sockets",
    "EPROTONOSUPPORT": "no-sockets",
    "ESOCKTNOSUPPORT": "no-sockets",
    "SYSNOTREADY": "no-sockets",
    "VERNOTSUPPORTED": "no-sockets",
    "NOTINITIALISED": "no-sockets",
    # errors of a program, which say nothing about the connection
    "EALREADY": "os",
    "EBADF": "os",
    "EBADMSG": "os",
    "ECANCELED": "os",
    "EDESTADDRREQ": "os",
    "EFAULT": "os",
    "EINPROGRESS": "os",
    "EINTR": "os",
    "EIO": "os",
    "EISCONN": "os",
    "EMSGSIZE": "os",
    "ENOPROTOOPT": "os",
    "EOPNOTSUPP": "os",
    "ENOTSUP": "os",
    "EOVERFLOW": "os",
}

RESOLVER_KINDS: Mapping[str, FailureKind] = {
    "EAI_NONAME": "nxdomain",
    "EAI_NODATA": "no-data",
    "EAI_ADDRFAMILY": "no-data",
    "EAI_AGAIN": "resolver-failed",
    "EAI_FAIL": "resolver-failed",
    "EAI_SYSTEM": "resolver-failed",
    "EAI_INPROGRESS": "resolver-failed",
    "EAI_CANCELED": "resolver-failed",
    "EAI_NOTCANCELED": "resolver-failed",
    "EAI_ALLDONE": "resolver-failed",
    "EAI_INTR": "resolver-failed",
    "EAI_BADFLAGS": "resolver-failed",
    "EAI_BADHINTS": "resolver-failed",
    "EAI_FAMILY": "resolver-failed",
    "EAI_PROTOCOL": "resolver-failed",
    "EAI_SERVICE": "resolver-failed",
    "EAI_SOCKTYPE": "resolver-failed",
    "EAI_MEMORY": "resource-limit",
    "EAI_OVERFLOW": "bad-name",
    "EAI_IDN_ENCODE": "bad-name",
}
"""What getaddrinfo returned, as kinds of failed name lookups."""


class Limit(NamedTuple):
    """A limit of this machine that stopped a process: its kind, symbol and message."""

    kind: OsKind
    name: str | None
    message: str


def name_of(error: OSError) -> str | None:
    """Return the symbolic name of an error, such as ``ECONNREFUSED`` or ``EAI_AGAIN``."""
    winerror: int | None = getattr(error, "winerror", None)
    # asked first: 5 is EIO as an errno, and "access denied" as a winerror
    if winerror is not None and winerror in WINDOWS:
        return WINDOWS[winerror]
    number = error.errno
    if number is None:
        return None
    import socket

    if isinstance(error, socket.gaierror):
        for name in RESOLVER_KINDS:
            if getattr(socket, name, None) == number:
                return name
    if number in errno_module.errorcode and number < min(n for n in WINDOWS if n > 10000):
        return errno_module.errorcode[number]
    return WINDOWS.get(number) or errno_module.errorcode.get(number)


def kind_of(
    name: str | None, *, stage: Stage = "io", unix: bool = False, ipv6: bool = False
) -> OsKind:
    """Return the kind of failure for the name of an OS error.

    ``stage`` is when the error came, ``unix`` and ``ipv6`` are the family of the socket: the
    same error can be a firewall's for a network address and a file's permission for a path.
    """
    kind = KINDS.get((name or "").removeprefix("WSA"), "os")
    if stage == "source":
        return "unreachable"
    if kind in LIMIT_KINDS - {"no-local-port"}:
        # a full backlog of a UNIX socket: the server is busy, this machine is not
        return "refused" if unix and name in ("EAGAIN", "EWOULDBLOCK") else kind
    if stage == "socket":
        if name in ("EAFNOSUPPORT", "EPFNOSUPPORT"):
            return "unreachable" if ipv6 else "no-sockets"
        return "no-sockets" if kind == "prohibited" else "os"
    if unix:
        if kind == "prohibited":
            return "denied"
        return "os" if kind in ("unreachable", "no-local-port") else kind
    if stage == "io" and name == "EINVAL":
        return "os"
    return "os" if kind in ("not-found", "denied") else kind


def limit_of(error: BaseException) -> Limit | None:
    """Return the limit of this machine behind an error, or None.

    Looks through the chain of causes, since drivers and imports wrap the error of the
    system. A text decides only where Python keeps no error number: a shared library that
    could not be opened, a thread that could not be started.
    """
    for link in _chain(error):
        if isinstance(link, OSError):
            name = name_of(link)
            is_unknown = name is None or name not in KINDS
            kind = None if is_unknown else kind_of(name, stage=getattr(link, "stage", "io"))
            if name in ("EAGAIN", "EWOULDBLOCK", "ENOSPC"):
                continue  # outside connect(2), these have other meanings
            if kind in LIMIT_KINDS and kind is not None:
                return Limit(kind, name, link.strerror or str(link))
        elif isinstance(link, MemoryError):
            return Limit("resource-limit", "ENOMEM", "out of memory")
        elif isinstance(link, RuntimeError) and "can't start new thread" in str(link):
            return Limit("resource-limit", "EAGAIN", "no further thread can be started")
        elif isinstance(link, ImportError) and "Too many open files" in str(link):
            return Limit("fd-limit", "EMFILE", "Too many open files")
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what led to it; bounded, since a chain may be a circle."""
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__
