"""The configuration file of smoke tests, read and judged before any traffic. Pure.

``mongoping.toml``, or the same under ``[tool.mongoping]`` in pyproject.toml. What a target
does not say itself is taken from the top of the file. No secret stands in it: connection
strings with a password come from the environment, by the name of a variable.
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
    """What is wrong in a file: where, which key, and the way out, in one sentence."""

    def __init__(self, path: str, line: int | None, key: str, words: str) -> None:
        where = f"{path}:{line}" if line else path
        super().__init__(f"{where}: {key}: {words}" if key else f"{where}: {words}")


class Key(Record):
    """A key of the file: who may have it, and how its value is read.

    ``read`` raises ValueError with what would do. ``scope`` is ``top``, ``target`` or ``both``.
    """

    name: str
    summary: str
    read: Callable[[Any], Any]
    schema: Any
    scope: str = "both"
    example: str = ""


def _seconds(raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not 0 <= raw <= MAX_S:
        raise ValueError(f"say seconds as a number from 0 to {MAX_S}")
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
            raise ValueError(f"say {what} as a whole number from {least} to {most}")
        return raw

    return read


def _flag(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise ValueError("say true or false")  # noqa: TRY004 - a value, to its writer
    return raw


def _text(what: str) -> Callable[[Any], str]:
    def read(raw: Any) -> str:
        if not isinstance(raw, str) or not raw.strip():
            raise ValueError(f"say {what} as a text in quotes")
        return raw

    return read


def _variable(raw: Any) -> str:
    """Return the name of a variable. A connection string in its place is refused, not shown."""
    if not isinstance(raw, str) or not raw or len(raw) > 200:
        raise ValueError("say the name of an environment variable")
    if "://" in raw or not (raw.replace("_", "a").isalnum() and not raw[0].isdigit()):
        raise ValueError("say the name of an environment variable, not what is in it")
    return raw


def _until(raw: Any) -> str:
    if raw not in DEPTHS:
        raise ValueError(f"say one of {', '.join(DEPTHS)}")
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
        raise ValueError("it holds a password: put the string into a variable and say uri-env")
    if parsed.problem is not None and "@" in text:
        raise ValueError("it cannot be read, and may hold a password: use uri-env, or repair it")
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
    Key("wait", "Retry so many seconds until ready.", _seconds, _SECONDS, example="60"),
    Key(
        "until",
        "How deep ready is: tcp, hello, primary, auth or write.",
        _until,
        {"enum": list(DEPTHS)},
        example='"auth"',
    ),
    Key("stable-for", "Ready has to last so many seconds.", _seconds, _SECONDS, example="2"),
    Key(
        "keep-waiting",
        "Go on through causes that no waiting mends.",
        _flag,
        {"type": "boolean"},
        example="false",
    ),
    Key(
        "timeout",
        "The deadline of one look, in seconds.",
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
        "How many targets are tested at once.",
        _whole(1, 64, "targets"),
        {"type": "integer", "minimum": 1, "maximum": 64},
        "top",
        "4",
    ),
    Key(
        "uri-env",
        "The environment variable that holds the connection string.",
        _variable,
        _NAME,
        "target",
        '"ORDERS_URI"',
    ),
    Key(
        "uri",
        "The connection string itself, where it holds no password.",
        _uri,
        _WORD,
        "target",
        '"mongodb://localhost:27017"',
    ),
    Key(
        "uri-file",
        "A file that holds the connection string.",
        _text("the path of a file"),
        _WORD,
        "target",
        '"/run/secrets/orders-uri"',
    ),
    Key(
        "password-env",
        "The environment variable that holds the password, where it comes apart.",
        _variable,
        _NAME,
        "target",
        '"ORDERS_PASSWORD"',
    ),
    Key(
        "password-file",
        "A file that holds the password.",
        _text("the path of a file"),
        _WORD,
        "target",
        '"/run/secrets/orders-password"',
    ),
)
SOURCES = ("uri-env", "uri", "uri-file")


class Section(Record):
    """A target of the file, with what it takes from the top. ``values`` are read."""

    name: str
    values: Mapping[str, Any]
    wanted: tuple[expectations.Wanted, ...] = ()
    line: int | None = None


class Config(Record):
    """A file that was read: its targets, in their order."""

    path: str
    targets: tuple[Section, ...]
    values: Mapping[str, Any] = NOTHING


def parse(text: str, path: str) -> Config | None:
    """Read a file; None where it is a pyproject.toml without ``[tool.mongoping]``.

    Raises `ConfigError`.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, _syntax_line(str(error), text), "", f"no TOML: {error}") from None
    except RecursionError:
        raise ConfigError(path, None, "", "no TOML: it is nested too deep") from None
    root: tuple[str, ...] = ()
    if path.endswith("pyproject.toml"):
        root = ("tool", "mongoping")
        tool = document.get("tool")
        if not isinstance(tool, dict) or "mongoping" not in tool:
            return None
        document = tool["mongoping"]
        if not isinstance(document, dict):
            raise ConfigError(path, line_of(text, root), "tool.mongoping", "it has to be a table")
    return _Reader(text, path, root).config(document)


