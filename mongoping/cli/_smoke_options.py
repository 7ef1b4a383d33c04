"""Read the options of ``smoke``: what to expect, how long to wait, and where to write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mongoping.smoke import expectations
from mongoping.smoke.waiting import Plan

if TYPE_CHECKING:
    from mongoping.smoke.expectations import Requirement


def plan_of(params: dict[str, Any], base: Plan) -> Plan:
    """Return the plan of a file, overridden by the command line."""
    stable, until = params["stable_for"], params["until"]
    return Plan(
        wait=base.wait if params["wait"] is None else params["wait"],
        until=base.until if until is None else until,
        stable=base.stable if stable is None else stable,
        keep=base.keep if params["keep_waiting"] is None else params["keep_waiting"],
    )


def check_write_place(text: str | None) -> str | None:
    """Return the value of ``--write-check``. Raises `click.UsageError` if it is not valid."""
    if text is not None:
        from mongoping.smoke.writing import place_of

        try:
            place_of(text)
        except ValueError as error:
            raise click.UsageError(f"--write-check {text}: {error}.") from None
    return text


def read_expectations(texts: Sequence[str]) -> tuple[Requirement, ...]:
    """Return the expectations of ``--expect NAME=VALUE``; the last one for a name wins."""
    requirements: dict[str, Requirement | None] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        name = name.strip()
        if name not in expectations.kinds():
            raise click.UsageError(f"--expect {text}: {no_expectation(name)}")
        kind = expectations.kinds()[name]
        if not sign and kind.form != "yes":
            raise click.UsageError(f"--expect {name} needs a value: write {name}={kind.form}.")
        try:
            requirements[name] = expectations.requirement_of(name, value)
        except ValueError as error:
            raise click.UsageError(f"--expect {text}: {error}.") from None
    return tuple(expectation for expectation in requirements.values() if expectation is not None)


def no_expectation(name: str) -> str:
    """Return the error for an unknown expectation, with the nearest name."""
    from mongoping.cli._nearest import nearest

    kinds = expectations.kinds()
    near = nearest(name, kinds, 1)
    hint = f"did you mean {near[0]}?" if near else f"use one of: {', '.join(kinds)}."
    return f"there is no such expectation; {hint}"


def expect_help() -> str:
    """Return all expectations, one per line."""
    rows = [(f"{kind.name}={kind.form}", kind.summary) for kind in expectations.KINDS]
    width = max(len(label) for label, _ in rows) + 2
    return "\n".join(f"{label.ljust(width)}{right}" for label, right in rows)
