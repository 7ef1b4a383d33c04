"""Render Rich text as an SVG of a terminal, without external resources.

Rich's own template loads its font from a server. An image in somebody's documentation must not
do that, so this template uses the reader's monospace font.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from mongoping.escape import XML_FORBIDDEN

if TYPE_CHECKING:
    from rich.text import Text

ASPECT = 0.61  # width to height of a character cell, Rich's default

THEME = TerminalTheme(
    (24, 26, 31),
    (214, 217, 224),
    [
        (24, 26, 31),
        (224, 108, 117),
        (126, 201, 119),
        (229, 192, 123),
        (97, 175, 239),
        (198, 120, 221),
        (86, 182, 194),
        (171, 178, 191),
    ],
    [
        (120, 127, 140),
        (240, 130, 138),
        (150, 220, 140),
        (240, 208, 150),
        (130, 195, 250),
        (214, 150, 235),
        (120, 205, 215),
        (255, 255, 255),
    ],
)

TEMPLATE = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 16px; font-weight: bold; font-family: ui-sans-serif, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def svg(lines: Iterable[Text], width: int, title: str, name: str) -> str:
    """Return lines of text as an SVG of a terminal with ``width`` columns.

    The same lines give the same bytes. ``name`` is the prefix of identifiers, which must be
    unique among the images of a page.
    """
    import io

    console = Console(
        file=io.StringIO(),
        width=width,
        record=True,
        force_terminal=True,
        color_system="standard",
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
        _environ={},
    )
    for line in lines:
        console.print(line, soft_wrap=False, overflow="fold")
    return export(console, title, name)


def export(console: Console, title: str, name: str) -> str:
    """Return the recording of a console as an SVG that is well-formed XML."""
    picture = console.export_svg(
        title=title, theme=THEME, code_format=TEMPLATE, font_aspect_ratio=ASPECT, unique_id=name
    )
    return XML_FORBIDDEN.sub("\ufffd", picture)
