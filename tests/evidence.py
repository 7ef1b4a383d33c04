"""Evidence of the tests' own: made by hand for tables, or of any shape that checks could leave.

The arbitrary kind is made from the annotations of the records, so a new field needs no line
here.
"""

from __future__ import annotations

import functools
import importlib
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from mongoping import model, observations, registry
from mongoping.compat import rules as compat
from mongoping.interpreter.inspect import PACKAGES
from mongoping.interpreter.record import Interpreter
from mongoping.model import Evidence, Failure, Member, Result, Topology
from mongoping.probe.certificates import CertificateFacts, RevocationListFacts
from mongoping.probe.replset import MemberConfig, MemberState
from mongoping.record import Record
from mongoping.sandbox.scripts import CONTROL, MARKUP
from mongoping.settings import Settings
from mongoping.uri.host import Host
from mongoping.uri.target import Credentials, ParsedUri, Problem, Target, UriWarning, parse

START_TIME = "2026-11-22T12:00:00.000Z"
CHECKS = {check.name: check for check in registry.checks()}


def host_of(text: str) -> Host:
    """``name:port``, ``[ipv6]:port`` or a socket's path, as a host."""
    if text.endswith(".sock"):
        return Host(text, None)
    name, _, port = text.rpartition(":")
    return Host(name.strip("[]"), int(port))


def result(check: str, data: Any = None, host: str | None = None, **more: Any) -> Result:
    """The row of a check: ok, or failed where there is a ``failure``."""
    status = more.pop("status", "failed" if more.get("failure") else "ok")
    return Result(check, CHECKS[check].layer, host, status, data=data, **more)


def failed(check: str, kind: str, host: str | None = None, **more: Any) -> Result:
    """A row that failed: ``data``, ``code`` and ``message`` by name, all else are facts."""
    data, code = more.pop("data", None), more.pop("code", None)
    message = more.pop("message", f"it is {kind}")
    errno = more.pop("errno", None)
    return result(check, data, host, failure=Failure(kind, message, errno, code, more))


def hello(host: str, role: str = "standalone", **fields: Any) -> Result:
    """A host that answered hello, as a server of MongoDB 6.0 does."""
    from mongoping.observations import HelloFacts

    all_fields = {"flavour": "self-managed", "version": "6.0.5", **fields}
    return result(
        "hello",
        HelloFacts(role, all_fields.pop("min_wire", 0), all_fields.pop("wire", 17), **all_fields),
        host,
    )


def evidence(
    *results: Result,
    uri: str = "mongodb://a:27017/",
    hosts: tuple[str, ...] | None = None,
    seeds: tuple[str, ...] | None = None,
    **settings: Any,
) -> Evidence:
    """Evidence for a string; hosts and seeds are those of the rows unless they are given."""
    names = hosts or tuple(dict.fromkeys(result.host for result in results if result.host))
    seed = names if seeds is None else seeds
    return Evidence(
        target=parse(uri).target,
        settings=Settings(**settings),
        results=results,
        hosts=tuple(map(host_of, names)),
        seeds=tuple(map(host_of, seed)),
        started_at=START_TIME,
        tool={"mongoping": "0", "python": "3", "pymongo": "4", "openssl": "3", "platform": "x"},
    )


NASTY = [CONTROL, MARKUP, "", "\x1b[31m", "\u202e", "\ud800", "&<>\"']]>", "::error::x", "x" * 3000]
TEXT = st.sampled_from([*NASTY, "rs0", "a:27017", "b:2", "localhost:1"]) | st.text(max_size=12)
NUMBER = st.floats(-1e9, 1e9) | st.sampled_from([0.0, 0.4, 1e-9, 99_999.0])
MOMENT = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)
VALUES = st.none() | st.booleans() | st.integers(-10, 10**6) | NUMBER | TEXT
BASIC: Mapping[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-10, 2**40),
    float: NUMBER,
    bool: st.booleans(),
    type(None): st.none(),
    datetime: MOMENT,
    Any: VALUES,
    Host: st.builds(Host, TEXT, st.integers(0, 65535)),
    Problem: st.builds(Problem, TEXT, TEXT, st.integers(0, 20), st.integers(0, 20)),
    UriWarning: st.builds(UriWarning, TEXT, TEXT, TEXT),
}
NAMES = {
    **vars(model),
    **{
        model.__name__: model
        for model in (
            CertificateFacts,
            RevocationListFacts,
            MemberConfig,
            MemberState,
            Problem,
            UriWarning,
            Target,
            Credentials,
        )
    },
    "Any": Any,
    "Mapping": Mapping,
    "datetime": datetime,
    "compat": compat,
    "Host": Host,
}


