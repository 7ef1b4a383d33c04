"""Report what the connection string says, and whether the files that it names are readable.

The string itself was checked when it was parsed. This check adds the file system, because
AsyncMongoClient opens these files in its constructor and raises if it cannot.
"""

from __future__ import annotations

import errno
import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mongoping.model import Failure, Line, Outcome
from mongoping.observations import ExplainedOption, FileFact, UriFacts
from mongoping.runnable import OnceCheck
from mongoping.units import plural
from mongoping.uri.options import OPTIONS, find

if TYPE_CHECKING:
    from mongoping.context import Context
    from mongoping.uri.target import ParsedUri, Problem, Target

_FILE_OPTIONS = tuple(option.name for option in OPTIONS if option.kind == "path")
_STATES = {
    "missing": "does not exist",
    "directory": "is a directory",
    "unreadable": "is not readable for this user",
    "unusable": "cannot be opened",
    "pipe": "is a pipe, which can be read only once, but PyMongo reads it several times",
}


def look(uri: ParsedUri) -> Outcome:
    """Return the parts of a parsed URI and its problem, if any. Opens the files that it names."""
    target = uri.target
    if target is None or uri.problem is not None:
        return Outcome(UriFacts(uri.shown, problem=uri.problem), _refused_uri(uri.problem))
    files = tuple(
        file_fact(name, str(target.options[name]))
        for name in _FILE_OPTIONS
        if name in target.options
    )
    signed_in = target.username is not None or target.mechanism is not None
    facts = UriFacts(
        uri=target.uri,
        scheme=target.scheme,
        hosts=target.hosts,
        username=target.username,
        has_password=target.has_password,
        auth_source=target.auth_source if signed_in else None,
        mechanism=target.mechanism,
        database=target.database,
        options=target.options,
        explained=tuple(_explained_options(target)),
        warnings=target.warnings,
        files=files,
    )
    bad = next((file for file in files if file.state != "readable"), None)
    return Outcome(facts, _unreadable(target.uri, bad) if bad else None)


def _refused_uri(problem: Problem | None) -> Failure:
    if problem is None:
        return Failure(
            "invalid", "the connection string is invalid", facts={"cause": "uri.malformed"}
        )
    facts = {"cause": problem.cause, "start": problem.start, "length": problem.length}
    return Failure("invalid", problem.detail, facts=facts)


def file_fact(option: str, path: str) -> FileFact:
    """Return whether a file is readable; only regular files are opened."""
    try:
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            return FileFact(option, path, "directory", "EISDIR")
        if stat.S_ISFIFO(mode):  # opening a pipe waits for a writer
            return FileFact(option, path, "pipe")
        if stat.S_ISREG(mode):
            with Path(path).open("rb"):
                pass
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0)
        if name in ("ENOENT", "ENOTDIR"):
            return FileFact(option, path, "missing", name)
        return FileFact(
            option, path, "unreadable" if name in ("EACCES", "EPERM") else "unusable", name
        )
    except ValueError:
        return FileFact(option, path, "unusable")
    return FileFact(option, path, "readable")


def _unreadable(shown_uri: str, file: FileFact) -> Failure:
    message = f"{file.option} names {file.path}, which {_STATES[file.state]}"
    if file.state == "missing" and file.path.startswith("~"):
        message += "; '~' is not expanded in a connection string"
    elif file.state == "missing" and not Path(file.path).is_absolute():
        message += " in the working directory"
    facts: dict[str, Any] = {"cause": "uri.file-not-found", "option": file.option}
    if match := re.search(rf"[?&;]({re.escape(file.option)}=[^&;]*)", shown_uri, re.IGNORECASE):
        facts |= {"start": match.start(1), "length": len(match.group(1))}
    return Failure("file", message, errno=file.errno, facts=facts)


def _explained_options(target: Target) -> list[ExplainedOption]:
    rows = []
    for name, value in target.options.items():
        option = find(name)
        if option is not None:
            is_given = name != "tls" or re.search(r"[?&;](?:tls|ssl)=", target.uri, re.IGNORECASE)
            rows.append(
                ExplainedOption(
                    name, value, option.default, option.meaning, option.matters, bool(is_given)
                )
            )
    return rows


async def run(ctx: Context) -> Outcome:
    """Check the connection string and its files."""
    return look(ctx.uri)


def shown_value(value: Any) -> str:
    """Return the value of an option in the notation of a connection string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ",".join(f"{key}:{shown_value(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ",".join(shown_value(item) for item in value)
    return str(value)


def login(facts: UriFacts) -> str:
    """Return the user, the mechanism and the database of the login, as text."""
    if facts.auth_source is None:
        return "(none)"
    if facts.username is None:
        by = "the client certificate" if facts.mechanism == "MONGODB-X509" else "the mechanism"
        return f"from {by} ({facts.mechanism}), authSource {facts.auth_source}"
    parts = [facts.username]
    parts.append("with a password" if facts.has_password else "without a password")
    if facts.mechanism:
        parts.append(f"({facts.mechanism})")
    return f"{' '.join(parts)}, authSource {facts.auth_source}"


def _summary(facts: UriFacts) -> str:
    if facts.scheme is None:
        return "invalid"
    many = plural(len(facts.hosts), "SRV name" if facts.scheme == "mongodb+srv" else "host")
    who = f", user {facts.username}" if facts.username else ""
    return f"{facts.scheme}, {many}{who}, {plural(len(facts.options), 'option')}"


def _lines(facts: UriFacts) -> Sequence[Line]:
    if facts.scheme is None:
        return [Line("", "invalid; nothing was sent", "fail")]
    label = (
        "name" if facts.scheme == "mongodb+srv" else "host" if len(facts.hosts) == 1 else "hosts"
    )
    lines = [
        Line(label, ", ".join(str(host) for host in facts.hosts)),
        Line("user", login(facts)),
    ]
    for option in facts.explained:
        parts = f"{option.name}={shown_value(option.value)}"
        suffix = "" if option.given else " (implied by another option)"
        lines.append(
            Line("option", f"{parts}{suffix}  {option.meaning}", detail=not option.matters)
        )
    for file in facts.files:
        if file.state != "readable":
            lines.append(Line("file", f"{file.path} {_STATES[file.state]}", "fail"))
    return lines


CHECK = OnceCheck(
    name="uri",
    layer="uri",
    summary="the connection string: its parts, its options, and the files that it names",
    run=run,
    summarize=_summary,
    lines=_lines,
)
