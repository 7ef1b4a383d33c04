"""Check the user name and password of requests against bcrypt hashes."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping

import bcrypt

MAX_HEADER = 1024
MAX_REMEMBERED = 100  # verified pairs: checking a hash takes some 60 ms of CPU
MAX_PASSWORD_BYTES = 72  # bcrypt uses no more
NO_USER = "$2b$10$P4UBxGHdQd8tdoJmnDdj..oFloP6/yOHgi2GfMjomWlpoVFNwYAf."
"""Checked for unknown users, so that the time of the answer does not show which users exist."""


class Access:
    """Knows the users, and which passwords were verified before."""

    def __init__(self, users: Mapping[str, str]) -> None:
        self._users = dict(users)
        self._salt = secrets.token_bytes(32)
        self._verified: dict[bytes, bool] = {}

    async def allows(self, header: str | None) -> bool:
        """Return whether an Authorization header names a user with the right password."""
        if not self._users:
            return True
        pair = _pair(header)
        if pair is None:
            return False
        user, password = pair
        known_hash = self._users.get(user)
        key = self._key(user, known_hash or "", password)
        if key not in self._verified:
            ok = await asyncio.to_thread(_matches, password, known_hash or NO_USER)
            if len(self._verified) >= MAX_REMEMBERED:
                self._verified.clear()
            self._verified[key] = ok and known_hash is not None
        return self._verified[key]

    def _key(self, user: str, known_hash: str, password: bytes) -> bytes:
        parts = (user.encode("utf-8", "replace"), known_hash.encode(), password)
        text = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.new(self._salt, text, hashlib.sha256).digest()


def _pair(header: str | None) -> tuple[str, bytes] | None:
    """Return user and password of a header, or None if it is not one of basic authentication."""
    if header is None or len(header) > MAX_HEADER:
        return None
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(text.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return (user.decode("utf-8", "replace"), password) if colon else None


def _matches(password: bytes, known_hash: str) -> bool:
    try:
        return bcrypt.checkpw(password[:MAX_PASSWORD_BYTES], known_hash.encode())
    except ValueError:  # such as a NUL in the password
        return False
