"""``python -m tools.docs``: write the generated pages, compare them, or build the site."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click

PROJECT = Path(__file__).parents[2]
GENERATED = "<!-- Generated from "


def pages() -> dict[str, str]:
    """Every generated page: its text by its path in the project."""
    found: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        module = importlib.import_module(f"tools.docs.{path.stem}")
        found[module.PATH] = module.page()
        found |= getattr(module, "more", dict)()
    return found


def stale(root: Path) -> dict[Path, str]:
    """The pages under ``root`` that are missing or differ, with the text they should have."""
    return {root / path: text for path, text in pages().items() if _read(root / path) != text}


def left_over(root: Path) -> list[Path]:
    """Pages that were generated once, and are no longer."""
    known = {root / path for path in pages()}
    found = sorted((root / "docs").rglob("*.md"))
    return [
        one for one in found if one not in known and one.read_text("utf-8").startswith(GENERATED)
    ]


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a page differs.")
@click.option(
    "--site",
    type=click.Path(file_okay=False, path_type=Path),
    help="Build the whole site into this folder instead; exit 1 where anything is wrong with it.",
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
    found, old = stale(root), left_over(root)
    for path, text in found.items():
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        click.echo(f"{path.relative_to(root)} {'differs' if check else 'written'}")
    for path in old:
        if not check:
            path.unlink()
        click.echo(f"{path.relative_to(root)} {'is no longer made' if check else 'taken away'}")
    if check and (found or old):
        click.echo("Write them with: python -m tools.docs", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
