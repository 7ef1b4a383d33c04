"""Runs from other places: over a real sshd, and through simulated docker and kubectl.

The simulated commands are small scripts that enter the namespaces of a place, or misbehave.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sys
import sysconfig
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mongoping import __version__
from mongoping.places.bundle import build
from tests.networks import NAME, SERVER, WRONG
from tests.places.world import SILENT, TIMEOUT_S, World

pytestmark = pytest.mark.server
CANARY = "c4nary-p4ss"
SUFFIX = str(sysconfig.get_config_var("EXT_SUFFIX"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("world"))
    yield world
    world.close()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The archive of this installation: without ``--bundle``, each run builds its own."""
    path = tmp_path_factory.mktemp("archive") / "mongoping.zip"
    build(path)
    return str(path)


def visible() -> Iterator[bytes]:
    """Yield the arguments and the environment of every process."""
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                yield (process / name).read_bytes()


def causes(report: dict[str, Any]) -> dict[str, str | None]:
    """Return the cause of each place in a report."""
    return {
        place["vantage"]["name"]: place["verdict"] and place["verdict"]["cause"]
        for place in report["places"]
    }


def test_another_address_over_ssh_is_the_difference(world: World) -> None:
    uri = f"mongodb://{NAME}:{world.port}/?directConnection=true"
    process = world.run("check", uri, "--from", "ssh:far", "--format", "json")
    assert process.stderr == ""
    report = json.loads(process.stdout)
    assert report["verdict"] is None
    assert causes(report) == {"ssh:far": "tcp.refused"}
    assert report["places"][0]["vantage"]["host"]
    sentence = report["comparison"]["sentence"]
    assert sentence.startswith("Fails from ssh:far only: there "), sentence
    assert f"{NAME} resolves to {WRONG}" in sentence
    assert process.returncode == 12
    assert world.leftovers() == []


def test_what_ssh_says_is_one_sentence(world: World, archive: str) -> None:
    """None of these may ask for a password: the run has no terminal, and would wait."""
    reasons = {
        "ssh:unknown": "ssh does not trust the key of that host",
        "ssh:stranger": "the login was refused (ssh: root@10.77.0.7: Permission denied",
        "ssh:nowhere.invalid": "the name of that host does not resolve here",
    }
    words = [word for place in reasons for word in ("--from", place)]
    uri = "mongodb://127.0.0.1:1/"
    process = world.run("check", uri, *words, "--bundle", archive, "--format", "json")
    report = json.loads(process.stdout)
    assert causes(report) == dict.fromkeys(reasons, "client.place-unusable")
    for place, reason in zip(report["places"], reasons.values(), strict=True):
        assert reason in place["verdict"]["evidence"][0]
    assert report["verdict"]["cause"] == "tcp.refused"
    assert process.returncode == 12


@pytest.mark.parametrize("is_broken", [False, True], ids=["Ctrl-C", "lost connection"])
def test_nothing_stays_there(world: World, archive: str, *, is_broken: bool) -> None:
    uri = f"mongodb://ada:{CANARY}@{WRONG}:{SILENT}/?directConnection=true"
    words = ("--from", "ssh:far", "--bundle", archive, "--format", "json", "--timeout", "60s")
    with world.start("check", "-", *words) as process:
        assert process.stdin is not None
        process.stdin.write(uri)
        process.stdin.close()
        world.wait_for("far")
        assert world.leftovers()
        processes = list(visible())
        assert any(b"_job" in text for text in processes)
        assert not any(CANARY.encode() in text for text in processes)
        if is_broken:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            for child in children.split():
                os.kill(int(child), signal.SIGKILL)
            while world.leftovers():
                time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the run
        process.stdin = None
        out, err = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130, err
    assert is_broken or not world.leftovers() or "may still exist" in err  # on a very busy machine
    while world.leftovers():
        time.sleep(0.05)
    [(place, cause)] = causes(json.loads(out)).items()
    assert place == "ssh:far"
    assert cause is None or (is_broken and cause == "client.place-unusable")


