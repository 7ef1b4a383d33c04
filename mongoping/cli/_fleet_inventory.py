"""Read the inventory of ``mongoping fleet``, and the results of an interrupted run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mongoping.cli import _config
from mongoping.decoding import open_text
from mongoping.fleet import inventory
from mongoping.fleet.line import Line, from_json
from mongoping.smoke.config import NAMES, ConfigError
from mongoping.smoke.files import InputError, read_file, reason

if TYPE_CHECKING:
    from mongoping.fleet.entry import Entry
    from mongoping.smoke.references import ConfiguredTarget

MAX_LINE = 16 * 1024 * 1024  # characters of a result with its report


def read_entries(path: str | None, config: str | None) -> list[Entry]:
    """Return the targets of an inventory. Raises `click.UsageError` with file, line and key."""
    if path is None or path.endswith(".toml"):
        return _configured_entries(path, config)
    try:
        text = read_file(path, "list of targets", empty=True, limit=inventory.MAX_BYTES)
        find = _Finder(config)
        name = "standard input" if path == "-" else path
        if path.endswith(".json"):
            return inventory.of_json(text, name, find)
        if path.endswith((".yml", ".yaml")):
            return _of_yaml(text, name, find)
        return inventory.of_list(text, name, find)
    except InputError as error:
        if _looks_like_target(path) and not Path(path).exists():
            words = f"There is no file {path}: to check one deployment, use mongoping check."
            raise click.UsageError(words) from None
        raise click.UsageError(str(error)) from None


def _looks_like_target(path: str) -> bool:
    """Return whether the name of a missing file could be meant as a target."""
    return "://" in path or path.startswith("@") or path.rpartition(":")[2].isdigit()


def _configured_entries(path: str | None, config: str | None) -> list[Entry]:
    if path is not None and config is not None:
        raise click.UsageError(f"Give the configuration only once: {path} or --config {config}.")
    targets = _config.all_targets(config) if path is None else _config.project_targets(path)
    if not targets:
        raise click.UsageError(
            f"There is no target: name a FILE, or create {NAMES[0]}, which lists targets."
        )
    _config.require_valid(targets)
    return inventory.of_targets(targets)


class _Finder:
    """Finds configured targets by name; reads the configuration once."""

    def __init__(self, config: str | None) -> None:
        self._config = config
        self._found: dict[str, ConfiguredTarget] | None = None

    def __call__(self, name: str) -> ConfiguredTarget:
        if self._found is None:
            self._found = {}
            for target in _config.all_targets(self._config):
                self._found.setdefault(target.section.name, target)
        entries = self._found.get(name)
        if entries is None:
            return _config.find(name, self._config)
        _config.require_valid((entries,))
        return entries


def _of_yaml(text: str, path: str, find: inventory.Find) -> list[Entry]:
    try:
        return inventory.of_yaml(text, path, find)
    except ImportError as error:
        if not (error.name or "").startswith("yaml"):
            raise
        from mongoping.installation import import_problem, install_command

        problem = import_problem(error, install_command("fleet"))
        raise click.UsageError(f"{path} cannot be read: {problem}") from None


def read_results(path: str) -> Iterator[tuple[str, Line]]:
    """Yield each result of an earlier run as text and as a line, without its report.

    Targets that were not measured are left out, and the last line, if it is incomplete. Raises
    `click.UsageError` for a file that cannot be read or has something else in it.
    """
    try:
        with open_text(path, "replace") as file:
            number = 0
            while data := file.readline(MAX_LINE):
                number += 1
                if not data.endswith("\n"):
                    return
                document = _document(data, path, number)
                if document is None:
                    continue
                line = _line(document, path, number)
                if line.status != "skip":
                    yield data, line
    except OSError as error:
        raise click.UsageError(f"--resume {path}: {reason(error)}.") from None


def _document(data: str, path: str, number: int) -> Any:
    """Return the document of a line; None for a blank line and for the summary."""
    if not data.strip():
        return None
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise ConfigUsageError(path, number, "not a JSON object") from None
    return None if isinstance(document, dict) and "summary" in document else document


def _line(document: Any, path: str, number: int) -> Line:
    if isinstance(document, dict):  # neither is needed, and both may be large
        document = {**document, "report": None, "samples": None}
    try:
        return from_json(document)
    except ValueError as error:
        raise ConfigUsageError(path, number, f"it {error}") from None


class ConfigUsageError(click.UsageError):
    """An error in a line of a file."""

    def __init__(self, path: str, number: int, words: str) -> None:
        super().__init__(str(ConfigError(path, number, "", words)))
