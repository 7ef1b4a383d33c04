"""Write the generated pages, compare them, or build the site: ``python -m tools.docs``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click

PROJECT = Path(__file__).parents[2]
GENERATED_MARK = "<!-- Generated from "


def pages() -> dict[str, str]:
    """Return the text of every generated page by its path in the project."""
    texts: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        module = importlib.import_module(f"tools.docs.{path.stem}")
        texts[module.PATH] = module.page()
        texts |= getattr(module, "more", dict)()
    return texts


def stale(root: Path) -> dict[Path, str]:
    """Return the new text of each page under ``root`` that is missing or differs."""
    return {root / path: text for path, text in pages().items() if _read(root / path) != text}


def obsolete(root: Path) -> list[Path]:
    """Return the pages under ``root`` that were generated once, but no longer are."""
    current = {root / path for path in pages()}
    return [
        path
        for path in sorted((root / "docs").rglob("*.md"))
        if path not in current and path.read_text("utf-8").startswith(GENERATED_MARK)
    ]


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a page differs.")
@click.option(
    "--site",
    type=click.Path(file_okay=False, path_type=Path),
    help="Build the complete site in this folder instead; exit with 1 if it has an error.",
)
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=PROJECT,
    help="The project's folder.",
)
def main(check: bool, site: Path | None, root: Path) -> None:
    """Generate the pages of the documentation that repeat what the code knows."""
    if site is not None:
        from tools.docs._build import build

        sys.exit(build(root, site))
    outdated_pages, obsolete_pages = stale(root), obsolete(root)
    for path, text in outdated_pages.items():
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        click.echo(f"{path.relative_to(root)} {'differs' if check else 'written'}")
    for path in obsolete_pages:
        if not check:
            path.unlink()
        click.echo(f"{path.relative_to(root)} {'is no longer generated' if check else 'removed'}")
    if check and (outdated_pages or obsolete_pages):
        click.echo("Write them with: python -m tools.docs", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