def test_containers_and_pods_have_networks_of_their_own(world: World, archive: str) -> None:
    """docker and kubectl are simulated: scripts that enter the namespaces of a place."""
    world.command("docker", f'[ "$*" = "exec -i bare sh" ] && {world.shell("bare")}')
    pod = '[ "$*" = "exec -i -n shop lost -c main -- sh" ]'
    world.command("kubectl", f"{pod} && {world.shell('lost')}")
    uri = f"mongodb://{SERVER}:{world.port}/?directConnection=true"
    places = ("--from", "docker:bare", "--from", "kubectl:shop/lost/main")
    process = world.run("check", uri, *places, "--bundle", archive, "--format", "json")
    report = json.loads(process.stdout)
    assert report["places"][0]["verdict"] is None, report["places"][0]["verdict"]
    assert causes(report) == {"docker:bare": None, "kubectl:shop/lost/main": "tcp.unreachable"}
    sentence = report["comparison"]["sentence"]
    assert sentence.startswith("Fails from kubectl:shop/lost/main only: "), sentence
    assert "route" in sentence
    assert (process.returncode, process.stderr) == (12, "")
    assert world.leftovers() == []


def test_local_checks_localhost_of_the_places_only(world: World, archive: str) -> None:
    """Nothing listens on localhost:27017 here, and in one of the places."""
    world.command("docker", world.shell("far"))
    world.command("kubectl", world.shell("lost"))
    places = ("--from", "docker:far", "--from", "kubectl:lost")
    options = ("--bundle", archive, "--timeout", "60", "--count", "1")
    with world.forwarding("far"):
        process = world.run("local", *places, *options, "--format", "json")
        text = world.run("local", *places[:2], *options).stdout
    report = json.loads(process.stdout)
    assert (report["vantage"]["name"], report["verdict"]) == ("docker:far", None)
    assert report["target"]["preset"] == "local"
    assert report["target"]["hosts"] == ["localhost:27017"]
    assert causes(report) == {"kubectl:lost": "tcp.refused"}
    assert process.returncode == 12
    assert text.startswith("From docker:far (")
    assert world.leftovers() == []


def test_the_tree_is_shown_from_each_place(world: World, archive: str) -> None:
    world.command("docker", world.shell("far"))
    uri = f"mongodb://{NAME}:{world.port}/?directConnection=true"
    process = world.run("topology", uri, "--from", "docker:far", "--bundle", archive)
    here, _, there = process.stdout.partition("From docker:far\n")
    assert f"✓ {NAME}:{world.port}  standalone" in here
    assert f"✗ {NAME}:{world.port}" in there
    assert f"Fails from docker:far only: there {NAME} resolves to {WRONG}" in there
    assert process.returncode == 12


def test_expectations_are_tested_in_each_place(world: World, archive: str) -> None:
    """The file of the CA is sent there; the report shows the path that the user gave."""
    world.command("docker", world.shell("far"))
    uri = f"mongodb://{SERVER}:{world.port}/?tls=true&tlsCAFile={world.authority}"
    options = ("--expect", "server=>=4.0", "--expect", "members=2", "--format", "json")
    process = world.run("smoke", uri, *options, "--from", "docker:far", "--bundle", archive)
    report = json.loads(process.stdout)
    for part in (report, *report["places"]):
        assert [row["status"] for row in part["expectations"]] == ["ok", "fail"]
        [tls] = [layer for layer in part["layers"] if layer["name"] == "tls"]
        assert tls["status"] == "ok"
        assert tls["data"]["tls_files"]["store_count"] == 1
    assert ".mongoping-" not in process.stdout
    assert causes(report) == {"docker:far": "expectation.not-met"}
    assert report["comparison"]["sentence"].startswith("It fails from here and docker:far with")
    assert process.returncode == 18


