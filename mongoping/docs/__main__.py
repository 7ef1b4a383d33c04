"""``python -m mongoping.docs``: write the generated pages, or compare them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mongoping import collect

PROJECT = Path(__file__).parents[2]


def stale(root: Path) -> dict[Path, str]:
    """The pages under ``root`` that are missing or differ, with the text they should have."""
    pages = {root / module.PATH: module.page() for module in collect.modules("docs")}
    return {path: text for path, text in pages.items() if _read(path) != text}


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a page differs.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=PROJECT,
    help="The project's folder.",
)
def main(check: bool, root: Path) -> None:
    """Generate the pages of the documentation that repeat what the code knows."""
    found = stale(root)
    for path, text in found.items():
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        click.echo(f"{path.relative_to(root)} {'differs' if check else 'written'}")
    if check and found:
        click.echo("Write them with: python -m mongoping.docs", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
