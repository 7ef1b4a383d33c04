"""Load the snippets and find one by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mongoping.snippets.record import COMMENTS, Snippet, parse


def folder() -> Path:
    """Return the folder of the snippets, in the installed package or the source tree."""
    package = Path(__file__).resolve().parent.parent
    installed_folder = package / "_snippets"
    return installed_folder if installed_folder.is_dir() else package.parent / "snippets"


@cache
def all_snippets() -> tuple[Snippet, ...]:
    """Return every snippet by language and name; Python first, deprecated ones last."""
    snippets = [
        parse(path.stem, path.suffix, path.read_text(encoding="utf-8"))
        for path in folder().glob("*/*")
        if path.suffix in COMMENTS
    ]
    return tuple(
        sorted(
            snippets,
            key=lambda snippet: (
                snippet.language != "Python",
                snippet.language.casefold(),
                snippet.deprecated is not None,
                snippet.driver != "PyMongo Async",
                snippet.name,
            ),
        )
    )


def find(name: str) -> Snippet | None:
    """Return the snippet of that name, or None."""
    return next((snippet for snippet in all_snippets() if snippet.name == name), None)


def similar_names(name: str) -> tuple[str, ...]:
    """Return up to three names similar to an unknown one, the most similar first."""
    import difflib

    names = [snippet.name for snippet in all_snippets()]
    close = difflib.get_close_matches(name.casefold(), names, n=3, cutoff=0.5)
    return tuple(close or [candidate for candidate in names if name.casefold() in candidate][:3])
