"""The library API: what ``mongoping check`` does, as a function that prints nothing."""

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

    Problems of the deployment and of the connection string are in the report; they raise
    nothing. With ``resolver`` set, all name lookups of this process go through that server
    while the diagnosis runs.

    Args:
        uri: the connection string.
        timeout: the deadline of the whole run, in seconds.
        stable_api: declare version "1" of the Stable API, as ``ServerApi("1")`` does.
        password: the password, if the connection string does not contain it.
        **settings: fields of `mongoping.settings.Settings`.

    Raises:
        TypeError: for an unknown setting, or a value of the wrong type.
        ValueError: for a time or count that is not above 0, or a ``resolver`` that is not an
            IP address with an optional port.
    """
    _require_text("uri", uri)
    if password is not None:
        _require_text("password", password)
    _require_above_zero("timeout", timeout)
    for name in ("cap", "count"):
        if name in settings:
            _require_above_zero(name, settings[name])
    if settings.get("resolver") is not None:
        _require_resolver(settings["resolver"])
    chosen = Settings(deadline=timeout, stable_api=stable_api, **settings)
    _, report = await examine(parse(uri, password=password), chosen)
    return report


def _require_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")


def _require_above_zero(name: str, value: object) -> None:
    kinds = (int,) if name == "count" else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        kind = "an int" if name == "count" else "a number of seconds"
        raise TypeError(f"{name} must be {kind}, not {type(value).__name__}")
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} must be more than 0 and finite, not {value}")


def _require_resolver(value: object) -> None:
    _require_text("resolver", value)
    from mongoping.probe.dns import parse_server

    try:
        parse_server(str(value))
    except ValueError as error:
        raise ValueError(f"resolver must be an IP address with an optional port: {error}") from None


async def examine(
    parsed: Parsed,
    settings: Settings,
    *,
    progress: Callable[[Result], None] = lambda result: None,
    stop: asyncio.Event | None = None,
    further: Sequence[Check] = (),
) -> tuple[Evidence, Report]:
    """Gather evidence, diagnose it, and return it with the report.

    ``progress`` is called with each result. Setting ``stop`` interrupts the run. ``further``
    checks run in addition to the registered ones, and get no row in the report.
    """
    from mongoping.diagnosis import diagnose as find_cause
    from mongoping.next_steps import next_steps
    from mongoping.report import build
    from mongoping.runner import gather

    checks = registry.checks()
    all_checks = (*checks, *further)
    evidence = await gather(parsed, settings, all_checks, progress=progress, stop=stop)
    diagnosis = find_cause(evidence, registry.causes())
    report = build(evidence, diagnosis, checks, parsed.shown)
    return evidence, report.replace(next_steps=next_steps(evidence, report))


def report_limit(parsed: Parsed, settings: Settings, limit: Limit) -> Report:
    """Return the report of a run that could not start because of a limit of this machine."""
    from mongoping.diagnosis import diagnose as find_cause
    from mongoping.model import Evidence, Failure, Result
    from mongoping.report import build

    failure = Failure(limit.kind, limit.message, errno=limit.name)
    result = Result("import", "compat", None, "failed", failure=failure)
    evidence = Evidence(parsed.target, settings, (result,))
    return build(evidence, find_cause(evidence, registry.causes()), registry.checks(), parsed.shown)
