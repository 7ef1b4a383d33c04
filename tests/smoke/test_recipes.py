"""docs/ci.md: every recipe is read by a parser of its kind, and every command in it is run.

What a machine without the platform cannot do is played: images, pods and services are not
started, but their commands run against a real server in their place.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from mongoping.cli import main
from mongoping.sandbox.users import User
from tests.conftest import ROOT, clean_environment, having
from tests.smoke.runner import ACTION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = (ROOT / "docs" / "ci.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"mongoping smoke(?: +(?:'[^']*'|[^\s'\"|)]+))*")
LIVE = ("--wait", "--probe", "--expect")


def blocks(language: str, name: str = "") -> list[str]:
    """The blocks of a language, those whose first line names this file where one is named."""
    texts = [text for kind, text in BLOCKS if kind == language]
    return [text for text in texts if text.splitlines()[0].endswith(name)]


def script(part: str) -> str:
    """Return the only block of a shell that contains a text."""
    (block,) = [text for text in blocks("sh") if part in text]
    return block


def recipe(name: str, language: str = "yaml") -> Any:
    (text,) = blocks(language, name)
    return yaml.safe_load(text)


def commands() -> list[list[str]]:
    """Every command line of the page: from shells, YAML and Groovy, however it is written."""
    texts = []
    for kind, text in BLOCKS:
        flat = text.replace("\\\n", " ")
        if kind in ("sh", "groovy"):
            texts += COMMAND.findall(flat)
        elif kind == "yaml":
            texts += [" ".join(map(shlex.quote, item)) for item in find_lists(yaml.safe_load(text))]
            texts += [
                line for string in strings(yaml.safe_load(text)) for line in COMMAND.findall(string)
            ]
    return [shlex.split(text) for text in dict.fromkeys(texts)]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list) and "mongoping" not in value:
        for inner in value:
            yield from strings(inner)


def find_lists(value: Any) -> Iterator[list[str]]:
    """Commands in exec form: ``["CMD", "mongoping", "smoke", ...]``."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from find_lists(inner)
    elif isinstance(value, list):
        if "mongoping" in value:
            yield value[value.index("mongoping") :]
        else:
            for inner in value:
                yield from find_lists(inner)


def test_the_page_has_all_the_places() -> None:
    assert len(commands()) >= 12
    for head in ("GitHub Actions", "GitLab", "Jenkins", "Docker Compose", "Kubernetes", "cron",
                 "A gate", "pytest"):  # fmt: skip
        assert re.search(rf"^## .*{head}", PAGE, re.MULTILINE), head


@pytest.mark.parametrize("words", commands(), ids=lambda command: " ".join(command)[:60])
def test_every_command_of_the_page_is_understood(words: list[str]) -> None:
    assert words[:2] == ["mongoping", "smoke"]
    command = main.get_command(None, "smoke")  # type: ignore[arg-type]
    assert command is not None
    command.make_context("smoke", words[2:]).close()


@pytest.fixture(scope="module")
def app() -> Iterator[Any]:
    """A set of one with a user who may do what the recipes expect of theirs."""
    from mongoping.sandbox.deployment import replica_set

    roles = [{"role": "readWrite", "db": "shop"}, {"role": "readWrite", "db": "orders"}]
    with having(), replica_set(1, users=[User("app", "a/p", roles)]) as deployment:
        yield deployment


RUN = [
    words
    for words in commands()
    if any(recipe in words for recipe in LIVE) and "--listen" not in words
]


INIT, CRON, GATE, PYTEST = (script(part) for part in ("--init", "line=$(", "gate.json", "pytest "))


def shell_lines() -> str:
    """Return the lines of shells on this page that the tests of this file run."""
    connecting = [text for text in blocks("sh") if shlex.split(text) in RUN]
    return "".join((*connecting, INIT, CRON, GATE, PYTEST))


@pytest.mark.parametrize("words", RUN, ids=lambda command: " ".join(command)[:60])
def test_every_command_that_connects_works(words: list[str], app: Any, tmp_path: Path) -> None:
    """The set has one member and no TLS: what the recipe expects of those is taken away.

    The tests' own Python takes the place of the program's.
    """
    args = [word for word in words[2:] if not word.startswith("mongodb://")]
    args = [sys.executable if word == ".venv/bin/python" else word for word in args]
    for absent in ("members=3", "certificate-days=21"):
        if absent in args:
            at = args.index(absent)
            del args[at - 1 : at + 1]
    if "||" in args:
        del args[args.index("||") :]
    process = run(args, tmp_path, MONGODB_URI=app.uri_with(database="shop"))
    assert process.returncode == 0, process.stdout + process.stderr
    for arg in args:
        form, sign, name = arg.partition("=")
        if sign and form in ("junit", "html", "json"):
            assert (tmp_path / name).stat().st_size > 100


