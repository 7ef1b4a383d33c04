"""The exporter as a process: probes of real servers, refusals, reloads, TLS and passwords."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
from contextlib import closing
from typing import TYPE_CHECKING, Any

import bcrypt
import httpx
import pytest

from mongoping.installation import install_command
from mongoping.sandbox.process import free_port
from tests.conftest import ROOT
from tests.exporter.serving import Exporter, exporting, samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mongoping.sandbox.certificates import Certificates
    from tests.conftest import Run

SECRET = "K4narie"
CONFIG = """
[targets.orders]
uri-env = "ORDERS_URI"
labels = {{env = "prod"}}

[targets.down]
uri = "mongodb://127.0.0.1:{down}/"

[targets.unset]
uri-env = "UNSET_URI"
"""


@pytest.fixture(scope="module")
def exporter(mongod: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    """An exporter of a healthy server, one that is down, and one without its variable."""
    folder = tmp_path_factory.mktemp("exporter")
    config = CONFIG.format(down=free_port())
    with exporting(folder, config, env={"ORDERS_URI": mongod.uri}) as running:
        yield running


def test_a_healthy_deployment(exporter: Exporter) -> None:
    metrics = exporter.probe("orders")
    assert metrics["mongoping_up"] == 1
    assert metrics["mongoping_probe_success"] == 1
    assert metrics['mongoping_layer_status{layer="ping"}'] == 1


@pytest.mark.parametrize("module", ["hello", "auth", "full"])
def test_a_deployment_that_is_down_is_answered_with_its_cause(
    exporter: Exporter, module: str
) -> None:
    metrics = exporter.probe("down", module)
    assert metrics["mongoping_up"] == 1
    assert metrics["mongoping_probe_success"] == 0
    assert metrics['mongoping_layer_status{layer="tcp"}'] == 0
    assert metrics['mongoping_cause_info{cause="tcp.refused",layer="tcp",severity="error"}'] == 1


def test_the_page_on_monitoring_shows_lines_of_a_real_answer(exporter: Exporter) -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text()
    block = page.partition("/probe?target=orders'")[2].partition("```text\n")[2].partition("```")[0]
    lines = [line for line in block.splitlines() if line != "..."]
    assert len(lines) > 5
    assert set(lines) <= set(exporter.get("/probe?target=down").text.splitlines())


def test_modules_look_less_deep(exporter: Exporter) -> None:
    layers = {
        module: {name for name in exporter.probe("orders", module) if "layer_status" in name}
        for module in ("hello", "auth", "full")
    }
    assert layers["hello"] < layers["auth"] < layers["full"]


def test_a_target_that_cannot_be_probed_says_nothing_about_its_deployment(
    exporter: Exporter,
) -> None:
    answer = exporter.get("/probe?target=unset")
    assert answer.status_code == 200
    assert samples(answer.text) == {"mongoping_up": 0}
    assert "UNSET_URI is not set" in answer.text.splitlines()[0]


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("", 400, "Name a target: /probe?target=NAME"),
        ("?target=orders&module=deep", 400, "The module must be one of hello, auth, full."),
        ("?target=nope", 404, "There is no target 'nope' in the configuration; connection"),
        (f"?target=mongodb://ada:{SECRET}@h/", 404, "The target is not a name in the config"),
        (f"?target={SECRET}@h", 404, "The target is not a name in the configuration;"),
        ("?target=orders&target=down", 200, "# HELP"),
    ],
)
def test_other_requests_are_refused_in_one_sentence(
    exporter: Exporter, query: str, status: int, sentence: str
) -> None:
    answer = exporter.get(f"/probe{query}")
    assert answer.status_code == status
    assert answer.text.startswith(sentence)
    assert SECRET not in answer.text
    if status != 200:
        assert answer.text.count("\n") == 1


def test_other_sites_cannot_start_probes_from_a_browser(exporter: Exporter) -> None:
    address = f"{exporter.address}/probe?target=orders"
    assert httpx.get(address, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_the_page_and_the_discovery_list_the_targets(exporter: Exporter) -> None:
    exporter.probe("down", "hello")
    page = exporter.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "tcp.refused" in page.text
    assert exporter.get("/-/targets").json()[0] == {
        "targets": ["orders"],
        "labels": {"env": "prod"},
    }
    assert exporter.get("/-/healthy").status_code == 200
    assert exporter.get("/nothing").status_code == 404
    assert httpx.post(exporter.address + "/").status_code == 405


def test_its_own_metrics_count_probes_by_result(exporter: Exporter) -> None:
    exporter.probe("down", "hello")
    metrics = samples(exporter.get("/metrics").text)
    assert metrics['mongoping_exporter_probes_total{module="hello",result="fail"}'] >= 1
    assert metrics["mongoping_exporter_targets"] == 3
    assert metrics["mongoping_exporter_probes_running"] == 0
    assert metrics["process_open_fds"] > 0


def test_scrapes_of_one_target_share_a_probe(tmp_path: Path) -> None:
    """The server accepts, and answers nothing until the second scrape has joined the first."""

    async def run() -> None:
        writers: list[asyncio.StreamWriter] = []
        first = asyncio.Event()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            first.set()

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        config = f'[targets.slow]\nuri = "mongodb://127.0.0.1:{port}/"\n'
        with exporting(tmp_path, config, "--timeout", "50") as running:
            async with httpx.AsyncClient(base_url=running.address, timeout=60) as client:
                address = "/probe?target=slow&module=hello"
                one = asyncio.ensure_future(client.get(address))
                await first.wait()
                other = asyncio.ensure_future(client.get(address))
                while True:
                    metrics = samples((await client.get("/metrics")).text)
                    if metrics["mongoping_exporter_joined_scrapes_total"] == 1:
                        break
                assert metrics["mongoping_exporter_probes_running"] == 1
                server.close()  # further attempts are refused
                for writer in writers:
                    writer.transport.abort()
                answers = await asyncio.gather(one, other)
        assert answers[0].text == answers[1].text
        assert samples(answers[0].text)["mongoping_probe_success"] == 0

    asyncio.run(run())


def test_a_probe_whose_turn_does_not_come_says_nothing_about_its_deployment(
    tmp_path: Path,
) -> None:
    """One probe at a time is allowed, and another one waits for a server that never answers."""

    async def run() -> None:
        first = asyncio.Event()
        server = await asyncio.start_server(lambda reader, writer: first.set(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        config = (
            f'[targets.slow]\nuri = "mongodb://127.0.0.1:{port}/"\n'
            '[targets.other]\nuri = "mongodb://127.0.0.1:1/"\n'
        )
        with exporting(tmp_path, config, "--timeout", "50", "--parallel", "1") as running:
            async with httpx.AsyncClient(base_url=running.address, timeout=60) as client:
                scrape = asyncio.ensure_future(client.get("/probe?target=slow&module=hello"))
                await first.wait()
                headers = {"X-Prometheus-Scrape-Timeout-Seconds": "1"}
                answer = await client.get("/probe?target=other", headers=headers)
                scrape.cancel()
        server.close()
        assert samples(answer.text) == {"mongoping_up": 0}
        assert "could not run within the time that the scrape allows" in answer.text

    asyncio.run(run())


def test_a_scrape_is_answered_before_it_times_out(tmp_path: Path) -> None:
    """A peer that accepts and never answers takes longer than the scrape allows."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        config = f'[targets.silent]\nuri = "mongodb://127.0.0.1:{port}/"'
        more = ("--timeout", "60", "--timeout-offset", "4")  # a busy machine needs the difference
        with exporting(tmp_path, config, *more) as run:
            answer = run.get("/probe?target=silent", timeout_header="10")
            metrics = samples(answer.text)
            assert metrics["mongoping_up"] == 1
            assert metrics["mongoping_probe_success"] == 0
            assert metrics["mongoping_probe_duration_seconds"] < 10
            assert metrics['mongoping_layer_status{layer="tcp"}'] == 1
            assert metrics['mongoping_layer_status{layer="hello"}'] == 0


