"""How a language spells a client and its options: the shape of what `languages` holds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from mongoping.record import Record
from mongoping.snippets.choices import CannotFillError, Choices

Options = Mapping[str, str | None]
"""Option name to its text; None takes the option away. What is not named stays."""


class Import(NamedTuple):
    """A line that a program has exactly when its body matches ``used``.

    It is put in order among the lines that match ``among``.
    """

    used: str
    line: str
    among: str


class Option(NamedTuple):
    """One option of a client: its name, and its text with ``{}`` for the value.

    Where options are lines of their own, the name is a pattern that finds such a line.
    """

    name: str
    text: str = "{}"


class Dialect(Record):
    """The spelling of one language.

    ``fallback`` is the expression in which the placeholder stands, ``environment`` the one
    that reads the variable alone, ``literal`` writes a value as an expression of the same
    type. ``shape`` says where options stand: as named arguments of the call of ``anchor``,
    as members of an object or of arrays in it, or as lines after the line that ``anchor``
    matches. ``api`` declares version 1 of the Stable API, with ``{}`` for the flags.
    """

    fallback: str
    environment: str
    quote: Callable[[str], str]
    anchor: str
    shape: Literal["arguments", "object", "arrays", "lines"]
    api: Option
    strict: str
    errors: str
    timeout: Option | None = None
    seconds: bool = False  # the time is a number of seconds, not of milliseconds
    texts: tuple[tuple[str, Option], ...] = ()  # field of Choices, option
    imports: tuple[Import, ...] = ()
    literal: str = "{}"
    separator: str = "="
    indent: str = "    "

    def expression(self, value: str) -> str:
        """The value as an expression that can stand where ``fallback`` stands."""
        return self.literal.replace("{}", self.quote(value))

    def options(self, choices: Choices) -> Options:
        """What the choices change. Raises `CannotFillError` where the language has no word."""
        said: dict[str, str | None] = {}
        if choices.stable_api is not None:
            flags = self.strict * choices.strict + self.errors * choices.deprecation_errors
            text = self.api.text.replace("{}", flags)
            said[self.api.name] = text if choices.stable_api else None
        if choices.milliseconds is not None:
            if self.timeout is None:
                raise CannotFillError(_only_uri("serverSelectionTimeoutMS"))
            value = choices.milliseconds / 1000 if self.seconds else choices.milliseconds
            said[self.timeout.name] = self.timeout.text.replace("{}", str(value))
        known = {field for field, _ in self.texts}
        for field, name in _NAMES.items():
            if getattr(choices, field) is not None and field not in known:
                raise CannotFillError(_only_uri(name))
        for field, option in self.texts:
            value = getattr(choices, field)
            if value is not None:
                said[option.name] = option.text.replace("{}", self.quote(value))
        return said


_NAMES = {
    "app_name": "appName",
    "ca_file": "tlsCAFile",
    "certificate_key_file": "tlsCertificateKeyFile",
    "auth_source": "authSource",
}


def _only_uri(option: str) -> str:
    return f"this snippet takes {option} from the connection string: put it there"
