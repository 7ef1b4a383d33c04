"""Run the command line as a process, and exit without the interpreter's own shutdown.

Shutting down an interpreter that has loaded PyMongo takes about 60 ms, and a thread that waits
in ``getaddrinfo`` would delay it for seconds. Nothing that matters happens in that shutdown.
"""

from __future__ import annotations

import os
import sys

from mongoping.exit_codes import EXIT_BUG, EXIT_INTERRUPTED, EXIT_USAGE

TYPE_CHECKING = False  # not imported from typing: a file of the user may shadow that module
if TYPE_CHECKING:
    from typing import NoReturn

PLUGIN_UNKNOWN = 3  # with 2, a monitoring system would report the deployment as down
MAX_MESSAGE = 2000  # characters of a usage error, which may quote an argument of any length
JOB = "_job"  # as in mongoping.places.shell: run what standard input says, in another place
COMPLETION_VARIABLE = "_MONGOPING_COMPLETE"


def run(*, own: bool = False) -> int:
    """Run the command line, print an error in one sentence, and return the exit code.

    With ``own``, wrap the standard streams of this process in the guard of `mongoping.output`.
    """
    if sys.stdin is None:  # closed by the parent process
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - stays open
    try:
        from mongoping.output import finish, protect

        if own:
            protect()
        return _plugin_code(finish(_code()))
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return _plugin_code(EXIT_INTERRUPTED)
    except SystemExit as error:
        if (code := _report_shadow(error)) is None:
            raise
        return _plugin_code(code)
    except Exception as error:  # never show a traceback
        return _plugin_code(_report_error(error))


def _is_plugin() -> bool:
    """Return whether a monitoring system reads the output: with ``--format nagios``."""
    args = sys.argv[1:]
    return "--format=nagios" in args or (
        "nagios" in args and args[args.index("nagios") - 1] == "--format"
    )


def _plugin_code(code: int) -> int:
    """Return the exit code; a plug-in has no others than 0 to 3, and 3 is UNKNOWN."""
    return code if code in range(4) or not _is_plugin() else PLUGIN_UNKNOWN


def _code() -> int:
    """Return the exit code of the command line, even if an output cannot be written."""
    from mongoping.output import is_lost

    try:
        if sys.argv[1:2] == [JOB] and len(sys.argv) == 3:
            from mongoping.places.there import main as run_job

            run_job(sys.argv[2])
        if "--probe" in sys.argv and (code := _run_probe()) is not None:
            return code
        return _command_line()
    except BrokenPipeError:
        return 0  # the reader closed the pipe on purpose, as `head` does
    except OSError as error:
        if not is_lost(error):
            raise
        return EXIT_USAGE  # `finish` reports it


def _command_line() -> int:
    import click

    from mongoping.cli import main as group

    if COMPLETION_VARIABLE in os.environ:  # a shell asks for completions
        from mongoping.cli._complete import prepare

        prepare(group)
    try:
        code = group.main(complete_var=COMPLETION_VARIABLE, standalone_mode=False)
    except click.ClickException as error:
        from mongoping.escape import clip
        from mongoping.uri.typed import scrub_message

        vars(error)["message"] = clip(scrub_message(error.message, sys.argv[1:]), MAX_MESSAGE)
        if _is_plugin():
            from mongoping.formats.nagios import unknown_output

            click.echo(unknown_output(error.format_message()), nl=False)
            return PLUGIN_UNKNOWN
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return EXIT_INTERRUPTED
    except SystemExit as error:
        if (shadowed := _report_shadow(error)) is not None:
            return shadowed  # a file of the user was imported, and ended the process
        return error.code if isinstance(error.code, int) else EXIT_USAGE
    return code if isinstance(code, int) else 0


def _run_probe() -> int | None:
    """Run a health check without importing click. Return None for any other command."""
    from mongoping.healthcheck.oneshot import run as run_probe

    return run_probe(sys.argv[1:])


def _report_error(error: Exception) -> int:
    """Print in one sentence why mongoping cannot continue, and return the exit code."""
    return _report_shadow(error) or _report_limit(error) or _report_bug(error)


def _report_shadow(error: BaseException) -> int | None:
    """Print which file of the user caused an error, and return the exit code; None if none did."""
    from mongoping.shadowing import shadow_behind

    if (shadow := shadow_behind(error)) is None:
        return None
    name, file = shadow
    print(
        f"Python imports the file {file} instead of the module {name}, and the import fails. "
        "Rename the file. (client.module-shadowed)",
        file=sys.stderr,
    )
    return 19


def _report_limit(error: Exception) -> int | None:
    """Print which limit of this machine stopped mongoping and return the exit code.

    Return None if the error has another reason.
    """
    import errno

    from mongoping.exit_codes import EXIT_CODES

    out_of_files = isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)
    kind, message = "fd-limit", "Too many open files"
    if not out_of_files:  # otherwise, importing this module could fail
        from mongoping.probe.os_errors import limit_of

        limit = limit_of(error)
        if limit is None:
            return None
        kind, message = limit.kind, limit.message
    remedy = "Raise the limit: ulimit -n 64000 " if kind == "fd-limit" else ""
    print(
        f"A limit of this machine stopped mongoping: {message}. {remedy}(client.{kind})",
        file=sys.stderr,
    )
    return EXIT_CODES["client"]


def _report_bug(error: Exception) -> int:
    """Report a bug in mongoping in one sentence, and return the exit code."""
    from mongoping.escape import bug_location

    print(
        f"mongoping failed: {bug_location(error)}. "
        "This is a bug in mongoping; please report it with the command and this line.",
        file=sys.stderr,
    )
    return EXIT_BUG


def _die_of_interrupts() -> None:
    """Let Ctrl-C end the process without a traceback until `mongoping.signals` is imported.

    The module ``signal`` is not imported for this: during its import, there would be a traceback.
    """
    import _signal  # type: ignore[import-not-found]  # has no stub

    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)


def main() -> NoReturn:
    """Run the command line and end this process with its exit code."""
    _die_of_interrupts()
    try:
        from mongoping import clock, garbage, signals

        clock.sharpen()
        garbage.postpone()
        signals.install()
    except Exception as error:  # a shadowed module, or no file can be opened
        code = _report_error(error)
    else:
        code = run(own=True)
        if signals.was_interrupted():
            code = _plugin_code(EXIT_INTERRUPTED)
    import contextlib

    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # the reader is gone
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
