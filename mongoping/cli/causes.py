"""``mongoping causes``: show the catalog of causes, or the page of one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import click

from mongoping import registry
from mongoping.causes.messages import patterns_of
from mongoping.cli._help import Command
from mongoping.cli._option_lists import format_option
from mongoping.cli._wrapping import (
    alternative_fields,
    field_lines,
    link_fields,
    remedy_fields,
    terminal_width,
    title_lines,
    wrap_lines,
)
from mongoping.code_spans import plain
from mongoping.exit_codes import EXIT_CODES, EXIT_OK
from mongoping.model import LAYERS, Cause, remedy_of
from mongoping.output import write_form

if TYPE_CHECKING:
    from mongoping.cli._wrapping import Field

UNEXPLAINED_CODE = "unexplained"
CLIENT = "client"  # what the program does wrong, before or after any traffic


@click.command("causes", cls=Command, short_help="Show the catalog of causes, or the page of one.")
@click.argument("code", required=False, metavar="[CODE]")
@format_option("Print text, or one JSON object.")
def command(code: str | None, form: str) -> int:
    """Show every cause that mongoping knows, by layer, or the page of one.

    CODE is the code of a cause, as in the last line of a report (auth.wrong-auth-source). A layer
    (tls) or the first part of a code (atlas) lists the causes under it.
    """
    from mongoping.cli._display import uses_color

    causes = select(code)
    single = len(causes) == 1 and causes[0].code == code
    if form == "json":
        rows = [as_json(cause) for cause in causes]
        document = {"schema": 2, **(rows[0] if single else {"causes": rows})}
        write_form(sys.stdout, json.dumps(document, indent=1) + "\n", "json")
    else:
        text = page(causes[0], terminal_width()) if single else listing(causes, terminal_width())
        click.echo(text, color=uses_color(sys.stdout))
    return EXIT_OK


def select(code: str | None) -> Sequence[Cause]:
    """Return the causes to show: all, those of a layer or a group, or the one with that code.

    Raises `click.UsageError` with the nearest codes if nothing matches.
    """
    every = registry.causes()
    if code is None:
        return every
    exact = [cause for cause in every if cause.code == code]
    group = [cause for cause in every if code in (cause.layer, cause.code.partition(".")[0])]
    if exact or group:
        return exact or group
    layer, _, name = code.partition(".")
    if name == UNEXPLAINED_CODE and layer in EXIT_CODES:
        return [unexplained_cause(layer)]
    raise click.UsageError(f"There is no cause {code!r}. {_nearest(code, every)}")


def _nearest(code: str, every: Iterable[Cause]) -> str:
    from mongoping.cli._nearest import nearest

    codes = {cause.code: cause.code for cause in every}
    names = {cause.code.partition(".")[2]: cause.code for cause in every}
    candidates = names | codes
    near = nearest(code, candidates)
    near_causes = dict.fromkeys(candidates[code] for code in near)
    return (
        f"Did you mean {' or '.join(near_causes)}?" if near_causes else "List all: mongoping causes"
    )


def unexplained_cause(layer: str) -> Cause:
    """Return the page for a verdict that names no cause."""
    return Cause(
        code=f"{layer}.{UNEXPLAINED_CODE}",
        layer=layer,
        title=f"The {layer} layer failed, and no known cause explains it",
        explanation="Something failed in a way that matches no known cause. The report shows the "
        "facts without a conclusion.",
        remedies=(
            "Run the same command again with --verbose, and read the facts of the failed layer.",
            "Report the problem with that output; it contains no passwords.",
        ),
    )


def by_layer(causes: Iterable[Cause]) -> Mapping[str, list[Cause]]:
    """Return the causes by the layer in which they appear, the lowest first, the client's last."""
    causes_by_layer: dict[str, list[Cause]] = {layer: [] for layer in (*LAYERS, CLIENT)}
    for cause in causes:
        causes_by_layer.setdefault(cause.layer, []).append(cause)
    return {layer: some for layer, some in causes_by_layer.items() if some}


def exit_code(cause: Cause) -> int:
    """Return the exit code of a report whose verdict is this cause: 0 for a warning."""
    if cause.code.endswith(f".{UNEXPLAINED_CODE}"):
        return 1
    return EXIT_CODES[cause.layer] if cause.severity == "error" else EXIT_OK


@cache
def faults() -> tuple[str, ...]:
    """Return the codes of all faults in the sandbox, with variants (``code:variant``).

    Reads them from the source text: importing the files takes ten times as long as the rest of
    this command.
    """
    import re
    from pathlib import Path

    import mongoping

    folder = Path(mongoping.__file__).parent / "sandbox" / "faults"
    decorator = re.compile(r'^@fault\(\s*"([^"]+)"', re.MULTILINE)
    texts = (path.read_text("utf-8") for path in sorted(folder.glob("[!_]*.py")))
    return tuple(code for text in texts for code in decorator.findall(text))


