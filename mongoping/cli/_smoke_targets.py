"""Collect the targets of a smoke test: from the command line or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mongoping.cli._targets import is_name, resolve
from mongoping.record import Record
from mongoping.smoke import expectations
from mongoping.smoke.targets import PARALLEL, Smoke
from mongoping.smoke.waiting import Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.cli._settings import Options
    from mongoping.smoke.expectations import Wanted


class Found(Record):
    """The targets, and how many of them run at once."""

    targets: tuple[Smoke, ...]
    parallel: int


def targets(uris: Sequence[str], given: dict[str, Any], options: Options) -> Found:
    """Return all targets of this run. Raises `click.UsageError` before any traffic."""
    names = [uri[1:] for uri in uris if is_name(uri)]
    if len(names) == len(uris) and not options.target.names_target:
        names += given["target"]
    elif names or given["target"] or given["config"]:
        raise click.UsageError("Give connection strings or targets of a file, not both.")
    else:
        return Found(_of_strings(uris, given, options), given["parallel"] or PARALLEL)
    from mongoping.cli._smoke_config import of_file

    return of_file(given, options, names) or Found(
        _of_strings((), given, options), given["parallel"] or PARALLEL
    )


def _of_strings(uris: Sequence[str], given: dict[str, Any], options: Options) -> tuple[Smoke, ...]:
    plan, wanted = plan_of(given, Plan()), read_expectations(given["expect"])
    texts: Sequence[str | None] = uris or (None,)
    if len(texts) > 1 and options.target.uri_file is not None:
        raise click.UsageError(
            "Give the connection string only once: as an argument or with --uri-file."
        )
    place = check_write_place(given["write_check"])
    return tuple(
        Smoke(
            resolve(text, options.target),
            options.settings,
            plan,
            wanted,
            place,
        )
        for text in texts
    )


def plan_of(given: dict[str, Any], base: Plan) -> Plan:
    """Return the plan of a file, overridden by the command line."""
    stable, until = given["stable_for"], given["until"]
    return Plan(
        wait=base.wait if given["wait"] is None else given["wait"],
        until=base.until if until is None else until,
        stable=base.stable if stable is None else stable,
        keep=base.keep if given["keep_waiting"] is None else given["keep_waiting"],
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


def read_expectations(texts: Sequence[str]) -> tuple[Wanted, ...]:
    """Return the expectations of ``--expect NAME=VALUE``; the last one for a name wins."""
    found: dict[str, Wanted | None] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        name = name.strip()
        if name not in expectations.kinds():
            raise click.UsageError(f"--expect {text}: {no_expectation(name)}")
        kind = expectations.kinds()[name]
        if not sign and kind.form != "yes":
            raise click.UsageError(f"--expect {name} needs a value: write {name}={kind.form}.")
        try:
            found[name] = expectations.wanted(name, value)
        except ValueError as error:
            raise click.UsageError(f"--expect {text}: {error}.") from None
    return tuple(expectation for expectation in found.values() if expectation is not None)


def no_expectation(name: str) -> str:
    """Return the error for an unknown expectation, with the nearest name."""
    from mongoping.cli._nearest import nearest

    known = expectations.kinds()
    near = nearest(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"use one of: {', '.join(known)}."
    return f"there is no expectation {name[:40]!r}: {hint}"


def expect_help() -> str:
    """Return all expectations, one per line."""
    rows = [(f"{kind.name}={kind.form}", kind.summary) for kind in expectations.KINDS]
    width = max(len(left) for left, _ in rows) + 2
    return "\n".join(f"{left.ljust(width)}{right}" for left, right in rows)


def listing(every: Sequence[Smoke]) -> str:
    """Return what would be checked, for --dry-run."""
    from mongoping.escape import printable

    rows: list[str] = []
    for target in every:
        rows.append(
            printable(
                f"{target.name}: {target.parsed.shown}" if target.name else target.parsed.shown
            )
        )
        if target.parsed.problem is not None:
            rows.append(
                f"  {printable(target.parsed.problem.detail)}  [{target.parsed.problem.cause}]"
            )
        rows += [f"  {line}" for line in _plan_lines(target)]
        rows += [
            printable(f"  expect {wanted.kind.name}: {wanted.kind.show(wanted.value)}")
            for wanted in target.wanted
        ]
        if target.write_check:
            rows.append(printable(f"  write, read and delete one document in {target.write_check}"))
    return "\n".join(rows)


def _plan_lines(smoke: Smoke) -> list[str]:
    plan = smoke.plan
    depth = f"until {plan.until}" if plan.until else "until healthy"
    waits = f"wait for up to {plan.wait:g} s, {depth}" if plan.wait else f"do not wait; {depth}"
    lines = [waits]
    if plan.stable:
        lines.append(f"stable for {plan.stable:g} s")
    if plan.keep:
        lines.append("keep waiting even if waiting cannot help")
    return lines
