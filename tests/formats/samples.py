"""Reports for the tests of formats: well ones, failing ones, and ones full of hostile text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from mongoping.model import (
    LAYERS,
    Alternative,
    Finding,
    Latency,
    LayerReport,
    Line,
    Match,
    Member,
    Remedy,
    Report,
    Style,
    Topology,
    Vantage,
    Verdict,
)
from mongoping.model.waiting import Change, Expectation, Waiting
from mongoping.model.waterfall import Lane, Phase, Waterfall, spread

if TYPE_CHECKING:
    from collections.abc import Mapping

STYLE = Style(width=100)
TOOL: Mapping[str, str | None] = {
    "mongoping": "1.0",
    "python": "3.13.1",
    "pymongo": "4.15.1",
    "openssl": "OpenSSL 3.0",
    "platform": "linux-x86_64",
}
CANARY = "s3cr3t-canary"
HOSTILE = (
    "\x00\x07\x1b[31mred\x1b[0m ]]> <script>alert(1)</script> &amp; \"'` | \\ \u202e\ufffe\ud800\n"
    "::error title=x::pwned\r\n##[command]x\n# heading\n[link](https://evil.example) @everyone #1\n"
    "![](https://evil.example/x.png) ```\n--- \n...\n1..9\nnot ok 1 # TODO %0A %s {}"
)


def layer(name: str, status: Any = "ok", **more: Any) -> LayerReport:
    fields: dict[str, Any] = {"duration_ms": 1.5, "summary": f"{name} seen", "data": {}, **more}
    return LayerReport(name, status, **fields)


def verdict(cause: str = "tcp.refused", text: str = "h:1 refused the connection") -> Verdict:
    return Verdict(
        cause,
        cause.partition(".")[0],
        "Nothing listens on that port",
        "The machine refused the connection.",
        (
            Remedy("Start the server:", command="systemctl start mongod"),
            Remedy("Use the port that listens:", uri="mongodb://ada:***@h:27017/"),
        ),
        ("https://www.mongodb.com/docs/manual/",),
        (Alternative("tcp.timeout", "The host does not answer"),),
        (text,),
    )


def report(**changes: Any) -> Report:
    """A healthy report of one server, with every field filled in."""
    well = Report(
        tool=TOOL,
        uri="mongodb://ada:***@h:1/",
        preset="check",
        hosts=("h:1",),
        deployment="self-managed",
        started_at="2026-01-02T03:04:05.678Z",
        duration_ms=12.3,
        status="ok",
        verdict=None,
        layers=tuple(layer(name) for name in LAYERS),
        latency=Latency(3, 0, 1.0, 1.5, 0.5, 1.5, 2.0, 2.0, 2.0, (1.0, 1.5, 2.0)),
        topology=Topology("Single", None, (Member("h:1", "standalone", True, 1.0),)),
    )
    return well.replace(**changes)


def refused_report() -> Report:
    """Return a report with a refused port; the layers above TCP were skipped."""
    text = "h:1 refused the connection"
    finding = Finding("tcp.refused", "tcp", "error", text, ("h:1",), Match(text, ("Start it.",)))
    rows = [layer("uri"), layer("dns"), layer("tcp", "fail", summary=text, findings=(finding,))]
    rows += [layer(name, "skip", summary="tcp has to succeed first") for name in LAYERS[3:]]
    return report(
        status="fail",
        verdict=verdict(),
        layers=tuple(rows),
        latency=None,
        topology=Topology("Unknown", None, (Member("h:1", "unknown", False, error=text),)),
    )


def smoke_report(**changes: Any) -> Report:
    """A smoke test that waited, and found one expectation met, one not, and one not looked at."""
    rows = (
        Expectation("server", ">=6.0", "6.0.5", "ok"),
        Expectation("members", "3", "1", "fail", Remedy("Add the missing members.")),
        Expectation("p95-ms", "at most 5 ms", "not looked at: x.y", "skip"),
    )
    waiting = Waiting(
        "auth", 60.0, 1.0, 3.25, 7,
        (Change(0.1, "tcp.refused", "h:1 refused"), Change(2.0, None, "ready")), ready=True,
    )  # fmt: skip
    failure = verdict("expectation.not-met", "members: expected 3, found 1")
    fields = {"preset": "smoke", "name": "orders", "status": "fail", "verdict": failure}
    return report(**{**fields, "expectations": rows, "waiting": waiting, **changes})


def warning_report() -> Report:
    """It works, with a warning."""
    words = "6 days left"
    remedies = (Remedy("Renew the certificate:", command="certbot renew"),)
    finding = Finding(
        "tls.certificate-expiring", "tls", "warning", words, ("h:1",), Match(words), remedies,
        title="It expires soon", explanation="Connections fail once it has expired.",
    )  # fmt: skip
    rows = [
        layer(name, "warn", findings=(finding,)) if name == "tls" else layer(name)
        for name in LAYERS
    ]
    return report(status="warn", layers=tuple(rows))


def phase(name: str, *samples: float) -> Phase:
    numbers = spread(samples)
    assert numbers is not None
    return Phase(name, numbers)


def waterfall_report() -> Report:
    """A healthy report with a waterfall of two hosts, of which one does not answer."""
    answers = Lane(
        "a.example.test:27017",
        tuple(phase(name, 4.0, 5.0, 6.0) for name in ("dns", "tcp", "tls", "hello", "ping")),
        "192.0.2.1",
    )
    silent = Lane("b.example.test:27017", note="not measured: Connection refused")
    names = Lane("example.test", (phase("srv", 10.0), phase("txt", 8.0)))
    driver = Lane(
        "driver", (phase("discover", 30.0), phase("first-ping", 12.0), phase("ping", 2.0))
    )
    return report(waterfall=Waterfall(3, names, (answers, silent), driver))


def hostile(text: str = HOSTILE) -> Report:
    """Every field that a peer can write, or a user's file, holds the same text."""
    finding = Finding("hello.unexplained", "hello", "error", text, (text,), Match(text, (text,)))
    remedies = (Remedy(text, text, text),)
    doubt = Finding(
        "tls.certificate-expiring", "tls", "warning", text, (text,), Match(text), remedies,
        title=text, explanation=text,
    )  # fmt: skip
    rows = []
    for name in LAYERS:
        status, findings = "ok", ()
        if name == "hello":
            status, findings = "fail", (finding,)
        if name == "tls":
            status, findings = "warn", (doubt,)
        lines = (Line(text, text), Line("", text, "fail"))
        rows.append(
            layer(name, status, summary=text, findings=findings, lines=lines, data={text: text})
        )
    member = Member(text, text, False, tags={text: text}, error=text)
    return smoke_report(
        uri=text,
        name=text,
        hosts=(text,),
        layers=tuple(rows),
        verdict=verdict("hello.unexplained", text).replace(
            remedies=(Remedy(text, text, text), Remedy(text)),
            alternatives=(Alternative(text, text),),
            tell_apart=Remedy(text, text),
        ),
        expectations=(
            Expectation("user", text, text, "fail", Remedy(text, text)),
            Expectation("roles", text, text, "ok"),
            Expectation("server", text, text, "skip"),
        ),
        waiting=Waiting("auth", 9.0, 0.0, 1.0, 2, (Change(0.1, "tcp.refused", text),)),
        topology=Topology("ReplicaSetWithPrimary", text, (member,)),
        tool={**TOOL, "openssl": text},
        source=text,
        vantage=Vantage(text, text),
        target_note=text,
        waterfall=Waterfall(1, hosts=(Lane(text, (phase("tcp", 1.0),), text, text),)),
    )


EVERY = {
    "well": report(),
    "refused": refused_report(),
    "smoked": smoke_report(),
    "warned": warning_report(),
    "measured": waterfall_report(),
    "hostile": hostile(),
    "interrupted": report(interrupted=True, status="warn", layers=(layer("uri"),)),
    "client": report(status="fail", verdict=verdict("client.dnspython-missing"), layers=()),
}

texts = st.text(st.characters(), max_size=60) | st.sampled_from([HOSTILE, "", "\n", "::x::", "|"])
"""Any text, lone surrogates and control characters included."""
