"""The process: runs the command line, and leaves at once when it is done.

Taking down an interpreter with PyMongo in it costs some 60 ms, and a thread that waits in
``getaddrinfo`` would hold it for seconds; nothing is lost by leaving without either.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import NoReturn

from mongoping.model import EXIT_DEFECT, EXIT_INTERRUPTED, EXIT_USAGE

COMPLETING = "_MONGOPING_COMPLETE"


def _streams() -> None:
    """A stream that was closed by whoever started us becomes one that swallows."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - open to the end
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def run() -> int:
    """Run the command line and return its exit code; prints errors in one sentence."""
    _streams()
    if "--probe" in sys.argv and (done := _probe()) is not None:
        return done
    import click

    from mongoping.cli import main as group

    if COMPLETING in os.environ:  # a shell asks what may follow
        from mongoping.cli._complete import prepare

        prepare(group)
    try:
        code = group.main(standalone_mode=False)
    except click.ClickException as error:
        from mongoping.target import scrub

        vars(error)["message"] = scrub(error.message, None)  # click repeats what was typed
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return 0  # the reader has seen enough
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else EXIT_USAGE
    except Exception as error:  # the last resort of a tool that never shows a traceback
        return _defect(error)
    return code if isinstance(code, int) else 0


def _probe() -> int | None:
    """A health check, for which the command line's framework is too much; None if it is none."""
    from mongoping.smoke.fast import run as probe

    try:
        return probe(sys.argv[1:])
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return 0
    except Exception as error:  # as below
        return _defect(error)


def _defect(error: Exception) -> int:
    """A defect of our own, said in one sentence."""
    from mongoping.words import defect

    print(
        f"mongoping failed: {defect(error)}. "
        "This is a defect of mongoping; please report it with the command and this line.",
        file=sys.stderr,
    )
    return EXIT_DEFECT


def main() -> NoReturn:
    """The console script."""
    try:
        code = run()
    except KeyboardInterrupt:  # while click itself was imported
        print("Interrupted.", file=sys.stderr)
        code = EXIT_INTERRUPTED
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