def _syntax_line(message: str, text: str) -> int | None:
    if "at end of document" in message:
        return len(text.splitlines()) or None
    _, found, rest = message.partition("at line ")
    digits = rest.partition(",")[0]
    return int(digits) if found and digits.isdigit() else None


class _Reader:
    """Walks a document; every complaint knows its line."""

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
            raise self.fail(("targets",), "it has to be tables: [targets.NAME]")
        if not targets:
            raise self.fail((), "it names no target: add [targets.NAME] with uri-env")
        if len(targets) > MAX_TARGETS:
            raise self.fail(("targets",), f"more than {MAX_TARGETS} targets")
        found = [self.section(name, entry, values, shared) for name, entry in targets.items()]
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
            raise self.fail(keys, "it has to be a table: [targets.NAME]")
        own = self.values(document, keys, "target", ("expect",))
        given = [source for source in SOURCES if source in own]
        if len(given) != 1:
            words = "say one of uri-env, uri and uri-file" if given else "say uri-env, or uri"
            raise self.fail((*keys, given[1]) if given else keys, words)
        if "password-env" in own and "password-file" in own:
            raise self.fail((*keys, "password-file"), "say password-env or password-file")
        expect = self.expected(document.get("expect", {}), (*keys, "expect"))
        every = {**shared, **expect}
        inherited = {key: value for key, value in above.items() if key != "parallel"}
        return Section(
            name,
            {**inherited, **own},
            tuple(entry for entry in every.values() if entry is not None),
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
            raise self.fail(at, "it has to be a table of expectations")
        found = {}
        for name, raw in document.items():
            if name not in expectations.kinds():
                raise self.fail((*at, name), self.unknown(name, tuple(expectations.kinds())))
            kind = expectations.kinds()[name]
            if kind.form == "yes" and not isinstance(raw, bool):
                raise self.fail((*at, name), "say true or false")
            try:
                found[name] = expectations.wanted(name, raw)
            except ValueError as error:
                raise self.fail((*at, name), str(error)) from None
        return found

    @staticmethod
    def unknown(name: str, known: tuple[str, ...]) -> str:
        other = {key.name for key in KEYS if key.scope == "target"}
        if name in other:
            return "there is no such key here: it belongs into [targets.NAME]"
        if name == "parallel":
            return "there is no such key here: it belongs to the top of the file"
        near = get_close_matches(name.replace("_", "-").lower(), known, 1, 0.5)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        return f"there is no such key: {hint}"


def _shown(keys: tuple[str, ...]) -> str:
    """Return a path of keys, short and on one line whatever it contains."""
    from mongoping.escape import printable

    return printable(".".join(key[:60] for key in keys))
