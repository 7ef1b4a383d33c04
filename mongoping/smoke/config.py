"""Parse and validate the configuration file of smoke tests before any traffic. Pure.

``mongoping.toml``, or the same under ``[tool.mongoping]`` in pyproject.toml. Values at
the top of the file are defaults for the targets. The file contains no secrets: it names the
environment variables of connection strings with a password.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from mongoping.record import NOTHING, Record
from mongoping.smoke import expectations
from mongoping.smoke.depth import DEPTHS
from mongoping.smoke.locate import line_of

NAMES = ("mongoping.toml", "pyproject.toml")
MAX_S = 86_400
MAX_TARGETS = 200


class ConfigError(Exception):
    """An error in a file: the line, the key, and how to correct it, in one sentence."""

    def __init__(self, path: str, line: int | None, key: str, words: str) -> None:
        where = f"{path}:{line}" if line else path
        super().__init__(f"{where}: {key}: {words}" if key else f"{where}: {words}")


class Key(Record):
    """A key of the file: where it may occur, and how its value is read.

    ``read`` raises ValueError with a sentence about valid values. ``scope`` is ``top``,
    ``target`` or ``both``.
    """

    name: str
    summary: str
    read: Callable[[Any], Any]
    schema: Any
    scope: str = "both"
    example: str = ""


def _seconds(raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not 0 <= raw <= MAX_S:
        raise ValueError(f"must be a number of seconds from 0 to {MAX_S}")
    return float(raw)


def _above(least: float, most: float, what: str) -> Callable[[Any], float]:
    def read(raw: Any) -> float:
        if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not least <= raw <= most:
            raise ValueError(f"say {what} from {least:g} to {most:g}")
        return float(raw)

    return read


def _whole(least: int, most: int, what: str) -> Callable[[Any], int]:
    def read(raw: Any) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int) or not least <= raw <= most:
            raise ValueError(f"{what} must be an integer from {least} to {most}")
        return raw

    return read


def _flag(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - a value, to its writer
    return raw


def _text(what: str) -> Callable[[Any], str]:
    def read(raw: Any) -> str:
        if not isinstance(raw, str) or not raw.strip():
            raise ValueError(f"{what} must be a string in quotes")
        return raw

    return read


def _variable(raw: Any) -> str:
    """Return the name of a variable. A connection string in its place is refused, not shown."""
    if not isinstance(raw, str) or not raw or len(raw) > 200:
        raise ValueError("must be the name of an environment variable")
    if "://" in raw or not (raw.replace("_", "a").isalnum() and not raw[0].isdigit()):
        raise ValueError("must be the name of an environment variable, not its value")
    return raw


def _until(raw: Any) -> str:
    if raw not in DEPTHS:
        raise ValueError(f"must be one of {', '.join(DEPTHS)}")
    return str(raw)


def _uri(raw: Any) -> str:
    from mongoping.uri.target import parse

    text = _text("a connection string")(raw)
    parsed, secrets = parse(text), 0
    if parsed.problem is not None and parsed.problem.cause == "uri.empty-credentials":
        # its password may come from elsewhere, such as password-env
        parsed, secrets = parse(text, password="-"), 1  # noqa: S106 - a placeholder
    user = parsed.target.username if parsed.target is not None else None
    held = parsed.credentials is not None and len(parsed.credentials.secrets) > secrets
    if held or ":" in (user or ""):
        raise ValueError("it contains a password: put the string into a variable and use uri-env")
    if parsed.problem is not None and "@" in text:
        raise ValueError("it is invalid and may contain a password: use uri-env, or correct it")
    return text


def _place(raw: Any) -> str:
    from mongoping.smoke.writing import place_of

    text = _text("a database")(raw)
    place_of(text)
    return text


_SECONDS = {"type": "number", "minimum": 0, "maximum": MAX_S}
_NAME = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "maxLength": 200}
_WORD = {"type": "string", "pattern": "\\S"}

KEYS = (
    Key(
        "wait",
        "Retry for this many seconds until the deployment is ready.",
        _seconds,
        _SECONDS,
        example="60",
    ),
    Key(
        "until",
        "What must work to be ready: tcp, hello, primary, auth or write.",
        _until,
        {"enum": list(DEPTHS)},
        example='"auth"',
    ),
    Key(
        "stable-for",
        "How many seconds the deployment must stay ready.",
        _seconds,
        _SECONDS,
        example="2",
    ),
    Key(
        "keep-waiting",
        "Keep waiting even for causes that do not pass by themselves.",
        _flag,
        {"type": "boolean"},
        example="false",
    ),
    Key(
        "timeout",
        "The time limit for each attempt, in seconds.",
        _above(0.1, 3600, "seconds"),
        {"type": "number", "minimum": 0.1, "maximum": 3600},
        example="10",
    ),
    Key(
        "count",
        "How many pings to send.",
        _whole(1, 100_000, "pings"),
        {"type": "integer", "minimum": 1, "maximum": 100_000},
        example="10",
    ),
    Key(
        "stable-api",
        "Declare version 1 of the Stable API.",
        _flag,
        {"type": "boolean"},
        example="true",
    ),
    Key(
        "write-check",
        "Write, read and delete one document in this DB or DB.COLLECTION.",
        _place,
        {"type": "string", "minLength": 1},
        example='"smoke"',
    ),
    Key(
        "parallel",
        "How many targets to test at the same time.",
        _whole(1, 64, "targets"),
        {"type": "integer", "minimum": 1, "maximum": 64},
        "top",
        "4",
    ),
    Key(
        "uri-env",
        "The environment variable with the connection string.",
        _variable,
        _NAME,
        "target",
        '"ORDERS_URI"',
    ),
    Key(
        "uri",
        "The connection string, if it contains no password.",
        _uri,
        _WORD,
        "target",
        '"mongodb://localhost:27017"',
    ),
    Key(
        "uri-file",
        "A file with the connection string.",
        _text("the path of a file"),
        _WORD,
        "target",
        '"/run/secrets/orders-uri"',
    ),
    Key(
        "password-env",
        "The environment variable with the password, if it is not in the string.",
        _variable,
        _NAME,
        "target",
        '"ORDERS_PASSWORD"',
    ),
    Key(
        "password-file",
        "A file with the password.",
        _text("the path of a file"),
        _WORD,
        "target",
        '"/run/secrets/orders-password"',
    ),
)
SOURCES = ("uri-env", "uri", "uri-file")


class Section(Record):
    """A target of the file, with the defaults from the top. ``values`` are parsed."""

    name: str
    values: Mapping[str, Any]
    wanted: tuple[expectations.Wanted, ...] = ()
    line: int | None = None


class Config(Record):
    """A parsed file: its targets, in order."""

    path: str
    targets: tuple[Section, ...]
    values: Mapping[str, Any] = NOTHING


def parse(text: str, path: str) -> Config | None:
    """Parse a file; return None for a pyproject.toml without ``[tool.mongoping]``.

    Raises `ConfigError`.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, _syntax_line(str(error), text), "", f"no TOML: {error}") from None
    except RecursionError:
        raise ConfigError(path, None, "", "invalid TOML: it is nested too deeply") from None
    root: tuple[str, ...] = ()
    if path.endswith("pyproject.toml"):
        root = ("tool", "mongoping")
        tool = document.get("tool")
        if not isinstance(tool, dict) or "mongoping" not in tool:
            return None
        document = tool["mongoping"]
        if not isinstance(document, dict):
            raise ConfigError(path, line_of(text, root), "tool.mongoping", "must be a table")
    return _Reader(text, path, root).config(document)