def of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of an annotation."""
    if hint in BASIC:
        return BASIC[hint]
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*map(of, args))
    if origin is typing.Literal:
        return st.sampled_from(args)
    if origin is tuple:
        if args[-1] is Ellipsis:
            return st.lists(of(args[0]), max_size=3).map(tuple)
        return st.tuples(*map(of, args))
    if origin in (Mapping, dict):
        return st.dictionaries(of(args[0]), of(args[1]), max_size=3)
    return records(hint)


@functools.cache
def records(kind: type[Record]) -> st.SearchStrategy[Any]:
    """Records of a class with anything in their fields."""
    module = importlib.import_module(kind.__module__)
    hints = typing.get_type_hints(kind, {**NAMES, **vars(module)})
    fields = {name: of(hints[name]) for name in kind._fields}
    return st.fixed_dictionaries(fields).map(lambda values: kind(**values))


ROLES = ["standalone", "primary", "secondary", "arbiter", "mongos", "uninitialized", "recovering"]
TOPOLOGIES = ["Single", "ReplicaSetWithPrimary", "ReplicaSetNoPrimary", "Sharded", "Unknown"]
FLAVOURS = ["atlas", "self-managed", "cosmosdb", "documentdb", "ferretdb", "unknown"]


def _data(check: str) -> st.SearchStrategy[Any]:
    """Return a strategy for the data of a check."""
    from mongoping.checks import ping, uri

    if check == "uri":
        return st.sampled_from([uri.look(parse(text)).data for text in URIS])
    if check == "hello":
        strategies = {"role": st.sampled_from(ROLES), "flavour": st.sampled_from(FLAVOURS)}
        return _with(observations.HelloFacts, strategies)
    if check == "driver":
        return _with(observations.DriverFacts, {"type": st.sampled_from(TOPOLOGIES)})
    if check == "members":
        topology = _with(Topology, {"type": st.sampled_from(TOPOLOGIES)})
        return _with(observations.MembersFacts, {"topology": topology})
    if check == "ping":
        return st.lists(st.none() | st.floats(0, 1e6), max_size=50).map(ping.latency)
    if check == "srv":
        record = {"target": TEXT, "port": st.integers(0, 65535)}
        record |= {"priority": st.just(0), "weight": st.just(0)}
        record_tuples = st.lists(st.fixed_dictionaries(record), max_size=3).map(tuple)
        return _with(observations.SrvFacts, {"records": record_tuples})
    if check == "tls":  # days are those of the first certificate
        return records(observations.TlsFacts).map(
            lambda facts: facts if facts.chain else facts.replace(days_left=None)
        )
    if check == "compat":
        versions = st.sampled_from(["4.2.24", "4.4.2", "6.0.5", "8.0"])
        servers = st.dictionaries(st.sampled_from(HOSTS), versions, max_size=3)
        return _with(observations.CompatFacts, {"servers": servers})
    if check == "program":  # `mongoping.interpreter.answers` lets only versions through
        version = st.sampled_from(["3.8.1", "4.0.2", "4.20.1"])
        packages = st.dictionaries(st.sampled_from(PACKAGES), st.none() | version, max_size=3)
        python = _with(Interpreter, {"version": version, "packages": packages})
        return _with(observations.ProgramFacts, {"python": python, "pymongo": st.none() | version})
    return records(_record_of(check))


@functools.cache
def _record_of(check: str) -> type[Record]:
    """Return the record of a check, from the overloads of `observation`."""
    for variant in typing.get_overloads(observations.observation):
        if variant.__annotations__["check"] == f"Literal['{check}']":
            name = variant.__annotations__["return"].removesuffix(" | None")
            return typing.cast("type[Record]", getattr(observations, name))
    raise LookupError(f"add an overload for {check} to mongoping/observations/__init__.py")


def _with(kind: type[Record], fields: Mapping[str, st.SearchStrategy[Any]]) -> Any:
    return st.tuples(records(kind), st.fixed_dictionaries(dict(fields))).map(
        lambda both: both[0].replace(**both[1])
    )


KINDS = [
    "refused",
    "timeout",
    "reset",
    "eof",
    "not-found",
    "certificate",
    "alert",
    "command",
    "tls",
    "not-mongodb",
    "nxdomain",
    "no-data",
    "servfail",
    "unreachable",
    "os",
    "denied",
    "no-resolver",
    "resolver-failed",
    "bad-name",
    "txt",
    "parent-domain",
    "key-file",
    "import",
    "incompatible",
    "selection",
    "driver",
    "configuration",
    "not-authenticated",
    "invalid",
    "file",
    "unreachable-resolver",
    "dependency-missing",
    "whatever",
]
CODES = st.none() | st.sampled_from([2, 9, 10, 11, 13, 18, 20, 62, 70, 80, 116, 323, 8000, 498870])
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXT,
        "attempts": st.lists(
            st.fixed_dictionaries({"server": TEXT, "port": st.just(53), "said": TEXT}), max_size=2
        ),
        "cause": st.sampled_from(["uri.malformed", "uri.invalid-port", "ModuleNotFoundError"]),
        "closes_first": st.booleans() | st.none(),
        "has_srv": st.booleans(),
        "head": TEXT,
        "how": st.sampled_from(["no-key", "password-needed", "what"]),
        "http": TEXT | st.none(),
        "legacy_wire": st.integers(0, 9) | st.none(),
        "length": st.integers(0, 9),
        "start": st.integers(0, 9),
        "received": st.integers(0, 99),
        "speaks_tls": st.booleans() | st.none(),
        "tls": st.booleans(),
        "type": TEXT,
        "option": TEXT,
        "wire": st.sampled_from(["length", "bson", "size"]),
    },
)
FAILURES = st.builds(
    Failure, st.sampled_from(KINDS), TEXT, st.none() | st.just("ECONNREFUSED"), CODES, FACTS
)
HOSTS = ["a:27017", "b:2", "[::1]:3", "/tmp/x.sock", "h.mongodb.net:27017"]
URIS = [
    "mongodb://a:27017,b:2/",
    "mongodb://ada:pw@a:27017/shop?replicaSet=rs0&tls=true&appName=x",
    "mongodb+srv://c0.ab.mongodb.net/?retryWrites=true",
    "mongodb://a/?directConnection=true&w=1&authMechanism=MONGODB-X509&tls=true",
    "mongodb://a:b:c@d/",
]


@st.composite
def rows(draw: st.DrawFn, name: str, host: str | None) -> Result:
    """One row of a check: its status, with the data and the failure that go with it."""
    check = CHECKS[name]
    status = draw(st.sampled_from(["ok", "ok", "failed", "failed", "skipped", "crashed"]))
    took = draw(st.floats(0, 1e5))
    if status == "skipped":
        reason = draw(st.none() | TEXT)
        reason_code = draw(st.sampled_from([None, "deadline", *check.needs]))
        return Result(name, check.layer, host, "skipped", took, None, None, reason, reason_code)
    if status == "ok":
        return Result(name, check.layer, host, "ok", took, draw(_data(name)))
    data = None if status == "crashed" else draw(st.none() | _data(name))
    return Result(name, check.layer, host, status, took, data, draw(FAILURES))


@st.composite
def evidences(draw: st.DrawFn) -> tuple[ParsedUri, Evidence]:
    """A string, and anything that checks could have left of it."""
    parsed_uri = parse(draw(st.sampled_from(URIS)))
    names = draw(st.lists(st.sampled_from(HOSTS), unique=True, max_size=3))
    results = []
    for check in CHECKS.values():
        places = names if check.per_host else [None]
        results += [draw(rows(check.name, place)) for place in places if draw(st.booleans())]
    preset = draw(st.sampled_from(["check", "atlas", "local"]))
    evidence = Evidence(
        target=parsed_uri.target,
        settings=Settings(preset=preset, stable_api=draw(st.none() | st.booleans())),
        results=tuple(results),
        hosts=tuple(map(host_of, names)),
        seeds=draw(st.none() | st.just(tuple(map(host_of, names)))),
        started_at=START_TIME,
        duration_ms=draw(st.floats(0, 1e6)),
        interrupted=draw(st.booleans()),
        tool={"mongoping": "0", "python": "3", "pymongo": None, "openssl": None, "platform": "x"},
    )
    return parsed_uri, evidence


def ago(days: float) -> datetime:
    """A moment before the evidence was gathered; negative: after it."""
    return datetime.fromisoformat(START_TIME) - timedelta(days=days)


def topology(kind: str, *members: Member) -> Topology:
    """A topology of a set named rs0."""
    return Topology(kind, "rs0" if kind.startswith("Replica") else None, members)
