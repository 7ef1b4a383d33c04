"""An exporter as a process, and how tests ask it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SERVING = re.compile(r"Serving .* on (\S+)")
PATIENCE_S = 60.0


class Exporter:
    """A running exporter: its address, its process, and the lines of its standard error."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process = process
        self.address = address.rstrip("/")

    def line(self) -> str:
        """Return the next line of standard error."""
        assert self.process.stderr is not None
        return self.process.stderr.readline()

    def get(self, path: str, *, timeout_header: str | None = None) -> httpx.Response:
        headers = {} if timeout_header is None else {
            "X-Prometheus-Scrape-Timeout-Seconds": timeout_header
        }  # fmt: skip
        return httpx.get(self.address + path, headers=headers, timeout=PATIENCE_S)

    def probe(self, target: str, module: str = "full") -> dict[str, float]:
        """Return the samples of a probe, by their names with sorted labels."""
        answer = httpx.get(
            f"{self.address}/probe",
            params={"target": target, "module": module},
            timeout=PATIENCE_S,
        )
        assert answer.status_code == 200, answer.text
        return samples(answer.text)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """End the process with a signal; return its exit code and the rest of its output."""
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, err


def samples(text: str) -> dict[str, float]:
    """Return the samples of a text: ``name{label="value",...}`` and the value."""
    values = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{key}="{value}"' for key, value in sorted(sample.labels.items()))
            values[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return values


@contextmanager
def exporting(
    folder: Path, config: str, *args: str, env: Mapping[str, str] | None = None
) -> Iterator[Exporter]:
    """Run an exporter with a configuration file on a free port."""
    (folder / "mongoping.toml").write_text(config)
    command = [sys.executable, "-m", "mongoping", "exporter", "--listen", "0"]
    with subprocess.Popen(
        [*command, "--config", "mongoping.toml", *args],
        cwd=folder,
        env={**clean_environment(folder), **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            match = SERVING.search(line)
            assert match is not None, line
            yield Exporter(process, match[1])
        finally:
            process.kill()
