"""Which files the wheel and the source archive must contain. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MAX_SHOWN = 5
NORMALIZED_NAME = "mongoping"
WHEEL_FOLDERS = {"mongoping/": "mongoping/", "snippets/": "mongoping/_snippets/"}
WHEEL_FILES = {
    "docs/man/mongoping.1": (
        "mongoping/data/mongoping.1",
        "{stem}.data/data/share/man/man1/mongoping.1",
    ),
    "LICENSE": ("{stem}.dist-info/licenses/LICENSE",),
}
WHEEL_METADATA = ("METADATA", "WHEEL", "RECORD", "entry_points.txt")
SOURCE_ADDED = ("PKG-INFO",)
SOURCE_EXCLUDED = (".gitattributes",)  # no test and no build reads it


def wheel_files(tracked_files: Iterable[str], version: str) -> set[str]:
    """Return the paths in a wheel that is built from these tracked files."""
    stem = f"{NORMALIZED_NAME}-{version}"
    expected_files = {f"{stem}.dist-info/{name}" for name in WHEEL_METADATA}
    for path in tracked_files:
        expected_files |= {
            f"{target}{path.removeprefix(folder)}"
            for folder, target in WHEEL_FOLDERS.items()
            if path.startswith(folder)
        }
        expected_files |= {target.format(stem=stem) for target in WHEEL_FILES.get(path, ())}
    return expected_files


def source_files(tracked_files: Iterable[str], version: str) -> set[str]:
    """Return the paths in a source archive that is built from these tracked files."""
    files = (path for path in tracked_files if not path.startswith(SOURCE_EXCLUDED))
    return {f"{NORMALIZED_NAME}-{version}/{path}" for path in (*files, *SOURCE_ADDED)}


def differences(name: str, expected_files: set[str], files_found: Iterable[str]) -> list[str]:
    """Return sentences about the files that an archive lacks, or has in addition."""
    paths = list(files_found)
    problems = []
    if missing := expected_files.difference(paths):
        problems.append(f"{name} lacks {_list_text(missing)}.")
    if additions := set(paths) - expected_files:
        problems.append(f"{name} contains {_list_text(additions)}, which is not expected there.")
    if len(paths) != len(set(paths)):
        twice = {path for path in paths if paths.count(path) > 1}
        problems.append(f"{name} contains {_list_text(twice)} twice.")
    return problems


def different_files(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    """Return the sorted names of files whose checksums differ, or that only one build has."""
    return sorted(
        name for name in first.keys() | second.keys() if first.get(name) != second.get(name)
    )


def checksums_text(checksums: Mapping[str, str]) -> str:
    """Return the text of SHA256SUMS, as ``sha256sum --check`` reads it."""
    return "".join(f"{checksums[name]}  {name}\n" for name in sorted(checksums))


def _list_text(paths: Iterable[str]) -> str:
    names_in_order = sorted(paths)
    more = f" and {len(names_in_order) - MAX_SHOWN} more" if len(names_in_order) > MAX_SHOWN else ""
    return ", ".join(names_in_order[:MAX_SHOWN]) + more
