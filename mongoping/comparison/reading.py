"""Read what a report in JSON says, as a `View`.

A report may come from a file that someone sent, so nothing in it is taken for granted: what has
an unexpected type counts as not observed, and texts and lists are cut to a bounded length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mongoping.comparison.record import Key, State, Values, View, Where
from mongoping.escape import printable

MAX_TEXT = 200  # characters of a value
MAX_ITEMS = 100  # hosts, options, addresses and the like
STOP_REASONS = ("interrupted", "the deadline came first")
NO_ANSWER_KINDS = (
    "timeout",
    "unfinished",
    "servfail",
    "refused",
    "unreachable-resolver",
    "no-resolver",
)
"""Kinds of failed lookups that are no answer about the name."""
SKEW_SHOWN_S = 2.0  # smaller differences of clocks are not worth a fact
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
NOT_COMPARED = ("appName",)  # options that change nothing but a log

Document = Mapping[str, Any]


def mapping(value: object, *path: str) -> Mapping[str, Any]:
    """Return the object at a path of keys, or an empty one."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def items(value: object) -> list[Any]:
    """Return a list of JSON, cut to `MAX_ITEMS`; empty if it is none."""
    return value[:MAX_ITEMS] if isinstance(value, list) else []


def entries(value: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the objects in an object by key, at most `MAX_ITEMS`."""
    for key, entry in list(mapping(value).items())[:MAX_ITEMS]:
        if isinstance(entry, Mapping):
            yield text(key), entry


def text(value: object) -> str:
    """Return a value as a short text that is safe to print; empty for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        pairs = list(value.items())[:MAX_ITEMS]
        return printable(",".join(f"{key}:{text(item)}" for key, item in pairs), most=MAX_TEXT)
    if isinstance(value, list):
        return printable(",".join(map(text, items(value))), most=MAX_TEXT)
    return printable(str(value), most=MAX_TEXT)


def texts(value: object) -> Values:
    """Return the texts of a list, sorted and without repetitions."""
    return tuple(sorted({text(item) for item in items(value)}))


def view_of(name: str, document: Document, where: Where = "from") -> View:
    """Return what a report says.

    Args:
        name: The place or the file of the report, for sentences.
        document: The report as `--format json` prints it.
        where: The word before the name: ``from`` a place, ``in`` a file.
    """
    layers = {
        str(layer.get("name")): layer
        for layer in items(document.get("layers"))
        if isinstance(layer, Mapping)
    }
    data = {layer: mapping(row, "data") for layer, row in layers.items()}
    facts: dict[Key, Values] = {}
    for read in (_string, _names, _paths, _tls, _servers, _programs):
        facts |= {key: values for key, values in read(document, data) if values is not None}
    start = text(document.get("started_at"))
    facts[Key("time")] = (start[:16].replace("T", " "),) if start else ()
    verdict = mapping(document, "verdict")
    cause = text(verdict.get("cause")) or None
    return View(
        name=name,
        state=_state(document, layers),
        where=where,
        cause=cause,
        layer=text(verdict.get("layer")) or None,
        title=text(verdict.get("title")),
        detail=next(map(text, items(verdict.get("evidence"))), ""),
        hosts=_failing_hosts(cause, layers),
        warnings=_warnings(layers),
        facts=facts,
        complete=_complete(data),
        numbers=dict(_numbers(document)),
        target=_target(document, data),
        started_at=start,
        anonymized=text(document.get("anonymized")) or None,
    )


def _complete(data: Mapping[str, Document]) -> frozenset[str]:
    """Return the kinds for which no entry means that there is none."""
    kinds: set[str] = set()
    if mapping(data.get("uri"), "options") or "options" in mapping(data.get("uri")):
        kinds |= {"option", "file"}
    if mapping(data.get("compat"), "machine"):
        kinds |= {"proxy"}
    return frozenset(kinds)


def _state(document: Document, layers: Mapping[str, Document]) -> State:
    """Return whether the deployment works: an interrupted run shows it only by a ping.

    A run that was interrupted before its first check has only layers that were skipped.
    """
    if document.get("verdict") is not None or document.get("status") == "fail":
        return "fails"
    if mapping(layers.get("ping")).get("status") in ("ok", "warn"):
        return "works"
    is_stopped = any(_is_stopped(layer.get("data")) for layer in layers.values())
    ran = any(layer.get("status") != "skip" for layer in layers.values())
    return "unfinished" if is_stopped or not ran else "works"


def _is_stopped(value: object, depth: int = 0) -> bool:
    """Return whether a check in the data of a layer was interrupted."""
    if not isinstance(value, Mapping) or depth > 3:
        return False
    if value.get("status") == "skipped" and value.get("reason") in STOP_REASONS:
        return True
    return any(_is_stopped(entry, depth + 1) for entry in list(value.values())[:MAX_ITEMS])


def _findings(layers: Mapping[str, Document]) -> Iterator[Document]:
    for layer in layers.values():
        for finding in items(layer.get("findings")):
            if isinstance(finding, Mapping):
                yield finding


def _warnings(layers: Mapping[str, Document]) -> tuple[str, ...]:
    codes = {
        text(finding.get("cause"))
        for finding in _findings(layers)
        if finding.get("severity") == "warning"
    }
    return tuple(sorted(codes))


def _failing_hosts(cause: str | None, layers: Mapping[str, Document]) -> tuple[str, ...]:
    """Return the hosts that the root cause concerns; empty if it concerns the deployment.

    A finding names only a single host; of several, the checks of its layer failed.
    """
    failing = {
        text(finding.get("host"))
        for finding in _findings(layers)
        if finding.get("cause") == cause and finding.get("host")
    }
    if not failing and cause is not None:
        layer = layers.get(cause.partition(".")[0])
        hosts = entries(mapping(layer, "data").get("hosts"))
        failing = {host for host, entry in hosts if entry.get("status") == "failed"}
    return tuple(sorted(failing))


def _target(document: Document, data: Mapping[str, Document]) -> frozenset[str]:
    target = mapping(document, "target")
    names = {f"@{text(target['name'])}"} if target.get("name") else set()
    hosts = [*items(target.get("hosts")), *items(mapping(data.get("uri")).get("hosts"))]
    if not hosts:
        hosts = [target.get("uri")]
    return frozenset(names | {text(host).lower() for host in hosts if host})


Facts = Iterator[tuple[Key, Values | None]]


def _single(value: object) -> Values | None:
    """Return a value of which there is at most one; None in JSON is no value."""
    return () if value is None else (text(value),)


def _string(document: Document, data: Mapping[str, Document]) -> Facts:
    """Yield the facts of the connection string."""
    uri = mapping(data.get("uri"))
    if "options" not in uri:
        return
    yield Key("scheme"), _single(uri.get("scheme"))
    yield Key("hosts"), texts(uri.get("hosts"))
    for name, value in list(mapping(uri, "options").items())[:MAX_ITEMS]:
        if name not in NOT_COMPARED:
            yield Key("option", text(name)), (text(value),)
    for file in items(uri.get("files")):
        file_facts = mapping(file)
        yield Key("file", text(file_facts.get("option"))), _single(file_facts.get("state"))
    yield Key("user"), _single(uri.get("username"))
    if uri.get("username") is not None:
        yield Key("password"), ("given",) if uri.get("has_password") else ()
    yield Key("database"), _single(uri.get("database"))
    yield Key("auth-source"), _single(uri.get("auth_source"))


def _names(document: Document, data: Mapping[str, Document]) -> Facts:
    """Yield the facts of name lookups."""
    dns = mapping(data.get("dns"))
    machine = mapping(data.get("compat"), "machine")
    names_of_target: Values | None = None
    for host, entry in entries(dns.get("hosts")):
        if entry.get("source") != "literal":
            yield Key("addresses", host), _addresses(entry)
        if entry.get("source") == "dns":
            names_of_target = _single(entry.get("resolver"))
    for host, addresses in list(mapping(machine, "hosts_file").items())[:MAX_ITEMS]:
        yield Key("hosts-file", text(host)), texts(addresses)
    for row in map(mapping, items(mapping(dns, "resolvers").get("answers"))):
        for server, records in list(mapping(row, "answers").items())[:MAX_ITEMS]:
            subject = f"{text(row.get('name'))} {text(row.get('type'))} from {text(server)}"
            yield Key("answer", subject), texts(records)
    srv = mapping(dns, "srv")
    if query := text(srv.get("query")):
        records = [mapping(record) for record in items(srv.get("records"))]
        targets = {f"{text(row.get('target'))}:{text(row.get('port'))}" for row in records}
        failure = mapping(srv, "failure")
        yield Key("srv", query), tuple(sorted(targets)) or _no_answer(failure)
        if targets:
            yield Key("txt", query), texts(srv.get("txt"))
    if names_of_target is None and "resolvers" in machine:
        names_of_target = tuple(map(text, items(machine["resolvers"])))
    yield Key("resolver"), names_of_target
    if "search" in machine:
        yield Key("search"), tuple(map(text, items(machine["search"])))


def _addresses(entry: Document) -> Values | None:
    rows = [mapping(row) for row in items(entry.get("addresses"))]
    texts = {text(row.get("text")) for row in rows if row.get("driver") is not False}
    return tuple(sorted(texts)) or _no_answer(mapping(entry, "failure"))


def _no_answer(failure: Document) -> Values | None:
    """Return why a lookup has no result, or None if it was not made."""
    if not failure:
        return None
    kind = failure.get("kind")
    words = "no answer" if kind in ("timeout", "unfinished") else text(failure.get("message"))
    return (f"({words if kind in NO_ANSWER_KINDS else 'no such name'})",)


def _paths(document: Document, data: Mapping[str, Document]) -> Facts:
    """Yield the source address of the connections to each host, and where they arrived."""
    for host, entry in entries(mapping(data.get("tcp")).get("hosts")):
        rows = [mapping(row) for row in items(entry.get("attempts"))]
        attempts = [row for row in rows if row.get("driver") is not False]
        sources = {text(row["source"]) for row in attempts if row.get("source")}
        is_lost = any(mapping(row, "failure").get("kind") == "unreachable" for row in attempts)
        if sources or is_lost:
            yield Key("source", host), tuple(sorted(sources)) if not is_lost or sources else ()
        if "used" in entry:
            yield Key("connected", host), _single(entry.get("used"))


def _tls(document: Document, data: Mapping[str, Document]) -> Facts:
    """Yield the facts of TLS: what this machine trusts, and what the servers show."""
    tls = mapping(data.get("tls"))
    files = mapping(tls, "tls_files")
    if "authorities" in files:
        yield Key("verification"), _single(files.get("waived_by"))
        yield Key("trust"), _trust(files)
        client = (text(files.get("client_subject") or files.get("client_file")),)
        yield Key("client-certificate"), client if files.get("client_file") else ()
    for host, entry in entries(tls.get("hosts")):
        leaf = next(map(mapping, items(entry.get("chain"))), {})
        if leaf:
            names = ("subject", "issuer", "not_before", "not_after")
            subject, *others = (text(leaf.get(name)) for name in names)
            subject_text = subject or text(next(iter(items(leaf.get("names"))), "")) or "no name"
            yield Key("certificate", host), (subject_text, *others)
        if entry.get("version"):
            yield Key("tls-version", host), _single(entry["version"])


def _trust(files: Document) -> Values | None:
    """Return the trusted CAs: where they come from, how many, and a digest of them all."""
    if files.get("waived_by"):
        return None
    where = text(files.get("store_file") or files.get("authorities"))
    store_text = "the system store" if where == "system store" else where
    return store_text, text(files.get("store_count")), text(files.get("store_digest"))


def _servers(document: Document, data: Mapping[str, Document]) -> Facts:
    """Yield what the servers say, and the deployment as the driver sees it."""
    for host, entry in entries(mapping(data.get("hello")).get("hosts")):
        if "max_wire" not in entry:
            continue
        version = text(entry.get("version")) or f"of wire version {text(entry.get('max_wire'))}"
        yield Key("server", host), (f"MongoDB {version}",)
        yield Key("identity", host), _single(entry.get("me"))
        if entry.get("asked_user"):
            yield Key("mechanisms", host), texts(entry.get("mechanisms"))
    if "declared" in (api := mapping(data.get("api"))):
        yield Key("api"), _single(api.get("declared"))
    if (auth := mapping(data.get("auth"))).get("as_user"):
        yield Key("roles"), texts(auth.get("roles"))
    topology = mapping(document, "topology")
    if topology and topology.get("type") != "Unknown":
        members = [mapping(member) for member in items(topology.get("members"))]
        primary = [text(row.get("host")) for row in members if row.get("role") == "primary"]
        yield Key("set-name"), _single(topology.get("set_name"))
        yield Key("members"), texts([row.get("host") for row in members])
        yield Key("primary"), tuple(primary)
        for row in members:
            if row.get("role") == "unknown":
                continue  # a member that could not be reached is not of another kind
            yield Key("role", text(row.get("host"))), _single(row.get("role"))


def _programs(document: Document, data: Mapping[str, Document]) -> Facts:
    """Yield the versions in use and the environment."""
    tool, compat = mapping(document, "tool"), mapping(data.get("compat"))
    for name in ("python", "openssl", "platform", "mongoping"):
        yield Key(name), _single(tool.get(name)) if tool.get(name) else None
    for name in ("pymongo", "dnspython"):
        version = compat.get(name) or tool.get(name)
        yield Key(name), _single(version) if version or name in compat else None
    if "compressors_missing" in compat:
        yield Key("compressors"), texts(compat["compressors_missing"])
    for name, value in list(mapping(compat, "machine", "proxies").items())[:MAX_ITEMS]:
        yield Key("proxy", text(name)), (text(value),)


def _numbers(document: Document) -> Iterator[tuple[Key, float]]:
    """Yield the measured values: the median and fastest ping in ms, the clock's skew in s."""
    latency = mapping(document, "latency")
    for name, kind in (("p50_ms", "latency"), ("min_ms", "fastest"), ("count", "pings")):
        value = latency.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield Key(kind), float(value)
    for layer in items(document.get("layers")):
        if mapping(layer).get("name") != "hello":
            continue
        skews = [entry.get("skew_s") for _, entry in entries(mapping(layer, "data").get("hosts"))]
        numbers = [skew for skew in skews if isinstance(skew, (int, float))]
        if numbers:
            yield Key("clock"), float(max(numbers, key=abs))
