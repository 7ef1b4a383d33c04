"""``mongoping completion``: install shell completion, or print its script."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mongoping.cli._files import append
from mongoping.cli._help import Group
from mongoping.environment import make_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "mongoping"
VARIABLE = "_MONGOPING_COMPLETE"
LINES = {
    "bash": f'command -v {PROGRAM} >/dev/null && eval "$({VARIABLE}=bash_source {PROGRAM})"',
    "zsh": f'command -v {PROGRAM} >/dev/null && eval "$({VARIABLE}=zsh_source {PROGRAM})"',
    "fish": f"command -q {PROGRAM}; and {VARIABLE}=fish_source {PROGRAM} | source",
}
"""The line that each shell runs at its start; it does nothing once mongoping is removed."""
COMPINIT = "autoload -Uz compinit && compinit"
MAX_BYTES = 4 * 1024 * 1024  # of a start-up file


@click.group(cls=Group)
def command() -> None:
    """Install completion for bash, zsh or fish, or print its script."""


@command.command()
@click.argument("shell", required=False, type=click.Choice(SHELLS))
def install(shell: str | None) -> None:
    """Add the line that loads the completion to the start-up file of the shell.

    Without an argument, uses the shell that the variable SHELL names. Running it again changes
    nothing.
    """
    shell = shell or current_shell(os.environ)
    path = start_up_file(shell, os.environ)
    try:
        text = path.read_text("utf-8", "surrogateescape") if path.exists() else ""
        if LINES[shell] in text.splitlines():
            click.echo(f"{path} already loads the completion.", err=True)
            return
        new_lines = addition(shell, text)
        make_folder(path.parent)
        append(str(path), new_lines.encode())
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}.") from None
    click.echo(f"Added to {path}:\n{new_lines.strip()}\nIt takes effect in a new shell.", err=True)


@command.command()
@click.argument("shell", type=click.Choice(SHELLS))
def show(shell: str) -> None:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    from mongoping.cli import _complete, main

    _complete.prepare(main)
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    click.echo(kind(main, {}, PROGRAM, VARIABLE).source())


def current_shell(environment: Mapping[str, str]) -> str:
    """Return the user's shell. Raises `click.UsageError` if it is not a supported one."""
    name = Path(environment.get("SHELL", "")).name
    if name in SHELLS:
        return name
    reason = f"The shell {name[:40]} has no completion" if name else "The variable SHELL is not set"
    raise click.UsageError(f"{reason}: name one of {', '.join(SHELLS)}.")


def start_up_file(shell: str, environment: Mapping[str, str]) -> Path:
    """Return the file in which a shell looks for commands to run, or for completions."""
    home = Path.home()
    if shell == "bash":
        return home / ".bashrc"
    if shell == "zsh":
        return Path(environment.get("ZDOTDIR") or home) / ".zshrc"
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    return config / "fish" / "completions" / f"{PROGRAM}.fish"


def addition(shell: str, text: str) -> str:
    """Return what to append to a start-up file with this text. Pure."""
    lines = [LINES[shell]]
    if shell == "zsh" and "compinit" not in text:
        lines.insert(0, COMPINIT)
    return ("" if not text or text.endswith("\n") else "\n") + "\n".join(lines) + "\n"
