"""The values of expectations, read from text or TOML. Pure; ValueError says what would do."""

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
    """Yes or no."""
    if isinstance(raw, bool):
        return raw
    text = str(raw).strip().lower()
    if text in ("yes", "true", "on", "1", ""):
        return True
    if text in ("no", "false", "off", "0"):
        return False
    raise ValueError("say yes or no")


def number(raw: Any) -> float:
    """Parse a number that is not negative."""
    value = _number(raw)
    if value < 0:
        raise ValueError("say a number that is not negative")
    return value


def positive(raw: Any) -> float:
    """Parse a number above zero."""
    value = _number(raw)
    if value <= 0:
        raise ValueError("say a number above zero")
    return value


def _number(raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        raise ValueError("say a number")  # noqa: TRY004 - a value, to its writer
    try:
        value = float(raw)
    except ValueError:
        raise ValueError("say a number, without a unit") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("say a finite number")
    return value


def word(raw: Any) -> str:
    """One word of text."""
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError("say a name")
    if len(raw) > MAX_TEXT:
        raise ValueError(f"say a name of at most {MAX_TEXT} characters")
    return raw.strip()


def at_database(raw: Any) -> tuple[str, ...]:
    """Parse a list of ``word@database``, or a comma-separated text of them."""
    items = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(items, (list, tuple)) or not items:
        raise ValueError("say a list, as readWrite@shop")
    found = []
    for item in items:
        name, _, database = str(item).strip().partition("@")
        if not isinstance(item, str) or not name or not database:
            raise ValueError(
                f"{str(item)[:MAX_TEXT]!r} names no database: say it as readWrite@shop"
            )
        found.append(f"{name}@{database}")
    return tuple(found)


def topology(raw: Any) -> str:
    """Parse a type of deployment, in our words or in the driver's."""
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
    """``majority``, a number of members, or the name of a custom one."""
    if isinstance(raw, bool) or not isinstance(raw, (int, str)) or not str(raw).strip():
        raise ValueError("say majority, a number of members, or the name of a write concern")
    return str(raw).strip()[:MAX_TEXT]


def _none_of(raw: Any, allowed: tuple[str, ...]) -> ValueError:
    return ValueError(f"{str(raw)[:40]!r} is none of {', '.join(allowed)}")


class Range(Record):
    """Comparisons that all have to hold, with numbers part by part."""

    text: str
    parts: tuple[tuple[str, tuple[int, ...]], ...]

    def holds(self, value: tuple[int, ...]) -> bool:
        """Whether the value fits; ``==`` and ``!=`` compare as many parts as they name."""
        return all(_compare(sign, value, other) for sign, other in self.parts)

    def __str__(self) -> str:
        return self.text


def _compare(sign: str, value: tuple[int, ...], other: tuple[int, ...]) -> bool:
    if sign in ("==", "!="):
        same = (*value, 0, 0, 0)[: len(other)] == other
        return same if sign == "==" else not same
    size = max(len(value), len(other))
    one = value + (0,) * (size - len(value))
    two = other + (0,) * (size - len(other))
    return {">=": one >= two, "<=": one <= two, ">": one > two, "<": one < two}[sign]


def version_range(raw: Any) -> Range:
    """``>=6.0,<8``; a version alone stands for all of its series."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        raise ValueError("say a range of versions, as >=6.0,<8")  # noqa: TRY004 - a value, to its writer
    return _range(str(raw), "say a range of versions, as >=6.0,<8")


def number_range(raw: Any) -> Range:
    """Parse a whole number or a range: ``3``, ``>=3``, ``>=3,<=7``."""
    if isinstance(raw, (bool, float)) or not isinstance(raw, (int, str)):
        raise ValueError("say a whole number, or a range as >=3")  # noqa: TRY004 - a value, to its writer
    found = _range(str(raw), "say a whole number, or a range as >=3")
    if any(len(parts) > 1 for _, parts in found.parts):
        raise ValueError("say a whole number, or a range as >=3")
    return found


def _range(text: str, hint: str) -> Range:
    if len(text) > MAX_TEXT:
        raise ValueError(hint)
    parts = []
    for piece in text.split(","):
        piece = piece.strip()
        sign = next((comparison for comparison in COMPARISONS if piece.startswith(comparison)), "")
        digits = piece.removeprefix(sign).strip().split(".")
        if not all(digit.isascii() and digit.isdigit() and len(digit) <= 9 for digit in digits):
            raise ValueError(f"{piece[:40]!r} cannot be read: {hint}")
        parts.append((sign or "==", tuple(int(digit) for digit in digits)))
    return Range(text.strip(), tuple(parts))
