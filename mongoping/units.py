"""Format durations and counts for people, and parse durations. Pure."""

from __future__ import annotations


def milliseconds(value: float) -> str:
    """Return a duration in ms as text with few digits: ``0.4 ms``, ``12 ms``, ``3.1 s``."""
    if value >= 10_000:
        return f"{value / 1000:.0f} s"
    if value >= 1000:
        return f"{value / 1000:.1f} s"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def span(seconds: float) -> str:
    """Return a length of time in its largest fitting unit: ``under 1 s``, ``4 s``, ``3 min``."""
    if seconds < 1:
        return "under 1 s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def plural(count: int, word: str) -> str:
    """Return a count with its noun: ``1 host``, ``3 hosts``, ``2 addresses``."""
    if count == 1:
        return f"1 {word}"
    return f"{count} {word}{'es' if word.endswith(('s', 'x', 'ch')) else 's'}"


SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
DIGITS = 12  # before the unit, with the decimal point


def parse_duration(text: str) -> float:
    """Return the seconds in ``5``, ``5s``, ``500ms``, ``2m``, ``1.5h`` or ``1d``.

    Raises ValueError, whose message is a sentence for the user.
    """
    number = text.strip().lower()
    unit = "ms" if number.endswith("ms") else number[-1:]
    unit = unit if unit in SECONDS else ""
    number = number.removesuffix(unit) if unit else number
    whole, _, fraction = number.partition(".")
    digits = whole + fraction
    if not whole or len(number) > DIGITS or not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{text!r} is not a duration: write it like 5, 5s, 500ms or 2m.")
    return float(number) * SECONDS[unit]
