"""A pool for the driver whose connections check every reply before the driver acts on it.

PyMongo reads up to 48 MB or whatever size the server states, computes as many iterations of
password hashing as the server asks for, and passes on values of any type. A tool that is pointed
at unknown servers has to bound all three, for its own clients only: PyMongo has an argument for
the class of the pool and none for the class of a connection, so the pool's ``connect`` runs with
another connection class in its globals. No module is changed.

In the same way, a connection attempt that is cancelled closes its socket. PyMongo does so only for
an OSError, and loses the socket if a time limit or the end of a client cancels the attempt.
"""

from __future__ import annotations

import socket
from functools import cache
from types import FunctionType, SimpleNamespace
from typing import Any

from mongoping.observer import current
from mongoping.probe import replies, scram
from mongoping.probe.wire import MAX_REPLY_BYTES

SCRAM = frozenset({"DEFAULT", "SCRAM-SHA-1", "SCRAM-SHA-256"})


def pool_class() -> type[Any]:
    """Return the class for ``AsyncMongoClient(uri, _pool_class=...)``. Imports PyMongo."""
    return _pool_class(is_observed=current() is not None)


@cache
def _pool_class(*, is_observed: bool) -> type[Any]:
    from pymongo.asynchronous import pool

    connection = _connection_class()
    if is_observed:
        from mongoping.probe.observed import observed_connect, observed_connection

        connection = observed_connection(connection)
    names = {"AsyncConnection": connection, **_closing_opener(pool)}

    class GuardedPool(pool.Pool):
        pass

    guarded_connect = _with_globals(pool.Pool.connect, names)
    GuardedPool.connect = observed_connect(guarded_connect) if is_observed else guarded_connect  # type: ignore[method-assign]
    return GuardedPool


def _with_globals(function: Any, names: dict[str, Any]) -> Any:
    """Return a copy of a function in which some of its global names have other values."""
    variables = {**function.__globals__, **names}
    return FunctionType(
        function.__code__,
        variables,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )


def _closing_opener(pool: Any) -> dict[str, Any]:
    """Return the names under which ``Pool.connect`` finds an opener that closes lost sockets.

    Empty for a PyMongo that opens connections in another way.
    """
    opener = getattr(pool, "_configured_protocol_interface", None)
    create = getattr(opener, "__globals__", {}).get("_async_create_connection")
    if create is None:
        return {}
    closing = {"_async_create_connection": _closing(create)}
    return {"_configured_protocol_interface": _with_globals(opener, closing)}


def _closing(create: Any) -> Any:
    """Return PyMongo's function that connects a socket, changed to close it if it fails."""

    async def create_or_close(*args: Any, **options: Any) -> Any:
        opened: list[socket.socket] = []

        def open_socket(*args: Any, **options: Any) -> socket.socket:
            opened.append(socket.socket(*args, **options))
            return opened[-1]

        names = {"socket": SimpleNamespace(**{**vars(socket), "socket": open_socket})}
        try:
            return await _with_globals(create, names)(*args, **options)
        except BaseException:
            for unused in opened:
                unused.close()
            raise

    return create_or_close


def observe_tls(client: Any) -> None:
    """Show the TLS messages of a client's connections to the observer, if there is one."""
    options = getattr(getattr(client, "options", None), "pool_options", None)
    context: Any = getattr(options, "_ssl_context", None)
    if current() is not None and hasattr(context, "_msg_callback"):
        from mongoping.probe.tls import note_message

        context._msg_callback = note_message


def _connection_class() -> type[Any]:
    from pymongo.asynchronous.pool import AsyncConnection
    from pymongo.errors import ProtocolError

    class GuardedConnection(AsyncConnection):
        @property
        def max_message_size(self) -> int:
            return min(self._stated_size, MAX_REPLY_BYTES)

        @max_message_size.setter
        def max_message_size(self, size: int) -> None:
            self._stated_size = size

        async def receive_message(self, request_id: int | None) -> Any:
            try:
                reply = await super().receive_message(request_id)
            except ProtocolError as error:  # a header that PyMongo refuses, or too long a reply
                raise refusal(f"{error} (mongoping reads {MAX_REPLY_BYTES} at most)") from error
            credentials = self.opts._credentials
            return check_reply(
                reply, scram_login=credentials is not None and credentials[0] in SCRAM
            )

    return GuardedConnection


def refusal(words: str) -> Exception:
    """Return the error for a reply that no MongoDB server sends."""
    from pymongo.errors import ProtocolError

    error = ProtocolError(words)
    error.not_mongodb = True  # type: ignore[attr-defined]
    return error


def check_reply(reply: Any, *, scram_login: bool) -> Any:
    """Return a message of PyMongo's as it is, or one that leaves out members that are paths.

    Raises `pymongo.errors.ProtocolError` for one that PyMongo cannot work with or that asks for
    too much. PyMongo closes the connection on it.
    """
    from pymongo.errors import ProtocolError

    try:
        (document, *_) = reply.unpack_response()
    except Exception as error:  # InvalidBSON, or RecursionError for what is nested too deeply
        words = f"the server's reply cannot be decoded: {str(error)[:200]}"
        raise refusal(words) from error
    if problem := replies.problem(document):
        raise refusal(problem)
    if scram_login:
        try:
            _check_scram(document)
        except scram.IterationCountError as error:
            raise ProtocolError(str(error)) from error
    clean_document = replies.without_paths(document)
    return reply if clean_document is None else _CleanMessage(reply, clean_document)


def _check_scram(document: Any) -> None:
    speculative = document.get("speculativeAuthenticate")
    for message in (document, speculative if isinstance(speculative, dict) else {}):
        payload = message.get("payload")
        if isinstance(payload, bytes):
            scram.iterations(payload)


class _CleanMessage:
    """A message with another document in it."""

    def __init__(self, reply: Any, document: Any) -> None:
        self._reply = reply
        self._document = document

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reply, name)

    def unpack_response(self, *args: Any, **options: Any) -> list[Any]:
        return [self._document]
