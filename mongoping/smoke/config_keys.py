"""The keys of the configuration file, and how their values are read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mongoping.record import Record
from mongoping.smoke.depth import DEPTHS
from mongoping.units import parse_duration

MAX_S = 86_400
MAX_LABELS = 50  # of a target
MAX_LABEL = 200  # characters of a label's name or value


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


def _duration(least: float, most: float) -> Callable[[Any], float]:
    """Return a reader of durations: a number of seconds, or a text such as "2m"."""

    def read(raw: Any) -> float:
        value = parse_duration(raw) if isinstance(raw, str) else raw
        valid = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not valid or not least <= value <= most:
            raise ValueError(f"must be a duration from {least:g} to {most:g} s, such as 5 or '2m'")
        return float(value)

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


def _command(raw: Any) -> str | tuple[str, ...]:
    if isinstance(raw, str) and raw.strip():
        return raw
    if isinstance(raw, list) and raw and all(isinstance(word, str) for word in raw) and raw[0]:
        return tuple(raw)
    raise ValueError("must be a command, as a list of words or as a text in quotes for the shell")


def _labels(raw: Any) -> dict[str, str]:
    if not isinstance(raw, dict) or len(raw) > MAX_LABELS:
        raise ValueError(f"must be a table of at most {MAX_LABELS} labels, such as env = 'prod'")
    for name, value in raw.items():
        if not isinstance(value, str) or len(name) > MAX_LABEL or len(value) > MAX_LABEL:
            words = f"must have strings of at most {MAX_LABEL} characters as values"
            raise ValueError(words)
    return dict(raw)


def _until(raw: Any) -> str:
    if raw not in DEPTHS:
        raise ValueError(f"must be one of {', '.join(DEPTHS)}")
    return str(raw)


def _uri(raw: Any) -> str:
    from mongoping.uri.target import parse

    text = _text("a connection string")(raw)
    uri, secrets = parse(text), 0
    if uri.problem is not None and uri.problem.cause == "uri.empty-credentials":
        # its password may come from elsewhere, such as password-env
        uri, secrets = parse(text, password="-"), 1  # noqa: S106 - a placeholder
    user = uri.target.username if uri.target is not None else None
    has_secret = uri.credentials is not None and len(uri.credentials.secrets) > secrets
    if has_secret or ":" in (user or ""):
        raise ValueError(
            "must not contain a password; put the string into a variable and use uri-env"
        )
    if uri.problem is not None and "@" in text:
        raise ValueError("is invalid and may contain a password; use uri-env, or correct it")
    return text


def _place(raw: Any) -> str:
    from mongoping.smoke.writing import place_of

    text = _text("a database")(raw)
    place_of(text)
    return text


_UNITS = r"^\s*[0-9]{1,9}(\.[0-9]{1,6})?(ms|s|m|h|d)?\s*$"


def _duration_schema(least: float, most: float) -> dict[str, Any]:
    number = {"type": "number", "minimum": least, "maximum": most}
    return {"anyOf": [number, {"type": "string", "pattern": _UNITS}]}


_SECONDS = _duration_schema(0, MAX_S)
_NAME = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "maxLength": 200}
_WORD = {"type": "string", "pattern": "\\S"}

KEYS = (
    Key(
        "wait",
        "Retry for this many seconds until the deployment is ready.",
        _duration(0, MAX_S),
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
        _duration(0, MAX_S),
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
        _duration(0.1, 3600),
        _duration_schema(0.1, 3600),
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
    Key(
        "password-command",
        "A command that prints the password: a list runs without a shell.",
        _command,
        {"anyOf": [_WORD, {"type": "array", "items": {"type": "string"}, "minItems": 1}]},
        "target",
        '["pass", "show", "orders"]',
    ),
    Key(
        "labels",
        "Labels by which mongoping fleet --select chooses targets.",
        _labels,
        {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": MAX_LABELS},
        "target",
        '{ env = "prod" }',
    ),
)
SOURCES = ("uri-env", "uri", "uri-file")
PASSWORDS = ("password-env", "password-file", "password-command")
"""The keys that say where the password comes from, if it is given separately."""

ATLAS_KEYS: Mapping[str, Callable[[Any], str]] = {
    "public-key": _text("the public key"),
    "private-key-env": _variable,
    "private-key-file": _text("the path of a file"),
    "client-id": _text("the ID of a service account"),
    "client-secret-env": _variable,
    "client-secret-file": _text("the path of a file"),
    "project": _text("the ID of a project"),
}
"""The keys of the table ``[atlas]``; a secret is only referred to."""
