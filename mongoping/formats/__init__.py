"""The forms of a report: one file each, ``render(report, style) -> str``, and no I/O."""
