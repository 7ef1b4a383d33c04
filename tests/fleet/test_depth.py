"""Modules: which checks each of them runs, and what it reports of real servers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mongoping import registry
from mongoping.depth import MODULES, Module, checks_of, examine
from mongoping.settings import Settings
from mongoping.uri.target import parse

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment


def test_a_deeper_module_runs_all_checks_of_a_shallower_one() -> None:
    sets = [{check.name for check in checks_of(module, registry.checks())} for module in MODULES]
    assert sets[0] < sets[1] < sets[2] == {check.name for check in registry.checks()}
    assert "driver" not in sets[0]
    assert "auth" in sets[1]
    assert "ping" not in sets[1]


@pytest.mark.parametrize(
    ("module", "layers"),
    [
        ("hello", {"uri", "dns", "tcp", "tls", "hello"}),
        ("auth", {"uri", "dns", "tcp", "tls", "hello", "api", "auth", "topology", "compat"}),
    ],
)
def test_a_report_has_rows_only_for_what_was_looked_at(
    module: Module, layers: set[str], mongod: Deployment
) -> None:
    _, report = asyncio.run(examine(parse(mongod.uri), Settings(preset="fleet"), module))
    assert report.verdict is None
    assert {layer.name for layer in report.layers} == layers


@pytest.mark.parametrize("module", MODULES)
def test_an_unreachable_server_has_the_same_cause_at_every_depth(module: Module) -> None:
    _, report = asyncio.run(examine(parse("mongodb://127.0.0.1:1"), Settings(), module))
    assert report.verdict is not None
    assert report.verdict.cause == "tcp.refused"


@pytest.mark.parametrize("module", MODULES[1:])
def test_a_login_fails_at_every_depth_that_tries_it(
    module: Module, mongod_auth: Deployment
) -> None:
    uri = f"mongodb://stranger:wrong@{mongod_auth.host}/"
    _, report = asyncio.run(examine(parse(uri), Settings(), module))
    assert report.verdict is not None
    assert report.verdict.cause == "auth.user-not-found"


def test_hello_does_not_try_the_login(mongod_auth: Deployment) -> None:
    uri = f"mongodb://stranger:wrong@{mongod_auth.host}/"
    _, report = asyncio.run(examine(parse(uri), Settings(), "hello"))
    assert report.verdict is None