def reproducing(cause: Cause) -> tuple[str, ...]:
    """Return the faults that reproduce this cause, the simplest first."""
    return tuple(fault for fault in faults() if fault.partition(":")[0] == cause.code)


@cache
def knowledge_of_causes() -> Mapping[str, Mapping[str, Any]]:
    """Return what is known about each cause beyond its record: see `tools.docs.known`."""
    from pathlib import Path

    import mongoping

    path = Path(mongoping.__file__).parent / "data" / "known.json"
    knowledge: Mapping[str, Mapping[str, Any]] = json.loads(path.read_text("utf-8"))
    return knowledge


def as_json(cause: Cause) -> dict[str, Any]:
    """Return one cause as a JSON object.

    ``faults`` are values of ``mongoping sandbox --fault``, ``looks`` what each client prints,
    ``checks`` what provides the evidence, ``sentences`` what a report says, with placeholders
    for names.
    """
    more = knowledge_of_causes().get(cause.code, {})
    return {
        "code": cause.code,
        "layer": cause.layer,
        "severity": cause.severity,
        "exit_code": exit_code(cause),
        "title": cause.title,
        "explanation": cause.explanation,
        "remedies": [remedy.as_json() for remedy in map(remedy_of, cause.remedies)],
        "links": list(cause.links),
        "hidden_by": list(cause.hidden_by),
        "alternatives": list(cause.alternatives),
        "seen_live": cause.when is not None,
        "faults": list(reproducing(cause)),
        "looks": dict(more.get("looks", {})),
        "checks": [name for name, _ in more.get("checks", ())],
        "sentences": list(more.get("sentences", ())),
    }


def listing(causes: Sequence[Cause], columns: int) -> str:
    """Return the codes and titles, grouped by layer."""
    indent = max(len(cause.code) for cause in causes) + 4
    lines: list[str] = []
    for layer, some in by_layer(causes).items():
        head = f"{layer}  (exit code {EXIT_CODES[layer]})"
        lines += ["", click.style(head, bold=True)] if lines else [click.style(head, bold=True)]
        for cause in some:
            note = "" if cause.severity == "error" else f" ({cause.severity})"
            rows = wrap_lines(plain(cause.title) + note, columns, indent)
            lines += [f"  {cause.code}".ljust(indent) + rows[0].lstrip(), *rows[1:]]
    return "\n".join([*lines, "", "Show one: mongoping causes CODE"])


def page(cause: Cause, columns: int) -> str:
    """Return the page of one cause."""
    facts = f"layer {cause.layer}, exit code {exit_code(cause)}"
    if cause.severity != "error":
        facts += f" (1 with --strict), {cause.severity}"
    fields: list[Field] = [
        ("Reported in", facts),
        ("What it means", plain(cause.explanation)),
        *remedy_fields(cause.remedies),
        *alternative_fields(filter(None, map(registry.cause, cause.alternatives))),
        *link_fields(cause.links),
    ]
    status = "fail" if cause.severity == "error" else "warn"
    lines = title_lines(status, plain(cause.title), cause.code, columns)
    lines += [*field_lines(fields, columns), *_looks(cause, columns), *_knowing(cause, columns)]
    for title, words in _related_sections(cause):
        lines += ["", click.style(title, bold=True), *(f"  {word}" for word in words)]
    return "\n".join(lines)


def _looks(cause: Cause, columns: int) -> list[str]:
    """Return what each client reports, under its name."""
    looks = knowledge_of_causes().get(cause.code, {}).get("looks", {})
    lines = ["", click.style("How it looks", bold=True)] if looks else []
    for client, text in looks.items():
        lines += [f"  {client}", *wrap_lines(text, columns, 4)]
    return lines


def _knowing(cause: Cause, columns: int) -> list[str]:
    """Return the checks that provide the evidence, and the sentences of a report."""
    knowledge = knowledge_of_causes().get(cause.code, {})
    lines = ["", click.style("How mongoping recognizes it", bold=True)]
    for name, summary in knowledge.get("checks", ()):
        rows = wrap_lines(f"{name}: {summary}", columns, 4)
        lines += [f"  {rows[0].lstrip()}", *rows[1:]]
    for number, text in enumerate(knowledge.get("sentences", ())):
        head = "Evidence: " if number == 0 else "or: "
        rows = wrap_lines(f"{head}{text}", columns, 4)
        lines += [f"  {rows[0].lstrip()}", *rows[1:]]
    if patterns_of(cause):
        words = "mongoping explain also recognizes it in error messages."
        lines += [f"  {row.lstrip()}" for row in wrap_lines(words, columns - 2)]
    return lines if len(lines) > 2 else []


def _related_sections(cause: Cause) -> list[tuple[str, Sequence[str]]]:
    """Return the remaining sections that have any content."""
    commands = [f"mongoping sandbox --fault {code}" for code in reproducing(cause)]
    sections: list[tuple[str, Sequence[str]]] = [
        ("Not reported if one of these applies", cause.hidden_by),
        ("Reproduce it", commands),
    ]
    return [(title, rows) for title, rows in sections if rows]
