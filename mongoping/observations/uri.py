"""What the checks observe of a connection string: its parts, and the files that it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mongoping.model import FileState
from mongoping.record import NOTHING, Record
from mongoping.uri.host import Host

if TYPE_CHECKING:
    from mongoping.uri.target import Problem, UriWarning


class FileFact(Record):
    """A file that an option names.

    ``state`` is readable, missing, directory, pipe, unreadable or unusable; ``errno`` is the
    symbolic name of the system's error.
    """

    option: str
    path: str
    state: FileState
    errno: str | None = None


class ExplainedOption(Record):
    """An effective option with its meaning; not ``given`` if another option implies it."""

    name: str
    value: Any
    default: str
    meaning: str
    matters: bool
    given: bool = True


class UriFacts(Record):
    """The parts of a connection string, without secrets; only ``uri`` if it is malformed."""

    uri: str
    scheme: str | None = None
    hosts: tuple[Host, ...] = ()
    username: str | None = None
    has_password: bool = False
    auth_source: str | None = None
    mechanism: str | None = None
    database: str | None = None
    options: Mapping[str, Any] = NOTHING
    explained: tuple[ExplainedOption, ...] = ()
    warnings: tuple[UriWarning, ...] = ()
    files: tuple[FileFact, ...] = ()
    problem: Problem | None = None
