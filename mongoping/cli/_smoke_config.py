"""Create the targets of a smoke test from the configuration file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mongoping.cli import _config
from mongoping.cli._smoke_options import check_write_place, plan_of, read_expectations
from mongoping.cli._targets import configured, parse_located
from mongoping.smoke.targets import PARALLEL, Batch, Smoke
from mongoping.smoke.waiting import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mongoping.cli._settings import Options
    from mongoping.smoke.references import ConfiguredTarget

    Incomplete = list[tuple[str, str]]  # the names of targets, and what each of them lacks


def of_file(
    given: dict[str, Any],
    options: Options,
    names: Sequence[str],
    incomplete: Incomplete | None = None,
) -> Batch | None:
    """Return the targets of the file, or None without a file. Raises `click.UsageError`.

    With ``names``, return only these; they may also be in the user's own file. With
    ``incomplete``, targets whose connection string or password is not available are added to it
    with the reason, and left out of the result.
    """
    path = given["config"]
    if names:
        chosen = [_config.find(name, path) for name in dict.fromkeys(names)]
    else:
        chosen = _config.project_targets(path)
        _config.require_valid(chosen)
    if not chosen:
        return None
    found = []
    for target in chosen:
        try:
            found.append(_target(target, given, options))
        except click.UsageError as error:
            if incomplete is None:
                raise
            incomplete.append((target.section.name, error.message))
    parallel = given["parallel"] or chosen[0].config.values.get("parallel")
    return Batch(tuple(found), parallel or PARALLEL)


def _target(found: ConfiguredTarget, given: Mapping[str, Any], options: Options) -> Smoke:
    """Return a target of the file, with the options of the command line taking precedence."""
    values = found.section.values
    plan = Plan(
        wait=values.get("wait", 0.0),
        until=values.get("until"),
        stable=values.get("stable-for", 0.0),
        keep=values.get("keep-waiting", False),
    )
    over = {wanted.kind.name: wanted for wanted in read_expectations(given["expect"])}
    every = {wanted.kind.name: wanted for wanted in found.section.wanted} | over
    located = _config.locate(found)
    return Smoke(
        parsed=parse_located(located, options.target),
        settings=configured(options.settings, located.values),
        plan=plan_of(dict(given), plan),
        wanted=tuple(every.values()),
        write_check=check_write_place(given["write_check"]) or values.get("write-check"),
        name=found.section.name,
    )
