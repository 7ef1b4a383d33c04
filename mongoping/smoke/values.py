"""Parse the values of expectations from text or TOML. Pure; ValueError describes valid values."""

from __future__ import annotations

from typing import Any

from mongoping.record import Record

TYPES = ("Single", "ReplicaSetWithPrimary", "ReplicaSetNoPrimary", "Sharded", "LoadBalanced")
TOPOLOGIES = ("standalone", "replica-set", "sharded", "load-balanced")
TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")
READ_CONCERNS = ("local", "available", "majority", "linearizable", "snapshot")
COMPARISONS = (">=", "<=", "==", "!=", ">", "<")
MAX_TEXT = 200  # of a value: nothing that fits is longer


def switch(raw: Any) -> bool:
    """Parse yes or no."""
    if isinstance(raw, bool):
        return raw
    text = str(raw).strip().lower()
    if text in ("yes", "true", "on", "1", ""):
        return True
    if text in ("no", "false", "off", "0"):
        return False
    raise ValueError("must be yes or no")


def number(raw: Any) -> float:
    """Parse a number that is not negative."""
    value = _number(raw)
    if value < 0:
        raise ValueError("must be a number, 0 or more")
    return value


def positive(raw: Any) -> float:
    """Parse a number above zero."""
    value = _number(raw)
    if value <= 0:
        raise ValueError("must be a number above zero")
    return value


def _number(raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        raise ValueError("must be a number")  # noqa: TRY004 - a value, to its writer
    try:
        value = float(raw)
    except ValueError:
        raise ValueError("must be a number without a unit") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("must be a finite number")
    return value


def word(raw: Any) -> str:
    """Parse a name."""
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError("say a name")
    if len(raw) > MAX_TEXT:
        raise ValueError(f"must be a name of at most {MAX_TEXT} characters")
    return raw.strip()


def at_database(raw: Any) -> tuple[str, ...]:
    """Parse a list of ``word@database``, or a comma-separated text of them."""
    items = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(items, (list, tuple)) or not items:
        raise ValueError("say a list, as readWrite@shop")
    databases = []
    for item in items:
        name, _, database = str(item).strip().partition("@")
        if not isinstance(item, str) or not name or not database:
            raise ValueError(
                f"{str(item)[:MAX_TEXT]!r} names no database: write it like readWrite@shop"
            )
        databases.append(f"{name}@{database}")
    return tuple(databases)


def topology(raw: Any) -> str:
    """Parse a type of deployment, by mongoping's or the driver's name."""
    if raw in TOPOLOGIES or raw in TYPES:
        return str(raw)
    raise _none_of(raw, TOPOLOGIES)


def tls_version(raw: Any) -> str:
    """Parse a version of TLS: ``1.2``, ``TLSv1.2``."""
    text = str(raw).strip().upper().removeprefix("TLS").removeprefix("V").strip()
    text = {"1": "1.0"}.get(text, text)
    if isinstance(raw, bool) or text not in TLS_VERSIONS:
        raise _none_of(raw, TLS_VERSIONS)
    return text


def read_concern(raw: Any) -> str:
    """Parse a level of read concern."""
    if raw in READ_CONCERNS:
        return str(raw)
    raise _none_of(raw, READ_CONCERNS)


def write_concern(raw: Any) -> str:
    """Parse ``majority``, a number of members, or the name of a custom write concern."""
    if isinstance(raw, bool) or not isinstance(raw, (int, str)) or not str(raw).strip():
        raise ValueError(
            "must be majority, a number of members, or the name of a write concern mode"
        )
    return str(raw).strip()[:MAX_TEXT]


def _none_of(raw: Any, allowed_words: tuple[str, ...]) -> ValueError:
    return ValueError(f"{str(raw)[:40]!r} must be one of {', '.join(allowed_words)}")


class Range(Record):
    """Comparisons that must all hold; versions are compared part by part."""

    text: str
    parts: tuple[tuple[str, tuple[int, ...]], ...]

    def holds(self, value: tuple[int, ...]) -> bool:
        """Return whether a value matches; ``==`` and ``!=`` compare only the given parts."""
        return all(_compare(sign, value, other) for sign, other in self.parts)

    def __str__(self) -> str:
        return self.text


def _compare(sign: str, value: tuple[int, ...], other: tuple[int, ...]) -> bool:
    if sign in ("==", "!="):
        same = (*value, 0, 0, 0)[: len(other)] == other
        return same if sign == "==" else not same
    size = max(len(value), len(other))
    padded_value = value + (0,) * (size - len(value))
    right = other + (0,) * (size - len(other))
    return {
        ">=": padded_value >= right,
        "<=": padded_value <= right,
        ">": padded_value > right,
        "<": padded_value < right,
    }[sign]


def version_range(raw: Any) -> Range:
    """Parse ``>=6.0,<8``; a version without a sign means its series."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        raise ValueError("must be a range of versions, such as >=6.0,<8")  # noqa: TRY004 - a value, to its writer
    return _range(str(raw), "must be a range of versions, such as >=6.0,<8")


def number_range(raw: Any) -> Range:
    """Parse a whole number or a range: ``3``, ``>=3``, ``>=3,<=7``."""
    if isinstance(raw, (bool, float)) or not isinstance(raw, (int, str)):
        raise ValueError("must be an integer or a range such as >=3")  # noqa: TRY004 - a value, to its writer
    result = _range(str(raw), "must be an integer or a range such as >=3")
    if any(len(parts) > 1 for _, parts in result.parts):
        raise ValueError("must be an integer or a range such as >=3")
    return result


def _range(text: str, hint: str) -> Range:
    if len(text) > MAX_TEXT:
        raise ValueError(hint)
    parts = []
    for piece in text.split(","):
        piece = piece.strip()
        sign = next((comparison for comparison in COMPARISONS if piece.startswith(comparison)), "")
        digits = piece.removeprefix(sign).strip().split(".")
        if not all(digit.isascii() and digit.isdigit() and len(digit) <= 9 for digit in digits):
            raise ValueError(f"{piece[:40]!r} is invalid; it {hint}")
        parts.append((sign or "==", tuple(int(digit) for digit in digits)))
    return Range(text.strip(), tuple(parts))
