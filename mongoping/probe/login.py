"""A login on the wire, timed apart from what the client computes for it.

SCRAM (RFC 5802 and 7677), PLAIN and MONGODB-X509, after MongoDB's Authentication
specification. Only for a login that the driver has made already: nothing here finds out
whether a password is right. Keys are derived outside the clock, and once, as drivers do.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mongoping.probe import scram, wire
from mongoping.probe.exchange import read, round_trip, with_payload

if TYPE_CHECKING:
    from mongoping.probe.connection import Connection

DIGESTS = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256"}
MECHANISMS = (*DIGESTS, "PLAIN", "MONGODB-X509")


class LoginError(Exception):
    """The login did not go through; the text says at which step, and holds no secret."""


class Login:
    """A user's login by one mechanism. Holds the password, and shows nothing of it."""

    __slots__ = ("_declared", "_keys", "_password", "_source", "_user", "mechanism")

    def __init__(
        self,
        mechanism: str,
        user: str,
        password: str,
        source: str,
        api: Mapping[str, Any],
    ) -> None:
        self.mechanism = mechanism
        self._user = user
        self._password = password
        self._source = source
        self._declared = dict(api)
        self._keys: dict[tuple[bytes, int], bytes] = {}

    def __repr__(self) -> str:
        return f"Login({self.mechanism})"

    async def run(self, connection: Connection, clock: Callable[[], float]) -> float:
        """Log in, and return the milliseconds that the round trips took.

        Raises `LoginError`, `wire.WireError`, ClosedByPeerError or OSError.
        """
        stopwatch = _Stopwatch(connection, clock)
        if self.mechanism == "MONGODB-X509":
            ask = {"authenticate": 1, "mechanism": self.mechanism, **self._declared}
            await stopwatch.ask(wire.message(ask, "$external"))
        elif self.mechanism == "PLAIN":
            text = f"\0{self._user}\0{self._password}".encode()
            await stopwatch.ask(self._start(text))
        else:
            await self._scram(stopwatch)
        return stopwatch.ms

    def _start(self, payload: bytes) -> bytes:
        ask: dict[str, Any] = {"saslStart": 1, "mechanism": self.mechanism, **self._declared}
        if self.mechanism in DIGESTS:
            ask["options"] = {"skipEmptyExchange": True}
        return with_payload(ask, payload, self._source)

    async def _scram(self, stopwatch: _Stopwatch) -> None:
        digest = DIGESTS[self.mechanism]
        name = self._user.replace("=", "=3D").replace(",", "=2C")
        nonce = secrets.token_urlsafe(24)
        bare = f"n={name},r={nonce}".encode()
        first = await stopwatch.ask(self._start(b"n,," + bare))
        server_first = _payload(first)
        stated_fields = scram.fields(server_first)
        both = stated_fields.get(b"r", b"")
        if not both.startswith(nonce.encode()):
            raise LoginError("the server's nonce does not begin with the client's")
        key = self._client_key(digest, server_first)
        last = b"c=biws,r=" + both
        auth_message = b",".join((bare, server_first, last))
        stored_key = hashlib.new(digest, key).digest()
        signature = hmac.digest(stored_key, auth_message, digest)
        proof = bytes(byte ^ other for byte, other in zip(key, signature, strict=True))
        ask = {"saslContinue": 1, "conversationId": _conversation(first), **self._declared}
        payload = last + b",p=" + base64.b64encode(proof)
        reply = await stopwatch.ask(with_payload(ask, payload, self._source))
        if not reply.get("done"):
            again = {"saslContinue": 1, "conversationId": _conversation(first), **self._declared}
            await stopwatch.ask(with_payload(again, b"", self._source))

    def _client_key(self, digest: str, message: bytes) -> bytes:
        """Return the key that proves the password, computed once for each salt."""
        try:
            salt = base64.b64decode(scram.fields(message)[b"s"])
            iterations = scram.iterations(message)
        except (KeyError, ValueError):
            raise LoginError("the server's reply is no first message of SCRAM") from None
        except scram.IterationCountError as error:
            raise LoginError(str(error)) from error
        if iterations is None:
            raise LoginError("the server's reply is no first message of SCRAM")
        if (salt, iterations) not in self._keys:
            secret = self._secret(digest)
            salted_password = hashlib.pbkdf2_hmac(digest, secret, salt, iterations)
            self._keys[salt, iterations] = hmac.digest(salted_password, b"Client Key", digest)
        return self._keys[salt, iterations]

    def _secret(self, digest: str) -> bytes:
        """Return the password as each mechanism takes it."""
        if digest == "sha1":  # the specification's own, older than SCRAM
            text = f"{self._user}:mongo:{self._password}".encode()
            return hashlib.md5(text, usedforsecurity=False).hexdigest().encode()
        from pymongo.saslprep import saslprep

        try:
            return str(saslprep(self._password)).encode()
        except (ValueError, TypeError):
            raise LoginError("the password has characters that SCRAM does not allow") from None


class _Stopwatch:
    """Round trips on one connection, and the time of them."""

    def __init__(self, connection: Connection, clock: Callable[[], float]) -> None:
        self.connection = connection
        self.clock = clock
        self.ms = 0.0

    async def ask(self, message: bytes) -> dict[str, Any]:
        began = self.clock()
        answer = await round_trip(self.connection, message)
        self.ms += (self.clock() - began) * 1000
        reply = read(answer)
        if not reply.get("ok"):
            raise LoginError(f"the server refuses it (code {reply.get('code')})")
        return reply


def _payload(reply: Mapping[str, Any]) -> bytes:
    payload = reply.get("payload")
    if not isinstance(payload, bytes) or len(payload) > 4096:
        raise LoginError("the server's answer has no payload")
    return payload


def _conversation(reply: Mapping[str, Any]) -> int:
    conversation_id = reply.get("conversationId")
    return conversation_id if isinstance(conversation_id, int) else 1
