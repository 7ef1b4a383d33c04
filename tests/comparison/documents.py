"""Reports in JSON, written by hand in the shape that `mongoping check --format json` prints.

They are smaller than real ones. tests/comparison/test_places_real.py compares real reports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

LAYERS = ("uri", "dns", "tcp", "tls", "hello", "api", "auth", "ping", "topology", "compat")
HOST = "db1.example.com:27017"
NAME = "db1.example.com"


def report(
    cause: str | None = None,
    *,
    host: str | None = HOST,
    addresses: Sequence[str] = ("10.0.0.5",),
    lookup_failure: str | None = None,
    source: str | None = "10.1.0.2",
    address: str | None = None,
    resolvers: Sequence[str] = ("10.1.0.53",),
    hosts_file: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    uri: Mapping[str, Any] | None = None,
    tls_files: Mapping[str, Any] | None = None,
    certificate: Mapping[str, Any] | None = None,
    hello: Mapping[str, Any] | None = None,
    auth: Mapping[str, Any] | None = None,
    topology: Mapping[str, Any] | None = None,
    tool: Mapping[str, Any] | None = None,
    proxies: Mapping[str, str] | None = None,
    warnings: Sequence[str] = (),
    p50_ms: float = 1.0,
    started_at: str = "2026-11-29T00:10:00.000Z",
) -> dict[str, Any]:
    """Return a report that fails with ``cause`` on ``host``, or that works."""
    layer = cause.partition(".")[0] if cause else None
    address_in_use = address or (
        addresses[0] if addresses and layer not in ("dns", "tcp") else None
    )
    looked_up: dict[str, Any] = {
        "status": "ok",
        "addresses": [{"text": text, "family": "ipv4", "driver": True} for text in addresses],
        "source": "system",
        "resolver": ", ".join(resolvers),
    }
    if lookup_failure is not None:
        looked_up = {"status": "failed"}
        looked_up["failure"] = {"kind": lookup_failure, "message": "the resolver answered"}
    attempts = [
        {
            "address": text,
            "family": "ipv4",
            "driver": True,
            "source": source,
            "failure": None
            if text == address_in_use
            else {"kind": "timeout", "message": "no answer"},
        }
        for text in addresses
    ]
    if source is None:
        attempts = [row | {"failure": {"kind": "unreachable", "message": ""}} for row in attempts]
    data: dict[str, Any] = {
        "uri": {
            "status": "ok",
            "scheme": "mongodb",
            "hosts": [HOST],
            "options": dict(options or {}),
            "files": [],
            "username": None,
            "database": None,
            "auth_source": None,
            **(uri or {}),
        },
        "dns": {"hosts": {HOST: looked_up}},
        "tcp": {"hosts": {HOST: {"status": "ok", "attempts": attempts, "used": address_in_use}}},
        "tls": {
            **({"tls_files": {"status": "ok", **tls_files}} if tls_files else {}),
            "hosts": {HOST: {"status": "ok", "chain": [certificate] if certificate else []}},
        },
        "hello": {"hosts": {HOST: {"status": "ok", "max_wire": 17, **(hello or {})}}},
        "auth": auth or {},
        "compat": {
            "pymongo": "4.20.1",
            "machine": {
                "resolvers": list(resolvers),
                "search": [],
                "hosts_file": {HOST: list(hosts_file)},
                "proxies": dict(proxies or {}),
            },
        },
    }
    findings = [
        {"cause": code, "severity": "warning", "host": HOST, "detail": code, "remedies": []}
        for code in warnings
    ]
    if cause is not None:
        row = {"cause": cause, "severity": "error", "host": host, "detail": "", "remedies": []}
        findings.append(row)
    return {
        "schema": 2,
        "tool": {
            "mongoping": "0.1.0",
            "python": "3.11.7",
            "pymongo": "4.20.1",
            "openssl": "OpenSSL 3.0.19",
            "platform": "linux-x86_64",
            **(tool or {}),
        },
        "target": {
            "uri": f"mongodb://{HOST}/",
            "name": None,
            "source": "argument",
            "preset": "check",
            "hosts": [HOST],
            "deployment": "self-managed",
        },
        "vantage": None,
        "started_at": started_at,
        "duration_ms": 12.0,
        "status": "fail" if cause else "warn" if warnings else "ok",
        "verdict": _verdict(cause, layer) if cause else None,
        "layers": [
            {
                "name": name,
                "status": "ok",
                "duration_ms": 1.0,
                "summary": "",
                "data": data.get(name, {}),
                "findings": [row for row in findings if row["cause"].partition(".")[0] == name],
            }
            for name in LAYERS
        ],
        "latency": {"count": 10, "p50_ms": p50_ms, "min_ms": p50_ms, "max_ms": p50_ms},
        "topology": topology,
    }


def _verdict(cause: str, layer: str | None) -> dict[str, Any]:
    return {
        "cause": cause,
        "layer": layer,
        "title": "It fails",
        "explanation": "It fails.",
        "evidence": ["it failed"],
        "exit_code": 12,
        "remedies": [{"text": "Fix it.", "command": None, "uri": None}],
        "fixed_uri": None,
        "links": [],
        "alternatives": [],
    }
