"""Compare what the health probe says about a fault with the fault's cause.

A probe may know less than `check`, which opens further connections. It must not contradict it:
its cause is the same, or a more general one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mongoping import registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from mongoping.sandbox.fault import Fault, FaultKind
    from tests.conftest import Run

LAYERS = ("uri", "dns", "tcp", "tls", "hello", "topology", "atlas")
LOWER = ("uri", "dns", "tcp", "tls", "hello")
OPTIONS = ("--resolver", "--tlsCAFile", "--timeout")
LATER = {"hello.too-many-connections:later"}  # seen only on connections after the first


def can_probe(kind: FaultKind, fault: Fault) -> bool:
    """Return whether a probe can see this fault, and has the options that it needs."""
    return (
        kind.code.partition(".")[0] in LAYERS
        and kind.preset in ("check", "atlas", "local")
        and kind.code not in LATER
        and not any(arg.startswith("--") and arg not in OPTIONS for arg in fault.args)
    )


def require_agreement(
    kind: FaultKind, fault: Fault, run_mongoping: Callable[..., Run], timeout_s: str
) -> None:
    """Run the probe and require that its cause does not contradict the fault's."""
    timeout_args = () if "--timeout" in fault.args else ("--timeout", timeout_s)
    args = (*fault.args, *timeout_args, "--until", "primary", "--format", "json")
    run = run_mongoping("smoke", "--probe", fault.uri, *args, env=fault.env)
    assert run.code != 70, run.err
    verdict = run.json["verdict"]
    if verdict is None:
        assert kind.warning or fault.cause.partition(".")[0] not in LOWER
    else:
        assert says(fault.cause, verdict), (verdict["cause"], verdict["evidence"])


def says(cause: str, verdict: dict[str, Any]) -> bool:
    """Return whether a verdict names a cause, or a more general one."""
    code = str(verdict["cause"])
    entry = registry.cause(code)
    return (
        code == cause
        or code.endswith(".unexplained")
        or cause in [other["cause"] for other in verdict["alternatives"]]
        or (entry is not None and cause in entry.hidden_by)
    )
