"""A target of a fleet: its name, its labels, and a reference to its connection string."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from mongoping.record import NOTHING, Record

Kind = Literal["text", "env", "file", "target"]


class Reference:
    """Where the connection string of a target is. It may hold a secret, so its repr is empty.

    Attributes:
        kind: ``text`` is the string itself; ``env`` and ``file`` name where it is; ``target`` is a
            table of the configuration file.
        text: the string, the name of the variable, or the path.
        values: the parsed keys of a configured target.
        trusted: whether a configured target may use the secrets of this machine.
    """

    __slots__ = ("kind", "text", "trusted", "values")

    def __init__(
        self,
        kind: Kind,
        text: str = "",
        values: Mapping[str, Any] = NOTHING,
        *,
        is_trusted: bool = True,
    ) -> None:
        self.kind: Kind = kind
        self.text = text
        self.values = dict(values)
        self.trusted = is_trusted

    def __repr__(self) -> str:
        return f"Reference({self.kind}, ***)"

    @property
    def holds_secret(self) -> bool:
        """Return whether the text itself contains a password, or may contain one."""
        if self.kind != "text" or "@" not in self.text:
            return False
        from mongoping.uri.shorthand import expand
        from mongoping.uri.target import parse

        uri = parse(expand(self.text))
        if uri.credentials is None or uri.problem is not None:
            return True
        return bool(uri.credentials.secrets)


class Entry(Record):
    """A target of an inventory.

    Attributes:
        name: unique in the inventory, without secrets.
        labels: by which ``--select`` chooses.
        reference: where the connection string is.
        path: the file in which the target is written.
        line: its line in that file, from 1.
        error: why it cannot be used, in one sentence; it gets a row all the same.
    """

    name: str
    reference: Reference
    labels: Mapping[str, str] = NOTHING
    path: str | None = None
    line: int | None = None
    error: str | None = None
