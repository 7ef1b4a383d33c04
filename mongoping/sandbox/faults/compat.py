"""Servers that work, but have a limitation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mongoping.sandbox import scripts
from mongoping.sandbox.fault import Fault, fault, plain
from mongoping.sandbox.faults.hello import simulated_fault

if TYPE_CHECKING:
    from collections.abc import Iterator


OTHER_PRODUCT = "No remedy turns another product into MongoDB."


@fault("compat.server-end-of-life", warning=True)
def server_end_of_life() -> Iterator[Fault]:
    """The server runs MongoDB 6.0, which reached its end of life in July 2025."""
    with plain() as healthy:
        yield Fault(
            healthy.uri,
            no_remedy_here="A newer version of MongoDB may not be installed.",
        )


@fault("compat.not-genuine", warning=True)
def cosmos() -> Iterator[Fault]:
    """The server is Azure Cosmos DB."""
    with simulated_fault(scripts.cosmos(), "The server is simulated.") as fault_:
        yield replace(fault_, remedy_uri=None, no_remedy_here=OTHER_PRODUCT)


@fault("compat.not-genuine:documentdb", warning=True)
def documentdb() -> Iterator[Fault]:
    """The server is PostgreSQL with the documentdb extension."""
    with simulated_fault(scripts.documentdb(), "The server is simulated.") as fault_:
        yield replace(fault_, remedy_uri=None, no_remedy_here=OTHER_PRODUCT)


@fault("compat.not-genuine:ferretdb", warning=True)
def ferretdb() -> Iterator[Fault]:
    """The server is FerretDB."""
    with simulated_fault(scripts.ferretdb(), "The server is simulated.") as fault_:
        yield replace(fault_, remedy_uri=None, no_remedy_here=OTHER_PRODUCT)
