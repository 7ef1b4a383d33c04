"""How deep to look at a deployment that is one of many: ``--module hello|auth|full``.

* ``hello``: look up, connect, handshake, and send hello to every host. The driver is not used.
* ``auth``: also let the driver discover the deployment and log in.
* ``full``: everything that ``check`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from mongoping import registry

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from mongoping.model import Diagnosis, Evidence, Report
    from mongoping.runnable import RunnableCheck
    from mongoping.settings import Settings
    from mongoping.uri.target import ParsedUri

Module = Literal["hello", "auth", "full"]
MODULES: tuple[Module, ...] = get_args(Module)
HELLO_LAYERS = ("uri", "dns", "tcp", "tls", "hello")
BEYOND_LOGIN = ("ping", "members", "set-status", "compat")
"""Checks that ``auth`` leaves out: they look at a deployment in which the login works."""


def checks_of(module: Module, checks: Sequence[RunnableCheck]) -> tuple[RunnableCheck, ...]:
    """Return the checks that a module runs, in their order."""
    if module == "hello":
        return tuple(check for check in checks if check.layer in HELLO_LAYERS)
    if module == "auth":
        return tuple(check for check in checks if check.name not in BEYOND_LOGIN)
    return tuple(checks)


def diagnosis_of(evidence: Evidence, module: Module) -> Diagnosis:
    """Return the diagnosis; with ``hello``, errors of other layers are warnings."""
    from mongoping.diagnosis import diagnose
    from mongoping.smoke.depth import judge

    diagnosis = diagnose(evidence, registry.causes())
    if module == "hello":
        return judge(evidence, diagnosis, "hello", registry.cause)
    return diagnosis


async def examine(
    uri: ParsedUri,
    settings: Settings,
    module: Module = "full",
    *,
    stop: asyncio.Event | None = None,
) -> tuple[Evidence, Report]:
    """Look at a deployment as deep as the module, and return the evidence and the report.

    ``stop`` interrupts the run. The report has a row only for what the module looks at.
    """
    import asyncio

    from mongoping.api import complete
    from mongoping.runner import gather

    checks = checks_of(module, registry.checks())
    evidence = await gather(uri, settings, checks, stop=stop or asyncio.Event())
    return evidence, complete(evidence, diagnosis_of(evidence, module), checks, uri)
