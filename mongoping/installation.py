"""How mongoping was installed, for the commands that add an extra or a package."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mongoping._version import __version__
from mongoping.lazy_re import lazy_compile
from mongoping.shell import program, quote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    Tool = Literal["bundle", "image", "pip", "pipx", "pipx run", "uv", "uv tool", "uvx"]

CHECKOUT = "/path/to/mongoping"  # for the reader to replace
IMAGE_EXTRAS = "MONGOPING_IMAGE_EXTRAS"  # set in the container image

MAX_REASON = 200  # characters of an error of an import
_LIBRARY = lazy_compile(  # as the dynamic linkers of Linux and macOS name it
    r"(?<![\w./])([\w.+-]{1,100}\.so[\w.]{0,20}): cannot open shared object file"
    r"|Library not loaded: \S{0,200}?([^\s/]{1,100}\.dylib)"
    r"|Error loading shared library ([^\s:]{1,100}):"
)
AS_PYTHON = "--as-python"  # lets the executable run a program, see tools/bundle/_executable.py


class Installation(NamedTuple):
    """The way in which this copy of mongoping was installed.

    Attributes:
        tool: The program that installed it; "bundle" for the files that contain all of mongoping,
            "image" for the container image.
        environment: How the tool's commands name the environment: for pip, the command that starts
            its Python; for pipx, a name; for uv, a folder, or "" for the active environment.
        checkout: The source tree that it runs from, as in an editable installation, or "".
        origin: The URL of the file, folder or repository that it was installed from; "" for a
            package index, and None for a file or folder that no longer exists.
        extras: The extras that a tool of uv was installed with, or that the image contains.
        others: The requirements that were added to a tool of uv.
    """

    tool: Tool
    environment: str = ""
    checkout: str = ""
    origin: str | None = ""
    extras: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def install_command(extra: str, installation: Installation | None = None) -> str:
    """Return the command that adds an extra, for the tool that installed mongoping.

    pip and uv add what is missing to an installed mongoping and do not look for mongoping in a
    package index. The other tools install it again, so their commands name where it came from: a
    package index only if it came from one, and a checkout if its file is gone. A container image is
    built again. To the files that contain all of mongoping, no extra can be added, as a comment
    says: the command installs mongoping from a checkout.

    Args:
        extra: The name of the extra, as in ``mongoping[sandbox]``.
        installation: How mongoping was installed; by default, this copy.
    """
    own_installation = installation or current()
    extra_requirement = quote(f"mongoping[{extra}]")
    editable = (
        f"-e {quote(f'{own_installation.checkout}[{extra}]')}"
        if own_installation.checkout
        else extra_requirement
    )
    match own_installation.tool:
        case "bundle":
            checkout = quote(f"{CHECKOUT}[{extra}]")
            return f"python -m pip install {checkout}  # no extra can be added to this file"
        case "image":
            extras = ",".join((*own_installation.extras, extra))
            build_command = f"docker build -t mongoping:{__version__} --build-arg EXTRAS={extras}"
            return f"{build_command} {CHECKOUT}"
        case "pipx":
            again = _again(own_installation._replace(checkout=""), extra)
            return f"pipx inject --force {quote(own_installation.environment)} {again}"
        case "pipx run":
            return f"pipx run --spec {_again(own_installation, extra)} mongoping"
        case "uvx":
            return f"uvx --from {_again(own_installation, extra)} mongoping"
        case "uv tool":
            others = "".join(
                f"--with {quote(requirement)} " for requirement in own_installation.others
            )
            again = f"{'-e ' if own_installation.checkout else ''}{_again(own_installation, extra)}"
            return f"uv tool install {others}{again}"
        case "uv" | "pip":
            return _into_environment(own_installation, editable)


def package_command(requirement: str, installation: Installation | None = None) -> str | None:
    """Return the command that installs another package where mongoping runs.

    None if nothing can be added there: to a container image, the files that contain all of
    mongoping, and the environment of ``pipx run``.

    Args:
        requirement: The package, such as ``pymongo[aws]``.
        installation: How mongoping was installed; by default, this copy.
    """
    own_installation = installation or current()
    quoted_requirement = quote(requirement)
    match own_installation.tool:
        case "pipx":
            return f"pipx inject {quote(own_installation.environment)} {quoted_requirement}"
        case "uvx":
            return f"uvx --with {quoted_requirement} --from {_again(own_installation)} mongoping"
        case "uv tool":
            others = "".join(
                f"--with {quote(name)} " for name in (*own_installation.others, requirement)
            )
            editable = "-e " if own_installation.checkout else ""
            return f"uv tool install {others}{editable}{_again(own_installation)}"
        case "uv" | "pip":
            return _into_environment(own_installation, quoted_requirement)
        case "bundle" | "image" | "pipx run":
            return None


def import_problem(error: ImportError, command: str) -> str:
    """Return in one sentence why a package cannot be imported: it is missing, or it is broken.

    Args:
        error: The error of the import.
        command: What installs the package.
    """
    from mongoping.escape import clip, printable

    module = error.name or "a package"
    package = module.partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and package == module:
        if package in sys.stdlib_module_names:
            return f"This Python was built without its module {package}: use another Python."
        return f"{package} is not installed; install it with: {command}"
    message = printable(clip(str(error).partition("\n")[0], MAX_REASON))
    if (library := _LIBRARY.search(message)) is not None:
        name = next(filter(None, library.groups()))
        return f"{package} is installed, but this system lacks the library {name} that it needs."
    return f"{package} is installed, but cannot be loaded ({message}): install it again."


def _into_environment(own_installation: Installation, quoted_requirement: str) -> str:
    """Return the command of uv or pip that adds quoted requirements to the environment."""
    if own_installation.tool == "pip":
        return f"{own_installation.environment or 'python'} -m pip install {quoted_requirement}"
    python = (
        f"--python {quote(own_installation.environment)} " if own_installation.environment else ""
    )
    return f"uv pip install {python}{quoted_requirement}"


def _again(own_installation: Installation, extra: str | None = None) -> str:
    """Return mongoping with its extras and another one, from where it was installed, quoted."""
    names = dict.fromkeys((*own_installation.extras, *([extra] if extra else ())))
    extras = f"[{','.join(names)}]" if names else ""
    if own_installation.checkout:
        return quote(f"{own_installation.checkout}{extras}")
    if own_installation.origin is None:
        return quote(f"{CHECKOUT}{extras}")
    return quote(
        f"mongoping{extras}" + (f" @ {own_installation.origin}" if own_installation.origin else "")
    )


def current() -> Installation:
    """Return how the running copy of mongoping was installed."""
    if is_bundled():
        return Installation("bundle")
    if (extras_text := os.environ.get(IMAGE_EXTRAS)) is not None:
        return Installation("image", extras=tuple(filter(None, extras_text.split(","))))
    from importlib import metadata

    try:
        distribution = metadata.distribution("mongoping")
        installer = (distribution.read_text("INSTALLER") or "").strip()
        direct_url = distribution.read_text("direct_url.json") or ""
    except metadata.PackageNotFoundError:
        installer = direct_url = ""
    return environment_at(
        Path(sys.prefix),
        installer,
        checkout=checkout_at(Path(__file__).parents[1]),
        origin=origin_of(direct_url),
    )


def checkout_at(folder: Path) -> str:
    """Return a folder if it is a source tree of mongoping, otherwise "".

    Others have a ``pyproject.toml`` too: some packages install theirs next to all packages.
    """
    import tomllib

    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
        return str(folder) if project["project"]["name"] == "mongoping" else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def environment_at(
    prefix: Path, installer: str, *, checkout: str = "", origin: str | None = ""
) -> Installation:
    """Return the installation in an environment; pipx and uv leave files of their own in theirs.

    Args:
        prefix: The folder of the environment.
        installer: The tool that the installed package names.
        checkout: See `Installation`.
        origin: See `Installation`.
    """
    if (prefix / "pipx_metadata.json").is_file():
        tool: Tool = "pipx" if prefix.parent.name == "venvs" else "pipx run"
        return Installation(tool, prefix.name, checkout, origin)
    receipt = prefix / "uv-receipt.toml"
    if receipt.is_file():
        extras, others = _receipt(receipt)
        return Installation("uv tool", "", checkout, origin, extras, others)
    if installer == "uv":
        if prefix.parent.name.startswith("archive-v"):  # in the cache of uv
            return Installation("uvx", "", checkout, origin)
        active = os.environ.get("VIRTUAL_ENV") == str(prefix)
        return Installation("uv", "" if active else str(prefix), checkout, origin)
    return Installation("pip", _python(), checkout, origin)


def _python() -> str:
    """Return "python" if that starts this interpreter, otherwise its path, as a command has it."""
    python = shutil.which("python")
    if python and Path(python).absolute().parent == Path(sys.executable).absolute().parent:
        return "python"
    return program(sys.executable)


def origin_of(direct_url: str) -> str | None:
    """Return the URL in the text of a ``direct_url.json``, or None if it is a file that is gone.

    Source: https://packaging.python.org/en/latest/specifications/direct-url/
    """
    import json
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        document: Any = json.loads(direct_url or "{}")
        url = str(document.get("url", ""))
        repository = document.get("vcs_info")
        if repository:
            return f"{repository['vcs']}+{url}@{repository['commit_id']}"
        parts = urlsplit(url)
        exists = parts.scheme != "file" or Path(url2pathname(parts.path)).exists()
    except (ValueError, KeyError, AttributeError, TypeError):
        return ""
    return url if exists else None


def _receipt(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the extras of mongoping, and the other requirements, in the receipt of a uv tool."""
    import tomllib

    try:
        rows = tomllib.loads(path.read_text("utf-8"))["tool"]["requirements"]
        extras = [row.get("extras", ()) for row in rows if row["name"] == "mongoping"]
        others = [_requirement(row) for row in rows if row["name"] != "mongoping"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return (), ()
    return tuple(str(extra) for extra_list in extras for extra in extra_list), tuple(others)


def _requirement(row: Mapping[str, Any]) -> str:
    """Return a row of a receipt as a requirement, with the place that the package came from."""
    name = f"{row['name']}[{','.join(row['extras'])}]" if row.get("extras") else str(row["name"])
    if "git" in row:
        return f"{name} @ git+{row['git']}"
    for key in ("path", "directory", "editable"):
        if key in row:
            return f"{name} @ {Path(row[key]).as_uri()}"
    return f"{name} @ {row['url']}" if "url" in row else f"{name}{row.get('specifier', '')}"


def is_bundled(package: str = __file__) -> bool:
    """Return whether mongoping runs from ``mongoping.pyz`` or its standalone executable.

    shiv unpacks the archive below the folder in ``SHIV_ROOT``, and the standalone executable sets
    ``sys.frozen``.

    Args:
        package: A file of mongoping.
    """
    if getattr(sys, "frozen", False):
        return True
    root = os.environ.get("SHIV_ROOT")
    if not root:
        return False
    return Path(package).resolve().is_relative_to(Path(root).expanduser().resolve())


def own_python() -> list[str]:
    """Return the command that runs Python code with the modules of this program.

    The arguments that follow are ``-c CODE`` or a file, and those of the code.
    """
    return [sys.executable, AS_PYTHON] if getattr(sys, "frozen", False) else [sys.executable, "-P"]
