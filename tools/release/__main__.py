"""``python -m tools.release``: check this commit, and build what is published into dist/."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tools.release.errors import NotReadyError, UnfitError

ROOT = Path(__file__).parents[2]
EXIT_FAILED, EXIT_REFUSED = 1, 2


def main() -> int:
    """Release this checkout, and return the exit code."""
    options = _options()
    try:
        return _release(options)
    except NotReadyError as error:
        print(error, file=sys.stderr)
        return EXIT_REFUSED
    except (UnfitError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return EXIT_FAILED


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.release",
        description="Check this commit, and build everything that is published, twice.",
        epilog="Exit codes: 0 ready to publish, 1 what was built must not be published, "
        "2 the commit or this machine is not ready.",
    )
    parser.add_argument(
        "--check", action="store_true", help="check only the version, the changelog and git"
    )
    parser.add_argument(
        "--no-executable", action="store_true", help="build no standalone executable"
    )
    parser.add_argument(
        "--once", action="store_true", help="skip the second build, which must be identical"
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("dist"), metavar="FOLDER",
        help="where to write the files; default: dist",
    )  # fmt: skip
    return parser.parse_args()


def _release(options: argparse.Namespace) -> int:
    from tools.release import needs, source

    needs.require_tools(executable=not options.no_executable)
    commit = source.commit_of(ROOT)
    version = _checked_version(commit.name)
    if options.check:
        print(f"{version} can be built from {commit.name}.")
        return 0
    from tools.release import build, contents

    with tempfile.TemporaryDirectory(prefix="mongoping-built-") as name:
        builds = [Path(name) / "first", Path(name) / "second"][: 1 if options.once else 2]
        for folder in builds:
            folder.mkdir()
            build.build(ROOT, commit, version, folder, executable=not options.no_executable)
        sums = [build.checksums(folder) for folder in builds]
        if differing := contents.different_files(sums[0], sums[-1]):
            raise UnfitError(f"Two builds differ in {', '.join(differing)}.")
        (builds[0] / build.SUMS).write_text(contents.checksums_text(sums[0]), "utf-8")
        _copy(builds[0], options.output)
    for name in sorted(sums[0]):
        print(f"{options.output / name}  {(options.output / name).stat().st_size / 1e6:.1f} MB")
    return 0


def _checked_version(commit: str) -> str:
    """Return the version of the checkout. Raises `NotReadyError` if it cannot be released."""
    from tools.release import source, versions

    try:
        version = versions.version_in((ROOT / "mongoping/_version.py").read_text("utf-8"))
        changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    except (OSError, SyntaxError) as error:
        raise NotReadyError(f"The version cannot be read: {error}.") from None
    problems = versions.version_problems(version)
    if version is None or problems:
        raise NotReadyError("\n".join(problems))
    problems = versions.changelog_problems(version, changelog, datetime.now(UTC).date())
    other = source.commit_of_tag(ROOT, f"v{version}")
    if other not in (None, commit):
        problems.append(f"The tag v{version} names another commit: raise the version.")
    if problems:
        raise NotReadyError("\n".join(problems))
    return version


def _copy(folder: Path, output: Path) -> None:
    """Copy the files of a folder. Raises `NotReadyError` if they cannot be written."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.iterdir()):
            shutil.copy(path, output)
    except OSError as error:
        raise NotReadyError(f"{output} cannot be written: {error.strerror}.") from None


sys.exit(main())
