"""The tree for people, by Rich. Fields are put into `rich.text.Text`, which knows no markup."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from mongoping.topology.selection import tag_words
from mongoping.words import milliseconds, plural, printable

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
ROLE_COLORS = {"primary": "bold green", "secondary": "cyan", "unknown": "red"}
MAX_LED = 2  # hosts that led to a name; all of them say the same


def console(style: Style, *, record: bool = False) -> Console:
    """A console that writes into memory and asks nobody."""
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
    """The view as text for ``style.width`` columns."""
    out = console(style)
    for line in lines(view, style):
        out.print(line, soft_wrap=True)
    text = out.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def lines(view: View, style: Style) -> list[Text]:
    """Every line, wrapped already."""
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
    for at, node in enumerate(view.tree.nodes):
        rows += _node(node, style, last=at == len(view.tree.nodes) - 1)
    rows += [_note(note, style) for note in view.tree.notes]
    if view.tree.nodes:
        rows += _selection(view.selection, style)
    rows += _strings(view, style)
    rows += _verdict(view, style)
    return rows


def _summary(tree: Tree, style: Style) -> list[Text]:
    reached = sum(node.reachable for node in tree.nodes)
    name = f" {printable(tree.set_name)}" if tree.set_name else ""
    words = f"  {plural(len(tree.nodes), 'member')}, {reached} reached"
    color = "" if reached == len(tree.nodes) else "yellow" if reached else "red"
    return _wrap(Text.assemble((tree.type, "bold"), (name, "bold"), (words, color)), 2, style)


def _wrap(text: Text, indent: int, style: Style, first: str = "", rest: str = "") -> list[Text]:
    """``text`` in lines of the style's width, the further ones moved in by ``indent``.

    ``first`` and ``rest`` stand before the first line and before all others.
    """
    room = max(style.width - len(first), 12)
    if text.cell_len <= room:
        return [_after(first, text)]
    scratch = console(style)
    head = text.wrap(scratch, room)[0]
    tail = text[len(head.plain) :]
    while tail.plain.startswith(" "):
        tail = tail[1:]
    indent = indent if indent < room // 2 else 2
    rows = [_after(first, head)]
    if tail.plain:
        more = tail.wrap(scratch, room - indent)
        rows += [_after(rest + " " * indent, one) for one in more]
    return rows


def _after(lead: str, text: Text) -> Text:
    """``text`` behind a part of the tree, which alone is dim."""
    return Text.assemble((lead, "dim"), text)


def _mark(kind: str, style: Style) -> Text:
    return Text((MARKS if style.unicode else PLAIN_MARKS)[kind], COLORS[kind])


def _node(node: Node, style: Style, *, last: bool) -> list[Text]:
    """A member: its name and role, then what is known of it, then its names."""
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
        extras.append("an arbiter")
    if node.state and not node.reachable:
        lost = "not reachable" in node.state.lower()
        seen = node.state.lower()
        extras.append("the set misses it too" if lost else f"the set sees it as {seen}")
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
        version = f"MongoDB {node.version}, " if node.version else ""
        facts.append(f"{version}wire {node.wire[0]}-{node.wire[1]}")
    if node.family is not None:
        word = {"ipv4": "IPv4", "ipv6": "IPv6"}.get(node.family, "UNIX socket")
        same = node.address is None or node.address in node.host
        facts.append(word if same else f"{word} {node.address}")
    if node.days_left is not None:
        facts.append(f"certificate {node.days_left:.0f} days")
    if node.priority is not None:
        facts.append(f"priority {node.priority:g}")
    if node.votes is not None:
        facts.append(plural(node.votes, "vote"))
    if node.tags:
        facts.append(f"tags {tag_words(node.tags)}")
    return facts


def _name(name: Name, node: Node, style: Style, trunk: str) -> list[Text]:
    """A name beside the seed that led to it, and where the two disagree."""
    own = name.host == node.host
    words = []
    if not own:
        words.append(f"seed {name.host}" if name.seed else f"also {name.host}")
    elif name.seed and len(node.names) == 1 and not name.marks:
        return []
    elif name.seed:
        words.append("is a seed")
    if name.led_by and not name.seed:
        words.append(f"named by {_led(name.led_by)}")
    elif own and not name.seed and not name.advertised:
        words.append("named by the configuration alone")
    parts = [Text(printable(", ".join(words)), "dim" if not name.marks else "")] if words else []
    kind = "fail" if name.works is False else "warn"
    for mark in name.marks:
        text = Text.assemble(_mark(kind, style), (f" {printable(mark.text)}", COLORS[kind]))
        parts.append(text)
    line = Text("  ").join(parts)
    if line.cell_len <= style.width - len(trunk):
        return [_after(trunk, line)] if parts else []
    rows = []
    for at, part in enumerate(parts):  # a mark and its words stay together
        before = trunk if at == 0 else trunk + "  "
        rows += _wrap(part, 2, style, before, before)
    return rows


def _led(hosts: Sequence[str]) -> str:
    shown = ", ".join(hosts[:MAX_LED])
    return shown + (f" and {len(hosts) - MAX_LED} more" if len(hosts) > MAX_LED else "")


def _note(note: str, style: Style) -> Text:
    return Text("\n").join(_wrap(Text(printable(note), "dim"), 2, style, "   ", "   "))


def _selection(selection: Selection, style: Style) -> list[Text]:
    wanted = selection.preference
    head = Text.assemble(("read preference  ", "bold"), printable(wanted.words))
    head.append(f"; localThresholdMS {wanted.threshold_ms:g}", "dim")
    rows = [Text(), *_wrap(head, 4, style)]
    if selection.problem:
        text = Text.assemble(_mark("fail", style), " ", printable(selection.problem))
        return [*rows, *_wrap(text, 2, style, "  ", "  ")]
    if selection.note:
        rows += _wrap(Text(printable(selection.note), "dim"), 2, style, "  ", "  ")
    for choice in selection.choices:
        rows += _wrap(_choice(choice, style), 4, style, "  ", "  ")
    if selection.choices and not any(one.eligible for one in selection.choices):
        text = Text.assemble(_mark("fail", style), " nobody fits: operations wait, and then fail")
        rows += _wrap(text, 2, style, "  ", "  ")
    return rows


def _choice(choice: Choice, style: Style) -> Text:
    kind, word = ("no", "not used")
    if choice.selected:
        kind, word = "ok", "selected"
    elif choice.eligible:
        kind, word = "far", "eligible"
    text = Text.assemble(_mark(kind, style), " ", (printable(choice.host), "bold"), f"  {word}: ")
    text.append(printable(choice.reason))
    if choice.staleness_s is not None and choice.eligible:
        text.append(f", at most {choice.staleness_s:.0f} s stale", "dim")
    return text


def _strings(view: View, style: Style) -> list[Text]:
    """The better connection string, and what an SRV string means."""
    rows: list[Text] = []
    if view.better is not None:
        rows += [Text(), Text("better connection string", "bold")]
        rows += _copied(view.better.uri)
        for reason in view.better.reasons:
            rows += _wrap(Text(printable(reason)), 2, style, "  ", "  ")
    if view.equivalent is not None:
        rows += [Text(), *_wrap(Text("the same without SRV, as it is now", "bold"), 2, style)]
        rows += _copied(view.equivalent)
    return rows


def _copied(uri: str) -> Iterable[Text]:
    """A string to be copied: never broken by us, however narrow the terminal."""
    return [Text(f"  {printable(uri)}", "cyan")]


def _verdict(view: View, style: Style) -> list[Text]:
    verdict = view.report.verdict
    if verdict is None:
        if view.report.interrupted:
            return [Text(), Text("Interrupted: this is what was seen.", "yellow")]
        return []
    rows = [Text()]
    title = Text.assemble(_mark("fail", style), " ", (verdict.title, "bold red"))
    rows += _wrap(title, 2, style)
    rows += _wrap(Text(printable("; ".join(verdict.details))), 0, style, "  ", "  ")
    if verdict.remedies:
        rows += _wrap(
            Text.assemble(("Try first  ", "bold"), printable(verdict.remedies[0])),
            10,
            style,
            "  ",
            "  ",
        )
    code = view.report.exit_code()
    cause = Text.assemble("cause ", (verdict.cause, "bold"), f"  (exit code {code}); ")
    cause.append("mongoping check tells more", "dim")
    return rows + _wrap(cause, 2, style, "  ", "  ")
