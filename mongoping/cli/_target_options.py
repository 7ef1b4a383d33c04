"""The options that say which deployment is meant, and the text that they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import click

from mongoping.record import NOTHING
from mongoping.uri.origin import Origin

IP_VERSION = "mongoping.ip_version"  # the key in click's Context.meta of -4 or -6
ASK = "\0ask"
"""The value of --password if none is given: ask for it. No argument can contain NUL."""


class TargetOptions:
    """The options that say which deployment is meant, and how to log in. Its repr is empty.

    ``overrides`` are options of the connection string with the text of their values.
    """

    __slots__ = (
        "config",
        "host",
        "overrides",
        "password",
        "password_file",
        "port",
        "uri_file",
        "username",
    )

    def __init__(
        self,
        uri_file: str | None = None,
        host: str | None = None,
        port: int | None = None,
        username: str | None = None,
        password: str | None = None,
        password_file: str | None = None,
        overrides: Mapping[str, str] | None = None,
        config: str | None = None,
    ) -> None:
        self.uri_file = uri_file
        self.host = host
        self.port = port
        self.username = username
        self.password = password
        self.password_file = password_file
        self.overrides = dict(overrides or {})
        self.config = config

    @classmethod
    def of(
        cls, params: Mapping[str, Any], overrides: Mapping[str, str] | None = None
    ) -> TargetOptions:
        """Return the options among those that click parsed; a command may lack some.

        Raises `click.UsageError` if the password is given more than once.
        """
        password = params.get("password")
        if password is not None and password.startswith(("mongodb://", "mongodb+srv://")):
            raise click.UsageError(
                "--password took the connection string as its value: put --password last."
            )
        ways = [
            flag
            for flag, is_given in (
                ("--password", password is not None),
                ("--ask-password", params.get("ask_password")),
                ("--password-file", params.get("password_file") is not None),
            )
            if is_given
        ]
        if len(ways) > 1 and not (password == ASK and ways == ["--password", "--ask-password"]):
            raise click.UsageError(f"Give the password only once: {' or '.join(ways)}.")
        return cls(
            params.get("uri_file"),
            params.get("host"),
            params.get("port"),
            params.get("username"),
            ASK if params.get("ask_password") else password,
            params.get("password_file"),
            overrides,
            params.get("config"),
        )

    @property
    def names_target(self) -> bool:
        """Return whether an option, and no argument, names the deployment."""
        return any(value is not None for value in (self.uri_file, self.host, self.port))

    @property
    def takes_password(self) -> bool:
        """Return whether --password has a value, which may be the argument meant for the target."""
        return self.password not in (None, ASK)

    def __repr__(self) -> str:
        return "TargetOptions(***)"


class LocatedTarget(NamedTuple):
    """The text that names a deployment, and where it was found.

    ``trusted`` is False if the address was found in a file that may belong to a checkout; the
    user's secrets must not be sent there. ``password`` is one from the same place. ``ambient``
    says whether MONGOPING_PASSWORD may complete it, and ``values`` are its configured settings.
    """

    text: str
    origin: Origin = Origin()
    trusted: bool = True
    password: str | None = None
    ambient: bool = True
    values: Mapping[str, Any] = NOTHING
