"""The options -4 and -6: what they restrict, and what the report says about it."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest

from mongoping.probe.family import restrict

if TYPE_CHECKING:
    from mongoping.sandbox.deployment import Deployment


def test_the_driver_is_restricted_as_well(mongod: Deployment, run_mongoping: Any) -> None:
    """On a real server that listens on 127.0.0.1 only."""
    port = mongod.host.rpartition(":")[2]
    run = run_mongoping("check", f"127.0.0.1:{port}", "-4", "--format", "json")
    assert run.code == 0, run.out
    run = run_mongoping("check", f"[::1]:{port}", "-6", "--format", "json")
    assert run.json["verdict"]["cause"].startswith("tcp.")


def test_lookups_of_asyncio_return_one_version() -> None:
    async def versions() -> set[int]:
        rows = await asyncio.get_running_loop().getaddrinfo("localhost", 1)
        return {row[0] for row in rows}

    before = socket.getaddrinfo
    with restrict(4):
        assert asyncio.run(versions()) == {socket.AF_INET}
    assert socket.getaddrinfo is before


def test_a_name_without_such_an_address_is_not_called_unknown(
    monkeypatch: pytest.MonkeyPatch, run_mongoping: Any
) -> None:
    """It resolves, so no remedy about a misspelled name may follow. 127.0.0.1 is its only one."""
    name = socket.gethostname()
    families = {row[0] for row in socket.getaddrinfo(name, 1)}
    if families != {socket.AF_INET}:
        pytest.skip(f"{name} has other addresses than IPv4 here")
    run = run_mongoping("check", f"{name}:1", "-6", "--format", "json")
    assert run.json["verdict"]["cause"] == "dns.unexplained"
    assert "no IPv6 address, and -6 allows no other" in run.out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("localhost:1", "-6"), "PyMongo connects to it over IPv4 only; use [::1]"),
        (("[::1]:1", "-4"), "-4 does not apply to ::1: it is an IPv6 address"),
        (("127.0.0.1:1", "-6"), "it is an IPv4 address"),
        (("h:1", "-4", "-6"), "-4 and -6 exclude each other"),
        (("h:1", "-4", "--resolver", "127.0.0.1"), "cannot be combined with --resolver"),
    ],
)
def test_what_cannot_apply_is_one_sentence(
    args: tuple[str, ...], message: str, run_mongoping: Any
) -> None:
    run = run_mongoping("check", *args)
    assert (run.code, message in run.err) == (2, True), run.err
