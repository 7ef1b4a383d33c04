"""The commands that a reader copies from the pages about getting started.

A block that cannot work here has a comment in the line before it: ``<!-- needs: a published
package -->``. Every other command is run by a test.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = ("README.md", "docs/getting-started.md", "docs/ci.md", "docs/install.md")
SHELLS = ("sh", "bash", "shell", "console")
BLOCK = re.compile(
    r"(?:^<!-- needs: ([^\n]+) -->\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
EXPORT = re.compile(r"export (\w+)=(.*)")


class Block(NamedTuple):
    """A block of a page: what it needs that cannot be had here, its language, and its text."""

    needs: str
    language: str
    text: str


class Command(NamedTuple):
    """A line of a shell: ``variables`` are the variables that lines before it in its block set."""

    page: str
    line: str
    needs: str = ""
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(shlex.split(self.line))


def blocks(text: str) -> Iterator[Block]:
    return (Block(*match) for match in BLOCK.findall(text))


def commands(page: str, text: str) -> Iterator[Command]:
    """Yield each command in the shell blocks of a page."""
    for block in blocks(text):
        if block.language in SHELLS:
            variables: tuple[tuple[str, str], ...] = ()
            for line in lines(block):
                match = EXPORT.fullmatch(line)
                if match is not None:
                    variables = (*variables, (match[1], "".join(shlex.split(match[2]))))
                else:
                    yield Command(page, line, block.needs, variables)


def lines(block: Block) -> list[str]:
    """Return the commands of a block; in a console, they follow a dollar sign."""
    rows = [" ".join(line.split()) for line in block.text.replace("\\\n", " ").splitlines()]
    if block.language == "console":
        return [line.removeprefix("$ ") for line in rows if line.startswith("$ ")]
    return [line for line in rows if line and not line.startswith("#")]


def every() -> list[Command]:
    """Return the commands of all these pages."""
    return [
        command for page in PAGES for command in commands(page, (ROOT / page).read_text("utf-8"))
    ]


def same(line: str) -> str:
    """Return what a line has in common with others: one of them proves them all.

    The environment is active, output is complete, and any extra is installed.
    """
    line = line.replace(".venv/bin/", "").replace("python -m pip", "pip").replace(" -q ", " ")
    return re.sub(r"'\.\[[\w,]+\]'", ".", line)


def extras(command: Command) -> set[str]:
    """Return the extras that a command names."""
    groups = re.findall(r"\[([\w,]+)\]'", command.line)
    return {extra for names in groups for extra in names.split(",")}
