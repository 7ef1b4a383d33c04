"""Temporary real deployments: a standalone and a replica set, as context managers.

>>> with standalone(users=[User("ada")]) as deployment:  # doctest: +SKIP
...     run_something(deployment.uri)
"""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mongoping.sandbox import replication
from mongoping.sandbox.mongods import Mongod, find_mongod
from mongoping.sandbox.process import Server
from mongoping.sandbox.users import User, admin, build_uri, create_users, keeper
from mongoping.signals import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


@dataclass(frozen=True)
class ServerTls:
    """The TLS options of a mongod; the fields are named after them.

    ``certificate`` is a file with certificates and key. ``client_certificate`` is the one that the
    sandbox's own clients use if clients are ``required`` to have one.
    """

    certificate: Path
    authority: Path
    mode: str = "requireTLS"
    required: bool = False
    client_certificate: Path | None = None
    disabled_protocols: str | None = None

    @property
    def options(self) -> list[str]:
        """Return the options for mongod's command line."""
        options = [
            *("--tlsMode", self.mode),
            *("--tlsCertificateKeyFile", str(self.certificate)),
            *("--tlsCAFile", str(self.authority)),
        ]
        if not self.required:
            options.append("--tlsAllowConnectionsWithoutCertificates")
        if self.disabled_protocols is not None:
            options += ["--tlsDisabledProtocols", self.disabled_protocols]
        return options

    @property
    def client(self) -> dict[str, Any]:
        """Return PyMongo's options for the sandbox's own connections."""
        options: dict[str, Any] = {"tls": True, "tlsInsecure": True}
        if self.client_certificate is not None:
            options["tlsCertificateKeyFile"] = str(self.client_certificate)
        return options


@dataclass(frozen=True)
class Deployment:
    """A running deployment. Its URIs contain credentials and must not be shown.

    ``hosts`` are the seeds as ``host:port``, or with ``srv`` those in its records; ``servers``
    are all processes. ``args`` are the options that mongoping needs in addition to the URI, such
    as ``--resolver``.
    """

    hosts: tuple[str, ...]
    servers: tuple[Server, ...]
    users: tuple[User, ...] = ()
    set_name: str | None = None
    tls: ServerTls | None = None
    srv: str | None = None
    args: tuple[str, ...] = ()
    keeper: User | None = None
    requires_api: bool = False

    @property
    def host(self) -> str:
        """Return the first seed as ``host:port``."""
        return self.hosts[0]

    @property
    def ports(self) -> tuple[int, ...]:
        """Return the port of every process."""
        return tuple(server.port for server in self.servers)

    @property
    def user(self) -> User | None:
        """Return the first user, whose credentials are in `uri`."""
        return self.users[0] if self.users else None

    @property
    def password(self) -> str | None:
        """Return the password of that user."""
        return self.user.password if self.user else None

    @property
    def uri(self) -> str:
        """Return a working connection string with credentials."""
        return self.uri_with()

    def named(self, name: str) -> User:
        """Return a user by name."""
        return next(user for user in self.users if user.name == name)

    def uri_with(self, hosts: Sequence[str] | None = None, **options: object) -> str:
        """Return the URI with different hosts, options or ``user``; None removes an option."""
        seeds = [self.srv] if self.srv else self.hosts
        scheme = "mongodb+srv" if self.srv and not hosts else "mongodb"
        every: dict[str, Any] = {"scheme": scheme, "user": self.user, **self._options, **options}
        return build_uri(hosts or seeds, **every)

    @property
    def _options(self) -> dict[str, Any]:
        """Return the URI options for the replica set and for TLS."""
        options: dict[str, Any] = {"replicaSet": None if self.srv else self.set_name}
        if self.tls is not None and self.tls.mode != "allowTLS":
            options["tls"] = None if self.srv else True
            options["tlsCAFile"] = self.tls.authority
            if self.tls.required:
                options["tlsCertificateKeyFile"] = self.tls.client_certificate
        return options

    def admin(self, member: int = 0) -> AbstractContextManager[Any]:
        """Yield PyMongo's synchronous client on one member, with all permissions."""
        return admin(
            self.servers[member].address,
            user=self.keeper,
            tls=self.tls.client if self.tls else None,
            declare_api=self.requires_api,
        )


def _parameters(parameters: Mapping[str, object] | None) -> list[str]:
    return [
        text
        for name, value in (parameters or {}).items()
        for text in ("--setParameter", f"{name}={str(value).lower()}")
    ]


