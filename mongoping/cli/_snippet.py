"""Choose, fill in, write, run and report snippets for ``mongoping snippet``."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, Any, TextIO

import click

from mongoping.cli._target_options import TargetOptions
from mongoping.cli._targets import NoTargetError, resolve
from mongoping.cli._wrapping import align_rows, terminal_width
from mongoping.exit_codes import EXIT_CODES, EXIT_OK, EXIT_UNEXPLAINED
from mongoping.record import Record
from mongoping.snippets import (
    Snippet,
    all_snippets,
    choose,
    find,
    similar_names,
    with_files,
)
from mongoping.snippets.choices import Choices
from mongoping.snippets.fill import CannotFillError, fill
from mongoping.snippets.languages import DIALECTS
from mongoping.snippets.record import normalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mongoping.snippets.running import RunResult
    from mongoping.uri.target import ParsedUri

LIMIT_S = 30.0  # the default server selection timeout of drivers
START_S = 1.0  # time for a slow machine to start an interpreter and a driver
LEXERS = {".cs": "csharp", ".go": "go", ".java": "java", ".js": "javascript"} | {
    ".php": "php",
    ".py": "python",
    ".rb": "ruby",
    ".rs": "rust",
}


class Job(Record):
    """A snippet and the connection string for it, if there is one."""

    snippet: Snippet
    parsed: ParsedUri | None


def select_snippets(
    *,
    language: str | None,
    driver: str | None,
    auth: str | None,
    stable_api: bool | None,
    deprecated: bool | None,
) -> list[Snippet]:
    """Return the snippets that match all filters. Raises `click.UsageError` for unknown words."""
    matches = list(all_snippets())
    for flag, word, field in (
        ("--language", language, "language"),
        ("--driver", driver, "driver"),
        ("--auth", auth, "auth"),
    ):
        if word is not None:
            require_known(flag, word, {getattr(snippet, field) for snippet in all_snippets()})
            matches = [snippet for snippet in matches if _same(word, getattr(snippet, field))]
    if stable_api is not None:
        matches = [snippet for snippet in matches if snippet.stable_api == stable_api]
    if deprecated is not None:
        matches = [snippet for snippet in matches if (snippet.deprecated is not None) == deprecated]
    return matches


def _same(word: str, value: str) -> bool:
    return normalize_name(word) in (normalize_name(value), normalize_name(value).removesuffix("js"))


def require_known(flag: str, word: str, values: Iterable[str]) -> None:
    """Raise `click.UsageError` with the possible values if the word is none of them."""
    if not any(_same(word, value) for value in values):
        words = ", ".join(sorted(values, key=str.casefold))
        raise click.UsageError(f"{flag} {word} matches nothing. Use one of: {words}.")


def table(snippets: Sequence[Snippet]) -> str:
    """Return a row for each snippet, grouped by language and driver."""
    if not snippets:
        return "No snippet matches."
    cells = [
        (snippet.name, _kind(snippet), snippet.title + _deprecation(snippet))
        for snippet in snippets
    ]
    lines: list[str] = []
    heading = ""
    for snippet, row in zip(snippets, align_rows(cells, terminal_width(), 2), strict=True):
        above = (
            snippet.driver
            if snippet.language in snippet.driver
            else f"{snippet.language}, {snippet.driver}"
        )
        above = f"{above} {snippet.minimum} or later"
        if above != heading:
            lines += [*([""] if lines else []), above]
            heading = above
        lines += row
    return "\n".join(lines)


def _deprecation(snippet: Snippet) -> str:
    return f" (deprecated: use {snippet.instead})" if snippet.deprecated else ""


def _kind(snippet: Snippet) -> str:
    return f"{snippet.auth}, Stable API" if snippet.stable_api else snippet.auth


def snippet_named(name: str) -> Snippet:
    """Return the snippet with this name. Raises `click.UsageError` with the nearest names."""
    snippet = find(name)
    if snippet is None:
        from mongoping.escape import printable

        close = similar_names(name)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise click.UsageError(
            f"There is no snippet {printable(name)}.{hint} List all: mongoping snippet list"
        )
    return snippet


def write_highlighted(text: str, suffix: str, stream: TextIO) -> None:
    """Write a program, in color if the stream shows colors."""
    from mongoping.cli._display import uses_color

    if not uses_color(stream):
        stream.write(text)
        return
    from rich.console import Console
    from rich.syntax import Syntax

    syntax = Syntax("", LEXERS[suffix], theme="ansi_dark", background_color="default")
    console = Console(file=stream, force_terminal=True, no_color=False)
    console.print(syntax.highlight(text), soft_wrap=True, end="")


def job(words: Sequence[str], params: dict[str, Any], *, needs_uri: bool) -> Job:
    """Return the snippet and the connection string that the arguments select.

    With a language or a driver alone, that is the snippet for a server on this machine. Raises
    `click.UsageError` for an unknown name, or if nothing selects a snippet.
    """
    from mongoping.uri.target import parse

    name = next((word for word in words if not _is_uri(word)), None)
    argument = next((word for word in words if _is_uri(word)), None)
    if len(words) != sum(word is not None for word in (name, argument)):
        raise click.UsageError("Give at most one name and one connection string.")
    snippet = None if name is None else snippet_named(name)
    options = _target_options(params)
    uri = None
    if snippet is None or needs_uri or argument is not None or options.names_target:
        try:
            uri = resolve(argument, options)
        except NoTargetError:
            if needs_uri or not (params["language"] or params["driver"]):
                raise
            return Job(_choose_snippet(parse("mongodb://localhost/"), params), None)
    if snippet is None:
        snippet = _choose_snippet(uri, params)
    return Job(snippet, uri)


def _is_uri(word: str) -> bool:
    """Return whether a word is a connection string or an address, not the name of a snippet."""
    return word in ("-", "localhost") or any(mark in word for mark in ":@/.")


def _target_options(params: dict[str, Any]) -> TargetOptions:
    """Return the options of the target; ``--auth-source`` goes into the program instead."""
    mechanism = params["auth_mechanism"]
    return TargetOptions.of(params, {"authMechanism": mechanism} if mechanism else None)


def _choose_snippet(uri: ParsedUri | None, params: dict[str, Any]) -> Snippet:
    language, driver = params["language"] or "Python", params["driver"]
    require_known("--language", language, {snippet.language for snippet in all_snippets()})
    if driver is not None:
        require_known("--driver", driver, {snippet.driver for snippet in all_snippets()})
    if uri is None or uri.target is None:  # the caller refuses it with any snippet
        return all_snippets()[0]
    spelling = next(
        snippet.language for snippet in all_snippets() if _same(language, snippet.language)
    )
    try:
        return choose(uri.target, language=spelling, driver=driver)
    except LookupError as error:
        raise click.UsageError(f"There is {error}.") from None


def program(job: Job, params: dict[str, Any], *, inline: bool, with_password: bool) -> str:
    """Return the filled-in program. Raises `click.UsageError` if that is impossible or unsafe."""
    if with_password and not inline:
        raise click.UsageError("--with-password requires --inline.")
    uri = None
    if inline and job.parsed is not None and job.parsed.credentials is not None:
        credentials = job.parsed.credentials
        if credentials.secrets and not with_password:
            raise click.UsageError(
                "The connection string contains a secret, and --inline would write it into the "
                "program. Remove --inline and set MONGODB_URI, or add --with-password."
            )
        uri = credentials.uri
    choices = Choices(
        uri=uri,
        stable_api=params["stable_api"],
        strict=params["api_strict"],
        deprecation_errors=params["api_deprecation_errors"],
        timeout=params["timeout"],
        app_name=params["app_name"],
        ca_file=params["tls_ca_file"],
        certificate_key_file=params["tls_certificate_key_file"],
        auth_source=params["auth_source"],
    )
    target = None if job.parsed is None else job.parsed.target
    try:
        return fill(job.snippet, with_files(job.snippet, choices, target))
    except CannotFillError as error:
        raise click.UsageError(f"{job.snippet.name}: {error}.") from None


def write(text: str, suffix: str, path: str | None, *, force: bool, private: bool) -> None:
    """Print the program, or write it to a file, readable only by its owner if ``private``."""
    if path is None or path == "-":
        write_highlighted(text, suffix, sys.stdout)
        return
    mode = 0o600 if private else 0o666
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        if not force:
            raise click.UsageError(f"{path} exists. Add --force to overwrite it.") from None
        descriptor = _existing(path)
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None
    try:
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        if private and regular and hasattr(os, "fchmod"):
            os.fchmod(descriptor, mode)  # never change the mode of a device
        if regular:
            os.ftruncate(descriptor, 0)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise _unwritable(path, error) from None


def _existing(path: str) -> int:
    try:
        return os.open(path, os.O_WRONLY)
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: str, error: OSError | ValueError) -> click.UsageError:
    reason = getattr(error, "strerror", None) or "the name is not valid"
    return click.UsageError(f"{path} cannot be written: {reason}.")


def warn_deprecated(snippet: Snippet) -> None:
    """Warn on standard error if a snippet is deprecated, and say what to use."""
    if snippet.deprecated is not None:
        click.echo(
            f"{snippet.driver} is deprecated ({snippet.deprecated}): use {snippet.instead}. "
            "Convert a program with: mongoping snippet migrate FILE",
            err=True,
        )


def refuse_uri(uri: ParsedUri) -> int:
    """Explain on standard error, like ``mongoping uri``, why the URI is invalid; return 10."""
    from mongoping.checks.uri import look
    from mongoping.cli import _uri_text
    from mongoping.cli._display import uses_color

    click.echo(_uri_text.render(look(uri), uri.origin.note), err=True, color=uses_color(sys.stderr))
    return EXIT_CODES["uri"]


def patience(snippet: Snippet, limit: float, requested_s: float | None) -> float | None:
    """Return a server selection timeout (s) that lets the driver report before ``limit``.

    None leaves the program unchanged: it sets its own, or its language has no such option.
    """
    dialect = DIALECTS[snippet.language]
    own = snippet.deployment == "local" or "pymongo.timeout(" in snippet.text
    if dialect.timeout is None or (own and requested_s is None):
        return None
    return max(0.8 * limit - START_S, 0.4 * limit)  # PyMongo adds up to half a second


def verify_limit(timeout: float | None) -> float:
    """Return the time limit (s) for a program with this server selection timeout."""
    return max(LIMIT_S, 2 * (timeout or 0))


def execute(job: Job, program: str, limit: float, isolated: bool) -> RunResult:
    """Run the program and return its output without secrets.

    Raises `click.exceptions.Exit` with the exit code of the client layer if it cannot be run.
    """
    from mongoping.escape import printable
    from mongoping.snippets.running import MAX_CHARS, CannotRunError, run
    from mongoping.uri.target import scrub

    credentials = None if job.parsed is None else job.parsed.credentials
    if credentials is None:
        raise click.UsageError("Running a snippet needs a valid connection string.")
    try:
        ran = run(job.snippet, program, credentials.uri, limit=limit, is_isolated=isolated)
    except CannotRunError as error:
        click.echo(f"{job.snippet.name}: {printable(scrub(str(error), credentials))}.", err=True)
        raise click.exceptions.Exit(EXIT_CODES["client"]) from None
    out, err = (
        printable(scrub(text, credentials, MAX_CHARS), newlines=True, most=MAX_CHARS)
        for text in (ran.out, ran.err)
    )
    missing = None if ran.missing is None else printable(scrub(ran.missing, credentials))
    return ran.replace(out=out, err=err, missing=missing)


def summary(job: Job, ran: RunResult) -> str:
    """Return a program's output, followed by how it ended and how long it took."""
    name, took = job.snippet.name, f"{ran.seconds:.2f} s"
    lines = [text.rstrip("\n") for text in (ran.out, ran.err) if text.strip()]
    if ran.missing is not None:
        lines = [f"{name}: the driver is missing: {ran.missing}", f"Install it: {ran.install}"]
        lines.append("Or run it in a temporary environment with its own driver: --isolated")
    elif ran.code is None:
        lines.append(f"{name}: stopped after {took}, because it was still running.")
    elif ran.ok:
        lines.append(f"{name}: reached the deployment in {took}.")
    else:
        lines.append(f"{name}: failed after {took} with exit code {ran.code}.")
        lines.append("Find the cause: mongoping check, with the same connection string")
    return "\n".join(lines)


def as_json(job: Job, ran: RunResult) -> str:
    """Return the result of a program as one JSON object."""
    import json

    return json.dumps(
        {
            "name": job.snippet.name,
            "ok": ran.ok,
            "exit_code": ran.code,
            "duration_ms": round(ran.seconds * 1000, 3),
            "output": ran.out,
            "error": ran.err,
            "missing": ran.missing,
            "install": ran.install,
        },
        ensure_ascii=False,
    )


def exit_code(ran: RunResult) -> int:
    """Return 0 if the deployment was reached, 19 for a missing driver, else 1."""
    if ran.missing is not None:
        return EXIT_CODES["client"]
    return EXIT_OK if ran.ok else EXIT_UNEXPLAINED
