"""Logs that a collector merged from a server that did not start and from its clients."""

# ruff: noqa: E501

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from mongoping.explaining.log import read_log
from mongoping.explaining.prefixes import bare
from mongoping.explaining.short import read_short

MONGOD = """\
{"t":{"$date":"2026-01-02T03:04:05.600+00:00"},"s":"I",  "c":"CONTROL",  "id":4615611, "ctx":"initandlisten","msg":"MongoDB starting","attr":{"pid":1,"port":27017,"dbPath":"/data/db","architecture":"64-bit","host":"3f2a"}}
{"t":{"$date":"2026-01-02T03:04:05.678+00:00"},"s":"E",  "c":"CONTROL",  "id":20557,   "ctx":"initandlisten","msg":"DBException in initAndListen, terminating","attr":{"error":"NonExistentPath: Data directory /data/db not found. Create the missing directory or specify another path using (1) the --dbpath command line option, or (2) by adding the 'storage.dbPath' option in the configuration file."}}
{"t":{"$date":"2026-01-02T03:04:05.679+00:00"},"s":"I",  "c":"CONTROL",  "id":23138,   "ctx":"initandlisten","msg":"Shutting down","attr":{"exitCode":100}}
""".splitlines()
PYTHON = """\
Traceback (most recent call last):
  File "/app/main.py", line 7, in <module>
    client.admin.command("ping")
pymongo.errors.ServerSelectionTimeoutError: mongo:27017: [Errno 111] Connection refused, Timeout: 30.0s, Topology Description: <TopologyDescription id: 000000000000000000000000, topology_type: Unknown, servers: [<ServerDescription ('mongo', 27017) server_type: Unknown, rtt: None, error=AutoReconnect('mongo:27017: [Errno 111] Connection refused')>]>
""".splitlines()
NODE = """\
/app/node_modules/mongodb/lib/sdam/topology.js:278
            const timeoutError = new error_1.MongoServerSelectionError(`Server selection timed out after ${timeoutMS} ms`, this.description);
                                 ^

MongoServerSelectionError: getaddrinfo ENOTFOUND mongo
    at Topology.selectServer (/app/node_modules/mongodb/lib/sdam/topology.js:278:38) {
  reason: TopologyDescription { type: 'Unknown', servers: Map(1) { 'mongo:27017' => [ServerDescription] } },
  [cause]: Error: getaddrinfo ENOTFOUND mongo
      at GetAddrInfoReqWrap.onlookupall [as oncomplete] (node:dns:122:26)
}
""".splitlines()
STAMP = "2026-01-02T03:04:05.123456789Z"
FORMS: dict[str, Callable[[str, str], str]] = {
    "Compose": lambda name, line: f"{name}-1  | {line}",
    "Compose in color": lambda name, line: f"\x1b[36m{name}-1  |\x1b[0m {line}",
    "Compose with times": lambda name, line: f"{name}-1  | {STAMP} {line}",
    "Compose in a CI service": lambda name, line: f"2026-01-02T03:04:05.1234567Z {name}-1  | {line}",
    "Swarm": lambda name, line: f"shop_{name}.1.k2j4h5k6j7h8@node1    | {line}",
    "kubectl": lambda name, line: f"[pod/{name}-0/{name}] {line}",
    "kubectl with times": lambda name, line: f"[pod/{name}-0/{name}] {STAMP} {line}",
    "the journal": lambda name, line: f"Jan 02 03:04:05 host {name}[77]: {line}",
    "Docker's files": lambda name, line: json.dumps(
        {"log": f"{line}\n", "stream": "stderr", "time": STAMP, "attrs": {"tag": name}}
    ),
    "a collector": lambda name, line: json.dumps(
        {"@timestamp": STAMP, "kubernetes": {"container_name": name}, "message": line}
    ),
}  # fmt: skip


def merge(form: Callable[[str, str], str]) -> list[str]:
    """Return the lines of all three programs, in turns."""
    streams = {"mongo": MONGOD, "api": PYTHON, "web": NODE}
    return [
        form(name, lines[at])
        for at in range(max(map(len, streams.values())))
        for name, lines in streams.items()
        if at < len(lines)
    ]


@pytest.mark.parametrize("form", FORMS)
def test_a_server_that_did_not_start_comes_before_what_its_clients_report(form: str) -> None:
    summary = read_log(merge(FORMS[form]))

    first, *others = ((group.explanation.cause, group.count) for group in summary.groups)
    assert first == ("server.data-directory", 1)
    assert sorted(others) == [("dns.host-not-found", 1), ("tcp.refused", 1)]
    assert [group.follows for group in summary.groups] == [None, *["server.data-directory"] * 2]


