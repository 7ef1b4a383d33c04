"""The record that describes how a language writes a client and its options. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from mongoping.record import Record
from mongoping.snippets.choices import CannotFillError, Choices

Options = Mapping[str, str | None]
"""Option names and their texts; None removes an option. Other options stay unchanged."""


class Import(NamedTuple):
    """An import line, needed if and only if the body of the program matches ``used``.

    It is inserted in order among the lines that match ``among``.
    """

    used: str
    line: str
    among: str


class Option(NamedTuple):
    """One option of a client: its name, and its text with ``{}`` for the value.

    If options are separate lines, the name is a pattern that matches such a line.
    """

    name: str
    text: str = "{}"


class Dialect(Record):
    """The syntax of a client and its options in one language.

    Attributes:
        fallback: The expression with the placeholder.
        environment: The expression that only reads the variable.
        literal: A template that turns a string literal into the same type as ``fallback``.
        quote: Returns a value as a string literal.
        anchor: A pattern for the call that creates the client, or for a line.
        shape: Where options are: in named arguments of that call, in an object or arrays
            among its arguments, or in lines after the matching line.
        api: Declares version 1 of the Stable API, with ``{}`` for the flags.
        texts: The fields of `Choices` that are strings, and their options.
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
    seconds: bool = False  # the timeout is in seconds, not milliseconds
    texts: tuple[tuple[str, Option], ...] = ()  # field of Choices, option
    imports: tuple[Import, ...] = ()
    literal: str = "{}"
    separator: str = "="
    indent: str = "    "

    def expression(self, value: str) -> str:
        """Return the value as an expression that can replace ``fallback``."""
        return self.literal.replace("{}", self.quote(value))

    def options(self, choices: Choices) -> Options:
        """Return the options that change. Raises `CannotFillError` if the language lacks one."""
        changes: dict[str, str | None] = {}
        if choices.stable_api is not None:
            flags = self.strict * choices.strict + self.errors * choices.deprecation_errors
            text = self.api.text.replace("{}", flags)
            changes[self.api.name] = text if choices.stable_api else None
        if choices.milliseconds is not None:
            if self.timeout is None:
                raise CannotFillError(_only_uri("serverSelectionTimeoutMS"))
            value = choices.milliseconds / 1000 if self.seconds else choices.milliseconds
            changes[self.timeout.name] = self.timeout.text.replace("{}", str(value))
        names = {field for field, _ in self.texts}
        for field, name in _NAMES.items():
            if getattr(choices, field) is not None and field not in names:
                raise CannotFillError(_only_uri(name))
        for field, option in self.texts:
            value = getattr(choices, field)
            if value is not None:
                changes[option.name] = option.text.replace("{}", self.quote(value))
        return changes


_NAMES = {
    "app_name": "appName",
    "ca_file": "tlsCAFile",
    "certificate_key_file": "tlsCertificateKeyFile",
    "auth_source": "authSource",
}


def _only_uri(option: str) -> str:
    return f"this snippet reads {option} from the connection string; set it there"
