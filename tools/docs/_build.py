"""The site: pages put together, turned into HTML, and looked through for what it would fetch."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from tools.docs._audit import cleaned, complaints
from tools.docs._site import config, pages

BUILDER = (sys.executable, "-m", "mkdocs", "build", "--strict")
# Material for MkDocs tells at every build until when it is maintained; contributing.md does too.
QUIET = {"NO_MKDOCS_2_WARNING": "1"}


def build(root: Path, site: Path) -> int:
    """Build the site of the project at ``root`` into the folder ``site``; the exit code."""
    started = time.monotonic()
    try:
        found = pages(root)
    except ValueError as error:
        click.echo(f"{error}", err=True)
        return 1
    with tempfile.TemporaryDirectory(prefix="mongoping-docs-") as scratch:
        stage = Path(scratch)
        for name, text in found.items():
            path = stage / "pages" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        (stage / "mkdocs.yml").write_text(config(root), "utf-8")
        made = stage / "site"
        command = [*BUILDER, "--config-file", str(stage / "mkdocs.yml"), "--site-dir", str(made)]
        done = subprocess.run(
            command,
            env={**os.environ, **QUIET},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        if done.returncode:
            click.echo(done.stdout.replace(scratch, ""), err=True)
            return 1
        cleaned(made)
        wrong = complaints(made)
        for one in wrong:
            click.echo(one, err=True)
        if wrong:
            return 1
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(made, site)
    files = [one for one in site.rglob("*") if one.is_file()]
    size = sum(one.stat().st_size for one in files) / 1e6
    count = sum(one.suffix == ".html" for one in files)
    click.echo(f"{count} pages, {size:.1f} MB, in {time.monotonic() - started:.1f} s: {site}")
    return 0
