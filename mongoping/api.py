"""The library API: what ``mongoping check`` does, as a function that prints nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, get_args

from mongoping import registry
from mongoping.settings import (
    CAP_S,
    CERTIFICATE_DAYS,
    CLOCK_SKEW_S,
    DEADLINE_S,
    LAG_S,
    PINGS,
    SLOW_PING_MS,
    SLOW_RESOLVER_MS,
    Preset,
    Settings,
)
from mongoping.uri.target import ParsedUri, parse

if TYPE_CHECKING:
    import asyncio

    from mongoping.atlas_api.credentials import ApiCredentials
    from mongoping.model import Check, Diagnosis, Evidence, Report, Result
    from mongoping.probe.os_errors import Limit
    from mongoping.runnable import RunnableCheck

NUMBERS = (
    "extension",
    "certificate_days",
    "clock_skew",
    "lag",
    "slow_resolver_ms",
    "slow_ping_ms",
)
"""Arguments of `diagnose` that are numbers from 0 on."""
Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


async def diagnose(
    uri: str,
    *,
    password: str | None = None,
    preset: Preset = "check",
    timeout: float = DEADLINE_S,
    extension: float = 0.0,
    cap: float = CAP_S,
    count: int = PINGS,
    resolver: str | None = None,
    stable_api: bool | None = None,
    api_version: str = "1",
    api_strict: bool = False,
    api_deprecation_errors: bool = False,
    certificate_days: int = CERTIFICATE_DAYS,
    clock_skew: float = CLOCK_SKEW_S,
    lag: float = LAG_S,
    slow_resolver_ms: float = SLOW_RESOLVER_MS,
    slow_ping_ms: float = SLOW_PING_MS,
    waterfall: bool = False,
    program: bool = False,
) -> Report:
    """Diagnose a deployment and return the report that ``mongoping check`` prints.

    Args:
        uri: The connection string.
        password: The password, if it is not part of ``uri``.
        preset: ``atlas`` declares the Stable API unless ``stable_api`` is False, and ``local``
            also looks for servers on other ports of this machine.
        timeout: Deadline of the run in seconds.
        extension: Seconds that slow name resolution, a slow import of PyMongo and stalls of this
            process may add to the deadline.
        cap: Seconds that one check may take.
        count: Number of pings.
        resolver: ``ADDRESS`` or ``ADDRESS:PORT`` of a name server. All name lookups of the
            process go through it during the run.
        stable_api: Whether the driver declares a version of the Stable API, as
            ``ServerApi("1")`` does; None for the default of the preset.
        api_version: The version that it declares.
        api_strict: Whether it declares ``strict``.
        api_deprecation_errors: Whether it declares ``deprecation_errors``.
        certificate_days: Warn of certificates that expire within this many days.
        clock_skew: Warn of clocks that differ by more seconds.
        lag: Warn of secondaries that are more seconds behind.
        slow_resolver_ms: Warn of name lookups that take longer, in milliseconds.
        slow_ping_ms: Warn of pings that take longer, in milliseconds.
        waterfall: Measure ``Report.waterfall``: how long each step to a first ping takes.
        program: Add ``Report.program``, a program for this deployment, if it is healthy.

    Everything that is wrong with the deployment or the connection string is in the report.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: A number is too small, ``preset`` or ``api_version`` is unknown, or
            ``resolver`` is not an IP address.
    """
    settings = Settings(
        preset=preset,
        deadline=timeout,
        extension=extension,
        cap=cap,
        count=count,
        stable_api=stable_api,
        api_version=api_version,
        api_strict=api_strict,
        api_deprecation_errors=api_deprecation_errors,
        resolver=resolver,
        certificate_days=certificate_days,
        clock_skew=clock_skew,
        lag=lag,
        slow_resolver_ms=slow_resolver_ms,
        slow_ping_ms=slow_ping_ms,
    )
    _require_valid(uri, password, settings)
    parsed_uri = parse(uri, password=password)
    _, report = await examine(parsed_uri, settings, waterfall=waterfall, program=program)
    return report


def _blocking(
    function: Callable[Arguments, Coroutine[Any, Any, Value]],
) -> Callable[Arguments, Value]:
    """Return a function with the same arguments that runs the coroutine to its end."""

    @functools.wraps(function)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Value:
        import asyncio

        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(function(*args, **kwargs))
        name = function.__name__
        raise RuntimeError(f"{name}_sync cannot run in an event loop: use 'await {name}(...)'")

    return call


diagnose_sync = _blocking(diagnose)
diagnose_sync.__name__ = diagnose_sync.__qualname__ = "diagnose_sync"
diagnose_sync.__doc__ = """Diagnose a deployment without an event loop: for scripts.