def test_any_target_is_probed_on_request_but_not_with_our_credentials(
    mongod: Any, tmp_path: Path
) -> None:
    config = '[targets.a]\nuri = "mongodb://127.0.0.1:1/"\n'
    env = {"MONGOPING_PASSWORD": SECRET, "AWS_ACCESS_KEY_ID": SECRET}
    with exporting(tmp_path, config, "--allow-any-target", env=env) as running:
        assert running.probe(mongod.uri, "auth")["mongoping_probe_success"] == 1
        assert running.probe(mongod.uri.removeprefix("mongodb://").rstrip("/"), "hello")
        refusal = running.get(
            "/probe?target=mongodb://127.0.0.1:1/%3FauthMechanism%3DMONGODB-AWS"
        ).text
        assert "configure it as a named target" in refusal
        reply = running.get(f"/probe?target=mongodb://ada:{SECRET}@127.0.0.1:1/")
        assert SECRET not in reply.text
        assert SECRET not in running.get("/").text
        code, err = running.stop()
        assert code == 0
        assert SECRET not in err


def test_sighup_reads_the_configuration_again_and_keeps_the_former_one_if_it_cannot(
    tmp_path: Path,
) -> None:
    with exporting(tmp_path, '[targets.a]\nuri = "mongodb://127.0.0.1:1/"\n') as running:
        file = tmp_path / "mongoping.toml"
        file.write_text('[targets.b]\nuri = "mongodb://127.0.0.1:1/"\n')
        running.process.send_signal(signal.SIGHUP)
        assert running.line() == "The configuration was read again: 1 target.\n"
        assert running.get("/probe?target=a").status_code == 404
        file.write_text("[targets.b\n")
        running.process.send_signal(signal.SIGHUP)
        assert running.line().startswith("The former configuration stays: mongoping.toml:1: not")
        file.write_text(f'"ada:{SECRET}@h" = 1\n')
        running.process.send_signal(signal.SIGHUP)
        assert "mongoping.toml:1: ada:***@h is not a known key" in running.line()
        assert running.get("/probe?target=b&module=hello").status_code == 200
        metrics = samples(running.get("/metrics").text)
        assert metrics["mongoping_exporter_config_last_reload_successful"] == 0
        assert running.stop(signal.SIGINT) == (0, "")


