"""Generate the pages of the causes: the catalog, and one page per cause for the site."""

from __future__ import annotations

from collections.abc import Iterable

from mongoping import registry
from mongoping.causes.messages import patterns_of
from mongoping.cli.causes import by_layer, exit_code, reproducing
from mongoping.exit_codes import EXIT_CODES
from mongoping.explaining.patterns import CERTAIN, LIKELY, OTHERWISE, pattern
from mongoping.model import Cause
from tools.docs import _known_by
from tools.docs._looks import CLIENTS, looks
from tools.docs._markdown import block, code, prose, remedy, table, text

PATH = "docs/causes.md"

HEAD = """\
<!-- Generated from mongoping/causes: edit that, then run `python -m tools.docs`. -->

# Causes

All {count} causes that mongoping can name, grouped by the layer in which it finds them.
The layer of the verdict decides the exit code; a report with only warnings exits with 0, or with 1
if you pass `--strict`.
`mongoping causes` lists them in a terminal, and `mongoping causes CODE` shows the page of one.

A report names one cause, the root cause.
A consequence of another cause is not reported if that cause applies.
If the evidence fits several causes, the report lists the others under *Or it could be*.
A failure that none of them explains is reported as `unexplained`, with its facts and exit code 1.
"""

FAULTS = """
If a cause can be reproduced on one machine, the command `mongoping sandbox --fault CODE` is listed
with it; add `-- mongoping check` to see the report at once.
"""

LAYERS = {
    "uri": "The connection string, parsed by the driver's own rules, without network traffic.",
    "dns": "SRV and TXT records of the name, and the addresses of every host.",
    "tcp": "A connection to every address of every host.",
    "tls": "The TLS handshake with every host, and the files that it needs.",
    "hello": "MongoDB's handshake: is this a MongoDB server that the driver can talk to?",
    "api": "The Stable API: declared, supported, required or violated.",
    "auth": "The login, and what the user may do.",
    "ping": "Round trips through the driver.",
    "topology": "The members of the deployment, and how they see each other.",
    "expectation": "What a smoke test expects of a healthy deployment.",
    "compat": "Which versions work together.",
    "client": "What the program itself does, and what is installed next to the driver.",
}

TEXT_ONLY = (
    "This happens inside the program, so a live connection cannot show it; only "
    "`mongoping explain` can name it, by the error text."
)
SERVER_ONLY = (
    "This happens to the server, and a connection only shows that it does not answer; "
    "`mongoping explain` names it by the server's log and by what the system reports."
)
RECORD_KINDS = (
    "Recorded from programs against this fault, without the frames of tracebacks; hosts, ports and "
    "times are placeholders."
)
CHECKS = "These checks provide the evidence ([how it knows](../how-it-knows.md)):"
SENTENCES = "The report states the evidence in sentences such as these, here with example hosts:"
PATTERNS = (
    "`mongoping explain` recognizes it in a text by these regular expressions, which ignore case. "
    "A *likely* or *possible* pattern also occurs with other causes, and *otherwise* is for the "
    "form of an error, which counts only if its words fit no cause:"
)
EXPECTATION = "A smoke test compares the deployment with what it expects."


def page() -> str:
    """Return the catalog on one page, in Markdown."""
    layers = by_layer(registry.causes())
    parts = [HEAD.format(count=len(registry.causes())) + FAULTS]
    rows = [
        (f"[{layer}](#{layer})", LAYERS[layer], str(EXIT_CODES[layer]), str(len(causes)))
        for layer, causes in layers.items()
    ]
    parts.append(table(("layer", "what it covers", "exit code", "causes"), rows) + "\n")
    for layer, causes in layers.items():
        parts += [f"## {layer}\n", f"{LAYERS[layer]} Exit code {EXIT_CODES[layer]}.\n"]
        parts += [entry(cause) for cause in causes]
    return "\n".join(parts)


def entry(cause: Cause) -> str:
    """Return the section of one cause in the catalog, in Markdown."""
    title = f"**{prose(cause.title)}**{_severity_note(cause)}"
    parts = [f"### {cause.code}", title, prose(cause.explanation), _remedies(cause)]
    if cause.links:
        parts.append("Read more: " + ", ".join(f"<{link}>" for link in cause.links))
    if not cause.is_decided and patterns_of(cause):
        parts.append(SERVER_ONLY if cause.code.startswith("server.") else TEXT_ONLY)
    if cause.hidden_by:
        parts.append("Not reported if one of these applies: " + _anchors(cause.hidden_by))
    if cause.alternatives:
        parts.append("Or it could be: " + _anchors(cause.alternatives))
    if faults := reproducing(cause):
        commands = "\n".join(f"mongoping sandbox --fault {fault}" for fault in faults)
        parts.append(block(commands, "sh"))
    return "\n\n".join(parts) + "\n"


def _remedies(cause: Cause) -> str:
    """Return a list without numbers: remedies are alternatives, the most likely first."""
    return "\n".join(f"- {remedy(advice)}" for advice in cause.remedies)


