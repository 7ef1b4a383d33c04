"""Whoever answers, and whatever they say: mongoping ends, small, with a report and an exit code.

Every peer here listens on a real socket and means harm; the servers among them are played.
"""

from __future__ import annotations

import datetime
import json
import re
import struct
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from mongoping.sandbox import listeners, scripts
from mongoping.sandbox.listeners import Listener
from mongoping.sandbox.nameserver import NameServer, srv
from mongoping.sandbox.played import Body, SimulatedServer, Wire, error, standalone
from tests.conftest import clean_environment, validate
from tests.examples import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mongoping.sandbox.played import Document, Reply, Script
    from tests.preloaded import Preloader

EXITS = {0, 1, 2, *range(10, 20), 70, 130}
BUG = 70
DEADLINE_S = 2.0
MARGIN_MS = 4000  # to write a report beyond the deadline, next to other tests
PATIENCE_S = 20.0  # for runs that are expected to finish, next to other tests
HANGS_S = 60
MEMORY_MB = 150
CONTROL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)


class Output(NamedTuple):
    """The result of a run; ``memory_mb`` is the peak memory of the process."""

    code: int
    out: str
    err: str
    memory_mb: float


@pytest.fixture
def look(tmp_path: Path, preloader: Preloader) -> Callable[..., Output]:
    """Run ``mongoping check`` at a peer, bounded, in its own process."""

    def run(uri: str, *args: str, env: Mapping[str, str] | None = None) -> Output:
        process = preloader.run(
            ["check", uri, "--timeout", str(DEADLINE_S), *args],
            env={**clean_environment(tmp_path), **(env or {})},
            cwd=tmp_path,
            stdin=None,
            timeout=HANGS_S,
        )
        return Output(process.returncode, process.stdout, process.stderr, process.memory_kb / 1024)

    return run


def report_after_checks(output: Output, deadline_s: float = DEADLINE_S) -> dict[str, Any]:
    """The report in JSON, after all that has to hold of any run at all."""
    assert output.err == ""
    assert output.memory_mb <= MEMORY_MB
    assert not CONTROL.search(output.out)
    report: dict[str, Any] = json.loads(output.out)
    validate(report)
    assert report["duration_ms"] <= deadline_s * 1000 + MARGIN_MS
    assert output.code in EXITS
    assert output.code != BUG, report["verdict"]
    assert (report["verdict"] is None) == (output.code == 0)
    return report


def document(*elements: bytes) -> Body:
    """BSON from elements that no encoder would put together."""
    body = b"".join(elements)
    return Body(struct.pack("<i", len(body) + 5) + body + b"\0")


@cache
def bomb(count: int = 4_000_000) -> Body:
    """A reply whose one list has millions of nulls: some 35 MB, and far more as objects."""
    nulls = b"".join(b"\x0a%d\0" % number for number in range(count))
    array = struct.pack("<i", len(nulls) + 5) + nulls + b"\0"
    return document(b"\x04a\0" + array, b"\x01ok\0" + struct.pack("<d", 1.0))


def later(reply: Reply) -> Script:
    """A server that is good to mongoping's own probes and bad to the driver, which comes after."""
    good = standalone()["hello"]
    assert callable(good)

    def answer(command: Document, address: str) -> Reply:
        client = command.get("client", {}).get("driver", {}).get("name")
        return good(command, address) if client == "mongoping" else reply

    return standalone() | {"hello": answer}


def crowd(count: int) -> dict[str, Any]:
    """Return a hello reply that lists a number of members on this machine."""
    hosts = [f"127.0.0.1:{port + 1}" for port in range(count)]
    wire = {"minWireVersion": 0, "maxWireVersion": 21}
    return (
        {"isWritablePrimary": True, "setName": "s", "me": hosts[0], "hosts": hosts}
        | wire
        | {"ok": 1.0}
    )


NASTY_HOSTS = ["{me}", "a\0b:1", "a..b:1", ".x:2", ":3", "", "é" * 80, "[::1", "%s%n:1", "x:99999"]
NASTY_HOSTS += ["[fe80::1%99]:27017", "/tmp/x.sock", "\x1b[2J:1", "-:0", "a" * 400, "[bold]:1"]

