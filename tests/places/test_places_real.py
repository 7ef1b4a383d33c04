"""Runs from other places: over a real sshd, and through simulated docker and kubectl.

The simulated commands are small scripts that enter the namespaces of a place, or misbehave.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mongoping.places.bundle import build
from tests.places.world import NAME, SILENT, TIMEOUT_S, WRONG, World

pytestmark = pytest.mark.server
CANARY = "c4nary-p4ss"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    found = World(tmp_path_factory.mktemp("world"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The archive of this installation: without ``--bundle``, each run builds its own."""
    path = tmp_path_factory.mktemp("archive") / "mongoping.zip"
    build(path)
    return str(path)


def causes(report: dict[str, Any]) -> dict[str, str | None]:
    """Return the cause of each place in a report."""
    return {
        place["vantage"]["name"]: place["verdict"] and place["verdict"]["cause"]
        for place in report["places"]
    }


def test_another_address_over_ssh_is_the_difference(world: World) -> None:
    uri = f"mongodb://{NAME}:{world.port}/?directConnection=true"
    done = world.run("check", uri, "--from", "ssh:far", "--format", "json")
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert report["verdict"] is None
    assert causes(report) == {"ssh:far": "tcp.refused"}
    assert report["places"][0]["vantage"]["host"]
    sentence = report["comparison"]["sentence"]
    assert sentence.startswith("Fails from ssh:far only: there "), sentence
    assert f"{NAME} resolves to {WRONG}" in sentence
    assert done.returncode == 12
    assert world.left() == []


def test_what_ssh_says_is_one_sentence(world: World, archive: str) -> None:
    """None of these may ask for a password: the run has no terminal, and would wait."""
    reasons = {
        "ssh:unknown": "ssh does not trust the key of that host",
        "ssh:stranger": "the login was refused (ssh: root@10.77.0.7: Permission denied",
        "ssh:nowhere.invalid": "the name of that host does not resolve here",
    }
    words = [word for place in reasons for word in ("--from", place)]
    uri = "mongodb://127.0.0.1:1/"
    done = world.run("check", uri, *words, "--bundle", archive, "--format", "json")
    report = json.loads(done.stdout)
    assert causes(report) == dict.fromkeys(reasons, "client.place-unusable")
    for place, reason in zip(report["places"], reasons.values(), strict=True):
        assert reason in place["verdict"]["evidence"][0]
    assert report["verdict"]["cause"] == "tcp.refused"
    assert done.returncode == 12


@pytest.mark.parametrize("broken", [False, True], ids=["Ctrl-C", "lost connection"])
def test_nothing_stays_there(world: World, archive: str, *, broken: bool) -> None:
    uri = f"mongodb://{WRONG}:{SILENT}/?directConnection=true"
    words = ("--from", "ssh:far", "--bundle", archive, "--format", "json", "--timeout", "60s")
    with world.start("check", uri, *words) as process:
        world.wait_for("far")
        assert world.left()
        if broken:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            for child in children.split():
                os.kill(int(child), signal.SIGKILL)
            while world.left():
                time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the run
        out, err = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130, err
    assert world.left() == []
    assert broken or "may still exist" not in err
    assert causes(json.loads(out)) == {"ssh:far": "client.place-unusable"}
