"""The report for people as a picture of a terminal: SVG that refers to nothing outside.

Rich draws it; its own frame fetches fonts from the network, so this module has a frame of
its own with the fonts that are there. The text in it is text, and can be searched.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from mongoping.formats import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.model import Report, Style

_FORBIDDEN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # by XML 1.0

FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
    <style>
    .{unique_id}-matrix {{
        font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
        font-size: {char_height}px;
        line-height: {line_height}px;
        font-variant-east-asian: full-width;
    }}
    .{unique_id}-title {{
        font-size: 18px;
        font-weight: bold;
        font-family: ui-sans-serif, system-ui, "DejaVu Sans", Arial, sans-serif;
    }}
    {styles}
    </style>
    <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
    </defs>
    {chrome}
    <g transform="translate({terminal_x}, {terminal_y})"
       clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
    </g>
</svg>
"""


def render(report: Report, style: Style) -> str:
    """One picture, in colours whatever the style says, since no terminal has to show it."""
    return render_all([report], style)


def render_all(reports: Sequence[Report], style: Style) -> str:
    """One picture with the reports below each other."""
    shown = style.replace(color=True, unicode=True, quiet=False)
    console = text.console_of(shown, record=True)
    for at, report in enumerate(reports):
        if at:
            console.print()
        text.draw(console, report, shown)
    title = f"mongoping {reports[0].preset}"
    plain = console.export_text(clear=False)
    unique = "m" + hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:12]
    drawn = console.export_svg(title=title, code_format=FRAME, unique_id=unique)
    return _FORBIDDEN.sub("\ufffd", drawn)
