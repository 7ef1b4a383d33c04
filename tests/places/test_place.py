"""The values of --from, the choice of a file, and reasons; no connection is made."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import re
from pathlib import Path

import pytest

from mongoping import registry
from mongoping.fleet.plan import plan_from_json
from mongoping.formats import render
from mongoping.interpreter.record import Interpreter
from mongoping.model import Report, Style, Vantage
from mongoping.places.choose import Bundle, Choice, choose, executable_of, suffixes_of
from mongoping.places.connection import Connection
from mongoping.places.gather import Answer, join_reports, report_of
from mongoping.places.job import Item, Job
from mongoping.places.place import is_place, parse, shown_place
from mongoping.places.problem import Problem, from_words
from mongoping.places.session import Files, Outcome, run
from mongoping.places.shell import Facts, Python, facts_of
from mongoping.places.wire import decode, encode
from mongoping.settings import Settings
from mongoping.uri.target import parse as parse_uri
from tests import schemas
from tests.conftest import SCHEMA
from tests.formats import samples
from tests.formats.samples import EVERY, hostile, refused_report

SSH = "-T -o ClearAllForwardings=yes -o RemoteCommand=none -o BatchMode=yes"
SUFFIX = ".cpython-311-x86_64-linux-gnu.so"
ARCHIVE = Bundle("archive", machine="x86_64", suffixes=(SUFFIX,), libc=(2, 34))
EXECUTABLE = Bundle("executable", "dist/mongoping", "Linux", "x86_64", (2, 36))
LINUX = Facts(folder="/tmp/x", runs=True, system="Linux", machine="x86_64", libc=(2, 36))
SAME = Python((3, 11), SUFFIX, "/usr/bin/python3")
OTHER = Python((3, 12), ".cpython-312-x86_64-linux-gnu.so", "/usr/bin/python3.12")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("ssh:app", f"ssh {SSH} -- app sh"),
        ("ssh:ada@app", f"ssh {SSH} -- ada@app sh"),
        ("ssh:10.0.0.7", f"ssh {SSH} -- 10.0.0.7 sh"),
        ("ssh://ada@app:2222", f"ssh {SSH} -- ssh://ada@app:2222 sh"),
        ("ssh://[::1]:22", f"ssh {SSH} -- ssh://[::1]:22 sh"),
        ("docker:orders", "docker exec -i orders sh"),
        ("kubectl:orders", "kubectl exec -i orders -- sh"),
        ("kubectl:shop/orders", "kubectl exec -i -n shop orders -- sh"),
        ("kubectl:shop/orders/main", "kubectl exec -i -n shop orders -c main -- sh"),
    ],
)
def test_a_place_becomes_a_command(text: str, command: str) -> None:
    assert is_place(text)
    assert " ".join(parse(text).command(asks=False)) == command


def test_an_archive_can_be_for_several_pythons() -> None:
    names = [f"site-packages/_cffi_backend{python.suffix}" for python in (SAME, OTHER)]
    both = ARCHIVE.replace(suffixes=suffixes_of(["site-packages/click/core.py", *names]))
    for python in (SAME, OTHER):
        facts = LINUX.replace(pythons=(python,))
        assert choose(facts, (both,), tls=True) == Choice(both, python.path)


def test_an_archive_that_refuses_a_python_is_not_sent_to_it() -> None:
    facts = LINUX.replace(pythons=(SAME.replace(suffix=".cpython-313-darwin.so"),))
    choice = choose(facts, (ARCHIVE.replace(path="mongoping.pyz"),), tls=False)
    assert isinstance(choice, Problem)
    assert "does not fit the compiled modules for Python 3.11" in choice.sentence


def test_with_a_terminal_ssh_may_ask_for_a_password() -> None:
    assert not any("BatchMode" in word for word in parse("ssh:app").command(asks=True))


@pytest.mark.parametrize(
    "text",
    [
        "ssh:",
        "ssh:-oProxyCommand=x",
        "ssh://-oProxyCommand=x",
        "ssh:ada@-oProxyCommand=x",
        "ssh:a b",
        "ssh:a;id",
        "ssh:$(id)",
        "ssh:`id`",
        "docker:--help",
        "docker:a/b",
        "kubectl:-n",
        "kubectl:a/b/c/d",
        "kubectl:/",
        "pod-a",
        "tcp://10.0.0.1:8786",
    ],
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ssh://app-1:99999", "99999 is not a port: use 1 to 65535"),
        ("ssh://ada@app-1:0/", "0 is not a port"),
        ("ssh://[::1]:65536", "65536 is not a port"),
        ("ssh://app-1:x", "what follows the colon is not a port"),
        ("ssh://app-1:", "an empty text is not a port"),
        ("ssh:app-1:99999", "99999 is not a port"),
        ("ssh:app-1:22922", "use the form ssh://HOST:PORT: ssh://app-1:22922"),
        ("ssh:ada@[::1]:22", ": ssh://ada@[::1]:22"),
    ],
)
def test_a_port_that_ssh_cannot_use_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        parse(text)


@pytest.mark.parametrize(
    "text", ["ssh:::1", "ssh:ada@fe80::1%eth0", "ssh:[::1]", "ssh://app:65535"]
)
def test_a_colon_belongs_to_an_address_or_a_port(text: str) -> None:
    assert parse(text).name == shown_place(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "ssh:ada:S3cret",
        "ssh:ada:S3:cret",
        "ssh:ada:S3cret@app",
        "ssh:ada:p@S3cret",
        "ssh:ada@app:S3cret",
        "ssh://ada:S3cret",
        "ssh://ada:S3cret@app:22",
        "ssh://ada:12345678",
        "docker:ada:S3cret",
        "kubectl:shop/ada:S3cret",
        "shh:ada:S3cret",
        "ssh//ada:S3cret",
        "mongodb://ada:S3cret",
        "ada:S3cret",
    ],
)
def test_what_may_be_a_password_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        parse(text)
    message = f"--from {shown_place(text)}: {error.value}."
    assert "***" in message
    assert not re.search("S3|cret|12345678", message)


@pytest.mark.parametrize("text", ["ssh:ada@app", "docker:orders", "kubectl:a/b", "pod-a", "tcp:1"])
def test_a_name_without_a_password_is_shown(text: str) -> None:
    assert shown_place(text) == text


@pytest.mark.parametrize(
    ("facts", "tls", "expected"),
    [
        (LINUX.replace(pythons=(OTHER, SAME)), True, Choice(ARCHIVE, SAME.path)),
        (LINUX.replace(pythons=(OTHER,)), True, Choice(EXECUTABLE)),
        (LINUX.replace(runs=False, pythons=(OTHER,)), False, Choice(ARCHIVE, OTHER.path)),
        (LINUX, True, Choice(EXECUTABLE)),
        (LINUX.replace(musl=True, libc=None), True, "no-file"),
        (LINUX.replace(libc=(2, 28)), True, "no-file"),
        (LINUX.replace(machine="aarch64"), True, "no-file"),
        (LINUX.replace(machine="aarch64", pythons=(OTHER,)), False, Choice(ARCHIVE, OTHER.path)),
        (LINUX.replace(runs=False, pythons=(SAME,)), True, "noexec"),
        (LINUX.replace(runs=False, pythons=(SAME,)), False, Choice(ARCHIVE, SAME.path)),
        (LINUX.replace(machine="aarch64", pythons=(SAME,)), True, "no-file"),
        (Facts(lacks=("head",)), False, "no-shell"),
        (Facts(full="/tmp"), False, "disk-full"),
        (Facts(), False, "no-folder"),
    ],
)
def test_the_file_fits_the_system(facts: Facts, tls: bool, expected: Choice | str) -> None:
    choice = choose(facts, (ARCHIVE, EXECUTABLE), tls=tls)
    assert (choice.reason if isinstance(choice, Problem) else choice) == expected


def test_facts_are_read_from_any_text() -> None:
    lines = [
        ("folder", "/tmp/.mongoping-1"),
        ("runs", "yes"),
        ("libc", "glibc 2.31"),
        ("free", "tmpfs 100 20 80 20% /tmp"),
        ("python", f"3.11 {SUFFIX} /usr/bin/python3"),
        ("python", "2.7 None /usr/bin/python"),
        ("python", "\x1b[31m"),
        ("unsuitable", "Python 3.9.2"),
    ]
    facts = facts_of(lines)
    assert facts.pythons == (SAME,)
    assert (facts.libc, facts.free_bytes) == ((2, 31), 80 * 1024)
    assert facts.unsuitable == ("Python 3.9.2",)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("ssh: Could not resolve hostname app: Name or service not known", "unknown-name"),
        ("Host key verification failed.", "host-key"),
        ("ada@app: Permission denied (publickey).", "denied"),
        ("ssh: connect to host app port 22: Connection refused", "unreachable"),
        ("Error response from daemon: No such container: x", "unknown-name"),
        ("Error response from daemon: container 1f is not running", "not-running"),
        ('Error from server (NotFound): pods "x" not found', "unknown-name"),
        ("Error from server (Forbidden): pods is forbidden", "denied"),
        ('exec: "sh": executable file not found in $PATH', "no-shell"),
        ("something else", "lost"),
    ],
)
def test_the_last_words_of_a_program_give_the_reason(words: str, reason: str) -> None:
    problem = from_words(words, "ssh", 255)
    assert problem.reason == reason
    assert words[:20] in problem.sentence


def test_an_executable_is_known_by_its_header() -> None:
    header = b"\x7fELF\x02\x01\x01" + bytes(11) + (183).to_bytes(2, "little") + bytes(12)
    bundle = executable_of(header, "x")
    assert bundle == Bundle("executable", "x", "Linux", "aarch64")
    assert executable_of(b"PK\x03\x04", "x") is None


def test_every_report_arrives_as_it_was() -> None:
    reports = EVERY | {"hostile": hostile().replace(topology=None)}  # its role is a foreign word
    for report in reports.values():
        document = json.loads(json.dumps(encode(report)))
        assert encode(decode(Report, document)) == encode(report)


def test_a_report_with_other_types_is_refused() -> None:
    document = encode(next(iter(EVERY.values())))
    numbers = [{"duration_ms": value} for value in ("x", True, 10**400, math.inf, math.nan)]
    for change in ({"status": "fine"}, {"layers": 1}, {"uri": None}, *numbers):
        with pytest.raises(ValueError, match=r"."):
            decode(Report, {**document, **change})


def test_what_concerns_this_machine_is_not_sent() -> None:
    uri = parse_uri("mongodb+srv://ada:c4nary@a.example.test/?tlsCAFile=/nowhere/ca.pem")
    own = Settings(
        python=Interpreter("/usr/bin/python3", "--python", "3.11.2"), atlas_api_url="https://a"
    )
    item = Item(uri, own)
    assert "c4nary" not in repr(item)
    document = json.loads(json.dumps(Job("check", (item,), 1.0).as_json("ssh:a")))
    assert plan_from_json(document["items"][0]["plan"]).settings == Settings()
    assert document["items"][0]["files"] == {}  # it is read there
    assert Job("check", (item,), 1.0).uses_tls


def test_without_the_program_the_place_is_unusable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    job = Job("check", (), 1.0)

    async def ask() -> Problem | None:
        files = Files((), Path("/nowhere"))
        stop, asking = asyncio.Event(), contextlib.nullcontext()
        outcome = await run(parse("ssh:app"), job, files, lambda message: None, stop, asking)
        return outcome.problem

    assert asyncio.run(ask()) == Problem("no-program", "the command ssh is not installed here")


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
def test_a_program_that_hangs_can_be_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulated: ssh that waits for a host which does not answer does not notice its input end."""
    program = tmp_path / "ssh"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    async def close() -> bool:
        connection = await Connection.open(parse("ssh:app"), "token", 1000)
        return await connection.close("removed", 0.1)

    assert asyncio.run(close()) is False


