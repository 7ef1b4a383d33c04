"""The table of OS errors: complete, and decided by what happened when."""

from __future__ import annotations

import errno
import socket

import pytest

from mongoping.probe.os_errors import KINDS, RESOLVER_KINDS, WINDOWS, kind_of, limit_of, name_of

# every error in the man pages of connect, socket, send, recv, unix and ip, Linux and macOS
NAMES = """
EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF ECONNABORTED ECONNREFUSED
ECONNRESET EDESTADDRREQ EFAULT EHOSTDOWN EHOSTUNREACH EINPROGRESS EINTR EINVAL EIO EISCONN
ELOOP EMFILE EMSGSIZE ENAMETOOLONG ENETDOWN ENETRESET ENETUNREACH ENFILE ENOBUFS ENODEV ENOENT
ENOMEM ENONET ENOPROTOOPT ENOSR ENOSYS ENOTCONN ENOTDIR ENOTSOCK EOPNOTSUPP EPERM EPFNOSUPPORT
EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE EROFS ESHUTDOWN ESOCKTNOSUPPORT ETIMEDOUT EUSERS
EWOULDBLOCK ENXIO ECANCELED
"""
EAI = [name for name in dir(socket) if name.startswith("EAI_") and name != "EAI_MAX"]


def test_every_documented_error_has_a_kind() -> None:
    assert [name for name in NAMES.split() if name not in KINDS] == []
    assert [name for name in EAI if name not in RESOLVER_KINDS] == []
    kinds = {*KINDS, *RESOLVER_KINDS}
    assert {number: name for number, name in WINDOWS.items() if name not in kinds} == {}


@pytest.mark.parametrize(
    ("number", "name"),
    [(errno.ECONNREFUSED, "ECONNREFUSED"), (10061, "ECONNREFUSED"), (1225, "ECONNREFUSED"),
     (10013, "EACCES"), (10024, "EMFILE"), (10055, "ENOBUFS"), (11001, "EAI_NONAME")],
)  # fmt: skip
def test_numbers_of_linux_and_windows_have_one_name(number: int, name: str) -> None:
    assert name_of(OSError(number, "a message of the system")) == name


def test_getaddrinfo_has_numbers_of_its_own() -> None:
    """EAI_FAMILY and EIO share a number on some systems; the class of the error decides."""
    assert name_of(socket.gaierror(socket.EAI_AGAIN, "Try again")) == "EAI_AGAIN"
    assert name_of(OSError(None, "no number")) is None


@pytest.mark.parametrize(
    ("name", "where", "kind"),
    [
        ("EACCES", {"stage": "connect"}, "prohibited"),
        ("EPERM", {"stage": "connect"}, "prohibited"),
        ("EACCES", {"stage": "connect", "unix": True}, "denied"),
        ("EPERM", {"stage": "socket"}, "no-sockets"),
        ("EAFNOSUPPORT", {"stage": "socket", "ipv6": True}, "unreachable"),
        ("EAFNOSUPPORT", {"stage": "socket"}, "no-sockets"),
        ("EADDRNOTAVAIL", {"stage": "connect"}, "no-local-port"),
        ("EADDRNOTAVAIL", {"stage": "source"}, "unreachable"),
        ("EADDRINUSE", {"stage": "connect"}, "no-local-port"),
        ("EINVAL", {"stage": "connect"}, "unreachable"),
        ("EINVAL", {"stage": "io"}, "os"),
        ("ENOENT", {"stage": "connect", "unix": True}, "not-found"),
        ("ENOENT", {"stage": "connect"}, "os"),
        ("EAGAIN", {"stage": "connect", "unix": True}, "refused"),
        ("EAGAIN", {"stage": "connect"}, "resource-limit"),
        ("EMFILE", {"stage": "socket"}, "fd-limit"),
        ("EMFILE", {"stage": "io"}, "fd-limit"),
        ("WSAECONNRESET", {"stage": "io"}, "reset"),
        ("ENOMEDIUM", {"stage": "connect"}, "os"),
    ],
)  # fmt: skip
def test_when_and_where_decide_what_an_error_means(
    name: str, where: dict[str, object], kind: str
) -> None:
    assert kind_of(name, **where) == kind  # type: ignore[arg-type]


def test_a_limit_is_found_behind_the_errors_that_wrap_it() -> None:
    outer = ImportError("cannot import name")
    outer.__cause__ = OSError(errno.EMFILE, "Too many open files")
    limit = limit_of(outer)
    assert limit is not None
    assert (limit.kind, limit.name) == ("fd-limit", "EMFILE")
    library = ImportError("libssl.so.3: cannot open shared object file: Too many open files")
    assert getattr(limit_of(library), "kind", None) == "fd-limit"
    thread = RuntimeError("can't start new thread")
    assert getattr(limit_of(thread), "kind", None) == "resource-limit"


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
        BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),
        OSError(errno.ENOSPC, "No space left on device"),
        ImportError("No module named 'dns'"),
        RuntimeError("Event loop is closed"),
    ],
)
def test_other_errors_are_no_limit(error: Exception) -> None:
    assert limit_of(error) is None


@pytest.mark.parametrize(
    ("winerror", "number", "kind"),
    [
        (1225, 22, "refused"), (10061, 10061, "refused"),  # Windows' event loop has 1225
        (121, 22, "timeout"), (10060, 10060, "timeout"),
        (64, 22, "reset"), (10054, 10054, "reset"),
        (1231, 22, "unreachable"), (10065, 10065, "unreachable"),
        (5, 13, "prohibited"), (10013, 13, "prohibited"),
        (10048, 10048, "no-local-port"), (10055, 10055, "resource-limit"),
        (10024, 24, "fd-limit"), (1450, 22, "resource-limit"),
    ],
)  # fmt: skip
def test_errors_of_windows_have_the_kinds_of_posix(winerror: int, number: int, kind: str) -> None:
    """Python keeps the number of Windows beside an errno, which can be a general one.

    The attribute is simulated.
    """
    error = OSError(number, "a message of the system")
    vars(error)["winerror"] = winerror
    assert kind_of(name_of(error), stage="connect") == kind


def test_a_number_of_windows_is_not_read_as_an_errno() -> None:
    """5 is "access denied" as a winerror, and EIO as an errno; 87 is in no table."""
    assert name_of(OSError(5, "Input/output error")) == "EIO"
    error = OSError(22, "The parameter is incorrect")
    vars(error)["winerror"] = 87
    assert name_of(error) == "EINVAL"
