"""mongoping: names the one cause when a program cannot connect to MongoDB.

The public API is what this module exports::

    from mongoping import diagnose

    report = await diagnose("mongodb://localhost:27017", timeout=5.0)
    print(report.status, report.verdict)

Everything is loaded when it is first used, so that importing mongoping costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # not imported from typing, which a file of the user may hide
if TYPE_CHECKING:
    from typing import Any

    from mongoping.api import diagnose
    from mongoping.explaining import Explanation, explain
    from mongoping.model import Finding, Latency, LayerReport, Member, Report, Topology, Verdict

__all__ = [
    "Explanation",
    "Finding",
    "Latency",
    "LayerReport",
    "Member",
    "Report",
    "Topology",
    "Verdict",
    "__version__",
    "diagnose",
    "explain",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'mongoping' has no attribute {name!r}")
    import importlib

    homes = {"diagnose": "api", "explain": "explaining", "Explanation": "explaining"}
    home = importlib.import_module(f"mongoping.{homes.get(name, 'model')}")
    return getattr(home, name)
