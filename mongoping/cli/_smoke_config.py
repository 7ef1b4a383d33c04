"""Create the targets of a smoke test from the configuration file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mongoping.cli import _config
from mongoping.cli._smoke_options import check_write_place, plan_of, read_expectations
from mongoping.cli._targets import parse_located, with_configured_settings
from mongoping.smoke.targets import PARALLEL, Batch, Smoke
from mongoping.smoke.waiting import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mongoping.cli._settings import Options
    from mongoping.smoke.references import ConfiguredTarget

    Incomplete = list[tuple[str, str]]  # the names of targets, and what each of them lacks


def of_file(
    params: dict[str, Any],
    options: Options,
    names: Sequence[str],
    incomplete: Incomplete | None = None,
) -> Batch | None:
    """Return the targets of the file, or None without a file. Raises `click.UsageError`.

    With ``names``, return only these; they may also be in the user's own file. With
    ``incomplete``, targets whose connection string or password is not available are added to it
    with the reason, and left out of the result.
    """
    path = params["config"]
    if names:
        configured_targets = [_config.find(name, path) for name in dict.fromkeys(names)]
    else:
        configured_targets = _config.project_targets(path)
        _config.require_valid(configured_targets)
    if not configured_targets:
        return None
    smoke_targets = []
    for target in configured_targets:
        try:
            smoke_targets.append(_target(target, params, options))
        except click.UsageError as error:
            if incomplete is None:
                raise
            incomplete.append((target.section.name, error.message))
    parallel = params["parallel"] or configured_targets[0].config.values.get("parallel")
    return Batch(tuple(smoke_targets), parallel or PARALLEL)


def _target(
    configured_target: ConfiguredTarget, params: Mapping[str, Any], options: Options
) -> Smoke:
    """Return a target of the file, with the options of the command line taking precedence."""
    values = configured_target.section.values
    plan = Plan(
        wait=values.get("wait", 0.0),
        until=values.get("until"),
        stable=values.get("stable-for", 0.0),
        keep=values.get("keep-waiting", False),
    )
    over = {
        expectation.kind.name: expectation for expectation in read_expectations(params["expect"])
    }
    every = {
        expectation.kind.name: expectation for expectation in configured_target.section.wanted
    } | over
    located_target = _config.locate(configured_target)
    return Smoke(
        parsed=parse_located(located_target, options.target),
        settings=with_configured_settings(options.settings, located_target.values),
        plan=plan_of(dict(params), plan),
        wanted=tuple(every.values()),
        write_check=check_write_place(params["write_check"]) or values.get("write-check"),
        name=configured_target.section.name,
    )
