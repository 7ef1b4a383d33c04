"""The container image: built with buildah, and run with runc as Docker and Kubernetes would.

There is no registry here: the base image contains the Python that runs the tests.
Every container has a read-only root file system, no capability, no home and no shell.
"""

from __future__ import annotations

import json
import re
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import yaml

from mongoping import __version__
from mongoping.sandbox.fault import faults, lending
from mongoping.sandbox.process import free_port
from mongoping.uri.target import parse
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import Popen

    from mongoping.sandbox.deployment import Deployment
    from tests.image.containers import Container, Image, Store

pytestmark = pytest.mark.server  # most of them check one

OPENSHIFT = "1000680000:0"  # any number, which no file of the image mentions
COMPILED = re.compile(r"# code object from '?(/[^'\n]+\.py)'?$", re.MULTILINE)


def test_the_version_is_that_of_the_source(image: Image) -> None:
    done = image.container("--version").run()
    assert done.stdout == f"mongoping {__version__}\n", done.stderr


def test_the_configuration_is_fit_for_clusters(image: Image) -> None:
    """Kubernetes verifies runAsNonRoot only for a number."""
    config = image.config
    assert int(config["User"].partition(":")[0]) > 0
    assert config["Entrypoint"] == ["mongoping"]
    named = "org.opencontainers.image."
    labels = {
        name.removeprefix(named): value
        for name, value in config["Labels"].items()
        if name.startswith(named)
    }
    assert labels["title"] == "mongoping"
    assert labels["version"] == __version__
    assert labels["licenses"] == "Apache-2.0"


def test_only_what_the_image_is_built_from_is_in_the_context(store: Store) -> None:
    store.build("context", ROOT, dockerfile="FROM scratch\nCOPY . /\n")
    root = store.image("localhost/context").root
    assert {path.name for path in root.iterdir()} == {
        *("LICENSE", "README.md", "docs", "mongoping", "pyproject.toml", "snippets")
    }
    assert [path.name for path in root.glob("docs/**/*") if path.is_file()] == ["mongoping.1"]
    assert not list(root.glob("**/__pycache__"))


def test_without_arguments_it_prints_its_help(image: Image) -> None:
    done = image.container().run()
    assert done.returncode == 0, done.stderr
    assert "check" in done.stdout


@pytest.mark.parametrize("user", ["", OPENSHIFT, "0:0"])
def test_every_user_can_check_a_server(image: Image, mongod: Deployment, user: str) -> None:
    done = image.container("check", mongod.uri, "--format", "json", user=user).run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["verdict"] is None


def test_a_debug_container_reads_the_connection_string_from_its_input(
    image: Image, mongod: Deployment
) -> None:
    """As with ``kubectl debug``, which replaces the entry point."""
    done = image.container(command=("mongoping", "check", "-")).run(mongod.uri + "\n")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("healthy", [True, False])
def test_the_service_of_compose_has_the_health_of_the_database(
    image: Image, mongod: Deployment, healthy: bool
) -> None:
    """The service and its health check are those of docs/ci.md, without the name of the set."""
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")
    (text,) = re.findall(r"^# compose.yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    service = yaml.safe_load(text)["services"]["mongodb-health"]
    marker, *probe = service["healthcheck"]["test"]
    assert marker == "CMD"
    refused = f"mongodb://127.0.0.1:{free_port()}"
    env = {**service["environment"], "MONGODB_URI": mongod.uri if healthy else refused}
    container = image.container(*service["command"], env=env)
    with running(container) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        assert container.exec(*probe) == (0 if healthy else 12)


def test_atlas_works_with_srv_records_and_tls(
    image: Image, mongod: Deployment, tmp_path: Path
) -> None:
    with lending(plain=mongod), faults()["atlas.ip-not-allowed"].make() as made:
        target = parse(made.uri).target
        assert target is not None
        authority = Path(shutil.copy(str(target.options["tlsCAFile"]), tmp_path / "ca.pem"))
        authority.chmod(0o644)
        uri = made.uri.replace(str(target.options["tlsCAFile"]), "/tls/ca.pem")
        mounts = {"/tls/ca.pem": authority}
        done = image.container("atlas", uri, *made.args, "--format", "json", mounts=mounts).run()
        assert json.loads(done.stdout)["verdict"]["cause"] == "atlas.ip-not-allowed"
        assert made.repair is not None
        made.repair()
        done = image.container("atlas", uri, *made.args, "--format", "json", mounts=mounts).run()
    report = json.loads(done.stdout)
    assert report["verdict"] is None, report["verdict"]


def test_what_needs_no_server_works(image: Image) -> None:
    done = image.container("explain", "connect ECONNREFUSED 127.0.0.1:27017").run()
    assert "tcp.refused" in done.stdout, done.stderr
    done = image.container("snippet", "emit", "mongodb://localhost/").run()
    assert "AsyncMongoClient" in done.stdout, done.stderr


def test_a_missing_extra_is_added_by_building_the_image_again(image: Image) -> None:
    done = image.container("sandbox", "python3").run()
    again = f"docker build -t mongoping:{__version__} --build-arg EXTRAS=atlas,exporter,sandbox "
    assert again in done.stderr, done.stdout


def test_no_start_compiles_a_module(image: Image, mongod: Deployment) -> None:
    """Without a place to store byte code, every start would do it again."""
    done = image.container("check", mongod.uri, env={"PYTHONVERBOSE": "1"}).run()
    assert "import 'pymongo'" in done.stderr
    assert COMPILED.findall(done.stderr) == []


@contextmanager
def running(container: Container) -> Iterator[Popen[str]]:
    with container.start() as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                container.kill("KILL")


def test_the_exporter_serves_until_it_is_stopped(
    image: Image, mongod: Deployment, tmp_path: Path
) -> None:
    config = tmp_path / "mongoping.toml"
    config.write_text('[targets.orders]\nuri-env = "ORDERS_URI"\n')
    config.chmod(0o644)
    container = image.container(
        *("exporter", "--listen", "127.0.0.1:0", "--config", "/etc/mongoping/mongoping.toml"),
        env={"ORDERS_URI": mongod.uri},
        mounts={"/etc/mongoping/mongoping.toml": config},
    )
    with running(container) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        address = re.search(r"on (http://\S+?)/?$", line)
        assert address is not None, line + process.stderr.read()
        answer = httpx.get(f"{address[1]}/probe", params={"target": "orders"}, timeout=60)
        container.kill()
        assert process.wait(60) == 0, process.stderr.read()
    assert "mongoping_probe_success 1" in answer.text


def test_a_watch_ends_when_its_container_is_stopped(image: Image, mongod: Deployment) -> None:
    """Process number 1 gets no signal that it does not handle."""
    container = image.container("watch", mongod.uri)
    with running(container) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        container.kill()
        assert process.wait(60) == 0


def test_a_wait_ends_when_its_container_is_stopped(image: Image) -> None:
    refused = f"mongodb://127.0.0.1:{free_port()}"
    container = image.container("smoke", refused, "--wait", "3600")
    with running(container) as process:
        assert process.stderr is not None
        assert process.stderr.readline()
        container.kill()
        assert process.wait(60) == 130
