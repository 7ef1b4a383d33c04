"""The first code of the standalone executable."""

import os
import sys

from mongoping.environment import restore_libraries
from mongoping.installation import AS_PYTHON


def run_as_python(args: list[str]) -> None:
    """Run a program as ``python ARGS`` does, for mongoping's own child processes.

    Args:
        args: ``-c CODE`` or a file, and the arguments of the program.
    """
    if args[0] == "-c":
        code, sys.argv = args[1], ["-c", *args[2:]]
        exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102
        return
    import runpy

    sys.argv = args
    runpy.run_path(args[0], run_name="__main__")


def main() -> None:
    """Run mongoping, or a program in one of its child processes."""
    restore_libraries(os.environ)
    if sys.argv[1:2] == [AS_PYTHON]:
        run_as_python(sys.argv[2:])
        return
    from mongoping.__main__ import main as run

    run()


main()
