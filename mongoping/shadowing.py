"""Find user files that Python imports instead of the module of the same name.

A file ``bson.py`` or ``ssl.py`` in the folder of a program, or on PYTHONPATH, shadows the module
that PyMongo needs. This module imports only what Python loads at start-up, since the shadowed
module may belong to the standard library.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PACKAGES = frozenset(
    {
        *("bson", "pymongo", "gridfs", "dns", "motor", "click", "rich", "pygments", "cryptography"),
        *("OpenSSL", "service_identity", "snappy", "zstandard", "backports", "certifi", "boto3"),
        *("botocore", "pymongo_auth_aws", "kerberos", "typing_extensions", "markdown_it", "mdurl"),
    }
)
"""Packages outside the standard library that PyMongo or mongoping imports."""

MAX_CAUSES = 10  # links of a chain of exceptions


def shadow_behind(error: BaseException) -> tuple[str, str] | None:
    """Return the shadowed module and the user's file that caused an error, or None.

    The error must point to the file: the file lacks an attribute or name, it could not be parsed,
    or the error was raised in it.
    """
    for link in _chain(error):
        for file in _files(link):
            shadow = shadow_of(file)
            if shadow is not None:
                return shadow
    return None


def shadow_of(file: str | None) -> tuple[str, str] | None:
    """Return the module that ``file`` shadows, and the file's path; None if there is none."""
    if not file:
        return None
    path = os.path.abspath(file)  # noqa: PTH100 - pathlib may be shadowed
    folder, module = split_module(path)
    if module not in sys.stdlib_module_names and module not in PACKAGES:
        return None
    if _is_library(folder) or _is_package(folder) or not _hides(folder, module):
        return None
    return module, path


def split_module(path: str) -> tuple[str, str]:
    """Return the folder in which Python finds a module, and its name, from the module's file."""
    folder, name = os.path.split(path)
    if name == "__init__.py":
        folder, name = os.path.split(folder)
    return folder, name.partition(".")[0]


def _hides(folder: str, module: str) -> bool:
    """Return whether another folder that Python searches also contains the module."""
    if module in sys.stdlib_module_names:
        return True
    for directory in sys.path:
        other = os.path.abspath(directory or os.curdir)  # noqa: PTH100
        if other != folder and any(
            os.path.exists(os.path.join(other, name))  # noqa: PTH110, PTH118
            for name in (module, f"{module}.py")
        ):
            return True
    return False


def _is_library(folder: str) -> bool:
    standard = os.path.dirname(os.path.abspath(os.__file__))  # noqa: PTH100, PTH120
    own = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    return is_library(folder, standard) or f"{folder}{os.sep}".startswith(f"{own}{os.sep}")


def _is_package(folder: str) -> bool:
    """Return whether a folder is a package, so that its files are no modules of their own.

    It is searched for modules all the same if a program in it was started by its path.
    """
    if not os.path.exists(os.path.join(folder, "__init__.py")):  # noqa: PTH110, PTH118
        return False
    return all(os.path.abspath(entry or os.curdir) != folder for entry in sys.path)  # noqa: PTH100


def is_library(folder: str, standard: str) -> bool:
    """Return whether a folder holds installed packages, or is in the standard library's."""
    parts = folder.replace("\\", "/").split("/")
    return folder.startswith(standard) or bool({"site-packages", "dist-packages"} & set(parts))


def _files(error: BaseException) -> Iterator[str | None]:
    """Yield the files that an error points to, the most specific first."""
    yield getattr(error, "path", None)  # ImportError: cannot import name
    yield getattr(error, "filename", None) if isinstance(error, SyntaxError) else None
    owner = getattr(error, "obj", None)  # AttributeError
    if isinstance(owner, type(sys)):
        yield _file(owner)
    name = getattr(error, "name", None)
    if isinstance(error, ImportError) and isinstance(name, str):
        module = sys.modules.get(name.partition(".")[0])  # "dns" is not a package
        yield _file(module)
    frame = error.__traceback__
    while frame is not None:
        yield frame.tb_frame.f_code.co_filename
        frame = frame.tb_next


def _file(module: ModuleType | None) -> str | None:
    return getattr(module, "__file__", None)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(MAX_CAUSES):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__