SERVERS: Mapping[str, Callable[[], Script]] = {
    "hello of megabytes": scripts.megabytes_of_hosts,
    "hello of twenty thousand": partial(scripts.megabytes_of_hosts, 20_000, 100),
    "control characters": scripts.hostile_names,
    "markup": partial(scripts.hostile_names, scripts.MARKUP),
    "nested five thousand deep": scripts.deeply_nested,
    "nested twenty deep": partial(scripts.deeply_nested, 20),
    "a header's wrong length": scripts.wrong_lengths,
    "a string's wrong length": scripts.broken_document,
    "wrong types": scripts.wrong_types,
    "a wire version that is no number": lambda: standalone(maxWireVersion=float("nan")),
    "an endless wire version": lambda: standalone(maxWireVersion=float("inf")),
    "a huge wire version": lambda: standalone(maxWireVersion=2**62),
    "a negative wire version": lambda: standalone(minWireVersion=-9, maxWireVersion=-5),
    "names that are none": lambda: scripts.member(hosts=NASTY_HOSTS),
    "tags by the thousand": lambda: scripts.member(tags={f"k{n}": "v" * 999 for n in range(999)}),
    "a clock that is none": lambda: standalone(localTime="now", lastWrite=7),
    "an errmsg of megabytes": lambda: {"hello": error(1, scripts.CONTROL * 100_000)},
    "errors of wrong types": lambda: {"hello": {"ok": 0, "errmsg": 7, "code": "x"}},
    "an empty hello": lambda: {"hello": {}},
    "buildInfo that hangs up": lambda: standalone() | {"buildInfo": None},
    "buildInfo that is silent": lambda: standalone() | {"buildInfo": Wire(b"")},
    "buildInfo with a bomb": lambda: standalone() | {"buildInfo": bomb()},
    "a version in color": lambda: standalone() | {"buildInfo": {"version": "\x1b[31m7", "ok": 1}},
    "rights of wrong types": lambda: (
        standalone()
        | {
            "connectionStatus": {
                "ok": 1,
                "authInfo": {"authenticatedUsers": [7], "authenticatedUserPrivileges": [3]},
            }
        }
    ),
    "rights that are none": lambda: standalone() | {"connectionStatus": {"ok": 1, "authInfo": 7}},
    "rights nested deeply": lambda: (
        standalone() | {"connectionStatus": scripts.deeply_nested()["hello"]}
    ),
    "a ping nested deeply": lambda: standalone() | {"ping": scripts.deeply_nested()["hello"]},
    "a ping with a bomb": lambda: standalone() | {"ping": bomb()},
    "a cluster time of wrong type": lambda: standalone() | {"ping": {"ok": 1, "$clusterTime": 7}},
    "mechanisms in color": lambda: standalone(saslSupportedMechs=[scripts.CONTROL, 7]),
    "a bomb for the driver": lambda: later(bomb()),
    "depth for the driver": lambda: later(scripts.deeply_nested()["hello"]),  # type: ignore[arg-type]
    "a crowd for the driver": lambda: later(crowd(20_000)),
    "silence for the driver": lambda: later(Wire(b"")),
}


@pytest.mark.parametrize("name", sample(list(SERVERS)))
def test_no_server_breaks_the_report(name: str, look: Callable[..., Output]) -> None:
    """Bombs, wrong types and texts that a terminal would obey: a report, in bounds."""
    with SimulatedServer(SERVERS[name]()) as server:
        report_after_checks(look(f"mongodb://{server.address}/", "--format", "json"))


def flood(client: Any, closing: Any) -> None:
    """Send without an end, and without waiting for a question."""
    while not closing.is_set():
        client.sendall(bytes(65_536))


def flood_of_tls(client: Any, closing: Any) -> None:
    """TLS records without an end, each a handshake message that is never whole."""
    record = b"\x16\x03\x03\x40\x00" + b"\x02\xff\xff\xff" + bytes(0x4000 - 4)
    while not closing.is_set():
        client.sendall(record)


def slowly(client: Any, closing: Any) -> None:
    """One byte now and then, so that no read of a byte ever waits long."""
    message = struct.pack("<iiii", 2_000_000, 1, 1, 2013) + bytes(64)
    for at in range(len(message)):
        client.sendall(message[at : at + 1])
        closing.wait(0.1)


def flood_of_requests(client: Any, closing: Any) -> None:
    """HelloRequests without an end, which OpenSSL skips: a handshake that never gets anywhere."""
    record = b"\x16\x03\x03\x00\x04" + bytes(4)
    while not closing.is_set():
        client.sendall(record * 1000)


