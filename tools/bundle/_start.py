"""The first code of ``mongoping.pyz``. Any Python can read it, also one that is too old.

Extension modules cannot be loaded from an archive, so shiv's bootstrap unpacks it once into a
cache. This module decides where: a folder of the user, or a temporary one that is removed.
"""

import os
import sys

MIN_PYTHON = (3, 11)
SUFFIXES = ()  # of the compiled modules in this archive; tools/bundle/build.py writes them here
BUILT_FOR = ""  # the same, in words


def refuse_other_pythons():
    """Exit if the archive has no compiled modules for this Python."""
    import platform
    from importlib.machinery import EXTENSION_SUFFIXES

    if not SUFFIXES or set(SUFFIXES).intersection(EXTENSION_SUFFIXES):
        return
    version = (platform.python_implementation(),) + sys.version_info[:2]
    system = (platform.system(), platform.machine())
    sys.exit(
        "mongoping.pyz was built for %s, but this is %s %d.%d on %s %s. "
        "Use another Python, or build the file there: python -m tools.bundle"
        % ((BUILT_FOR,) + version + system)
    )


def folder():
    """Return a folder of the user for the unpacked files, or None if none can be written.

    A home that does not exist is not created: service accounts have such a home on purpose.
    """
    home = os.path.expanduser("~")
    base = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME")
    if not base and os.path.isdir(home):
        base = home if os.name == "nt" else os.path.join(home, ".cache")
    if not base or not os.path.isabs(base):
        return None
    path = os.path.join(base, "mongoping", "bundle")
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        probe = os.path.join(path, "probe.%d" % os.getpid())
        with open(probe, "wb"):
            pass
        os.remove(probe)
    except OSError:
        return None
    return path


def run_from_temporary_folder():
    """Run this archive again with a folder that is removed at the end; return the exit code."""
    import shutil
    import signal
    import subprocess
    import tempfile

    try:
        root = tempfile.mkdtemp(prefix="mongoping-")
    except OSError as error:
        return "mongoping needs a writable folder to unpack its files: set TMPDIR (%s)." % error
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the child too
        child = subprocess.Popen(
            [sys.executable] + sys.argv, env=dict(os.environ, SHIV_ROOT=root), preexec_fn=restore()
        )
        signal.signal(signal.SIGTERM, lambda number, frame: child.terminate())
        code = child.wait()
        return 128 - code if code < 0 else code
    finally:
        shutil.rmtree(root, ignore_errors=True)


def restore():
    """Return the function that gives the child the default answer to SIGINT, or None."""
    import signal

    if os.name == "nt":
        return None
    return lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)


def main():
    """Unpack if necessary, and run mongoping."""
    if sys.version_info < MIN_PYTHON:
        sys.exit(
            "mongoping.pyz needs Python %d.%d or newer, but this is Python %d.%d. "
            "Start it with a newer one, such as: python%d.%d %s"
            % (MIN_PYTHON + sys.version_info[:2] + MIN_PYTHON + (sys.argv[0],))
        )
    if "SHIV_ROOT" not in os.environ:  # `mongoping --from` sets it, and chooses a Python itself
        refuse_other_pythons()
        root = folder()
        if root is None:
            sys.exit(run_from_temporary_folder())
        os.environ["SHIV_ROOT"] = root
    import _bootstrap

    _bootstrap.bootstrap()


main()
