"""The process: runs the command line, and leaves at once when it is done.

Taking down an interpreter with PyMongo in it costs some 60 ms, and a thread that waits in
``getaddrinfo`` would hold it for seconds; nothing is lost by leaving without either.
"""

from __future__ import annotations

import os
import sys

from mongoping.exit_codes import EXIT_DEFECT, EXIT_INTERRUPTED, EXIT_USAGE

TYPE_CHECKING = False  # not imported from typing, which a file of the user may hide
if TYPE_CHECKING:
    from typing import NoReturn

COMPLETING = "_MONGOPING_COMPLETE"


def run(*, own: bool = False) -> int:
    """Run the command line and return its exit code; prints errors in one sentence.

    ``own`` puts the guard of `mongoping.output` in place of the streams of this process.
    """
    if sys.stdin is None:  # closed by the parent process
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - open to the end
    try:
        from mongoping.output import finish, protect

        if own:
            protect()
        return finish(_code())
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:  # the last resort of a tool that never shows a traceback
        return _stopped(error)


def _code() -> int:
    """Run the command line and return its exit code, also if an output cannot be written."""
    from mongoping.output import is_lost

    try:
        if "--probe" in sys.argv and (done := _probe()) is not None:
            return done
        return _command_line()
    except BrokenPipeError:
        return 0  # the reader has seen enough
    except OSError as error:
        if not is_lost(error):
            raise
        return EXIT_USAGE  # `finish` reports it


def _command_line() -> int:
    import click

    from mongoping.cli import main as group

    if COMPLETING in os.environ:  # a shell asks what may follow
        from mongoping.cli._complete import prepare

        prepare(group)
    try:
        code = group.main(standalone_mode=False)
    except click.ClickException as error:
        from mongoping.uri.target import scrub

        vars(error)["message"] = scrub(error.message, None)  # click repeats what was typed
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return EXIT_INTERRUPTED
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else EXIT_USAGE
    return code if isinstance(code, int) else 0


def _probe() -> int | None:
    """Run a health check without the command line's framework; None if it is none."""
    from mongoping.healthcheck.oneshot import run as probe

    return probe(sys.argv[1:])


def _stopped(error: Exception) -> int:
    """Say in one sentence why mongoping cannot go on, and return the exit code."""
    from mongoping.shadowing import shadow_behind

    if (shadow := shadow_behind(error)) is not None:
        name, file = shadow
        print(
            f"The file {file} is imported instead of the module {name}, and the import fails. "
            "Rename the file. (client.module-shadowed)",
            file=sys.stderr,
        )
        return 19
    return _limited(error) or _defect(error)


def _limited(error: Exception) -> int | None:
    """Say which limit of this machine stopped mongoping, or return None if none did."""
    import errno

    from mongoping.exit_codes import EXIT_CODES

    full = isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)
    kind, words = "fd-limit", "Too many open files"
    if not full:  # with no file left to open, this module may not load
        from mongoping.probe.os_errors import limit_of

        limit = limit_of(error)
        if limit is None:
            return None
        kind, words = limit.kind, limit.message
    remedy = "Raise the limit: ulimit -n 64000 " if kind == "fd-limit" else ""
    print(
        f"A limit of this machine stopped mongoping: {words}. {remedy}(client.{kind})",
        file=sys.stderr,
    )
    return EXIT_CODES["client"]


def _defect(error: Exception) -> int:
    """Report a defect of mongoping in one sentence."""
    from mongoping.escape import defect

    print(
        f"mongoping failed: {defect(error)}. "
        "This is a defect of mongoping; please report it with the command and this line.",
        file=sys.stderr,
    )
    return EXIT_DEFECT


def main() -> NoReturn:
    """Run the command line as a process, and end it."""
    try:
        from mongoping import signals

        signals.install()
    except Exception as error:  # a file of the user hides a module, or no file can be opened
        code = _stopped(error)
    else:
        code = run(own=True)
        if signals.interrupted():
            code = EXIT_INTERRUPTED
    import contextlib

    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # the reader has left
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
