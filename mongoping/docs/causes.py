"""The page of all causes, from the catalogue."""

from __future__ import annotations

from mongoping import collect
from mongoping.cli.causes import by_layer, reproducing
from mongoping.docs._markdown import table, text
from mongoping.model import EXIT_CODES, Cause

PATH = "docs/causes.md"

HEAD = """\
<!-- Generated from mongoping/causes: edit that, then run `python -m mongoping.docs`. -->

# Causes

Every cause that mongoping can name: {count} of them, under the layer in which each is seen.
The layer of the verdict decides the exit code; a warning alone exits with 0, or with 1 under
`--strict`.
`mongoping causes` lists them in a terminal, and `mongoping causes CODE` shows the page of one.

A report names one cause, the root.
A cause that is the echo of another one is silent where that other one is true.
Where the evidence cannot tell two causes apart, the report says so, under *could be*.
A failure that none of them explains is told as `unexplained`, with its facts and exit code 1.

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


def page() -> str:
    """The text of the page, in Markdown."""
    layers = by_layer(collect.causes())
    parts = [HEAD.format(count=len(collect.causes()))]
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
    """One cause, in Markdown."""
    note = "" if cause.severity == "error" else f" ({cause.severity})"
    parts = [f"### {cause.code}", f"**{text(cause.title)}**{note}", text(cause.explanation)]
    parts.append("\n".join(f"{at}. {text(one)}" for at, one in enumerate(cause.remedies, 1)))
    if cause.links:
        parts.append("Read more: " + ", ".join(f"<{link}>" for link in cause.links))
    if cause.when is None and cause.says:
        parts.append(TEXT_ALONE)
    if cause.hidden_by:
        parts.append("Silent where one of these is true: " + ", ".join(map(_link, cause.hidden_by)))
    if cause.alternatives:
        parts.append("May also be: " + ", ".join(map(_link, cause.alternatives)))
    if made := reproducing(cause):
        parts.append(
            "\n".join(["```sh", *(f"mongoping sandbox --fault {one}" for one in made), "```"])
        )
    return "\n\n".join(parts) + "\n"


def _link(code: str) -> str:
    """A link to another cause; anchors are made of headings without their dots."""
    return f"[{code}](#{code.replace('.', '')})"