LISTENERS = {
    "a flood of requests for TLS": flood_of_requests,
    "a length of two gigabytes": listeners.huge_length,
    "a negative length": listeners.negative_length,
    "a message without an end": listeners.endless,
    "a flood": flood,
    "a flood of TLS": flood_of_tls,
    "one byte after the other": slowly,
    "garbage": listeners.garbage,
    "a banner in color": listeners.banner(b"\x1b[2J\x1b]0;owned\x07\xe2\x80\xae\r\n" * 100),
    "a web page without an end": listeners.answer(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000_000),
    "alert after alert": listeners.answer(bytes.fromhex("15030300020250") * 10_000),
}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *((name, "") for name in sample(list(LISTENERS))),
        *((name, "?tls=true") for name in sample(list(LISTENERS), 2)),
    ],
)
def test_no_listener_breaks_the_report(
    name: str, options: str, look: Callable[..., Output]
) -> None:
    """Other services are not mistaken for MongoDB, and the run ends in time."""
    with Listener(LISTENERS[name]) as listener:
        report = report_after_checks(
            look(f"mongodb://{listener.address}/{options}", "--format", "json")
        )
    assert report["verdict"]["layer"] in ("hello", "tls", "tcp", "topology")


@pytest.mark.parametrize("text", [scripts.CONTROL, scripts.MARKUP], ids=["control", "markup"])
@pytest.mark.parametrize("color", [{}, {"FORCE_COLOR": "1"}], ids=["plain", "color"])
def test_names_are_shown_and_not_obeyed(
    text: str, color: dict[str, str], look: Callable[..., Output]
) -> None:
    """In text, control characters become escapes, and markup stands there as it was sent."""
    with SimulatedServer(scripts.hostile_names(text)) as server:
        output = look(f"mongodb://{server.address}/", "--verbose", env=color)
    own = re.compile("\x1b\\[[0-9;]*m")  # what Rich writes itself: colors, and nothing else
    text_without_colors = own.sub("", output.out) if color else output.out
    assert bool(own.search(output.out)) == bool(color)
    assert not CONTROL.search(text_without_colors)
    if text == scripts.MARKUP:
        assert "[bold red]rs0[/]" in re.sub(r"\s+", " ", text_without_colors)
        assert "\x1b]8" not in output.out, "a link that a server sent became one"
    else:
        assert "\\x1b[2J" in text_without_colors


CLUSTER = "c0.ab.example.test"
SRV = f"_mongodb._tcp.{CLUSTER}"
MEMBER = "h.ab.example.test"
LOOP = {(SRV, "CNAME"): [f"{SRV}."], ("a.example.test", "CNAME"): ["b.example.test."]}
LOOP |= {("b.example.test", "CNAME"): ["a.example.test."]}
STAIRS = {(f"n{n}.example.test", "CNAME"): [f"n{n + 1}.example.test."] for n in range(200)}
ONE = {(SRV, "SRV"): srv([(MEMBER, 1)]), (MEMBER, "A"): ["127.0.0.1"]}
MANY = [(f"h{n}.ab.example.test", 1) for n in range(1200)]
EVIL_TXT = {
    "control characters": r'"\027[2J[bold]\226\128\174x\000"',
    "kilobytes": " ".join(['"' + "a" * 250 + '"'] * 200),
    "an option in color": r'"replicaSet=\027[2J&authSource=%00%1b%E2%80%AE"',
}
ZONES: Mapping[str, tuple[str, Mapping[tuple[str, str], Sequence[str]]]] = {
    "a loop of aliases": ("mongodb://a.example.test/", LOOP),
    "a loop under SRV": (f"mongodb+srv://{CLUSTER}/", LOOP),
    "two hundred aliases": ("mongodb://n0.example.test/", STAIRS),
    "more records than a cluster has": (
        f"mongodb+srv://{CLUSTER}/?tls=false",
        {(SRV, "SRV"): srv(MANY)} | {(name, "A"): ["127.0.0.1"] for name, _ in MANY},
    ),
    "three hundred addresses": (
        "mongodb://a.example.test:1/",
        {("a.example.test", "A"): [f"127.1.{n // 250}.{n % 250 + 1}" for n in range(300)]},
    ),
    "the root as a server": (f"mongodb+srv://{CLUSTER}/", {(SRV, "SRV"): ["0 0 0 ."]}),
    "a server in color": (
        f"mongodb+srv://{CLUSTER}/",
        {(SRV, "SRV"): [r"0 0 1 \027[2J.ab.example.test."]},
    ),
} | {
    f"TXT with {name}": (f"mongodb+srv://{CLUSTER}/?tls=false", ONE | {(CLUSTER, "TXT"): [text]})
    for name, text in EVIL_TXT.items()
}


