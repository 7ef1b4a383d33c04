"""Parse and validate the configuration file before any traffic. Pure.

``mongoping.toml``, or the same under ``[tool.mongoping]`` in pyproject.toml. Values at
the top of the file are defaults for the targets. The file contains no secrets: it names the
environment variables of connection strings with a password.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from mongoping.record import NOTHING, Record
from mongoping.smoke import expectations
from mongoping.smoke.config_keys import ATLAS_KEYS, KEYS, PASSWORDS, SOURCES
from mongoping.smoke.files import InputError
from mongoping.smoke.locate import line_of

NAMES = ("mongoping.toml", "pyproject.toml")
MAX_TARGETS = 5_000


class ConfigError(InputError):
    """An error in a file: the line, the key, and how to correct it, in one sentence."""

    def __init__(self, path: str, line: int | None, key: str, words: str) -> None:
        where = f"{path}:{line}" if line else path
        super().__init__(f"{where}: {_sentence(key, words)}")


def _sentence(key: str, words: str) -> str:
    """Return a complete sentence about a key, if there is one."""
    if key and words.startswith(("must ", "is ", "belongs ")):
        words = f"{key} {words}"
    elif key:
        words = f"{words} ({key})"
    return words if words.endswith("?") else f"{words}."


class Section(Record):
    """A target of the file, with the defaults from the top. ``values`` are parsed.

    With an ``error``, it has no values.
    """

    name: str
    values: Mapping[str, Any]
    wanted: tuple[expectations.Requirement, ...] = ()
    line: int | None = None
    error: str | None = None


class Config(Record):
    """A parsed file: its targets, in order. ``atlas`` refers to the key of the Atlas API."""

    path: str
    targets: tuple[Section, ...]
    values: Mapping[str, Any] = NOTHING
    atlas: Mapping[str, str] = NOTHING


def parse(text: str, path: str, *, partial: bool = False) -> Config | None:
    """Parse a file; return None for a pyproject.toml without ``[tool.mongoping]``.

    Raises `ConfigError`. With ``partial``, an error in one target does not affect the others: its
    section has the error.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            path, _syntax_line(str(error), text), "", f"not valid TOML ({error})"
        ) from None
    except RecursionError:
        raise ConfigError(
            path, None, "", "not valid TOML, because it is nested too deeply"
        ) from None
    root: tuple[str, ...] = ()
    if path.endswith("pyproject.toml"):
        root = ("tool", "mongoping")
        tool = document.get("tool")
        if not isinstance(tool, dict) or "mongoping" not in tool:
            return None
        document = tool["mongoping"]
        if not isinstance(document, dict):
            raise ConfigError(path, line_of(text, root), "tool.mongoping", "must be a table")
    return _Reader(text, path, root, partial=partial).config(document)


def _syntax_line(message: str, text: str) -> int | None:
    if "at end of document" in message:
        return len(text.splitlines()) or None
    _, separator, rest = message.partition("at line ")
    digits = rest.partition(",")[0]
    return int(digits) if separator and digits.isdigit() else None