@pytest.mark.parametrize("form", registry.names("formats"))
def test_every_format_names_the_places(form: str) -> None:
    there = refused_report().replace(vantage=Vantage("docker:elsewhere", "x"))
    report = join_reports(samples.report(), [there])
    text = render(form, [report], Style(width=200))
    assert "elsewhere" in text
    if form == "json":
        schemas.validate(json.loads(text), SCHEMA)
    assert report.exit_code() == refused_report().exit_code()


def interrupted_report() -> Report:
    """Return the report of a place that sent nothing before the user stopped the run."""
    outcome = Outcome()
    outcome.problem = Problem("interrupted", "the run was interrupted")
    answer = Answer(parse("ssh:app-1"), outcome, {})
    return report_of(answer, 0, parse_uri("mongodb://h:1/"), Settings())


@pytest.mark.parametrize("here", [samples.report(), refused_report()])
def test_an_interrupted_place_is_not_compared(here: Report) -> None:
    report = join_reports(here, [interrupted_report()])
    assert report.comparison is not None
    assert report.comparison["sentence"] == "Not known from ssh:app-1"
    assert not report.comparison["same_verdict"]


@pytest.mark.parametrize(
    ("there", "sentence"),
    [
        (samples.report(), "It works from here and docker:elsewhere. Not known from ssh:app-1"),
        (refused_report(), "Fails from docker:elsewhere only"),
    ],
)
def test_finished_places_are_compared_without_an_interrupted_one(
    there: Report, sentence: str
) -> None:
    there = there.replace(vantage=Vantage("docker:elsewhere", "x"))
    report = join_reports(samples.report(), [there, interrupted_report()])
    assert report.comparison is not None
    assert report.comparison["sentence"].startswith(sentence)
    assert report.comparison["sentence"].endswith(". Not known from ssh:app-1")


def test_each_run_of_several_targets_is_named() -> None:
    there = refused_report().replace(name="orders", vantage=Vantage("docker:elsewhere", "x"))
    report = join_reports(samples.report().replace(name="orders"), [there])
    other = samples.report().replace(name="shop")
    for form in ("text", "junit"):
        text = render(form, [report, other], Style(width=200))
        assert "orders from here" in text
        assert "orders from docker:elsewhere" in text
    last = render("text", [report, other], Style(width=400)).splitlines()[-2:]
    assert last[0].startswith("✗ 2 of 3 runs work: orders from docker:elsewhere ")
    assert last[1].startswith("orders: Fails from docker:elsewhere only")
