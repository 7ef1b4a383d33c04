"""Describe checks that mongoping's own limits stopped: what they waited for, and how long. Pure.

A limit of mongoping (the deadline of a run, the limit of a check, a machine too busy to serve
its sockets) is no evidence about the deployment, so mongoping concludes nothing from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mongoping.model import Check, Failure, Match
from mongoping.record import NOTHING

KIND: Final = "unfinished"
"""`Failure.kind` of a check that was stopped before its answer was overdue."""

TITLE = "This run ended before the {layer} check was finished"
EXPLANATION = (
    "mongoping stopped waiting because of a limit of its own. That says nothing about the "
    "deployment: the driver may wait longer and connect."
)
BUSY = (
    "This machine was too busy to process its connections in time. That says nothing about the "
    "deployment."
)
MORE_TIME = "Allow the run more time: mongoping check URI --timeout {seconds:.0f}"
LESS_LOAD = "Run it again when this machine is less busy."


def failure(
    check: Check,
    waited_s: float,
    options: Mapping[str, Any],
    known_facts: Mapping[str, Any] = NOTHING,
    *,
    busy: bool = False,
) -> Failure:
    """Return the failure of a check that was stopped after ``waited_s`` seconds.

    ``options`` are those of the connection string, which may set the driver's limit. ``busy``
    states that this machine stalled. ``known_facts`` are further facts to keep.
    """
    option, seconds = check.driver_waits
    own = options.get(option)
    if isinstance(own, (int, float)) and own > 0:
        seconds = own / 1000
    message = f"no {check.waits_for} within {waited_s:.1f} s in this run"
    if busy:
        message += "; this machine was too busy to process its connections"
    elif seconds is not None:
        message += f"; PyMongo waits up to {seconds:g} s ({option})"
    elif option:
        message += f"; PyMongo waits as long as {option}"
    facts = {
        **known_facts,
        "waiting_for": check.waits_for,
        "waited_s": round(waited_s, 1),
        "driver_waits_s": seconds,
        "busy": busy,
    }
    return Failure(KIND, message, facts=facts)


def match(layer: str, detail: str, deadline_s: float, *, busy: bool = False) -> Match:
    """Return the match that reports a check as unfinished."""
    return Match(
        detail,
        (LESS_LOAD,) if busy else (MORE_TIME.format(seconds=max(30.0, 3 * deadline_s)),),
        title=TITLE.format(layer=layer),
        explanation=BUSY if busy else EXPLANATION,
        inconclusive=True,
    )
