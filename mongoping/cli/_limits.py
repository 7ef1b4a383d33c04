"""The options ``--warning`` and ``--critical``: limits for the figures of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mongoping.limits import KINDS, limit_text, pings_of
from mongoping.settings import Limit
from mongoping.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.settings import Settings

MAX_DAYS = 100_000


def with_limits(settings: Settings, params: dict[str, Any]) -> Settings:
    """Return the settings with the limits that the user set. Raises `click.UsageError`.

    The catalog warns of certificates and lag by itself, so a limit for a warning replaces its
    threshold, unless an option sets that.
    """
    limits = (
        *_read("--warning", params.get("warning") or ()),
        *_read("--critical", params.get("critical") or ()),
    )
    _require_order(limits)
    changes: dict[str, Any] = {}
    warnings = {limit.name: limit.value for limit in limits if not limit.critical}
    if "certificate-days" in warnings and _is_default("certificate_days"):
        changes["certificate_days"] = warnings["certificate-days"]
    if "lag" in warnings and _is_default("max_lag"):
        changes["lag"] = warnings["lag"]
    count = max(settings.count, pings_of(limits))
    return settings.replace(limits=limits, count=count, **changes)


def _is_default(name: str) -> bool:
    """Return whether an option was left at its default."""
    ctx = click.get_current_context(silent=True)
    source = None if ctx is None else ctx.get_parameter_source(name)
    return source is None or source.name in ("DEFAULT", "DEFAULT_MAP")


def _read(option: str, texts: Sequence[str]) -> list[Limit]:
    """Return the limits in ``p95=50ms,lag=10s``. Raises `click.UsageError`."""
    limits: dict[str, Limit] = {}
    for part in (part.strip() for text in texts for part in text.split(",")):
        limit = _limit(option, part)
        if limit.name in limits:
            raise click.UsageError(f"{option} sets {limit.name} twice: remove one.")
        limits[limit.name] = limit
    return list(limits.values())


def _limit(option: str, text: str) -> Limit:
    name, equals, value = text.partition("=")
    if not equals or not value:
        raise click.UsageError(
            f"{option} {text}: write a figure and its limit, such as p95=50ms or "
            "certificate-days=21."
        )
    if name not in KINDS:
        from mongoping.cli._nearest import nearest

        near = nearest(name, KINDS, 1)
        hint = f"Did you mean {near[0]}?" if near else f"Use one of: {', '.join(KINDS)}."
        raise click.UsageError(f"{option} {text}: there is no figure {name!r}. {hint}")
    read = _days if name == "certificate-days" else _seconds
    try:
        return Limit(name, option == "--critical", read(value))
    except ValueError as error:
        raise click.UsageError(f"{option} {text}: {error}") from None


def _days(text: str) -> float:
    digits = text.strip().lower().removesuffix("d")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 6 or int(digits) > MAX_DAYS:
        raise ValueError(f"{text!r} is not a number of days: write it like 21.")
    return float(digits)


def _seconds(text: str) -> float:
    if text[-1:].isdigit():
        raise ValueError(f"{text!r} has no unit: write {text}ms or {text}s.")
    seconds = parse_duration(text)
    if not seconds:
        raise ValueError("the limit must be more than 0.")
    return seconds


def _require_order(limits: Sequence[Limit]) -> None:
    """Raise `click.UsageError` for a warning that could never come before the failure."""
    critical = {limit.name: limit.value for limit in limits if limit.critical}
    for limit in limits:
        other = critical.get(limit.name)
        if limit.critical or other is None:
            continue
        minimum = KINDS[limit.name].minimum
        if (limit.value <= other) if minimum else (limit.value >= other):
            word = "more" if minimum else "less"
            raise click.UsageError(
                f"The limit for a warning of {limit.name} ({limit_text(limit.name, limit.value)}) "
                f"must be {word} than the critical one ({limit_text(limit.name, other)}): "
                "exchange them."
            )
