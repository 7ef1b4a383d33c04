"""``python -m tools.bundle [pyz] [exe]``: build into dist/, and say what was built."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tools.bundle.build import add_compiled, executable, install, pyz, wheel

KINDS = {"pyz": pyz, "exe": executable}


def main() -> int:
    """Build what the command line names, by default everything."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bundle", description="Build mongoping as one file."
    )
    parser.add_argument(
        "kinds",
        nargs="*",
        choices=[[], *KINDS],
        metavar="{pyz,exe}",
        help="what to build; default: both",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("dist"),
        metavar="FOLDER",
        help="where to write the files; default: dist",
    )
    parser.add_argument("--wheel", type=Path, help="use this wheel instead of building one")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        site = install(options.wheel or wheel(Path(folder)), Path(folder) / "site")
        kinds = options.kinds or list(KINDS)
        if "pyz" in kinds:
            add_compiled(site)
        for kind in kinds:
            path = KINDS[kind](site, options.output)
            print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
    return 0


sys.exit(main())