def test_a_fleet_has_a_line_for_each_place(world: World, archive: str, tmp_path: Path) -> None:
    world.command("docker", world.shell("far"))
    works = f"mongodb://{NAME}:{world.port}/?directConnection=true"
    invalid = f"mongodb://ada:{CANARY}@/"
    closed_port = "mongodb://127.0.0.1:1/"
    inventory = tmp_path / "list"
    inventory.write_text(f"{works}\n{invalid}\n{closed_port}\n")
    folder = tmp_path / "reports"
    options = ("--from", "docker:far,ssh:nowhere.invalid", "--bundle", archive, "--format", "json")
    process = world.run("fleet", str(inventory), *options, "--output-dir", str(folder))
    assert CANARY not in process.stdout + process.stderr
    *lines, last = map(json.loads, process.stdout.splitlines())
    causes = {
        (line["name"], line["vantage"]): line["cause"]
        if line["status"] == "fail"
        else line["status"]
        for line in lines
    }
    assert causes.pop((works, "here")) in ("ok", "warn")  # the server may be an old one
    skips = [key for key, cause in causes.items() if cause == "skip"]
    assert skips == [(works, "ssh:nowhere.invalid"), (closed_port, "ssh:nowhere.invalid")]
    safe_uri = invalid.replace(CANARY, "***")
    assert {key: cause for key, cause in causes.items() if cause != "skip"} == {
        (works, "docker:far"): "tcp.refused",
        **{(safe_uri, place): "uri.missing-host" for place in ("here", *options[1].split(","))},
        **{(closed_port, place): "tcp.refused" for place in ("here", "docker:far")},
    }
    [difference] = last["summary"]["differences"]
    assert difference["name"] == works
    assert f"there {NAME} resolves to {WRONG}" in difference["sentence"]
    assert process.returncode == 1
    assert world.leftovers() == []
    documents = sorted(map(json.dumps, (json.loads(path.read_text()) for path in folder.iterdir())))
    assert documents == sorted(json.dumps(line["report"]) for line in lines if line["report"])
    assert len(documents) == 7  # none from the place that cannot be used but for the invalid string


def test_an_anonymized_fleet_names_the_difference(
    world: World, archive: str, tmp_path: Path
) -> None:
    world.command("docker", world.shell("far"))
    inventory = tmp_path / "list"
    inventory.write_text(f"mongodb://{NAME}:{world.port}/?directConnection=true\n127.0.0.1:1\n")
    places = ("--from", "docker:cnrybox,ssh:cnryuser@cnryhost.invalid", "--bundle", archive)
    options = ("--anonymize-key", str(tmp_path / "key"), "--format", "json")
    process = world.run("fleet", str(inventory), *places, *options)
    assert not re.search(f"cnry|{NAME}|{WRONG}|{SERVER}", process.stdout)
    *lines, last = map(json.loads, process.stdout.splitlines())
    causes = {line["vantage"]: line["cause"] for line in lines if line["cause"] == "tcp.refused"}
    assert causes.keys() >= {"here"}
    [box] = [name for name in causes if name.startswith("docker:name-")]
    [place] = {line["vantage"] for line in lines if line["status"] == "skip"}
    assert re.fullmatch(r"ssh:user-\w+@name-\w+\.invalid", place)
    [difference] = last["summary"]["differences"]
    assert difference["name"].startswith("target-")
    assert f"fails from {box} only: there name-" in difference["sentence"]
    assert " resolves to private-ip-" in difference["sentence"]


def test_a_watch_runs_in_each_place_over_one_connection(world: World, archive: str) -> None:
    copies = world.folder / "copies"
    world.command("docker", f"echo >> {copies}; {world.shell('far')}")
    world.command("kubectl", "echo 'pods \"x\" not found' >&2; exit 1")
    uri = f"mongodb://{NAME}:{world.port}/?directConnection=true"
    places = ("--from", "docker:far", "--from", "kubectl:x", "--bundle", archive)
    options = ("--interval", "0.5", "--format", "json")
    kinds: dict[str, dict[str, Any]] = {}
    answers: set[tuple[str, bool]] = set()
    expected = {("here", True), ("docker:far", False)}
    with world.start("watch", uri, *places, *options) as process:
        assert process.stdout is not None
        while not ({"place", "cause"} <= kinds.keys() and expected <= answers):
            line = json.loads(process.stdout.readline())
            if line["type"] == "event":
                kinds[line["kind"]] = line
            elif line["type"] == "tick" and "driver" in line["pings"]:
                answers.add((line["target"], line["pings"]["driver"] is not None))
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=TIMEOUT_S)
    assert ("docker:far", True) not in answers
    assert kinds["place"]["target"] == "kubectl:x"
    assert "there is no such pod" in kinds["place"]["text"]
    cause = kinds["cause"]
    assert (cause["target"], cause["facts"]["cause"]) == ("docker:far", "tcp.refused")
    assert cause["facts"]["answered_from"] == ["here"]
    assert cause["facts"]["command"] == f"mongoping check '{uri}' --from docker:far"
    assert process.returncode == 19, err
    ends = [row["target"] for row in map(json.loads, out.splitlines()) if row["type"] == "end"]
    assert ends == ["here", "docker:far", "kubectl:x"]
    assert copies.read_text() == "\n"
    assert world.leftovers() == []