def test_a_port_in_use_and_bad_files_are_one_sentence(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "mongoping.toml").write_text('[targets.a]\nuri = "mongodb://127.0.0.1:1/"\n')
    (tmp_path / "web.yml").write_text("tls_server_config: {cert_file: a, key_file: b}\n")
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = str(listener.getsockname()[1])
        cases = {
            ("--listen", port): f"--listen {port}: Address already in use.",
            ("--listen", "x"): "--listen x: this is not an address to listen on; use PORT",
            ("--web.config.file", "web.yml"): "a and b cannot be read: No such file or directory.",
            ("--web.config.file", "no.yml"): "The web configuration file no.yml cannot be read:",
            ("--config", "no.toml"): "no.toml cannot be read",
        }
        for args, sentence in cases.items():
            run = run_mongoping("exporter", *args)
            assert run.code == 2
            assert sentence in run.err.splitlines()[-1]
    (tmp_path / "mongoping.toml").unlink()
    run = run_mongoping("exporter", "--listen", "0")
    assert run.code == 2
    assert run.err.splitlines()[-1].startswith("Error: No targets are configured: create")


def test_without_the_extra_the_command_to_install_it_is_shown(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    hide = "import sys\nsys.modules['aiohttp'] = None\n"
    (tmp_path / "sitecustomize.py").write_text(hide)
    run = run_mongoping("exporter", env={"PYTHONPATH": str(tmp_path)})
    assert run.code == 19
    assert run.err.count("\n") == 1
    command = install_command("exporter")
    assert run.err.endswith(f": aiohttp is not installed; install it with: {command}\n")


def test_a_package_that_lacks_a_library_is_not_called_missing(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    """Simulated: a module raises what Python raises for an extension module in such a case."""
    words = "libffi.so.8: cannot open shared object file: No such file or directory"
    (tmp_path / "bcrypt.py").write_text(f"raise ImportError({words!r}, name='bcrypt._bcrypt')\n")
    run = run_mongoping("exporter", env={"PYTHONPATH": str(tmp_path)})
    assert run.code == 19
    assert run.err == (
        "Error: The exporter cannot start: bcrypt is installed, but this system lacks the library "
        "libffi.so.8 that it needs.\n"
    )


def web_file(folder: Path, certificates: Certificates, *, password: str, more: str = "") -> Path:
    """Write a web configuration with a certificate of the tests and the user ada."""
    password_hash = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
    path = folder / "web.yml"
    path.write_text(
        "tls_server_config:\n"
        f"  cert_file: {certificates.good}\n  key_file: {certificates.good}\n{more}"
        f"basic_auth_users:\n  ada: {password_hash}\n"
    )
    return path


def test_tls_and_passwords(certificates: Certificates, tmp_path: Path) -> None:
    path = web_file(tmp_path, certificates, password=SECRET)
    config = '[targets.a]\nuri = "mongodb://127.0.0.1:1/"\n'
    with exporting(tmp_path, config, "--web.config.file", str(path)) as running:
        assert running.address.startswith("https://")
        trust = ssl.create_default_context(cafile=str(certificates.authority))

        def get(path: str, *auth: str) -> httpx.Response:
            address = running.address.replace("127.0.0.1", "localhost")
            with httpx.Client(verify=trust, auth=auth or None) as client:  # type: ignore[arg-type]
                return client.get(address + path)

        for response in (get("/"), get("/-/healthy", "ada", "no"), get("/", "bob", SECRET)):
            assert (response.status_code, response.headers["www-authenticate"]) == (
                401,
                'Basic realm="mongoping"',
            )
        assert get("/", "ada", SECRET).status_code == 200
        assert get("/probe?target=a&module=hello", "ada", SECRET).status_code == 200
        assert SECRET not in running.stop()[1]


def test_clients_need_a_certificate_if_the_file_says_so(
    certificates: Certificates, tmp_path: Path
) -> None:
    more = (
        f"  client_ca_file: {certificates.authority}\n"
        "  client_auth_type: RequireAndVerifyClientCert\n"
    )
    path = web_file(tmp_path, certificates, password=SECRET, more=more)
    config = '[targets.a]\nuri = "mongodb://127.0.0.1:1/"\n'
    with exporting(tmp_path, config, "--web.config.file", str(path)) as running:
        address = running.address.replace("127.0.0.1", "localhost") + "/-/healthy"
        trust = ssl.create_default_context(cafile=str(certificates.authority))
        with (
            httpx.Client(verify=trust, auth=("ada", SECRET)) as client,
            pytest.raises(httpx.TransportError),
        ):
            client.get(address)
        trust.load_cert_chain(certificates.good)
        with httpx.Client(verify=trust, auth=("ada", SECRET)) as client:
            assert client.get(address).status_code == 200


def test_a_renewed_certificate_is_used_without_a_restart(
    certificates: Certificates, tmp_path: Path
) -> None:
    from mongoping.exporter.certificates import server_context
    from mongoping.exporter.web_config import WebTls

    file = tmp_path / "server.pem"
    file.write_bytes(certificates.good.read_bytes())
    context = server_context(WebTls(str(file), str(file)))

    def fetch_certificate() -> bytes | None:
        client_side, server_side = ssl.MemoryBIO(), ssl.MemoryBIO()
        trust = ssl._create_unverified_context()
        client = trust.wrap_bio(client_side, server_side, server_hostname="localhost")
        server = context.wrap_bio(server_side, client_side, server_side=True)
        for _ in range(4):
            for side in (client, server):
                try:
                    side.do_handshake()
                except ssl.SSLWantReadError:
                    continue
        return client.getpeercert(binary_form=True)

    before = fetch_certificate()
    file.write_bytes(certificates.expired().read_bytes())
    after = fetch_certificate()
    assert before != after
    file.write_text("half a file")
    assert fetch_certificate() == after
