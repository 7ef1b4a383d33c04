"""Rows about versions and installed packages as evidence."""

from __future__ import annotations

from datetime import date
from typing import Any

from mongoping.causes import client, network, pool
from mongoping.causes import compat as compat_causes
from mongoping.compat import rules as compat
from mongoping.model import Cause, Evidence, Failure, Match, Result
from mongoping.observations import Attempt, CompatFacts, HelloFacts, ImportFacts, TcpFacts
from mongoping.settings import Settings
from mongoping.uri.host import Host
from mongoping.uri.target import parse

TODAY = date(2026, 11, 22)


CAUSES: dict[str, Cause] = {
    cause.code: cause
    for module in (compat_causes, client, pool, network)
    for cause in module.CAUSES
}


def result(check: str, data: Any = None, host: str | None = None, **more: Any) -> Result:
    status = more.pop("status", "failed" if more.get("failure") else "ok")
    layer = {"srv": "dns", "driver": "topology"}.get(check, check)
    return Result(check, layer, host, status, data=data, **more)


def evidence(*results: Result, uri: str = "mongodb://a", **settings: Any) -> Evidence:
    names = dict.fromkeys(result.host for result in results if result.host)
    hosts = tuple(Host(*_split(name)) for name in names)
    return Evidence(parse(uri).target, Settings(**settings), results, hosts=hosts)


def _split(name: str) -> tuple[str, int]:
    host, _, port = name.partition(":")
    return host, int(port)


SHADOW = {"module": "bson", "shadowed_by": "/app/bson.py"}


def limit(kind: str, name: str) -> Evidence:
    """A connection that an error of this machine stopped."""
    return evidence(result("tcp", host="a:27017", failure=Failure(kind, "words", errno=name)))


INJECT = "pipx inject mongoping 'pymongo[zstd]'"


def facts_row(**versions: Any) -> Result:
    """The compat check's result for stated versions, with the rows that belong to them."""
    own = {"pymongo": "4.20.0", "motor": None, **versions}
    python, servers = own.pop("python", "3.11.7"), own.pop("servers", {})
    genuine = own.pop("genuine", True)
    openssl = own.pop("openssl", "OpenSSL 3.0.15")
    missing = own.pop("compressors_missing", ())
    install = own.pop("compressors_install", None)
    rows = list(compat.check(TODAY, python=python, **own))
    for version in dict.fromkeys(servers.values()):
        rows += compat.check_server(TODAY, version, pymongo=own["pymongo"], genuine=genuine)
    data = CompatFacts(
        today=TODAY.isoformat(),
        python=python,
        implementation="CPython",
        openssl=openssl,
        servers=servers,
        claims=() if genuine else tuple(servers),
        compressors_missing=missing,
        compressors_install=install,
        rows=tuple(rows),
        **own,
    )
    return result("compat", data)


def hello(host: str, flavour: str = "self-managed", max_wire: int = 17) -> Result:
    return result("hello", HelloFacts("standalone", 0, max_wire, flavour), host)


def tcp(host: str, took_ms: float) -> Result:
    return result(
        "tcp", TcpFacts((Attempt("192.0.2.1", "ipv4", True, took_ms),), "192.0.2.1"), host
    )


def match_of(code: str, evidence: Evidence) -> Match | None:
    cause = CAUSES[code]
    assert cause.is_decided, f"{code} is only recognized in error texts"
    return next((match for _, match in cause.matches(evidence)), None)


WORKING = result("driver")


INCOMPATIBLE = result("driver", failure=Failure("incompatible", "wire versions do not meet"))


OLD = {"a:27017": "4.2.24"}


def clock_skew(seconds: float) -> Evidence:
    """Return a server whose clock is behind this machine's by some seconds."""
    answer = HelloFacts("standalone", 0, 17, skew_s=seconds)
    return evidence(result("hello", answer, "a:27017"))


def import_row(*, ocsp: bool) -> Evidence:
    """PyMongo, imported with pyOpenSSL beside it or without."""
    return evidence(result("import", ImportFacts("4.20.0", 9, 29, "4.4", ocsp)))