@pytest.mark.parametrize(("uri", "zone"), ZONES.values(), ids=list(ZONES))
def test_no_name_server_breaks_the_report(
    uri: str, zone: Mapping[tuple[str, str], Sequence[str]], look: Callable[..., Output]
) -> None:
    """Loops, crowds and hostile texts in the DNS are a failure of its layer or of the next."""
    with NameServer(zone) as names:
        report = report_after_checks(look(uri, *names.args, "--format", "json"))
    assert report["verdict"]["layer"] in ("dns", "tcp")


class Chain(NamedTuple):
    """A server's certificates with its key, and the authority that they lead to."""

    server: Path
    authority: Path


def chain(folder: Path, length: int, name: str = "server", hosts: Sequence[str] = ()) -> Chain:
    """So many intermediate authorities between a server and the root."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now = datetime.datetime.now(datetime.UTC)
    pem = serialization.Encoding.PEM

    def subject(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    def certify(who: str, issuer: str, key: Any, by: Any, *, authority: bool) -> bytes:
        files = (
            x509.CertificateBuilder()
            .subject_name(subject(who))
            .issuer_name(subject(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=99))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
        )
        if not authority:
            names = [x509.DNSName(host) for host in hosts or ("localhost",)]
            files = files.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return files.sign(by, hashes.SHA256()).public_bytes(pem)

    key = by = ec.generate_private_key(ec.SECP256R1())
    root = certify("0", "0", key, by, authority=True)
    pems: list[bytes] = []
    for number in range(length):
        key = ec.generate_private_key(ec.SECP256R1())
        pems.insert(0, certify(str(number + 1), str(number), key, by, authority=True))
        by = key
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = certify(name, str(length), key, by, authority=False)
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files = Chain(folder / "server.pem", folder / "authority.pem")
    files.server.write_bytes(b"".join([secret, leaf, *pems]))
    files.authority.write_bytes(root)
    return files


@pytest.mark.parametrize("is_trusted", [True, False], ids=["trusted", "unknown"])
@pytest.mark.parametrize("length", [50, 150, 400])
def test_a_chain_of_hundreds_is_bounded(
    length: int, is_trusted: bool, look: Callable[..., Output], tmp_path: Path
) -> None:
    """OpenSSL gives up at some length, and mongoping reads no more than it shows."""
    files = chain(tmp_path, length)
    wrap = partial(listeners.tls, listeners.server_context(files.server))
    with SimulatedServer(standalone(), wrap=wrap) as server:
        trust = f"&tlsCAFile={files.authority}" if is_trusted else ""
        uri = f"mongodb://localhost:{server.port}/?tls=true{trust}"
        output = look(uri, "--format", "json", "--timeout", str(PATIENCE_S))
    report = report_after_checks(output, PATIENCE_S)
    if length == 50:
        assert (report["verdict"] is None) == is_trusted
    else:
        assert report["verdict"]["layer"] == "tls"


@pytest.mark.parametrize("is_trusted", [True, False], ids=["trusted", "unknown"])
def test_a_certificate_in_color_is_shown_and_not_obeyed(
    is_trusted: bool, look: Callable[..., Output], tmp_path: Path
) -> None:
    """The subject of a certificate is text of its author, and not trusted."""
    files = chain(tmp_path, 0, name="\x1b[2J\u202eowned [bold]x[/]")
    wrap = partial(listeners.tls, listeners.server_context(files.server))
    with SimulatedServer(standalone(), wrap=wrap) as server:
        trust = f"&tlsCAFile={files.authority}" if is_trusted else ""
        uri = f"mongodb://localhost:{server.port}/?tls=true{trust}"
        report_after_checks(look(uri, "--format", "json"))
        text = look(uri, "--verbose").out
    assert not CONTROL.search(text)


def test_a_certificate_of_a_thousand_names_is_told_in_few_words(
    look: Callable[..., Output], tmp_path: Path
) -> None:
    hosts = [f"{'a' * 60}.{number}.example.test" for number in range(900)]
    files = chain(tmp_path, 0, hosts=hosts)
    wrap = partial(listeners.tls, listeners.server_context(files.server))
    with SimulatedServer(standalone(), wrap=wrap) as server:
        uri = f"mongodb://localhost:{server.port}/?tls=true&tlsCAFile={files.authority}"
        report = report_after_checks(look(uri, "--format", "json"))
    assert report["verdict"]["cause"] == "tls.hostname-mismatch"
    (finding,) = (
        finding for layer in report["layers"] for finding in layer["findings"] if finding["host"]
    )
    assert re.search(r"and \d+ more", finding["detail"])
    assert len(finding["detail"]) < 1000