Takes the arguments of `diagnose`, and returns and raises the same. Raises RuntimeError in a
running event loop.
"""


def _require_valid(uri: str, password: str | None, settings: Settings) -> None:
    """Raise TypeError or ValueError for an argument of `diagnose` that makes no sense."""
    _require_text("uri", uri)
    if password is not None:
        _require_text("password", password)
    _require_above_zero("timeout", settings.deadline)
    for name in ("cap", "count"):
        _require_above_zero(name, getattr(settings, name))
    for name in NUMBERS:
        _require_number(name, getattr(settings, name))
    _require_one_of("preset", settings.preset, get_args(Preset))
    _require_one_of("api_version", settings.api_version, ("1",))
    if settings.resolver is not None:
        _require_resolver(settings.resolver)


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


def _require_number(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number, not {type(value).__name__}")
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} must be at least 0 and finite, not {value}")


def _require_one_of(name: str, value: object, names: Sequence[str]) -> None:
    _require_text(name, value)
    if value not in names:
        raise ValueError(f"{name} must be {' or '.join(map(repr, names))}, not {value!r}")


def _require_resolver(value: object) -> None:
    _require_text("resolver", value)
    from mongoping.probe.dns import parse_server

    try:
        parse_server(str(value))
    except ValueError as error:
        raise ValueError(f"resolver must be an IP address with an optional port: {error}") from None


async def examine(
    uri: ParsedUri,
    settings: Settings,
    *,
    progress: Callable[[Result], None] = lambda result: None,
    stop: asyncio.Event | None = None,
    further: Sequence[RunnableCheck] = (),
    waterfall: bool = False,
    program: bool = False,
    atlas: ApiCredentials | None = None,
) -> tuple[Evidence, Report]:
    """Gather evidence, diagnose it, and return it with the complete report.

    ``progress`` is called with each result. Setting ``stop`` interrupts the run. ``further``
    checks run in addition to the registered ones, and get no row in the report. ``atlas`` is the
    key with which to ask the API at ``settings.atlas_api_url``.
    """
    import asyncio

    from mongoping.diagnosis import diagnose as find_cause
    from mongoping.runner import gather

    stop = stop or asyncio.Event()
    checks = registry.checks()
    all_checks = (*checks, *further)
    evidence = await gather(uri, settings, all_checks, progress=progress, stop=stop, atlas=atlas)
    diagnosis = find_cause(evidence, registry.causes())
    report = complete(evidence, diagnosis, checks, uri, program=program)
    if waterfall and evidence.target is not None:
        from mongoping.waterfall.measure import measure

        report = report.replace(waterfall=await measure(uri, evidence, stop))
    return evidence, report


def complete(
    evidence: Evidence,
    diagnosis: Diagnosis,
    checks: Sequence[Check],
    uri: ParsedUri,
    *,
    program: bool = False,
) -> Report:
    """Return the report with its next steps and, on request, a program.

    Args:
        checks: The checks that get rows in the report.
        uri: The connection string.
        program: Whether to add a program for the deployment if it is healthy.
    """
    from mongoping import certainty, next_steps
    from mongoping.limits import add_limits
    from mongoping.report import build

    report = add_limits(build(evidence, diagnosis, checks, uri), evidence)
    report = certainty.with_notes(evidence, report)
    report = report.replace(next_steps=next_steps.next_steps(evidence, report))
    if evidence.settings.language is not None:
        from mongoping.reader_language import fit_remedies

        report = fit_remedies(report, evidence.settings.language)
    if program and report.verdict is None:
        report = report.replace(program=next_steps.program(evidence))
    return report


def report_limit(uri: ParsedUri, settings: Settings, limit: Limit) -> Report:
    """Return the report of a run that could not start because of a limit of this machine."""
    from mongoping.diagnosis import diagnose as find_cause
    from mongoping.model import Evidence, Failure, Result
    from mongoping.report import build
    from mongoping.tool_info import timestamp, tool_info

    failure = Failure(limit.kind, limit.message, errno=limit.name)
    result = Result("import", "compat", None, "failed", failure=failure)
    evidence = Evidence(uri.target, settings, (result,), started_at=timestamp(), tool=tool_info())
    return build(evidence, find_cause(evidence, registry.causes()), registry.checks(), uri)