def _syntax_line(message: str, text: str) -> int | None:
    if "at end of document" in message:
        return len(text.splitlines()) or None
    _, found, rest = message.partition("at line ")
    digits = rest.partition(",")[0]
    return int(digits) if found and digits.isdigit() else None


class _Reader:
    """Reads a document; errors have line numbers."""

    def __init__(self, text: str, path: str, root: tuple[str, ...]) -> None:
        self.text = text
        self.path = path
        self.root = root

    def fail(self, keys: tuple[str, ...], words: str) -> ConfigError:
        whole = (*self.root, *keys)
        return ConfigError(self.path, line_of(self.text, whole), _shown(keys), words)

    def config(self, document: dict[str, Any]) -> Config:
        values = self.values(document, (), "top", ("expect", "targets"))
        shared = self.expected(document.get("expect", {}), ("expect",))
        targets = document.get("targets", {})
        if not isinstance(targets, dict):
            raise self.fail(("targets",), "must contain tables: [targets.NAME]")
        if not targets:
            raise self.fail((), "it has no target: add [targets.NAME] with uri-env")
        if len(targets) > MAX_TARGETS:
            raise self.fail(("targets",), f"more than {MAX_TARGETS} targets")
        found = [self.section(name, target, values, shared) for name, target in targets.items()]
        return Config(self.path, tuple(found), values)

    def section(
        self,
        name: str,
        document: Any,
        above: Mapping[str, Any],
        shared: Mapping[str, expectations.Wanted | None],
    ) -> Section:
        keys = ("targets", name)
        if not isinstance(document, dict):
            raise self.fail(keys, "must be a table: [targets.NAME]")
        own = self.values(document, keys, "target", ("expect",))
        given = [source for source in SOURCES if source in own]
        if len(given) != 1:
            words = "use only one of uri-env, uri and uri-file" if given else "add uri-env or uri"
            raise self.fail((*keys, given[1]) if given else keys, words)
        if "password-env" in own and "password-file" in own:
            raise self.fail(
                (*keys, "password-file"), "use only one of password-env and password-file"
            )
        expect = self.expected(document.get("expect", {}), (*keys, "expect"))
        every = {**shared, **expect}
        inherited = {key: value for key, value in above.items() if key != "parallel"}
        return Section(
            name,
            {**inherited, **own},
            tuple(expectation for expectation in every.values() if expectation is not None),
            line_of(self.text, (*self.root, *keys)),
        )

    def values(
        self, document: dict[str, Any], at: tuple[str, ...], scope: str, tables: tuple[str, ...]
    ) -> dict[str, Any]:
        known = {key.name: key for key in KEYS if key.scope in (scope, "both")}
        found = {}
        for name, raw in document.items():
            if name in tables:
                continue
            if name not in known:
                raise self.fail((*at, name), self.unknown(name, (*known, *tables)))
            try:
                found[name] = known[name].read(raw)
            except ValueError as error:
                raise self.fail((*at, name), str(error)) from None
        return found

    def expected(self, document: Any, at: tuple[str, ...]) -> dict[str, expectations.Wanted | None]:
        if not isinstance(document, dict):
            raise self.fail(at, "must be a table of expectations")
        found = {}
        for name, raw in document.items():
            if name not in expectations.kinds():
                raise self.fail((*at, name), self.unknown(name, tuple(expectations.kinds())))
            kind = expectations.kinds()[name]
            if kind.form == "yes" and not isinstance(raw, bool):
                raise self.fail((*at, name), "must be true or false")
            try:
                found[name] = expectations.wanted(name, raw)
            except ValueError as error:
                raise self.fail((*at, name), str(error)) from None
        return found

    @staticmethod
    def unknown(name: str, known: tuple[str, ...]) -> str:
        other = {key.name for key in KEYS if key.scope == "target"}
        if name in other:
            return "this key belongs in [targets.NAME]"
        if name == "parallel":
            return "this key belongs at the top of the file"
        near = get_close_matches(name.replace("_", "-").lower(), known, 1, 0.5)
        hint = f"did you mean {near[0]}?" if near else f"known keys are {', '.join(known)}"
        return f"unknown key: {hint}"


def _shown(keys: tuple[str, ...]) -> str:
    """Return a path of keys, shortened and on one line."""
    from mongoping.escape import printable

    return printable(".".join(key[:60] for key in keys))
