"""Where the snippets lie, and how one is found."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mongoping.snippets.record import COMMENTS, Snippet, parse


def folder() -> Path:
    """The folder of the snippets: inside an installed package, else that of the checkout."""
    package = Path(__file__).resolve().parent.parent
    shipped = package / "_snippets"
    return shipped if shipped.is_dir() else package.parent / "snippets"


@cache
def every() -> tuple[Snippet, ...]:
    """Every snippet, by language, then by name. Python comes first, deprecated ones last."""
    found = [
        parse(path.stem, path.suffix, path.read_text(encoding="utf-8"))
        for path in folder().glob("*/*")
        if path.suffix in COMMENTS
    ]
    return tuple(
        sorted(
            found,
            key=lambda one: (
                one.language != "Python",
                one.language.casefold(),
                one.deprecated is not None,
                one.driver != "PyMongo Async",
                one.name,
            ),
        )
    )


def find(name: str) -> Snippet | None:
    """The snippet of that name, None where there is none."""
    return next((entry for entry in every() if entry.name == name), None)


def nearest(name: str) -> tuple[str, ...]:
    """Up to three names that resemble an unknown one, the most alike first."""
    import difflib

    names = [entry.name for entry in every()]
    close = difflib.get_close_matches(name.casefold(), names, n=3, cutoff=0.5)
    return tuple(close or [entry for entry in names if name.casefold() in entry][:3])
