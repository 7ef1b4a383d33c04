"""Build the site: assemble the pages, turn them into HTML, and audit what they would fetch."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import click

from tools.docs._audit import clean, complaints
from tools.docs._site import config, pages

BUILDER = (sys.executable, "-m", "mkdocs", "build", "--strict")
# Material for MkDocs prints its end of maintenance at every build; contributing.md mentions it.
QUIET = {"NO_MKDOCS_2_WARNING": "1"}


def build(root: Path, site: Path) -> int:
    """Build the site of the project at ``root`` in the folder ``site``; return the exit code.

    The folder is replaced only if the site has no error.
    """
    start = time.monotonic()
    try:
        texts = pages(root)
    except ValueError as error:
        click.echo(f"{error}", err=True)
        return 1
    with tempfile.TemporaryDirectory(prefix="mongoping-docs-") as scratch:
        stage = Path(scratch)
        errors = _run_mkdocs(stage, texts, config(root))
        if not errors:
            clean(stage / "site")
            errors = complaints(stage / "site")
        for error_text in errors:
            click.echo(error_text, err=True)
        if errors:
            return 1
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(stage / "site", site)
    files = [path for path in site.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    count = sum(path.suffix == ".html" for path in files)
    click.echo(f"{count} pages, {size:.1f} MB, in {time.monotonic() - start:.1f} s: {site}")
    return 0


def _run_mkdocs(stage: Path, texts: Mapping[str, str], configuration: str) -> list[str]:
    """Write the pages to ``stage`` and build them in ``stage/site``; return MkDocs' errors."""
    for name, text in texts.items():
        path = stage / "pages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    config_file = stage / "mkdocs.yml"
    config_file.write_text(configuration, "utf-8")
    process = subprocess.run(
        [*BUILDER, "--config-file", str(config_file), "--site-dir", str(stage / "site")],
        env={**os.environ, **QUIET},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    return [process.stdout.replace(str(stage), "")] if process.returncode else []
