"""The library: what ``mongoping check`` does, without a process and without printing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mongoping import registry
from mongoping.settings import Settings
from mongoping.uri.target import Parsed, parse

if TYPE_CHECKING:
    import asyncio

    from mongoping.model import Check, Evidence, Report, Result
    from mongoping.probe.os_errors import Limit


async def diagnose(
    uri: str,
    *,
    timeout: float = 10.0,
    stable_api: bool | None = None,
    password: str | None = None,
    **settings: Any,
) -> Report:
    """Diagnose the deployment that ``uri`` names, layer by layer, and return the report.

    ``timeout`` is the deadline of the whole run in seconds. ``stable_api`` declares
    version "1" of the Stable API, as ``ServerApi("1")`` does. ``password`` may come apart
    from the string. Further keyword arguments are fields of `mongoping.settings.Settings`.

    Whatever is wrong with the deployment or with the string is in the report. TypeError is
    raised for a setting that does not exist and for a value of the wrong type, ValueError for
    one out of range: a time or count that is not above 0, or a ``resolver`` that is no IP
    address with or without a port. With ``resolver`` set, name lookups of the
    whole process go through that server while this runs.
    """
    _text("uri", uri)
    if password is not None:
        _text("password", password)
    _above_zero("timeout", timeout)
    for name in ("cap", "count"):
        if name in settings:
            _above_zero(name, settings[name])
    if settings.get("resolver") is not None:
        _resolver(settings["resolver"])
    chosen = Settings(deadline=timeout, stable_api=stable_api, **settings)
    _, report = await examine(parse(uri, password=password), chosen)
    return report


def _text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")


def _above_zero(name: str, value: object) -> None:
    kinds = (int,) if name == "count" else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        kind = "an int" if name == "count" else "a number of seconds"
        raise TypeError(f"{name} must be {kind}, not {type(value).__name__}")
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} must be more than 0 and finite, not {value}")


def _resolver(value: object) -> None:
    _text("resolver", value)
    from mongoping.probe.dns import parse_server

    try:
        parse_server(str(value))
    except ValueError as error:
        raise ValueError(f"resolver must be an IP address, alone or with a port: {error}") from None


async def examine(
    parsed: Parsed,
    settings: Settings,
    *,
    progress: Callable[[Result], None] = lambda result: None,
    stop: asyncio.Event | None = None,
    further: Sequence[Check] = (),
) -> tuple[Evidence, Report]:
    """Gather evidence, weigh it, and write the report: the whole flow in three steps.

    ``further`` checks run beside all others; they are no rows of the report's layers.
    """
    from mongoping.diagnosis import diagnose as weigh
    from mongoping.next_steps import next_steps
    from mongoping.report import build
    from mongoping.runner import gather

    checks = registry.checks()
    every = (*checks, *further)
    evidence = await gather(parsed, settings, every, progress=progress, stop=stop)
    diagnosis = weigh(evidence, registry.causes())
    report = build(evidence, diagnosis, checks, parsed.shown)
    return evidence, report.replace(next_steps=next_steps(evidence, report))


def report_limit(parsed: Parsed, settings: Settings, limit: Limit) -> Report:
    """Return the report of a run that a limit of this machine kept from starting."""
    from mongoping.diagnosis import diagnose as weigh
    from mongoping.model import Evidence, Failure, Result
    from mongoping.report import build

    failure = Failure(limit.kind, limit.message, errno=limit.name)
    result = Result("import", "compat", None, "failed", failure=failure)
    evidence = Evidence(parsed.target, settings, (result,))
    return build(evidence, weigh(evidence, registry.causes()), registry.checks(), parsed.shown)
