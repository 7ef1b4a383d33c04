"""The origin of a connection string."""

from __future__ import annotations

import re

from mongoping.record import Record
from mongoping.shell import quote, variable


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

    def argument(self, shown_text: str) -> str:
        """Return what to write in a command so that it concerns the same target.

        Args:
            shown_text: the connection string, redacted, for a target that was given as an argument.
        """
        if self.source.startswith("@"):
            return quote(self.source)
        if re.fullmatch("[A-Z_]+", self.source):
            return variable(self.source)
        if self.source == "file" and self.path is not None:
            return f"--uri-file {quote(self.path)}"
        return quote(shown_text)