def test_errors_without_a_failed_server_follow_from_nothing() -> None:
    login = "MongoServerError: bad auth : Authentication failed."

    assert [group.follows for group in read_log([*PYTHON, *NODE]).groups] == [None, None]
    assert [group.follows for group in read_log([*MONGOD, login]).groups] == [None, None]


def test_a_line_of_a_server_does_not_go_on_with_another_programs_traceback() -> None:
    groups = read_log([*MONGOD, *PYTHON, *NODE]).groups

    assert [group.explanation.cause for group in groups] == [
        "server.data-directory",
        "tcp.refused",
        "dns.host-not-found",
    ]


@pytest.mark.parametrize(
    "line",
    [
        '{"message": "Server heartbeat failed", "serverHost": "db1"}',
        '{"log": "no end',
        '{"t":{"$date":"2026-01-02T03:04:05.600+00:00"},"msg":"client metadata","attr":{"doc":{"env":{"container":{"runtime":"docker"}}}}}',
        '{"container_name": 7, "message": {"text": "structured"}}',
        '{"container_name": ' + "[" * 5000,
    ],
)
def test_other_json_is_left_as_it_is(line: str) -> None:
    assert bare(line) == (line, "")


GO = "server selection error: server selection timeout, current topology: { Type: Unknown, Servers: [{ Addr: %s, Type: Unknown, Last error: dial tcp %s: connect: connection refused }, ] }"
NO_AVX = "WARNING: MongoDB 5.0+ requires a CPU with AVX support, and your current system does not appear to have that!"
LOCAL = GO % ("localhost:27017", "[::1]:27017")
SERVICE = GO % ("mongo:27017", "172.18.0.2:27017")
APART = (
    "Compose",
    "Compose in color",
    "Compose with times",
    "Compose in a CI service",
    "Swarm",
    "kubectl",
    "kubectl with times",
    "Docker's files",
)
TOGETHER: dict[str, Callable[[str, str], str]] = {
    "the journal": FORMS["the journal"],
    "foreman": lambda name, line: f"03:04:05 {name}.1  | {line}",
    "pm2": lambda name, line: f"0|{name}  | {line}",
    "containers of one pod": lambda name, line: f"[pod/shop-0/{name}] {line}",
    "a collector": FORMS["a collector"],  # does not name the pod
}


@pytest.mark.parametrize("form", APART)
def test_the_loopback_address_of_another_container_has_nothing_to_do_with_a_server(
    form: str,
) -> None:
    server, client = read_log([FORMS[form]("shop-web", LOCAL), FORMS[form]("mongo", NO_AVX)]).groups

    assert (server.explanation.cause, client.explanation.cause) == ("server.no-avx", "tcp.refused")
    assert client.follows is None
    assert "replace localhost with the service's name" in client.explanation.remedies[0].text


@pytest.mark.parametrize("form", TOGETHER)
def test_programs_on_one_machine_share_its_loopback_address(form: str) -> None:
    put = TOGETHER[form]
    _, client = read_log([put("web", LOCAL), put("mongo", NO_AVX)]).groups

    assert client.follows == "server.no-avx"


def test_a_service_that_refuses_follows_from_its_server() -> None:
    put = FORMS["Compose"]
    _, client = read_log([put("web", SERVICE), put("mongo", NO_AVX)]).groups

    assert client.follows == "server.no-avx"
    assert "localhost" not in client.explanation.remedies[0].text


def test_a_short_file_of_several_containers_is_no_paste() -> None:
    put = FORMS["Compose"]
    groups = read_short("\n".join([put("web", LOCAL), put("mongo", NO_AVX)])).groups

    assert [group.explanation.cause for group in groups] == ["server.no-avx", "tcp.refused"]


def test_a_server_in_a_container_gets_the_remedies_for_containers_first() -> None:
    line = MONGOD[1]
    (in_image,) = read_log([line]).groups
    (in_container,) = read_log(
        [FORMS["Compose"]("mongo", line.replace("/data/db", "/srv/db"))]
    ).groups
    (package,) = read_log([line.replace("/data/db", "/srv/db")]).groups

    assert "Docker" in in_image.explanation.remedies[0].text
    assert "Docker" in in_container.explanation.remedies[0].text
    assert "chown" in (package.explanation.remedies[0].command or "")
