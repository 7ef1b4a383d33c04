"""The container image: built with buildah, and run with runc as Docker and Kubernetes would.

There is no registry here: the base image contains the Python that runs the tests.
Every container has a read-only root file system, no capability, no home and no shell.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from mongoping import __version__
from mongoping.sandbox.fault import faults, lending
from mongoping.sandbox.process import free_port
from mongoping.uri.target import parse
from tests.conftest import ROOT
from tests.image import docker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import Popen

    from mongoping.sandbox.deployment import Deployment
    from tests.image.containers import Container, Image, Store

pytestmark = pytest.mark.server  # most of them check one

OPENSHIFT = "1000680000:0"  # any number, which no file of the image mentions
COMPILATION = re.compile(r"# code object from '?(/[^'\n]+\.py)'?$", re.MULTILINE)


@pytest.fixture
def targets(tmp_path: Path) -> Path:
    """A folder with a configuration file that every user can read."""
    tmp_path.chmod(0o755)
    (tmp_path / "mongoping.toml").write_text('[targets.orders]\nuri-env = "ORDERS_URI"\n')
    return tmp_path


def recipe(name: str) -> Any:
    """Return the example of docs/ci.md whose first line has this name."""
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")
    match = re.search(rf"^# {re.escape(name)}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert match is not None, name
    return yaml.safe_load(match[1])


@contextmanager
def running(container: Container) -> Iterator[Popen[str]]:
    with container.start() as process:
        try:
            yield process
        finally:
            container.remove()


def address_of(process: Popen[str]) -> str:
    """Return the URL that a server in a container prints when it listens."""
    assert process.stderr is not None
    line = process.stderr.readline()
    address = re.search(r"(http://127[\d.]+:\d+)", line)
    assert address is not None, line + process.stderr.read()
    return address[1]


def first_result(url: str) -> httpx.Response:
    """Ask as the kubelet does, until there is a result."""
    until = time.monotonic() + 60
    while True:
        answer = httpx.get(url, timeout=60)
        if "not looked yet" not in answer.text or time.monotonic() > until:
            return answer
        time.sleep(0.05)


def on_loopback(words: list[str]) -> list[str]:
    """Return the words of a command that then listens on any port of loopback."""
    return [re.sub(r"^0\.0\.0\.0:\d+$", "127.0.0.1:0", word) for word in words]


def test_the_version_is_that_of_the_source(image: Image) -> None:
    process = image.container("--version").run()
    assert process.stdout == f"mongoping {__version__}\n", process.stderr


def test_the_configuration_is_fit_for_clusters(image: Image) -> None:
    """Kubernetes verifies runAsNonRoot only for a number."""
    config = image.config
    assert int(config["User"].partition(":")[0]) > 0
    assert config["Entrypoint"] == ["mongoping"]
    prefix = "org.opencontainers.image."
    labels = {
        name.removeprefix(prefix): value
        for name, value in config["Labels"].items()
        if name.startswith(prefix)
    }
    assert labels["title"] == "mongoping"
    assert labels["version"] == __version__
    assert labels["licenses"] == "Apache-2.0"


def test_only_what_the_image_is_built_from_is_in_the_context(store: Store) -> None:
    store.build(ROOT, "-t", "context", dockerfile="FROM scratch\nCOPY . /\n")
    root = store.image("localhost/context").root
    assert {path.name for path in root.iterdir()} == {
        *("LICENSE", "README.md", "docs", "mongoping", "pyproject.toml", "snippets")
    }
    assert [path.name for path in root.glob("docs/**/*") if path.is_file()] == ["mongoping.1"]
    assert not list(root.glob("**/__pycache__"))


def test_without_arguments_it_prints_its_help(image: Image) -> None:
    process = image.container().run()
    assert process.returncode == 0, process.stderr
    assert "check" in process.stdout


@pytest.mark.parametrize("user", ["", OPENSHIFT, "0:0"])
def test_every_user_can_check_a_server(image: Image, mongod: Deployment, user: str) -> None:
    process = image.container("check", mongod.uri, "--format", "json", user=user).run()
    assert process.returncode == 0, process.stdout + process.stderr
    assert json.loads(process.stdout)["verdict"] is None


def test_a_debug_container_reads_the_connection_string_from_its_input(
    image: Image, mongod: Deployment
) -> None:
    """As with ``kubectl debug``, which replaces the entry point."""
    process = image.container(command=("mongoping", "check", "-")).run(mongod.uri + "\n")
    assert process.returncode == 0, process.stdout + process.stderr


@pytest.mark.parametrize("healthy", [True, False])
def test_the_service_of_compose_has_the_health_of_the_database(
    image: Image, mongod: Deployment, healthy: bool
) -> None:
    """The service and its health check are those of docs/ci.md, without the name of the set."""
    service = recipe("compose.yaml")["services"]["mongodb-health"]
    marker, *probe = service["healthcheck"]["test"]
    assert marker == "CMD"
    dead_uri = f"mongodb://127.0.0.1:{free_port()}"
    env = {**service["environment"], "MONGODB_URI": mongod.uri if healthy else dead_uri}
    container = image.container(*service["command"], env=env)
    with running(container) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        assert container.exec(*probe) == (0 if healthy else 12)


def test_atlas_works_with_srv_records_and_tls(
    image: Image, mongod: Deployment, tmp_path: Path
) -> None:
    with lending(plain=mongod), faults()["atlas.ip-not-allowed"].make() as fault:
        target = parse(fault.uri).target
        assert target is not None
        authority = Path(shutil.copy(str(target.options["tlsCAFile"]), tmp_path / "ca.pem"))
        authority.chmod(0o644)
        uri = fault.uri.replace(str(target.options["tlsCAFile"]), "/tls/ca.pem")
        mounts = {"/tls/ca.pem": authority}
        process = image.container(
            "atlas", uri, *fault.args, "--format", "json", mounts=mounts
        ).run()
        assert json.loads(process.stdout)["verdict"]["cause"] == "atlas.ip-not-allowed"
        assert fault.repair is not None
        fault.repair()
        process = image.container(
            "atlas", uri, *fault.args, "--format", "json", mounts=mounts
        ).run()
    report = json.loads(process.stdout)
    assert report["verdict"] is None, report["verdict"]


def test_what_needs_no_server_works(image: Image) -> None:
    process = image.container("explain", "connect ECONNREFUSED 127.0.0.1:27017").run()
    assert "tcp.refused" in process.stdout, process.stderr
    process = image.container("snippet", "emit", "mongodb://localhost/").run()
    assert "AsyncMongoClient" in process.stdout, process.stderr


def test_a_missing_extra_is_added_by_building_the_image_again(image: Image) -> None:
    process = image.container("sandbox", "python3").run()
    again = f"docker build -t mongoping:{__version__} --build-arg EXTRAS=atlas,exporter,sandbox "
    assert again in process.stderr, process.stdout


def test_no_start_compiles_a_module(image: Image, mongod: Deployment) -> None:
    """Without a place to store byte code, every start would do it again."""
    process = image.container("check", mongod.uri, env={"PYTHONVERBOSE": "1"}).run()
    assert "import 'pymongo'" in process.stderr
    assert COMPILATION.findall(process.stderr) == []


def test_the_exporter_of_the_deployment_serves_until_it_is_stopped(
    image: Image, mongod: Deployment, targets: Path
) -> None:
    """Its arguments, its probe and the place of its configuration are those of kubernetes.yml."""
    manifest = (ROOT / "docs" / "monitoring" / "kubernetes.yml").read_text("utf-8")
    deployment, _ = yaml.safe_load_all(manifest)
    (spec,) = deployment["spec"]["template"]["spec"]["containers"]
    (mount,) = spec["volumeMounts"]
    container = image.container(
        *on_loopback(spec["args"]),
        env={"ORDERS_URI": mongod.uri},
        mounts={mount["mountPath"]: targets},
    )
    serves_until_it_is_stopped(container, spec["livenessProbe"]["httpGet"]["path"])


def serves_until_it_is_stopped(container: Container, path: str) -> None:
    with running(container) as process:
        address = address_of(process)
        probe = httpx.get(f"{address}/probe", params={"target": "orders"}, timeout=60)
        alive = httpx.get(address + path, timeout=60)
        container.stop()
        assert process.wait(60) == 0
    assert "mongoping_probe_success 1" in probe.text
    assert alive.status_code == 200


@pytest.mark.parametrize("line", docker.find_commands("docker run"))
def test_what_the_pages_run_with_docker_works(
    image: Image, mongod: Deployment, targets: Path, line: str
) -> None:
    """All of them run in the network of this machine, whatever ``--network`` and ``-p`` say."""
    variables = {"MONGODB_URI": mongod.uri, "ORDERS_URI": mongod.uri}
    container = docker.container(image, line, targets, variables, on_loopback)
    if "exporter" in line:
        serves_until_it_is_stopped(container, "/-/healthy")
    else:
        assert container.run().returncode == 0


def test_the_containers_of_the_pod_wait_and_probe(image: Image, mongod: Deployment) -> None:
    """Their commands are those of docs/ci.md."""
    pod = recipe("pod.yaml")["spec"]
    env = {"MONGODB_URI": mongod.uri}
    (wait,) = pod["initContainers"]
    assert image.container(command=wait["command"], env=env).run().returncode == 0
    health = pod["containers"][1]
    container = image.container(command=on_loopback(health["command"]), env=env)
    with running(container) as process:
        path = health["readinessProbe"]["httpGet"]["path"]
        answer = first_result(address_of(process) + path)
        container.stop()
        assert process.wait(60) == 0
    assert answer.status_code == 200, answer.text


def test_a_watch_ends_when_its_container_is_stopped(image: Image, mongod: Deployment) -> None:
    """Process number 1 gets no signal that it does not handle."""
    container = image.container("watch", mongod.uri)
    with running(container) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        container.stop()
        assert process.wait(60) == 0


def test_a_wait_ends_when_its_container_is_stopped(image: Image) -> None:
    dead_uri = f"mongodb://127.0.0.1:{free_port()}"
    container = image.container("smoke", dead_uri, "--wait", "3600")
    with running(container) as process:
        assert process.stderr is not None
        assert process.stderr.readline()
        container.stop()
        assert process.wait(60) == 130
