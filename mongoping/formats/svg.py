"""The report for people as a picture of a terminal: SVG that refers to nothing outside.

The text in it is text, and can be searched.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mongoping.formats import text
from mongoping.terminal_svg import export

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.model import Report, Style


def render(report: Report, style: Style) -> str:
    """Return the report as an image, always in colors."""
    return render_all([report], style)


def render_all(reports: Sequence[Report], style: Style) -> str:
    """Return the reports as one image, below each other."""
    own_style = style.replace(color=True, unicode=True, quiet=False)
    console = text.console_of(own_style, record=True)
    for at, report in enumerate(reports):
        if at:
            console.print()
        text.draw(console, text.parts_of(report, own_style))
    title = f"mongoping {reports[0].preset}"
    plain = console.export_text(clear=False)
    unique = "m" + hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:12]
    return export(console, title, unique)
