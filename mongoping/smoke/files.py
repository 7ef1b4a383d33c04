"""Read connection strings, passwords and lists of targets from files and standard input."""

from __future__ import annotations

import errno
import os
import stat
import sys

from mongoping.decoding import decode

MAX_BYTES = 64 * 1024  # no connection string is longer
CHUNK = 64 * 1024
PIPE_S = 10  # wait for the first byte of a named pipe: the writer may start later


class InputError(Exception):
    """A file or a variable cannot be used; the text is one sentence for the user, without logins.

    A part of a connection string may be where a name or a path belongs.
    """

    def __init__(self, text: str) -> None:
        from mongoping.uri.typed import scrub_message

        super().__init__(scrub_message(text, ()))


def read_bytes(path: str, limit: int) -> bytes:
    """Return a file's first ``limit`` bytes. Raises OSError, also for a pipe without a writer."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    flags |= getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except ValueError:  # the name contains NUL
        raise OSError(errno.ENOENT, "The name is not valid") from None
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - it is open already
        data = b""
        while len(data) < limit:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                _wait(descriptor, first=not data)
            piece = file.read(min(limit - len(data), CHUNK))
            if not piece:
                break
            data += piece
    return data


def _wait(descriptor: int, *, first: bool) -> None:
    """Wait until a pipe or a device has data. Raises OSError if a pipe has no writer."""
    if sys.platform == "win32":
        return  # reading waits: only sockets can be selected there
    import select

    named_pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    patience = PIPE_S if named_pipe and first else None
    if not select.select([descriptor], [], [], patience)[0]:
        raise OSError(errno.ETIMEDOUT, f"It is a pipe, and no data arrived for {PIPE_S} s")


def read_file(path: str, what: str, *, empty: bool = False, limit: int = MAX_BYTES) -> str:
    """Return the text of a file of at most ``limit`` bytes (``-``: standard input).

    Raises `InputError`, also for a file without text unless it may be ``empty``.
    """
    where = f"The {what if what.endswith('file') else 'file'} {path}"
    if path == "-":
        where = f"The {what} on standard input"
    try:
        data = sys.stdin.buffer.read(limit + 1) if path == "-" else read_bytes(path, limit + 1)
    except OSError as error:
        raise InputError(f"{where} cannot be read: {reason(error)}.") from None
    if len(data) > limit:
        raise InputError(f"{where} is larger than {limit // 1024} KiB.")
    try:
        text = decode(data)
    except UnicodeDecodeError:
        raise InputError(f"{where} is not UTF-8 text.") from None
    if not text.strip() and not empty:
        raise InputError(f"{where} is empty.")
    return text


def reason(error: OSError) -> str:
    """Return the operating system's message for an error."""
    return error.strerror or type(error).__name__


def hidden_unless_uri(text: str) -> str:
    """Return a text from a file or a variable, or ``***`` if it is no connection string.

    The wrong file or variable may hold a secret that has nothing to do with MongoDB.
    """
    from mongoping.uri.target import HIDDEN, parse
    from mongoping.uri.text import scheme_end

    if scheme_end(text):
        return text
    problem = parse(text).problem
    placeholder = problem is not None and problem.cause == "uri.placeholder-not-replaced"
    return text if placeholder else HIDDEN


def readable(value: str, what: str) -> str:
    """Return ``value``. Raises `InputError` if it is not valid text."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InputError(f"{what} is not UTF-8 text.") from None
    return value


def first_line(text: str) -> str:
    """Return the first line of a text that is not blank."""
    return next(line for line in text.splitlines() if line.strip())
