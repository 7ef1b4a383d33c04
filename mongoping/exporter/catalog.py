"""The targets that an exporter probes: those of the configuration, and strings if allowed.

The references of a target are resolved for each probe, so that a renewed password or connection
string is used without a restart. The output of a password command is kept until the next reload,
because the command may be slow or ask the user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.exporter.budget import within
from mongoping.smoke.config import ConfigError
from mongoping.smoke.files import InputError
from mongoping.smoke.references import connection_string, password, with_values
from mongoping.uri.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mongoping.settings import Settings
    from mongoping.smoke.references import ConfiguredTarget
    from mongoping.uri.target import ParsedUri

MAX_NAME = 100  # characters of a name in an answer
MAX_TARGET = 4096  # characters of a connection string in a request


class UnknownTargetError(Exception):
    """There is no such target; the text is one sentence, without secrets."""


class Catalog:
    """The configured targets by name. ``allow_any`` also allows connection strings."""

    def __init__(
        self,
        targets: Iterable[ConfiguredTarget],
        settings: Settings,
        *,
        overrides: Mapping[str, str],
        allow_any: bool = False,
    ) -> None:
        self._settings = settings
        self._overrides = dict(overrides)
        self._allow_any = allow_any
        self._targets: dict[str, ConfiguredTarget] = {}
        for target in targets:
            self._targets.setdefault(target.section.name, target)
        self._passwords = {
            name: _command_output(target)
            for name, target in self._targets.items()
            if target.section.error is None and "password-command" in target.section.values
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the configured targets, in their order."""
        return tuple(self._targets)

    def labels(self, name: str) -> Mapping[str, str]:
        """Return the labels of a configured target."""
        values = self._targets[name].section.values
        return {str(key): str(value) for key, value in dict(values.get("labels") or {}).items()}

    def key(self, text: str) -> str:
        """Return what identifies the target of a request: its name, or its connection string.

        Raises `UnknownTargetError` if there is no such target.
        """
        name = text.removeprefix("@")
        if name in self._targets:
            return name
        if self._allow_any and len(text) <= MAX_TARGET and not text.startswith("@"):
            return text
        raise UnknownTargetError(self._refusal(text))

    def _refusal(self, text: str) -> str:
        from mongoping.escape import printable

        if self._allow_any:
            return "The target is neither a configured name nor a connection string."
        plain = text.removeprefix("@")
        if len(plain) <= MAX_NAME and all(char.isalnum() or char in "-_." for char in plain):
            what = f"There is no target {printable(plain)!r} in the configuration"
        else:  # it may be a connection string with a password
            what = "The target is not a name in the configuration"
        return f"{what}; connection strings are accepted only with --allow-any-target."

    def prepare(self, key: str, seconds: float) -> tuple[ParsedUri, Settings]:
        """Return the connection string of a target, and the settings of a run of ``seconds``.

        Raises `InputError`, whose text is one sentence, if a reference cannot be resolved.
        """
        from mongoping.uri.shorthand import expand
        from mongoping.uri.target import parse

        target = self._targets.get(key)
        if target is None:
            return _foreign(key, self._overrides), within(self._settings, seconds)
        if target.section.error is not None:
            raise InputError(target.section.error)
        secret = self._passwords[key] if key in self._passwords else password(target)
        if isinstance(secret, InputError):
            raise secret
        text = expand(connection_string(target))
        uri = parse(text, password=secret, overrides=self._overrides)
        section = target.section
        origin = Origin(f"@{section.name}", section.name, target.config.path, section.line)
        settings = with_values(self._settings, section.values)
        return uri.replace(origin=origin), within(settings, seconds)


def _command_output(target: ConfiguredTarget) -> str | InputError | None:
    """Return the output of a password command, or why there is none."""
    try:
        return password(target)
    except (ConfigError, InputError) as error:
        return InputError(str(error))


def _foreign(text: str, overrides: Mapping[str, str]) -> ParsedUri:
    """Parse a connection string from a request; it must not use credentials of this machine."""
    from mongoping.smoke.trust import forbidden_login
    from mongoping.uri.shorthand import expand
    from mongoping.uri.target import parse

    uri = parse(expand(text), overrides=dict(overrides))
    own = uri.target
    if own is not None and (use := forbidden_login(own)) is not None:
        raise InputError(f"The connection string {use}; configure it as a named target.")
    return uri.replace(origin=Origin("request"))
