"""Size and start-up time of every published file: ``python -m benchmarks.artifacts [FOLDER]``.

FOLDER contains the files of `python -m tools.release`; without it, they are built first. The plain
installation, with which the others are compared in the same run, is the wheel installed by pip.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.__main__ import machine
from benchmarks.processes import Series, measure

COMMANDS = {"--version": ("--version",), "refused port": ("check", "localhost:1")}
PLAIN, FIRST, LATER, BARE = "installed", "first run", "later runs", "no folder to write to"
FRESH = 'XDG_CACHE_HOME=$(mktemp -d -p "$0") exec "$@"'


def build(folder: Path) -> None:
    """Build the source archive, the wheel and the files that need no installation."""
    from tools.bundle import build as bundle

    run(sys.executable, "-m", "hatchling", "build", "-d", str(folder.resolve()))
    site = bundle.install(only(folder, "*.whl"), folder / "site")
    bundle.executable(site, folder)
    bundle.add_compiled(site)
    bundle.pyz(site, folder)


def install(wheel: Path, folder: Path) -> Path:
    """Install a wheel into a new environment, and return the path of its program."""
    run(sys.executable, "-m", "venv", str(folder))
    run(str(folder / "bin/python"), "-m", "pip", "install", "--quiet", str(wheel))
    return folder / "bin/mongoping"


def run(*command: str) -> None:
    """Run a command without output."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def only(folder: Path, pattern: str) -> Path:
    """Return the only file in a folder whose name matches."""
    [path] = folder.glob(pattern)
    return path


def starts(folder: Path, work: Path) -> dict[str, tuple[Path, list[str], dict[str, str]]]:
    """Return how each file is started, by its name: the file, the command and variables."""
    wheel, pyz, executable = only(folder, "*.whl"), folder / "mongoping.pyz", folder / "mongoping"
    fresh = ["/bin/sh", "-c", FRESH, str(work)]
    archive = [sys.executable, str(pyz)]
    nowhere = {"XDG_CACHE_HOME": os.devnull}  # not a folder, for root neither
    return {
        f"wheel, {PLAIN}": (wheel, [str(install(wheel, work / "environment"))], {}),
        f"mongoping.pyz, {FIRST}": (pyz, [*fresh, *archive], {}),
        f"mongoping.pyz, {LATER}": (pyz, archive, {"XDG_CACHE_HOME": str(work / "cache")}),
        f"mongoping.pyz, {BARE}": (pyz, archive, nowhere),
        "executable": (executable, [str(executable.resolve())], {}),
    }


def table(folder: Path, work: Path, rounds: int) -> str:
    """Return the table in Markdown."""
    rows = starts(folder, work)
    series = {
        (name, title): Series(f"{name} {title}", [*command, *args], variables)
        for name, (_, command, variables) in rows.items()
        for title, args in COMMANDS.items()
    }
    measure(list(series.values()), rounds)
    heads = "".join(f" {title}: CPU ms | × | wall ms | × |" for title in COMMANDS)
    lines = [f"| file | MB |{heads}", "|---|---:|" + "---:|---:|---:|---:|" * len(COMMANDS)]
    source = only(folder, "*.tar.gz")
    lines.append(f"| source archive | {megabytes(source)} |" + "  |" * 4 * len(COMMANDS))
    plain = next(iter(rows))
    for name, (file, _, _) in rows.items():
        cells = [name, megabytes(file)]
        for title in COMMANDS:
            own, base = series[name, title], series[plain, title]
            for what in ("cpu", "wall"):
                ratio = own.median(what) / base.median(what)
                cells += [f"{own.median(what) * 1000:.0f}", f"{ratio:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def megabytes(path: Path) -> str:
    """Return the size of a file in MB."""
    return f"{path.stat().st_size / 1e6:.1f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.artifacts", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="the files; built if not given")
    parser.add_argument("--rounds", type=int, default=9, help="runs of each command")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mongoping-artifacts-") as work:
        folder = args.folder or Path(work) / "dist"
        if args.folder is None:
            folder.mkdir()
            build(folder)
        text = table(folder, Path(work), args.rounds)
    print(f"{machine()}\nMedians of {args.rounds} runs.\n\n{text}")


if __name__ == "__main__":
    main()
