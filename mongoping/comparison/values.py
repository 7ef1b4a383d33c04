"""Show the values of facts, and decide which of them are the same."""

from __future__ import annotations

from collections.abc import Sequence

from mongoping.comparison.record import Values

NOT_RESOLVED = "("
"""The first character of a value that says why there is none, such as ``(no such name)``."""
MAX_VALUES = 4  # that a sentence lists


def shown_value(kind: str, values: Values) -> str:
    """Return the value of a fact as text."""
    if kind == "certificate" and len(values) == 4:
        subject, issuer, _, until = values
        return f"for {subject}, issued by {issuer}, valid until {until[:10]}"
    if kind == "trust" and len(values) == 3:
        source, count, digest = values
        many = "1 certificate" if count == "1" else f"{count} certificates"
        return f"{source} ({many}, digest {digest})" if digest else source
    rest = len(values) - MAX_VALUES
    more = (f"{rest} more",) if rest > 0 else ()
    return enumeration((*values[:MAX_VALUES], *more))


def identity(kind: str, values: Values | None) -> Values | None:
    """Return the part of a value that decides whether two values are the same.

    The same CAs can be in different files.
    """
    return values[2:] if kind == "trust" and values and values[-1] else values


def enumeration(words: Sequence[str], last: str = "and") -> str:
    """Return words as an enumeration: ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def has_value(values: Values) -> bool:
    """Return whether a fact has a value, and not only a reason why it has none."""
    return bool(values) and not values[0].startswith(NOT_RESOLVED)