PYTHON = """#!/bin/sh
# a hostile place: it answers as Python and as mongoping, and repeats the secrets that it gets
case $2 in
-c) echo "3.11 @SUFFIX@" ;;
*)
  printf '%s {"mongoping": "@VERSION@", "host": "evil \\\\u001b[31m"}\\n' "$4"
  read -r job
  @ANSWER@
  ;;
esac
"""
ECHO = """printf '%s {"error": "\\\\u001b[31m@SECRET@"}\\n' "$4" """
FORGERY = """printf '%s {"item": 0, "report": {"status": "ok"}}\\n%s {"end": 1}\\n' "$4" "$4" """
ENDLESS = """printf '%s ' "$4"; exec yes '[' | tr -d '\\n'"""


def test_a_hostile_or_bare_place_is_one_sentence(world: World, tmp_path: Path) -> None:
    """docker is simulated: scripts that misbehave."""
    lines = []
    for name, answer in (("repeated", ECHO), ("forged", FORGERY), ("endless", ENDLESS)):
        (tmp_path / name).mkdir()
        values = {"ANSWER": answer, "SUFFIX": SUFFIX, "VERSION": __version__, "SECRET": CANARY}
        text = PYTHON
        for word, value in values.items():
            text = text.replace(f"@{word}@", value)
        path = tmp_path / name / f"python3.{sys.version_info[1]}"
        path.write_text(text)
        path.chmod(0o755)
        lines.append(f"{name}) PATH={tmp_path / name}:$PATH exec sh ;;")
    runc = 'exec: "sh": executable file not found in $PATH: unknown'
    world.command(
        "docker",
        f"export TMPDIR={tmp_path}; "
        f"case $3 in {' '.join(lines)} noise) exec yes ;; early) read line; exit 7 ;;"
        f"distroless) echo '{runc}' >&2; exit 126 ;; empty) PATH=/nowhere; exec /bin/sh ;; esac",
    )
    reasons = {
        "repeated": "mongoping failed there: \\x1b[31m***",
        "forged": "what it printed is not a report of mongoping",
        "endless": "what it printed is not a report of mongoping",
        "noise": "what it printed is not a report of mongoping",
        "early": "docker ended with exit code 7",
        "distroless": "it has no shell",
        "empty": "it has no head and no mkdir and no rm and no wc",
    }
    words = [word for name in reasons for word in ("--from", f"docker:{name}")]
    uri = f"mongodb://ada:{CANARY}@127.0.0.1:1/"
    small = tmp_path / "small.zip"
    with zipfile.ZipFile(small, "w") as file:
        file.writestr("mongoping/__main__.py", "")
        file.writestr(f"_cffi_backend{SUFFIX}", "")
    options = ("--bundle", str(small), "--format", "json")
    process = world.run("check", "-", *words, *options, text=uri)
    assert CANARY not in process.stdout
    notes = process.stderr.splitlines()
    assert any(line.endswith("may still exist on docker:endless.") for line in notes)
    assert all("may still exist" in line for line in notes)  # others, too, on a very busy machine
    report = json.loads(process.stdout)
    for place, (name, reason) in zip(report["places"], reasons.items(), strict=True):
        assert place["verdict"]["cause"] == "client.place-unusable"
        assert reason in place["verdict"]["evidence"][0], name
