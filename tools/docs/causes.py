"""The pages of the causes, from the catalogue: one of all, and one of each for the site."""

from __future__ import annotations

from collections.abc import Iterable

from mongoping import registry
from mongoping.cli.causes import by_layer, exit_code, reproducing
from mongoping.exit_codes import EXIT_CODES
from mongoping.explaining.patterns import CERTAIN, LIKELY, pattern
from mongoping.model import Cause
from tools.docs import _known_by
from tools.docs._looks import CLIENTS, looks
from tools.docs._markdown import block, code, prose, remedy, table, text

PATH = "docs/causes.md"

HEAD = """\
<!-- Generated from mongoping/causes: edit that, then run `python -m tools.docs`. -->

# Causes

Every cause that mongoping can name: {count} of them, under the layer in which each is seen.
The layer of the verdict decides the exit code; a warning alone exits with 0, or with 1 under
`--strict`.
`mongoping causes` lists them in a terminal, and `mongoping causes CODE` shows the page of one.

A report names one cause, the root.
A cause that is the echo of another one is silent where that other one is true.
Where the evidence cannot tell two causes apart, the report says so, under *could be*.
A failure that none of them explains is told as `unexplained`, with its facts and exit code 1.
"""

FAULTS = """
Where a cause can be made real on one machine, its `mongoping sandbox --fault CODE` stands below it;
with `-- mongoping check` behind that, the report follows at once.
"""

LAYERS = {
    "uri": "The connection string, read by the driver's own rules, without any traffic.",
    "dns": "SRV and TXT records of the name, and the addresses of every host.",
    "tcp": "A connection to every address of every host.",
    "tls": "The handshake with every host, and the files that it needs.",
    "hello": "The protocol's first word: is this a MongoDB server that the driver can talk to?",
    "api": "The Stable API: declared, known, required, violated.",
    "auth": "The login, and what it allows.",
    "ping": "Round trips through the driver.",
    "topology": "The members of the deployment, put side by side.",
    "expectation": "What a smoke test was told to expect of a deployment that works.",
    "compat": "Which versions go together.",
    "client": "What the program itself does, or what is installed beside it.",
}

TEXT_ALONE = (
    "A live connection cannot show this one, since it happens inside the program: "
    "`mongoping explain` knows it by the error text."
)
SHOWN = (
    "What programs said when this was made real, without the frames of their tracebacks; hosts, "
    "ports and times are placeholders."
)
WEIGHED = "These checks provide the evidence ([how it knows](../how-it-knows.md)):"
SENTENCES = "The report states the evidence in sentences such as these, here with example hosts:"
WORDS = (
    "`mongoping explain` recognises it in a text by these regular expressions, which ignore case. "
    "A *likely* or *possible* pattern also occurs with other causes:"
)


def page() -> str:
    """The catalogue on one page, in Markdown."""
    layers = by_layer(registry.causes())
    parts = [HEAD.format(count=len(registry.causes())) + FAULTS]
    rows = [
        (f"[{layer}](#{layer})", LAYERS[layer], str(EXIT_CODES[layer]), str(len(causes)))
        for layer, causes in layers.items()
    ]
    parts.append(table(("layer", "what it is about", "exit code", "causes"), rows) + "\n")
    for layer, causes in layers.items():
        parts += [f"## {layer}\n", f"{LAYERS[layer]} Exit code {EXIT_CODES[layer]}.\n"]
        parts += [entry(cause) for cause in causes]
    return "\n".join(parts)


def entry(cause: Cause) -> str:
    """One cause in the catalogue, in Markdown."""
    note = "" if cause.severity == "error" else f" ({cause.severity})"
    parts = [f"### {cause.code}", f"**{text(cause.title)}**{note}", prose(cause.explanation)]
    parts.append(_remedies(cause))
    if cause.links:
        parts.append("Read more: " + ", ".join(f"<{link}>" for link in cause.links))
    if cause.when is None and cause.says:
        parts.append(TEXT_ALONE)
    if cause.hidden_by:
        parts.append("Silent where one of these is true: " + _links(cause.hidden_by))
    if cause.alternatives:
        parts.append("May also be: " + _links(cause.alternatives))
    if made := reproducing(cause):
        parts.append(block("\n".join(f"mongoping sandbox --fault {one}" for one in made), "sh"))
    return "\n\n".join(parts) + "\n"


def _remedies(cause: Cause) -> str:
    return "\n".join(f"{at}. {remedy(one)}" for at, one in enumerate(cause.remedies, 1))


