"""The origin of a connection string."""

from __future__ import annotations

from mongoping.record import Record


class Origin(Record):
    """The origin of a connection string, without secrets.

    Attributes:
        source: ``argument``, ``--host``, ``--port``, ``file``, ``standard input``, ``@NAME``, the
            name of an environment variable, ``NAME in .env``, or ``default``.
        name: the name of the target in a configuration file.
        path: the file in which the string is written.
        line: its line in that file, from 1.
        note: in one sentence, how the text was read if it is no complete connection string.
    """

    source: str = "argument"
    name: str | None = None
    path: str | None = None
    line: int | None = None
    note: str | None = None