def anchor(code: str) -> str:
    """Return the anchor of a cause on the catalog page: the code without its dots."""
    return code.replace(".", "")


def _anchors(codes: Iterable[str]) -> str:
    """Return links to other causes on the catalog page."""
    return ", ".join(f"[{code}](#{anchor(code)})" for code in codes)


def index() -> str:
    """Return the catalog as a list, for the site, where each cause has a page."""
    parts = [HEAD.format(count=len(registry.causes()))]
    for layer, causes in by_layer(registry.causes()).items():
        parts += [f"## {layer}\n", f"{LAYERS[layer]} Exit code {EXIT_CODES[layer]}.\n"]
        rows = (
            (f"[{cause.code}](causes/{cause.code}.md)", prose(cause.title) + _severity_note(cause))
            for cause in causes
        )
        parts.append(table(("cause", "meaning"), rows) + "\n")
    return "\n".join(parts)


def _severity_note(cause: Cause) -> str:
    return "" if cause.severity == "error" else f" ({cause.severity})"


def single(cause: Cause) -> str:
    """Return the page of one cause on the site, ``causes/CODE.md``, in Markdown."""
    kind = f"{cause.severity}, layer `{cause.layer}`, exit code {exit_code(cause)}"
    if cause.severity != "error":
        kind += " (1 with `--strict`)"
    parts = [f"# {cause.code}", f"**{prose(cause.title)}**", kind, prose(cause.explanation)]
    parts += ["## What to do", _remedies(cause)]
    parts += [*_looks(cause), *_evidence(cause), *_faults(cause), *_relations(cause)]
    if cause.links:
        parts += ["## Read more", "\n".join(f"- <{link}>" for link in cause.links)]
    return "\n\n".join(parts) + "\n"


def _looks(cause: Cause) -> list[str]:
    """Return the section on what each client prints."""
    looks_of_cause = looks().get(cause.code, ())
    if not looks_of_cause:
        return []
    parts = ["## How it looks", RECORD_KINDS]
    for look in looks_of_cause:
        parts += [f"### {CLIENTS[look.client]}", block(look.text, "output")]
        if look.others:
            parts.append(f"These causes produce the same text: {_pages(look.others)}.")
    return parts


def _evidence(cause: Cause) -> list[str]:
    """Return the section on the checks, sentences and patterns that identify the cause."""
    parts = ["## How mongoping recognizes it"]
    if not cause.is_decided:
        parts.append(SERVER_ONLY if cause.code.startswith("server.") else TEXT_ONLY)
    if checks := _known_by.checks(cause):
        rows = ((code(check.name), code(check.layer), text(check.summary)) for check in checks)
        parts += [CHECKS, table(("check", "layer", "what it checks"), rows)]
    if _known_by.any_check(cause):
        parts.append("Any check can provide the evidence.")
    if sentences := _known_by.sentences(cause):
        parts += [SENTENCES, "\n".join(f"- {text(sentence)}" for sentence in sentences)]
    if patterns_of(cause):
        parts += [PATTERNS, _patterns(cause)]
    return parts if len(parts) > 1 else [*parts, EXPECTATION]


def _patterns(cause: Cause) -> str:
    """Return the patterns that `explain` matches, the most certain first."""
    patterns_found = [pattern(cause.code, say) for say in patterns_of(cause)]
    patterns_found.sort(key=lambda compiled_pattern: -compiled_pattern.strength)
    names = {CERTAIN: "certain", LIKELY: "likely", OTHERWISE: "otherwise"}
    lines = [
        f"{names.get(item.strength, 'possible').ljust(8)}  {item.source}" for item in patterns_found
    ]
    return block("\n".join(lines), "output")


def _faults(cause: Cause) -> list[str]:
    """Return the section on how to reproduce the cause."""
    faults = reproducing(cause)
    if not faults:
        return []
    command = "atlas" if cause.code.startswith("atlas.") else "check"
    lines = [f"mongoping sandbox --fault {fault} -- mongoping {command}" for fault in faults]
    return ["## Reproduce it", block("\n".join(lines), "sh")]


def _relations(cause: Cause) -> list[str]:
    """Return the section on relations to other causes."""
    rows = []
    if cause.hidden_by:
        rows.append(f"- Not reported if one of these applies: {_pages(cause.hidden_by)}.")
    if cause.alternatives:
        rows.append(f"- Or it could be: {_pages(cause.alternatives)}.")
    consequences = [other.code for other in registry.causes() if cause.code in other.hidden_by]
    if consequences:
        rows.append(f"- Consequences that are not reported separately: {_pages(consequences)}.")
    return ["## Related causes", "\n".join(rows)] if rows else []


def _pages(codes: Iterable[str]) -> str:
    """Return links to the pages of other causes."""
    return ", ".join(f"[{code}]({code}.md)" for code in codes)