class _Reader:
    """Reads a document; errors have line numbers."""

    def __init__(self, text: str, path: str, root: tuple[str, ...], *, partial: bool) -> None:
        self.text = text
        self.path = path
        self.root = root
        self.partial = partial

    def fail(self, keys: tuple[str, ...], words: str) -> ConfigError:
        whole = (*self.root, *keys)
        return ConfigError(self.path, line_of(self.text, whole), _path_text(keys), words)

    def config(self, document: dict[str, Any]) -> Config:
        values = self.values(document, (), "top", ("atlas", "expect", "targets"))
        shared_expectations = self.expected(document.get("expect", {}), ("expect",))
        targets = document.get("targets", {})
        if not isinstance(targets, dict):
            raise self.fail(("targets",), "must contain tables such as [targets.NAME]")
        atlas = self.atlas(document.get("atlas", {}))
        if not targets and not atlas:
            raise self.fail((), "the file has no target; add [targets.NAME] with uri-env")
        if len(targets) > MAX_TARGETS:
            raise self.fail(("targets",), f"more than {MAX_TARGETS} targets")
        attempts = [
            self.attempt(name, target, values, shared_expectations)
            for name, target in targets.items()
        ]
        return Config(self.path, tuple(attempts), values, atlas)

    def atlas(self, document: Any) -> dict[str, str]:
        """Return the references to a key of the Atlas API."""
        if not isinstance(document, dict):
            raise self.fail(("atlas",), "must be a table")
        key_values = {}
        for name, raw in document.items():
            if name not in ATLAS_KEYS:
                raise self.fail(("atlas", name), self.unknown(name, tuple(ATLAS_KEYS)))
            try:
                key_values[name] = ATLAS_KEYS[name](raw)
            except ValueError as error:
                raise self.fail(("atlas", name), str(error)) from None
        return key_values

    def attempt(
        self,
        name: str,
        document: Any,
        above: Mapping[str, Any],
        shared_expectations: Mapping[str, expectations.Requirement | None],
    ) -> Section:
        """Return a target; with ``partial``, also one that is not valid."""
        try:
            return self.section(name, document, above, shared_expectations)
        except ConfigError as error:
            if not self.partial:
                raise
            line = line_of(self.text, (*self.root, "targets", name))
            return Section(name, NOTHING, line=line, error=str(error))

    def section(
        self,
        name: str,
        document: Any,
        above: Mapping[str, Any],
        shared_expectations: Mapping[str, expectations.Requirement | None],
    ) -> Section:
        keys = ("targets", name)
        if not isinstance(document, dict):
            raise self.fail(keys, "must be a table such as [targets.NAME]")
        own = self.values(document, keys, "target", ("expect",))
        sources = [source for source in SOURCES if source in own]
        if len(sources) != 1:
            words = "use only one of uri-env, uri and uri-file" if sources else "add uri-env or uri"
            raise self.fail((*keys, sources[1]) if sources else keys, words)
        secrets = [key for key in PASSWORDS if key in own]
        if len(secrets) > 1:
            raise self.fail((*keys, secrets[1]), f"use only one of {' and '.join(secrets)}")
        expect = self.expected(document.get("expect", {}), (*keys, "expect"))
        every = {**shared_expectations, **expect}
        defaults = {key: value for key, value in above.items() if key != "parallel"}
        return Section(
            name,
            {**defaults, **own},
            tuple(expectation for expectation in every.values() if expectation is not None),
            line_of(self.text, (*self.root, *keys)),
        )

    def values(
        self, document: dict[str, Any], at: tuple[str, ...], scope: str, tables: tuple[str, ...]
    ) -> dict[str, Any]:
        keys = {key.name: key for key in KEYS if key.scope in (scope, "both")}
        values = {}
        for name, raw in document.items():
            if name in tables:
                continue
            if name not in keys:
                raise self.fail((*at, name), self.unknown(name, (*keys, *tables)))
            try:
                values[name] = keys[name].read(raw)
            except ValueError as error:
                raise self.fail((*at, name), str(error)) from None
        return values

    def expected(
        self, document: Any, at: tuple[str, ...]
    ) -> dict[str, expectations.Requirement | None]:
        if not isinstance(document, dict):
            raise self.fail(at, "must be a table of expectations")
        requirements = {}
        for name, raw in document.items():
            if name not in expectations.kinds():
                raise self.fail((*at, name), self.unknown(name, tuple(expectations.kinds())))
            kind = expectations.kinds()[name]
            if kind.form == "yes" and not isinstance(raw, bool):
                raise self.fail((*at, name), "must be true or false")
            try:
                requirements[name] = expectations.requirement_of(name, raw)
            except ValueError as error:
                raise self.fail((*at, name), str(error)) from None
        return requirements

    @staticmethod
    def unknown(name: str, names: tuple[str, ...]) -> str:
        other = {key.name for key in KEYS if key.scope == "target"}
        if name in other:
            return "belongs in [targets.NAME]"
        if name == "parallel":
            return "belongs at the top of the file"
        near = get_close_matches(name.replace("_", "-").lower(), names, 1, 0.5)
        hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(names)}"
        return f"is not a known key; {hint}"


def _path_text(keys: tuple[str, ...]) -> str:
    """Return a path of keys, shortened and on one line."""
    from mongoping.escape import printable

    return printable(".".join(key[:60] for key in keys))
