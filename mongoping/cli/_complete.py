"""Values for shell completion, imported only when a shell requests them; see docs/shell.md.

The values are listed here by command and parameter, so that no command loads them otherwise.
Nothing here imports the driver or Rich: completion must respond at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    add_completion_class,
    split_arg_string,
)

from mongoping import registry
from mongoping.code_spans import plain

Items = Iterable["CompletionItem[str]"]

# click's script lets bash split words at colons and equals signs, which occur in faults and
# in connection strings; this one passes the unsplit line
BASH = """\
%(complete_func)s() {
    local kind value
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
            plain)
                COMPREPLY+=("$value")
                [[ $value == *= ]] && compopt -o nospace
                ;;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_BREAKS="$COMP_WORDBREAKS" \
%(complete_var)s=bash_complete "$1")
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class Bash(BashComplete):
    """Completion for bash, with support for words that contain colons."""

    source_template = BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the typed part of the word at the cursor."""
        words = split_arg_string(
            os.environ.get("COMP_LINE", "") + "x"
        )  # keeps an empty last word; removed below
        positions = [at for at, word in enumerate(words) if Path(word).name == self.prog_name]
        words = words[positions[0] + 1 :] if positions else words[1:]
        return (words[:-1], words[-1][:-1]) if words else ([], "")

    def complete(self) -> str:
        """Return one line per value, without the part that bash treats as an earlier word."""
        args, incomplete = self.get_completion_args()
        breaks = os.environ.get("COMP_BREAKS", "")
        cut = max((incomplete.rfind(char) + 1 for char in ":=" if char in breaks), default=0)
        lines = []
        for item in self.get_completions(args, incomplete):
            value = str(item.value)
            if item.type == "plain" and value.startswith(incomplete):
                value = value[cut:]
            lines.append(f"{item.type},{value}")
        return "\n".join(lines)


def prepare(group: click.Group) -> None:
    """Add completion values to every command that the group loads from now on."""
    add_completion_class(Bash)
    find = group.get_command

    def command_of(ctx: click.Context, name: str) -> click.Command | None:
        command = find(ctx, name)
        if command is not None:
            _fit(name, command)
        return command

    vars(group)["get_command"] = command_of


def _fit(path: str, command: click.Command) -> None:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            _fit(f"{path} {name}", inner)
    for param in command.params:
        values = VALUES.get((path, param.name or "")) or EVERYWHERE.get(param.name or "")
        if values is None and _is_file(param):
            values = _files
        if values is not None:
            vars(param)["shell_complete"] = _answering(values)


def _is_file(param: click.Parameter) -> bool:
    return str(param.metavar or "").rstrip("….") in ("FILE", "LOG")


def _answering(
    values: Callable[[], Items],
) -> Callable[[click.Context, str], list[CompletionItem[str]]]:
    """Return a callback for click that lists the values starting with the typed text."""

    def answer(ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        return [
            item for item in values() if item.type != "plain" or item.value.startswith(incomplete)
        ]

    return answer


def _plain(values: Iterable[str]) -> Iterator[CompletionItem[str]]:
    return map(CompletionItem, values)


def _files() -> Items:
    return [CompletionItem("", type="file")]


def _causes() -> Items:
    """Yield every code, and the layers and first parts of codes, which list several causes."""
    causes = registry.causes()
    groups = dict.fromkeys(
        (*(cause.layer for cause in causes), *(_first(cause.code) for cause in causes))
    )
    for name in groups:
        yield CompletionItem(name, help=f"all {name} causes")
    for cause in causes:
        yield CompletionItem(cause.code, help=plain(cause.title))


def _first(code: str) -> str:
    return code.partition(".")[0]


def _faults() -> Items:
    from mongoping.cli.causes import faults

    return _plain(faults())


def _snippets() -> Items:
    from mongoping.snippets import all_snippets

    return [CompletionItem(snippet.name, help=snippet.title) for snippet in all_snippets()]


def _languages() -> Items:
    from mongoping.snippets import all_snippets

    return _plain(dict.fromkeys(snippet.language.lower() for snippet in all_snippets()))


def _drivers() -> Items:
    from mongoping.snippets import all_snippets

    return _plain(dict.fromkeys(snippet.driver for snippet in all_snippets()))


def _expectations() -> Items:
    from mongoping.smoke.expectations import KINDS

    return [CompletionItem(f"{kind.name}=") for kind in KINDS]


def _reports() -> Items:
    return _plain(f"{name}=" for name in registry.names("formats"))


def _figures() -> Items:
    from mongoping.limits import KINDS

    return [CompletionItem(f"{name}=", help=kind.title) for name, kind in KINDS.items()]


VALUES: dict[tuple[str, str], Callable[[], Items]] = {
    ("causes", "code"): _causes,
    ("sandbox", "cmd"): _files,
    ("sandbox", "fault"): _faults,
    ("smoke", "expect"): _expectations,
    ("smoke", "report"): _reports,
    ("snippet emit", "words"): _snippets,
    ("snippet run", "words"): _snippets,
    ("snippet show", "name"): _snippets,
}
"""Completion values by command and parameter."""

EVERYWHERE: dict[str, Callable[[], Items]] = {
    "critical": _figures,
    "driver": _drivers,
    "language": _languages,
    "warning": _figures,
}