def anchor(code: str) -> str:
    """The anchor of a cause on the page of all; they are made of headings without their dots."""
    return code.replace(".", "")


def _links(codes: Iterable[str]) -> str:
    """Links to other causes on the page of all."""
    return ", ".join(f"[{code}](#{anchor(code)})" for code in codes)


def index() -> str:
    """The catalogue as a list, for a site where each cause has a page."""
    parts = [HEAD.format(count=len(registry.causes()))]
    for layer, causes in by_layer(registry.causes()).items():
        parts += [f"## {layer}\n", f"{LAYERS[layer]} Exit code {EXIT_CODES[layer]}.\n"]
        rows = (
            (f"[{one.code}](causes/{one.code}.md)", text(one.title) + _note(one)) for one in causes
        )
        parts.append(table(("cause", "what it is"), rows) + "\n")
    return "\n".join(parts)


def _note(cause: Cause) -> str:
    return "" if cause.severity == "error" else f" ({cause.severity})"


def single(cause: Cause) -> str:
    """The page of one cause, in Markdown: ``causes/CODE.md`` of the site."""
    kind = f"{cause.severity}, seen in layer `{cause.layer}`, exit code {exit_code(cause)}"
    if cause.severity != "error":
        kind += " (1 with `--strict`)"
    parts = [f"# {cause.code}", f"**{text(cause.title)}**", kind, prose(cause.explanation)]
    parts += ["## What to do", _remedies(cause)]
    parts += [*_looks(cause), *_known(cause), *_made(cause), *_beside(cause)]
    if cause.links:
        parts += ["## Read more", "\n".join(f"- <{link}>" for link in cause.links)]
    return "\n\n".join(parts) + "\n"


def _looks(cause: Cause) -> list[str]:
    """What each client says."""
    found = looks().get(cause.code, ())
    if not found:
        return []
    parts = ["## How it looks", SHOWN]
    for look in found:
        parts += [f"### {CLIENTS[look.client]}", block(look.text, "output")]
        if look.others:
            parts.append(f"The same words also come of {_pages(look.others)}.")
    return parts


def _known(cause: Cause) -> list[str]:
    """By which checks, sentences and patterns."""
    parts = ["## How mongoping knows it"]
    if cause.when is None:
        parts.append(TEXT_ALONE)
    if checks := _known_by.checks(cause):
        rows = ((code(one.name), code(one.layer), text(one.summary)) for one in checks)
        parts += [WEIGHED, table(("check", "layer", "what it looks at"), rows)]
    if _known_by.any_check(cause):
        parts.append("Any check can provide the evidence.")
    if said := _known_by.sentences(cause):
        parts += [SENTENCES, "\n".join(f"- {text(one)}" for one in said)]
    if cause.says:
        parts += [WORDS, _patterns(cause)]
    return parts if len(parts) > 1 else [*parts, "From what a smoke test was told to expect."]


def _patterns(cause: Cause) -> str:
    """What `explain` looks for, the surest first."""
    found = sorted((pattern(cause.code, say) for say in cause.says), key=lambda one: -one.strength)
    kinds = {CERTAIN: "certain", LIKELY: "likely"}
    lines = [f"{kinds.get(one.strength, 'possible').ljust(8)}  {one.source}" for one in found]
    return block("\n".join(lines), "output")


def _made(cause: Cause) -> list[str]:
    """How to make it real."""
    made = reproducing(cause)
    if not made:
        return []
    command = "atlas" if cause.code.startswith("atlas.") else "check"
    lines = [f"mongoping sandbox --fault {one} -- mongoping {command}" for one in made]
    return ["## Make it real", block("\n".join(lines), "sh")]


def _beside(cause: Cause) -> list[str]:
    """Its relations to other causes."""
    rows = []
    if cause.hidden_by:
        rows.append(f"- It is silent where one of these is true: {_pages(cause.hidden_by)}.")
    if cause.alternatives:
        rows.append(f"- It may also be: {_pages(cause.alternatives)}.")
    hides = [one.code for one in registry.causes() if cause.code in one.hidden_by]
    if hides:
        rows.append(f"- Its echoes, which are not told beside it: {_pages(hides)}.")
    return ["## Beside other causes", "\n".join(rows)] if rows else []


def _pages(codes: Iterable[str]) -> str:
    """Links to the pages of other causes."""
    return ", ".join(f"[{one}]({one}.md)" for one in codes)
