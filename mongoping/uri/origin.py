"""Where a connection string comes from, and how it was read."""

from __future__ import annotations

from mongoping.record import Record


class Origin(Record):
    """Where a connection string comes from. Contains no secret.

    Attributes:
        source: ``argument``, ``--host``, ``--uri-file``, ``standard input``, ``@NAME``, the name
            of an environment variable, or ``NAME in .env``.
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
