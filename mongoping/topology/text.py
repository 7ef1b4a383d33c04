"""Render the tree as text with Rich. Fields become `rich.text.Text`, which has no markup."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from mongoping.code_spans import plain
from mongoping.columns import INDENT
from mongoping.escape import printable
from mongoping.formats._places import difference
from mongoping.formats._text.page import Page
from mongoping.topology.selection import format_tags
from mongoping.units import milliseconds, plural

if TYPE_CHECKING:
    from mongoping.model import Style
    from mongoping.topology.selection import Choice, Selection
    from mongoping.topology.tree import Name, Node, Tree
    from mongoping.topology.view import View

MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "no": "–", "far": "○"}
PLAIN_MARKS = {"ok": "+", "warn": "!", "fail": "x", "no": "-", "far": "o"}
COLORS = {"ok": "green", "warn": "yellow", "fail": "red", "no": "dim", "far": "cyan"}
BRANCHES = (("├─ ", "│  "), ("└─ ", "   "))
PLAIN_BRANCHES = (("|- ", "|  "), ("`- ", "   "))
NO_MEMBER_MATCHES = "no member matches: operations fail after serverSelectionTimeoutMS"
ROLE_COLORS = {"primary": "bold green", "secondary": "cyan", "unknown": "red"}
MAX_ADVERTISERS = 2  # hosts listed as the source of a name; the others are counted


def console(style: Style, *, record: bool = False) -> Console:
    """Return a console that writes into memory and ignores the environment."""
    return Console(
        file=io.StringIO(),
        width=style.width,
        force_terminal=style.color or record,
        color_system="standard" if style.color or record else None,
        no_color=not (style.color or record),
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
        record=record,
        _environ={},
    )


def render(view: View, style: Style) -> str:
    """Render the view as text of at most ``style.width`` columns."""
    return render_all([view], style)


def render_all(views: Sequence[View], style: Style) -> str:
    """Render the views from several places, the one from here first."""
    out = console(style)
    for line in all_lines(views, style):
        out.print(line, soft_wrap=True)
    text = out.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def all_lines(views: Sequence[View], style: Style) -> list[Text]:
    """Render the views with their places, and the sentence that names the difference."""
    if len(views) == 1:
        return lines(views[0], style)
    rows = []
    for view in views:
        vantage = view.report.vantage
        place = "here" if vantage is None else vantage.name
        rows += [Text(f"From {printable(place)}", "bold"), *lines(view, style), Text()]
    if sentence := difference(views[0].report):
        rows += _wrap(Text(printable(sentence), "bold"), 0, style)
    return rows


def lines(view: View, style: Style) -> list[Text]:
    """Render the view as lines, wrapped to the width of the style."""
    if style.quiet:
        return _summary(view.tree, style)
    rows = [
        *_wrap(
            Text.assemble(("mongoping topology", "bold"), f"  {printable(view.report.uri)}"),
            2,
            style,
        ),
        Text(),
        *_summary(view.tree, style),
    ]
    for number, node in enumerate(view.tree.nodes, 1):
        rows += _node(node, style, last=number == len(view.tree.nodes))
    rows += [_note(note, style) for note in view.tree.notes]
    if view.tree.nodes:
        rows += _selection(view.selection, style)
    rows += _strings(view, style)
    rows += _verdict(view, style)
    return rows


def _summary(tree: Tree, style: Style) -> list[Text]:
    count = sum(node.reachable for node in tree.nodes)
    name = f" {printable(tree.set_name)}" if tree.set_name else ""
    counts = f"  {plural(len(tree.nodes), 'member')}, {count} reached"
    color = "" if count == len(tree.nodes) else "yellow" if count else "red"
    return _wrap(Text.assemble((tree.type, "bold"), (name, "bold"), (counts, color)), 2, style)


def _wrap(text: Text, indent: int, style: Style, first: str = "", rest: str = "") -> list[Text]:
    """Wrap ``text`` to the width of the style; lines after the first are indented.

    ``first`` is the prefix of the first line, ``rest`` that of the others.
    """
    room = max(style.width - len(first), 12)
    if text.cell_len <= room:
        return [_prefix(first, text)]
    scratch = console(style)
    head = text.wrap(scratch, room)[0]
    tail = text[len(head.plain) :]
    while tail.plain.startswith(" "):
        tail = tail[1:]
    indent = indent if indent < room // 2 else 2
    rows = [_prefix(first, head)]
    if tail.plain:
        more = tail.wrap(scratch, room - indent)
        rows += [_prefix(rest + " " * indent, line) for line in more]
    return rows


def _prefix(branch: str, text: Text) -> Text:
    """Return ``text`` after a branch of the tree, which is dim."""
    return Text.assemble((branch, "dim"), text)


def _mark(kind: str, style: Style) -> Text:
    return Text((MARKS if style.unicode else PLAIN_MARKS)[kind], COLORS[kind])


def _node(node: Node, style: Style, *, last: bool) -> list[Text]:
    """Render a member: its name and role, then its properties, then its names."""
    branch, trunk = (BRANCHES if style.unicode else PLAIN_BRANCHES)[last]
    status = "fail" if not node.reachable else "warn" if node.via else "ok"
    head = Text.assemble(_mark(status, style), " ", (printable(node.host), "bold"), "  ")
    head.append(printable(_role(node)), ROLE_COLORS.get(node.role, ""))
    rows = _wrap(head, 4, style, branch, trunk)
    facts = _facts(node)
    if node.error and not node.names[0].marks:
        facts.insert(0, node.error)
    dot = " · " if style.unicode else ", "
    body = [Text(printable(dot.join(facts)))] if facts else []
    for text in body:
        rows += _wrap(text, 2, style, trunk + "  ", trunk + "  ")
    for name in node.names:
        rows += _name(name, node, style, trunk + "  ")
    return rows


def _role(node: Node) -> str:
    extras = []
    if node.delay_s:
        extras.append(f"by {node.delay_s:g} s")
    if node.hidden and node.role != "hidden":
        extras.append("hidden")
    if node.arbiter and node.role != "arbiter":
        extras.append("arbiter")
    if node.state and not node.reachable:
        state = node.state.lower()
        unreachable = "not reachable" in state
        extras.append("down for the set, too" if unreachable else f"the set reports {state}")
    elif node.state and node.role in ("recovering", "unknown"):
        extras.append(node.state.lower())
    return node.role + (f" ({', '.join(extras)})" if extras else "")


def _facts(node: Node) -> list[str]:
    facts = []
    if node.rtt_ms is not None:
        facts.append(milliseconds(node.rtt_ms))
    if node.lag_s is not None:
        facts.append(f"lag {node.lag_s:.0f} s")
    if node.wire is not None:
        product = "states MongoDB" if node.genuine is False else "MongoDB"
        version = f"{product} {node.version}, " if node.version else ""
        facts.append(f"{version}wire {node.wire[0]}-{node.wire[1]}")
    if node.family is not None:
        family = {"ipv4": "IPv4", "ipv6": "IPv6"}.get(node.family, "UNIX socket")
        same = node.address is None or node.address in node.host
        facts.append(family if same else f"{family} {node.address}")
    if node.days_left is not None:
        facts.append(f"certificate expires in {plural(round(node.days_left), 'day')}")
    if node.priority is not None:
        facts.append(f"priority {node.priority:g}")
    if node.votes is not None:
        facts.append(plural(node.votes, "vote"))
    if node.tags:
        facts.append(f"tags {format_tags(node.tags)}")
    return facts


def _name(name: Name, node: Node, style: Style, trunk: str) -> list[Text]:
    """Render where a name of a member comes from, and its marks."""
    own = name.host == node.host
    origin = []
    if not own:
        origin.append(f"seed {name.host}" if name.seed else f"also {name.host}")
    elif name.seed and len(node.names) == 1 and not name.marks:
        return []
    elif name.seed:
        origin.append("seed")
    if name.led_by and not name.seed:
        origin.append(f"advertised by {_advertisers(name.led_by)}")
    elif own and not name.seed and not name.advertised:
        origin.append("only in the replica set configuration")
    parts = [Text(printable(", ".join(origin)), "dim" if not name.marks else "")] if origin else []
    kind = "fail" if name.works is False else "warn"
    for mark in name.marks:
        text = Text.assemble(_mark(kind, style), (f" {printable(mark.text)}", COLORS[kind]))
        parts.append(text)
    line = Text("  ").join(parts)
    if line.cell_len <= style.width - len(trunk):
        return [_prefix(trunk, line)] if parts else []
    rows = []
    for number, part in enumerate(parts):  # keep each mark with its text
        branch = trunk if number == 0 else trunk + "  "
        rows += _wrap(part, 2, style, branch, branch)
    return rows


def _advertisers(hosts: Sequence[str]) -> str:
    host_list = ", ".join(hosts[:MAX_ADVERTISERS])
    more = len(hosts) - MAX_ADVERTISERS
    return f"{host_list} and {more} more" if more > 0 else host_list


def _note(note: str, style: Style) -> Text:
    return Text("\n").join(_wrap(Text(printable(note), "dim"), 2, style, "   ", "   "))


def _selection(selection: Selection, style: Style) -> list[Text]:
    preference = selection.preference
    head = Text.assemble(("read preference  ", "bold"), printable(preference.text))
    head.append(f"; localThresholdMS {preference.threshold_ms:g}", "dim")
    rows = [Text(), *_wrap(head, 4, style)]
    if selection.problem:
        text = Text.assemble(_mark("fail", style), " ", printable(selection.problem))
        return [*rows, *_wrap(text, 2, style, "  ", "  ")]
    if selection.note:
        rows += _wrap(Text(printable(selection.note), "dim"), 2, style, "  ", "  ")
    for choice in selection.choices:
        rows += _wrap(_choice(choice, style), 4, style, "  ", "  ")
    if selection.choices and not any(choice.eligible for choice in selection.choices):
        text = Text.assemble(_mark("fail", style), f" {NO_MEMBER_MATCHES}")
        rows += _wrap(text, 2, style, "  ", "  ")
    return rows


def _choice(choice: Choice, style: Style) -> Text:
    kind, label = ("no", "not used")
    if choice.selected:
        kind, label = "ok", "selected"
    elif choice.eligible:
        kind, label = "far", "eligible"
    text = Text.assemble(_mark(kind, style), " ", (printable(choice.host), "bold"), f"  {label}: ")
    text.append(printable(choice.reason))
    if choice.staleness_s is not None and choice.eligible:
        text.append(f", at most {choice.staleness_s:.0f} s stale", "dim")
    return text


def _strings(view: View, style: Style) -> list[Text]:
    """Render the suggested connection string, and the equivalent of an SRV string."""
    rows: list[Text] = []
    if view.advice is not None:
        rows += [Text(), Text("suggested connection string", "bold")]
        rows += _connection_string(view.advice.uri)
        for reason in view.advice.reasons:
            rows += _wrap(Text(printable(reason)), 2, style, "  ", "  ")
    if view.equivalent is not None:
        rows += [Text(), *_wrap(Text("current equivalent without SRV", "bold"), 2, style)]
        rows += _connection_string(view.equivalent)
    return rows


def _connection_string(uri: str) -> Iterable[Text]:
    """Return a line that is never wrapped, so that the string can be copied."""
    return [Text(f"  {printable(uri)}", "cyan")]


def _verdict(view: View, style: Style) -> list[Text]:
    """Return the verdict as in the report of check, with its first remedy."""
    verdict = view.report.verdict
    if verdict is None:
        if view.report.interrupted:
            return [Text(), Text("Interrupted: the results are incomplete.", "yellow")]
        return []
    page, width = Page(style), len("Try first") + INDENT
    rows = page.title_rows("fail", plain(verdict.title), verdict.cause, "bold red")
    rows += page.label_rows("Evidence", "; ".join(verdict.evidence), width)
    for remedy in verdict.remedies[:1]:
        rows += page.remedy(remedy, view.report.uri, "Try first", width, "bold")
    ending = f"exit {view.report.exit_code()}{page.dot}details: mongoping check"
    rows += page.paragraph(ending, "dim")
    return [Text(), *(row.to_rich() for row in rows)]
