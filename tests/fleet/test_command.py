"""``mongoping fleet``: what it prints in each format, and its exit codes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from junitparser import JUnitXml

from tests.cli.terminal import Terminal
from tests.conftest import clean_environment, validate

if TYPE_CHECKING:
    from pathlib import Path

    from mongoping.sandbox.deployment import Deployment

CLOSED_PORT = "127.0.0.1:1"
CONFIGURATION = """\
[targets.shop]
uri-env = "SHOP_URI"
labels = { env = "prod" }
[targets.down]
uri = "mongodb://127.0.0.1:1"
labels = { env = "test" }
[targets.lost]
uri-env = "NOT_SET"
labels = { env = "test" }
"""


@pytest.fixture
def environment(tmp_path: Path, mongod: Deployment) -> dict[str, str]:
    """Write a configuration with three targets; return the environment that it needs."""
    (tmp_path / "mongoping.toml").write_text(CONFIGURATION)
    return {"SHOP_URI": mongod.uri}


def lines_of(run: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.out.splitlines()]


def test_each_target_has_a_line_and_causes_are_grouped(
    environment: dict[str, str], run_mongoping: Any
) -> None:
    run = run_mongoping("fleet", env=environment)
    assert run.code == 1, run.err
    lines, _, result = run.out.partition("\n\n")
    assert {line.split()[1] for line in lines.splitlines()} == {"shop", "down", "lost"}
    assert "✗ down  tcp.refused  127.0.0.1:1 refused the connection" in lines
    assert "✗ lost  mongoping.toml:7: the environment variable NOT_SET is not set" in lines
    assert result.startswith("3 targets in ")
    assert "✗ 1 × tcp.refused: down\n" in result
    assert run.err == ""


def test_labels_select_targets(environment: dict[str, str], run_mongoping: Any) -> None:
    run = run_mongoping("fleet", "--select", "env=prod", "--strict", env=environment)
    assert run.out.splitlines()[-1].startswith(("1 target in", "  "))
    assert "down" not in run.out
    nothing = run_mongoping("fleet", "--select", "env=none", env=environment)
    assert nothing.code == 2
    assert "the labels are env (prod, test)" in nothing.err


def test_json_lines_end_with_a_summary(environment: dict[str, str], run_mongoping: Any) -> None:
    run = run_mongoping("fleet", "--format", "json", env=environment)
    *lines, last = lines_of(run)
    by_name = {line["name"]: line for line in lines}
    assert by_name["down"]["cause"] == "tcp.refused"
    assert by_name["down"]["labels"] == {"env": "test"}
    assert (by_name["lost"]["status"], by_name["lost"]["cause"]) == ("fail", None)
    assert by_name["lost"]["report"] is None
    for name in ("down", "shop"):
        validate(by_name[name]["report"])
        assert by_name[name]["report"]["target"]["preset"] == "fleet"
        assert by_name[name]["report"]["target"]["name"] == name
    summary = last["summary"]
    assert summary["targets"] == sum(summary[status] for status in ("ok", "warn", "fail", "skip"))
    assert (summary["fail"], summary["causes"]["tcp.refused"]) == (2, 1)


def test_reports_can_be_left_out_or_written_to_a_folder(
    environment: dict[str, str], run_mongoping: Any, tmp_path: Path
) -> None:
    run = run_mongoping(
        "fleet", "--format", "json", "--no-report", "--output-dir", "out/put", env=environment
    )
    assert all("report" not in line for line in lines_of(run))
    assert sorted(path.name for path in (tmp_path / "out/put").iterdir()) == [
        "down.json",
        "shop.json",
    ]
    validate(json.loads((tmp_path / "out/put/down.json").read_text()))


def test_only_failures_leaves_out_what_works(
    environment: dict[str, str], run_mongoping: Any
) -> None:
    run = run_mongoping("fleet", "--format", "json", "--only-failures", env=environment)
    *lines, last = lines_of(run)
    assert {line["name"] for line in lines} == {"down", "lost"}
    assert last["summary"]["targets"] == 3


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ((), 1),
        (("--exit-code", "first"), 12),
        (("--select", "env=prod", "--module", "hello"), 0),
        (("--select", "env=prod", "--module", "hello", "--critical", "connect=0.0001ms"), 1),
        (("--format", "nagios"), 2),
        (("--format", "nagios", "--select", "env=prod", "--module", "hello"), 0),
    ],
)
def test_the_exit_code(
    args: tuple[str, ...], code: int, environment: dict[str, str], run_mongoping: Any
) -> None:
    assert run_mongoping("fleet", *args, env=environment).code == code


@pytest.mark.parametrize("form", ["html", "markdown", "junit", "prometheus", "nagios"])
def test_a_document_has_every_target(
    form: str, environment: dict[str, str], run_mongoping: Any
) -> None:
    run = run_mongoping("fleet", "--format", form, env=environment)
    assert run.err == ""
    for name in ("down", "lost"):
        assert name in run.out
    assert "tcp.refused" in run.out
    if form == "junit":
        suite = next(iter(JUnitXml.fromstring(run.out.encode())))
        assert (suite.tests, suite.failures) == (3, 2)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("no-such.txt",), "no-such.txt cannot be read"),
        (("empty.txt",), "empty.txt: the file lists no target; add a connection string"),
        (("double.txt",), "double.txt:2: h is a duplicate of the target in line 1; remove one."),
        (("broken.json",), "broken.json:2: not valid JSON"),
        (("list.txt", "--resume", "no-such.jsonl"), "--resume no-such.jsonl: No such file"),
        (("list.txt", "--resume", "broken.json"), "broken.json:1: not a JSON object."),
        (("list.txt", "--resume", "a.jsonl", "-o", "a.jsonl"), "are the same file, a.jsonl"),
        (("list.txt", "--output-dir", "list.txt/x"), "--output-dir list.txt/x cannot be made"),
        ((), "There is no target: name a FILE, or create mongoping.toml"),
        (("m.toml", "--config", "m.toml"), "Give the configuration only once"),
        (("m.toml",), "m.toml cannot be read: No such file"),
        (("at.txt",), "There is no target @x"),
        (("typo.toml",), "typo.toml:3: targets.a.label is not a known key; did you mean labels?"),
        (("at-a.txt", "--config", "typo.toml"), "typo.toml:3: targets.a.label is not"),
        (
            ("list.txt", "--from", "pod-a"),
            "--from pod-a is no place such as ssh:HOST, and a worker needs --dask ADDRESS.",
        ),
        (("list.txt", "--from", " ,"), "--from names no place: check that the variable"),
        (
            ("list.txt", "--from", "pod-a,ssh:app"),
            "--from pod-a is the name of a worker: name either workers or places.",
        ),
        (
            ("list.txt", "--from", "ssh:ada:S3,cret"),
            "--from ssh:ada:***: use ssh:USER@HOST, and enter a password when ssh asks for it.",
        ),
        (("list.txt", "--from", "ada:S3,cret"), "--from ada:*** is no place such as ssh:HOST"),
        (
            ("list.txt", "--from", "ssh:app", "--spread"),
            "--spread divides targets among the workers of a cluster, and ssh:app is none: leave "
            "out --spread, or name workers.",
        ),
        (
            ("list.txt", "--from", "ssh:app", "--dask", "h"),
            "--dask runs on the workers of a cluster, and ssh:app is none: leave out --dask",
        ),
        (("list.txt", "--dask", "http://h"), "http://h is not the address of a scheduler"),
        (("list.txt", "--dask", "tls://h:1", "--dask-tls-ca", "no.pem"), "no.pem cannot be read"),
        (
            ("list.txt", "--dask", "tcp://h:1", "--dask-tls-ca", "list.txt"),
            "need TLS: use --dask tls",
        ),
        (("list.txt", "--dask", "h", "--processes", "2"), "cannot be combined with --dask"),
    ],
)
def test_bad_input_is_one_sentence_and_no_traffic(
    args: tuple[str, ...], message: str, run_mongoping: Any, tmp_path: Path
) -> None:
    files = {
        "empty.txt": "# nothing\n",
        "double.txt": "h\nh\n",
        "broken.json": "[\n{,}]\n",
        "list.txt": f"{CLOSED_PORT}\n",
        "at.txt": "@x\n",
        "at-a.txt": "@a\n",
        "typo.toml": "[targets.a]\nuri = 'mongodb://127.0.0.1:1'\nlabel = { env = 'prod' }\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    run = run_mongoping("fleet", *args)
    assert (run.code, run.out) == (2, "")
    assert message in run.err
    assert "cret" not in run.err
    assert run.err.count("\nError:") + run.err.startswith("Error:") == 1


def test_a_list_from_standard_input_in_worker_processes(run_mongoping: Any) -> None:
    names = "".join(f"127.0.0.{number}:1\n" for number in range(1, 41))
    run = run_mongoping(
        "fleet", "-", "--module", "hello", "--processes", "2", "--format", "json", stdin=names
    )
    *lines, last = lines_of(run)
    assert len({line["name"] for line in lines}) == 40
    assert {line["cause"] for line in lines} == {"tcp.refused"}
    assert last["summary"]["causes"] == {"tcp.refused": 40}
    assert run.code == 1
    assert run.err == ""


def test_a_run_is_resumed(run_mongoping: Any, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"{CLOSED_PORT}\n127.0.0.2:1\n127.0.0.3:1\n")
    ok_row = {"name": CLOSED_PORT, "status": "ok", "cause": None, "labels": {}, "detail": "earlier"}
    skip_row = {"name": "127.0.0.2:1", "status": "skip", "cause": None}
    other = {"name": "elsewhere", "status": "ok", "cause": None}
    first = tmp_path / "first.jsonl"
    rows = [json.dumps(row) for row in (ok_row, skip_row, other)]
    first.write_text("\n".join(rows) + '\n{"name": "127.0.0.3:1", "sta')
    run = run_mongoping(
        "fleet", "list.txt", "--resume", "first.jsonl", "--format", "json", "--no-report"
    )
    *lines, last = lines_of(run)
    assert {line["name"]: line["status"] for line in lines} == {
        CLOSED_PORT: "ok",
        "127.0.0.2:1": "fail",
        "127.0.0.3:1": "fail",
    }
    assert lines[0]["detail"] == "earlier"
    assert (last["summary"]["ok"], last["summary"]["fail"]) == (1, 2)


def test_no_secret_is_printed(run_mongoping: Any, tmp_path: Path) -> None:
    canary = "c4nary"
    (tmp_path / "list.txt").write_text(
        f"mongodb://ada:{canary}@127.0.0.1:1/\nmongodb://ada:{canary}@[bad\nenv:URI\n"
    )
    for form in ("text", "json", "html", "markdown", "junit", "prometheus", "nagios"):
        run = run_mongoping(
            "fleet", "list.txt", "--format", form, "--processes", "2",
            env={"URI": f"mongodb://bob:{canary}@127.0.0.2:1/"},
        )  # fmt: skip
        assert run.code in (1, 2)
        assert "tcp.refused" in run.out
        assert canary not in run.out + run.err


def test_the_width_of_pseudonyms_does_not_show_the_length_of_names(
    run_mongoping: Any, tmp_path: Path
) -> None:
    for path in ("", "?appName=a-name-that-makes-the-target-longer"):
        (tmp_path / "list.txt").write_text(f"127.0.0.1:1\nmongodb://127.0.0.2:1/{path}\n")
        run = run_mongoping("fleet", "list.txt", "--anonymize")
        rows = sorted(run.out.splitlines()[:2])
        assert [row.split("  ")[:2] for row in rows] == [
            ["✗ target-1", "tcp.refused"], ["✗ target-2", "tcp.refused"],
        ]  # fmt: skip


def test_the_first_certificate_to_expire_is_named(
    mongod_tls: Deployment, run_mongoping: Any, tmp_path: Path
) -> None:
    (tmp_path / "list.txt").write_text(f"{mongod_tls.uri}\n{mongod_tls.uri}&appName=b\n")
    run = run_mongoping("fleet", "list.txt", "--module", "hello", "--certificate-days", "4000")
    assert run.code == 0, run.out
    assert re.search(r"! 2 \u00d7 tls.certificate-expiring, first on 20\d\d-\d\d-\d\d: ", run.out)


@pytest.mark.parametrize("target", ["mongodb://h/", "127.0.0.1:1", "@orders"])
def test_a_target_in_place_of_the_list_is_recognized(run_mongoping: Any, target: str) -> None:
    run = run_mongoping("fleet", target)
    assert run.code == 2
    assert f"no file {target}: to check one deployment, use mongoping check." in run.err


def test_a_terminal_shows_a_live_count(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("".join(f"127.0.0.{n}:1\n" for n in range(1, 40)))
    with Terminal(
        ["fleet", "list.txt", "--module", "hello", "--processes", "1"],
        env={**clean_environment(tmp_path), "TERM": "xterm"},
        cwd=tmp_path,
    ) as terminal:
        session = terminal.end()
    assert re.search(r"\r\x1b\[2K\d+ of 39  ", session.screen)
    assert session.screen.rindex(" of 39") < session.screen.rindex("\x1b[2K")
    assert session.screen.rindex("\x1b[2K") < session.screen.rindex("39 targets in ")
