"""Users of a sandbox and the commands that make them, with PyMongo's synchronous client."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = ({"role": "root", "db": "admin"},)


def new_password() -> str:
    """Return a password that must be percent-encoded in a URI."""
    return f"{secrets.token_urlsafe(12)}/@:"


@dataclass(frozen=True)
class User:
    """A database user. ``roles`` are names, or documents for another database than its own.

    A user of ``$external`` has no password. No ``mechanisms`` means the server's default, both
    SCRAMs.
    """

    name: str = "ada"
    password: str | None = field(default_factory=new_password, repr=False)
    roles: Sequence[str | Mapping[str, str]] = ROOT
    database: str = "admin"
    mechanisms: Sequence[str] = ()

    @property
    def command(self) -> dict[str, Any]:
        """Return the ``createUser`` command."""
        command: dict[str, Any] = {"createUser": self.name, "roles": list(self.roles)}
        if self.password is not None:
            command["pwd"] = self.password
        if self.mechanisms:
            command["mechanisms"] = list(self.mechanisms)
        return command


KEEPER = "sandbox"
"""The name of the user by which a sandbox with access control does its own work."""


def keeper() -> User:
    """Create the first user by the localhost exception; it creates the others."""
    return User(KEEPER, secrets.token_urlsafe(18))


def build_uri(
    hosts: Sequence[str],
    *,
    user: User | None = None,
    database: str = "",
    scheme: str = "mongodb",
    **options: object,
) -> str:
    """Return a connection string. None leaves an option out; booleans become true and false."""
    login = ""
    if user is not None:
        login = quote_plus(user.name)
        if user.password is not None:
            login += ":" + quote_plus(user.password)
        login += "@"
        if user.database != (database or "admin"):
            options.setdefault("authSource", user.database)
    words = {True: "true", False: "false"}
    query = "&".join(
        f"{name}={quote_plus(words[value] if isinstance(value, bool) else str(value), safe='/:,')}"
        for name, value in options.items()
        if value is not None
    )
    seeds = ",".join(quote_plus(host, safe="[]:,") for host in hosts)
    return f"{scheme}://{login}{seeds}/{database}{'?' if query else ''}{query}"


@contextmanager
def admin(
    address: str,
    *,
    user: User | None = None,
    tls: Mapping[str, Any] | None = None,
    declare_api: bool = False,
) -> Iterator[Any]:
    """Yield PyMongo's synchronous client on one server, whatever its role.

    ``tls`` are PyMongo's own options. Any of its errors may be raised, within ten seconds.
    """
    from pymongo import MongoClient
    from pymongo.server_api import ServerApi

    login: dict[str, Any] = {}
    if user is not None:
        login = {"username": user.name, "password": user.password, "authSource": user.database}
    client: Any = MongoClient(
        f"mongodb://{address}/",
        directConnection=True,
        serverSelectionTimeoutMS=10_000,
        socketTimeoutMS=30_000,
        server_api=ServerApi("1") if declare_api else None,
        **login,
        **(tls or {}),
    )
    try:
        yield client
    finally:
        client.close()


def create_users(client: Any, users: Sequence[User]) -> None:
    """Create them one by one; the first one may need the localhost exception."""
    for user in users:
        client[user.database].command(user.command)
