"""The verdict of a text report, short enough to be seen at once at the end of a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from mongoping.code_spans import plain
from mongoping.columns import INDENT, link_width
from mongoping.formats._text.styled import Text, cell_len
from mongoping.model import Remedy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.formats._text.page import Page
    from mongoping.model import Report, Verdict

MAX_ROWS = 15  # of a verdict at 80 columns, without --verbose
MAX_EVIDENCE = 4  # rows
MAX_SENTENCES = 2  # of the explanation
FULL_WIDTH = 80
MAX_REPETITION = 0.5  # share of the explanation's words that title and evidence have, too
STEM = 5  # letters of a word that are compared


class Block(NamedTuple):
    """A part of a verdict, which is drawn when the width of the labels is known.

    A block without a ``rank`` is always shown, the others as far as there is room, in the order
    of their ranks.
    """

    label: str
    draw: Callable[..., list[Text]]
    rank: int | None = None
    remedy: bool = False


def lines(report: Report, verdict: Verdict, page: Page) -> list[Text]:
    """Return what happened, the evidence, what to try, where to read more, and the exit code."""
    title = page.title_rows("fail", plain(verdict.title), verdict.cause, "bold red")
    blocks = _blocks(report, verdict, page)
    blocks_shown = blocks if page.style.verbose else _choose(blocks, page, page.height(title) + 1)
    left_out = sum(block.remedy for block in blocks) - sum(block.remedy for block in blocks_shown)
    width = _label_width(blocks_shown)
    body = [line for block in blocks_shown for line in block.draw(width=width)]
    return [*title, *body, _exit(report, left_out, page)]


def _exit(report: Report, left_out: int, page: Page) -> Text:
    """Return the exit code, and how to see what was left out."""
    text = f"exit {report.exit_code(strict=page.style.strict)}"
    if not page.style.verbose:
        word = "remedy" if left_out == 1 else "remedies"
        more = f"{left_out} more {word}, details" if left_out else "details"
        text += f"{page.dot}{more}: -v"
    return Text(f"  {text}", "dim")


def _choose(blocks: Sequence[Block], page: Page, rows_used: int) -> list[Block]:
    """Return the blocks that fit into the rows of a verdict, in the order of reading.

    A remedy is not shown without the likelier ones before it.
    """
    limit = MAX_ROWS * max(FULL_WIDTH, page.width) // page.width
    width = _label_width(blocks)
    heights = [page.height(block.draw(width=width)) for block in blocks]
    positions = {at for at, block in enumerate(blocks) if block.rank is None}
    rows_used += sum(heights[at] for at in positions)
    optional = [(block.rank, at) for at, block in enumerate(blocks) if block.rank is not None]
    remedies_end = False
    for _, at in sorted(optional):
        fits = rows_used + heights[at] <= limit
        if fits and not (blocks[at].remedy and remedies_end):
            positions.add(at)
            rows_used += heights[at]
        remedies_end = remedies_end or (blocks[at].remedy and not fits)
    return [block for at, block in enumerate(blocks) if at in positions]


def _label_width(blocks: Sequence[Block]) -> int:
    return max((len(block.label) for block in blocks), default=0) + INDENT


def _blocks(report: Report, verdict: Verdict, page: Page) -> list[Block]:
    """Return all parts of the verdict in the order of reading."""
    evidence = "; ".join(verdict.evidence)
    blocks = [Block("Evidence", partial(_evidence, evidence, page))]
    meaning = verdict.explanation if page.style.verbose else meaning_of(verdict)
    if meaning:
        draw = partial(page.label_rows, "What it means", plain(meaning))
        blocks.append(Block("What it means", draw, rank=3))
    for at, remedy in enumerate(verdict.remedies):
        label = "Also try" if at else "Try first"
        draw = partial(page.remedy, remedy, report.uri, label=label, bold="bold")
        blocks.append(Block(label, draw, rank=(None, 1, 4)[min(at, 2)], remedy=True))
    for step in report.next_steps:
        draw = partial(page.remedy, Remedy(step.text, command=step.code), label=step.label)
        blocks.append(Block(step.label, draw, rank=2))
    for at, other in enumerate(verdict.alternatives):
        label = "or" if at else "Or it could be"
        draw = partial(page.label_rows, label, f"{plain(other.title)} ({other.cause})")
        blocks.append(Block(label, draw, rank=0 if at < 2 else 4))
    if verdict.tell_apart:
        label = "To find out"
        draw = partial(page.remedy, verdict.tell_apart, label=label)
        blocks.append(Block(label, draw, rank=0))
    if report.driver_message and page.style.verbose:
        draw = partial(page.label_rows, "The driver", report.driver_message)
        blocks.append(Block("The driver", draw))
    for at, link in enumerate(verdict.links):
        label = "" if at else "Docs"
        longest = max(page.link(other).cell_len for other in verdict.links)
        draw = partial(_link, label, link, page, longest)
        blocks.append(Block(label, draw, rank=5 if at else 2))
    return blocks


def _evidence(text: str, page: Page, width: int) -> list[Text]:
    """Return the evidence, cut after some rows unless --verbose shows all of it."""
    rows = page.label_rows("Evidence", text, width)
    most = MAX_EVIDENCE * max(FULL_WIDTH, page.width) // page.width
    if len(rows) > most and not page.style.verbose:
        rows = rows[:most]
        more = page.clean(" … (-v)")
        rows[-1].truncate(page.width - cell_len(more))
        rows[-1].append(more, "dim")
    return rows


def _link(label: str, url: str, page: Page, longest: int, width: int) -> list[Text]:
    """Return a link beside its label, or further left if the longest link takes more room."""
    indent = INDENT + link_width(width, page.width, longest)
    return [Text((" " * INDENT + label).ljust(indent)).append_text(page.link(url))]


def meaning_of(verdict: Verdict) -> str:
    """Return the start of the explanation, or nothing if title and evidence say as much."""
    words = _stems(verdict.explanation)
    common_words = words & _stems(" ".join((verdict.title, *verdict.evidence)))
    if len(common_words) >= MAX_REPETITION * len(words):
        return ""
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z])", verdict.explanation)
    return " ".join(sentences[:MAX_SENTENCES])


def _stems(text: str) -> set[str]:
    """Return the longer words of a text, each as its first letters."""
    return {word[:STEM] for word in re.findall(r"[a-z0-9]{4,40}", text[:5000].lower())}
