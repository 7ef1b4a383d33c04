"""Collect the targets of a smoke test: from the command line or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mongoping.cli import _smoke_config
from mongoping.cli._smoke_options import check_write_place, plan_of, read_expectations
from mongoping.cli._targets import is_name, resolve
from mongoping.smoke.depth import LAYERS_OF
from mongoping.smoke.targets import PARALLEL, Batch, Smoke
from mongoping.smoke.waiting import Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mongoping.cli._settings import Options
    from mongoping.cli._smoke_config import Incomplete


def targets(
    uris: Sequence[str],
    params: dict[str, Any],
    options: Options,
    incomplete: Incomplete | None = None,
) -> Batch:
    """Return all targets of this run. Raises `click.UsageError` before any traffic.

    With ``incomplete``, targets of a file that lack something are added to it instead.
    """
    batch = _batch(uris, params, options, incomplete)
    for target in batch.targets:
        if target.settings.python is not None and target.depth in LAYERS_OF:
            name = f"{target.name}: " if target.name else ""
            raise click.UsageError(
                f"{name}--python needs a login, which --until {target.depth} leaves out: "
                "add --until auth."
            )
    return batch


def _batch(
    uris: Sequence[str],
    params: dict[str, Any],
    options: Options,
    incomplete: Incomplete | None,
) -> Batch:
    names = [uri[1:] for uri in uris if is_name(uri)]
    if len(names) == len(uris) and not options.target.names_target:
        names += params["target"]
    elif names or params["target"] or params["config"]:
        raise click.UsageError("Give connection strings or targets of a file, not both.")
    else:
        return Batch(_of_strings(uris, params, options), params["parallel"] or PARALLEL)
    return _smoke_config.of_file(params, options, names, incomplete) or Batch(
        _of_strings((), params, options), params["parallel"] or PARALLEL
    )


def _of_strings(uris: Sequence[str], params: dict[str, Any], options: Options) -> tuple[Smoke, ...]:
    plan, expectations = plan_of(params, Plan()), read_expectations(params["expect"])
    texts: Sequence[str | None] = uris or (None,)
    if len(texts) > 1 and options.target.uri_file is not None:
        raise click.UsageError(
            "Give the connection string only once: as an argument or with --uri-file."
        )
    place = check_write_place(params["write_check"])
    return tuple(
        Smoke(
            resolve(text, options.target),
            options.settings,
            plan,
            expectations,
            place,
        )
        for text in texts
    )


def listing(every: Sequence[Smoke], incomplete: Incomplete) -> str:
    """Return what would be checked, and what targets lack, for --dry-run."""
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
        if target.settings.python is not None:
            rows.append(printable(f"  connect with {target.settings.python.path} too"))
        rows += [
            printable(
                f"  expect {expectation.kind.name}: {expectation.kind.show(expectation.value)}"
            )
            for expectation in target.wanted
        ]
        if target.write_check:
            rows.append(printable(f"  write, read and delete one document in {target.write_check}"))
    for name, reason in incomplete:
        rows += [f"{printable(name)}: cannot be checked", f"  {printable(reason)}"]
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