@contextmanager
def standalone(
    *,
    users: Sequence[User] = (),
    auth: bool | None = None,
    tls: ServerTls | None = None,
    require_api_version: bool = False,
    parameters: Mapping[str, object] | None = None,
    extra: Sequence[str] = (),
    bind: str = "127.0.0.1",
    host: str = "localhost",
    socket_folder: Path | None = None,
    version: str | None = None,
    front: Callable[[Server], str] | None = None,
) -> Iterator[Deployment]:
    """Yield one mongod on a free port of ``bind``; the URI has the name ``host``.

    Access control is on if there are ``users``, or if ``auth`` is set; the URI has the
    credentials of the first user. ``front`` starts something in front of the server and returns
    the address for clients. Raises `NoMongod` or `ServerDied`.
    """
    has_login = bool(users) if auth is None else auth
    options = [*(tls.options if tls else ()), *_parameters(parameters), *extra]
    if has_login:
        options.append("--auth")
    if require_api_version:
        options += _parameters({"enableTestCommands": 1})  # 6.0 offers it with those alone
    with _running(find_mongod(version), 1, options, bind, socket_folder) as servers:
        server = servers[0]
        server.wait()
        master = keeper() if users or has_login else None
        _populate(server, master, users, tls)
        hosts = (front(server) if front else f"{host}:{server.port}",)
        deployment = Deployment(hosts, servers, tuple(users), tls=tls, keeper=master)
        if require_api_version:
            with deployment.admin() as client:
                client.admin.command("setParameter", 1, requireApiVersion=True)
            deployment = replace(deployment, requires_api=True)
        yield deployment


def _populate(
    server: Server, master: User | None, users: Sequence[User], tls: ServerTls | None
) -> None:
    """Create the administrator by the localhost exception, then the users as that administrator."""
    if master is None:
        return
    options = tls.client if tls else None
    with admin(server.address, tls=options) as client:
        create_users(client, [master])
    if users:
        with admin(server.address, user=master, tls=options) as client:
            create_users(client, users)


@contextmanager
def _running(
    mongod: Mongod,
    count: int,
    options: Sequence[str],
    bind: str,
    socket_folder: Path | None = None,
) -> Iterator[tuple[Server, ...]]:
    """Yield ``count`` processes, started at the same time and stopped at the end."""
    with ExitStack() as stack:
        servers = []
        for _ in range(count):
            server = Server(mongod, options, bind=bind, socket_folder=socket_folder)
            stack.callback(server.remove)
            servers.append(server)
        for server in servers:
            server.spawn()
        yield tuple(servers)


@contextmanager
def replica_set(
    members: int | Sequence[Mapping[str, Any]] = 3,
    *,
    name: str = "rs0",
    initiate: bool = True,
    users: Sequence[User] = (),
    tls: ServerTls | None = None,
    parameters: Mapping[str, object] | None = None,
    extra: Sequence[str] = (),
    bind: str = "127.0.0.1",
    version: str | None = None,
    front: Callable[[Server], str] | None = None,
) -> Iterator[Deployment]:
    """Start a replica set whose first member is the primary.

    A member is a document of the set's configuration without ``_id`` and ``host``:
    ``{"arbiterOnly": True}``, ``{"priority": 0, "hidden": True}``, ``{"tags": {...}}`` ...
    A ``host`` is taken as the name to advertise; ``{port}`` in it is the member's port.
    ``{"horizon": "host:port"}`` is the name under which clients see it, by SNI.
    Without ``initiate`` the processes run and wait for it. ``front`` starts something in front of
    a member and returns the address that the member advertises. Raises `NoMongod` or `ServerDied`.
    """
    member_configs = (
        [{}] * members if isinstance(members, int) else [dict(member) for member in members]
    )
    with ExitStack() as stack:
        options = ["--replSet", name, *(tls.options if tls else ())]
        options += [*_parameters(parameters), *extra]
        folder: list[str] = []
        if users:
            folder = ["--keyFile", str(stack.enter_context(_key_file()))]
        mongod = find_mongod(version)
        running = _running(mongod, len(member_configs), [*options, *folder], bind)
        servers = stack.enter_context(running)
        for server in servers:
            server.wait()
        if front:
            member_configs = [
                {"host": front(server), **member}
                for server, member in zip(servers, member_configs, strict=True)
            ]
        master = keeper() if users else None
        if initiate:
            own = tls.client if tls else None
            config = replication.configuration(name, servers, member_configs)
            replication.initiate(servers[0], config, own)
            _populate(servers[0], master, users, tls)
            replication.settle(servers[0], config, master, own)
        visible = [
            server
            for server, member in zip(servers, member_configs, strict=True)
            if not member.get("arbiterOnly") and not member.get("hidden")
        ]
        advertised_hosts = {
            server: str(member.get("host", server.address)) if front else server.address
            for server, member in zip(servers, member_configs, strict=True)
        }
        hosts = tuple(advertised_hosts[server] for server in visible)
        yield Deployment(hosts, servers, tuple(users), name, tls, keeper=master)


@contextmanager
def _key_file() -> Iterator[Path]:
    """Write the key file that authenticates the members of a set to each other."""
    with temporary_folder() as folder:
        path = folder / "key"
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(64))
        yield path