def run(args: list[str], folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mongoping", "smoke", *args],
        env={**clean_environment(folder), **env},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_the_configuration_file_is_a_good_one(app: Any, tmp_path: Path) -> None:
    (text,) = blocks("toml", "mongoping.toml")
    schema = json.loads((ROOT / "mongoping/smoke/config.schema.json").read_text())
    jsonschema.validate(tomllib.loads(text), schema)
    here = text.replace('"mongodb://localhost:27017"', json.dumps(f"mongodb://{app.host}"))
    (tmp_path / "mongoping.toml").write_text(here.replace('members = ">=3"', "members = 1"))
    (tmp_path / "x").mkdir()
    assert run(["--dry-run"], tmp_path, ORDERS_URI=app.uri).returncode == 0
    process = run(["--stable-for", "0"], tmp_path, ORDERS_URI=app.uri)
    assert "p95-ms" in process.stdout
    assert process.returncode in (0, 18), process.stdout  # the latency is this machine's


def test_init_of_the_page_writes_what_the_dry_run_reads(tmp_path: Path) -> None:
    for line in INIT.splitlines():
        process = run(shlex.split(line)[2:], tmp_path, MONGODB_URI="mongodb://h/")
        assert process.returncode == 0, process.stderr


def test_the_workflow_with_a_service_container() -> None:
    job = recipe("workflows/test.yml")["jobs"]["test"]
    assert job["services"]["mongodb"]["ports"] == ["27017:27017"]
    assert "27017" in job["env"]["MONGODB_URI"]
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs.index("pip install mongoping") < runs.index("pytest")


def test_the_workflow_with_the_action_gives_inputs_that_it_has() -> None:
    step, then = recipe("workflows/smoke.yml")["jobs"]["smoke"]["steps"]
    assert set(step["with"]) <= set(ACTION["inputs"])
    assert all(isinstance(value, str) for value in step["with"].values())
    read = re.findall(rf"steps\.{step['id']}\.outputs\.([\w-]+)", str(then))
    assert read
    assert set(read) <= set(ACTION["outputs"])


def test_the_pipeline_of_gitlab_leaves_its_report(app: Any, tmp_path: Path) -> None:
    job = recipe(".gitlab-ci.yml")["test"]
    report = job["artifacts"]["reports"]["junit"]
    (line,) = [line for line in job["script"] if line.startswith("mongoping")]
    assert f"junit={report}" in line
    assert job["artifacts"]["when"] == "always", "a failure is what one wants to read"


def test_the_pipeline_of_jenkins_is_balanced_and_reads_its_report() -> None:
    (text,) = blocks("groovy", "Jenkinsfile")
    assert text.count("{") == text.count("}")
    assert text.count("'") % 2 == 0
    files = set(re.findall(r"junit=(\S+)", text))
    assert files == set(re.findall(r"junit '([^']+)'", text))


def test_the_health_check_of_compose_waits_longer_than_the_probe() -> None:
    services = recipe("compose.yaml")["services"]
    check = services["mongodb-health"]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert int(check["timeout"].removesuffix("s")) > 5, "the probe's own timeout"
    assert services["app"]["depends_on"]["mongodb-health"]["condition"] == "service_healthy"


def test_the_pod_asks_the_port_that_the_sidecar_listens_on() -> None:
    pod = recipe("pod.yaml")
    assert (pod["apiVersion"], pod["kind"]) == ("v1", "Pod")
    health = next(
        container
        for container in pod["spec"]["containers"]
        if container["name"] == "mongodb-health"
    )
    for container in (health, recipe("mongodb-health.yaml")):
        where = container["command"][container["command"].index("--listen") + 1]
        port = int(where.rpartition(":")[2])
        assert container["readinessProbe"]["httpGet"]["port"] == port
        assert container["ports"] == [{"containerPort": port}]
    wait = pod["spec"]["initContainers"][0]
    assert [variable["name"] for variable in wait["env"]] == ["MONGODB_URI"]


def test_cron_is_silent_where_all_is_well_and_tells_where_it_is_not(
    app: Any, tmp_path: Path
) -> None:
    """The lines as they stand on the page, by a shell; without --strict, as versions age."""
    text = CRON.replace("--strict", "").replace("mongoping", f"{sys.executable} -m mongoping")
    assert shutil.which("sh")
    for uri, silent in ((app.uri, True), ("mongodb://127.0.0.1:1/", False)):
        process = subprocess.run(
            ["sh", "-c", text],  # noqa: S607 - any POSIX shell will do
            env={**clean_environment(tmp_path), "MONGODB_URI": uri},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (process.stdout == "") is silent, process.stdout
        assert silent or process.stdout.count("\n") == 1


def test_the_gate_stops_the_pipeline(tmp_path: Path) -> None:
    text = GATE.replace("mongoping", f"{sys.executable} -m mongoping").replace("30", "0")
    process = subprocess.run(
        ["sh", "-c", f"{text}\ntouch deployed"],  # noqa: S607
        env={**clean_environment(tmp_path), "MONGODB_URI": "mongodb://127.0.0.1:1/"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert not (tmp_path / "deployed").exists()
    assert json.loads((tmp_path / "gate.json").read_text())["verdict"]["cause"] == "tcp.refused"


def test_the_test_of_the_page_passes(app: Any, tmp_path: Path) -> None:
    (text,) = blocks("python", "test_orders.py")
    (tmp_path / "test_orders.py").write_text(text)
    args = shlex.split(PYTEST)[1:]
    args[args.index("--mongoping") + 1] = "-"
    plugin = ("-p", "mongoping.pytest_plugin", "-p", "no:cacheprovider")
    process = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, *args],
        env={
            **clean_environment(tmp_path),
            "MONGODB_URI": app.uri,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    assert "1 passed" in process.stdout
