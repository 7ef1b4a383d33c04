"""Find out why a program cannot connect to MongoDB, and what to do about it.

The names that this module exports are the public API::

    from mongoping import diagnose

    report = await diagnose("mongodb://localhost:27017", timeout=5.0)
    print(report.status, report.verdict)

Each name is imported when it is first used, so that importing mongoping itself is cheap.
"""

from __future__ import annotations

TYPE_CHECKING = False  # not imported from typing: a file of the user may shadow that module
if TYPE_CHECKING:
    from typing import Any

    from mongoping.api import diagnose, diagnose_sync
    from mongoping.explaining import Explanation, explain
    from mongoping.model import (
        Alternative,
        Finding,
        Latency,
        LayerReport,
        Member,
        Remedy,
        Report,
        Topology,
        Vantage,
        Verdict,
    )

__all__ = [
    "Alternative",
    "Explanation",
    "Finding",
    "Latency",
    "LayerReport",
    "Member",
    "Remedy",
    "Report",
    "Topology",
    "Vantage",
    "Verdict",
    "__version__",
    "diagnose",
    "diagnose_sync",
    "explain",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'mongoping' has no attribute {name!r}")
    import importlib

    modules = {
        "__version__": "_version",
        "diagnose": "api",
        "diagnose_sync": "api",
        "explain": "explaining",
        "Explanation": "explaining",
    }
    module = importlib.import_module(f"mongoping.{modules.get(name, 'model')}")
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
