"""Correct a connection string with its secrets, for ``mongoping uri --fix``.

The corrections work on the redacted string, as everywhere. Here the secrets are put back, and the
password is percent-encoded: that is what the user asked for. Only standard output receives the
result.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from itertools import takewhile
from typing import NamedTuple
from urllib.parse import quote

from mongoping.uri.edit import replace_login
from mongoping.uri.shorthand import expand
from mongoping.uri.target import parse
from mongoping.uri.text import HIDDEN, Text, scheme_end

ALPHANUMERIC = string.ascii_letters + string.digits
MAX_STEPS = 12
CORRECTABLE_WARNINGS = ("uri.invalid-option", "uri.malformed")
"""Warnings whose correction does not change what a working string means."""


class Correction(NamedTuple):
    """The corrected string, with its secrets, or None; ``steps`` are sentences for the user."""

    uri: str | None
    steps: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Correction({HIDDEN})"


def fix(text: str, ask: Callable[[str], str]) -> Correction:
    """Return a connection string that drivers accept, if the correction is known.

    Args:
        text: the string as given; an address gets its scheme.
        ask: asks for the password of a string, if the string does not contain it unambiguously.
    """
    raw, steps = _with_scheme(text)
    shown_uri, secrets, more = _login(raw, ask)
    steps += more
    for _ in range(MAX_STEPS):
        new = _correct(shown_uri)
        if new is None:
            break
        shown_uri, detail = new
        steps.append(detail)
    problem = parse(shown_uri).problem
    if problem is not None:
        return Correction(None, (f"{problem.detail} ({problem.cause})",))
    uri = _restore(shown_uri, secrets)
    if uri is None:
        return Correction(None, ("it is unclear where a secret in it ends",))
    return Correction(uri, tuple(dict.fromkeys(steps)))


def _with_scheme(text: str) -> tuple[str, list[str]]:
    raw = expand(text.strip())
    if raw == text.strip() and not scheme_end(raw) and "://" not in raw and "@" in raw:
        raw = f"mongodb://{raw}"  # an address whose password is not encoded
    return raw, ["added the scheme"] if raw != text.strip() else []


def _login(raw: str, ask: Callable[[str], str]) -> tuple[str, list[str], list[str]]:
    """Return the redacted string, its secrets in order, and what was done to the password."""
    text = Text(raw)
    secrets = [span.of(raw) for span in text.hidden]
    uri = parse(raw)
    cause = None if uri.problem is None else uri.problem.cause
    if cause == "uri.empty-credentials" and text.userinfo is not None and not secrets:
        user = text.userinfo.of(raw).partition(":")[0]
        shown_uri = replace_login(raw, f"{user}:{HIDDEN}") if user else None
        if shown_uri is not None:
            password = ask(raw)
            return shown_uri, [quote(password, safe="")], ["added the password"] if password else []
    in_password = (
        text.userinfo is not None
        and text.hidden
        and text.hidden[0].end <= text.userinfo.end
        and cause in ("uri.unescaped-credentials", "uri.placeholder-not-replaced")
    )
    if not in_password or parse(text.shown).problem is not None:
        return text.shown, secrets, []
    password, steps = secrets[0], ["percent-encoded the password"]
    if cause == "uri.placeholder-not-replaced" or "%" in password:
        password = ask(text.shown)  # a part of it may be encoded already
    return text.shown, [quote(password, safe=""), *secrets[1:]], steps


def _correct(shown_uri: str) -> tuple[str, str] | None:
    """Return a redacted string without its first problem, and what was changed, in words."""
    from mongoping.checks.uri import look
    from mongoping.cli._uri_text import matches
    from mongoping.model import remedies_to_offer

    parsed_uri = parse(shown_uri)
    outcome = look(parsed_uri)
    for cause, match in matches(outcome):
        is_error = parsed_uri.problem is not None and cause.code == parsed_uri.problem.cause
        if not is_error and cause.code not in CORRECTABLE_WARNINGS:
            continue
        uri = next((remedy.uri for remedy in remedies_to_offer(match, cause) if remedy.uri), None)
        if uri is not None and uri != shown_uri:
            return uri, f"{change(shown_uri, uri)} ({cause.code})"
    return None


def change(old: str, new: str) -> str:
    """Return in words how a redacted string was changed, by its complete words. Pure."""
    start = _common(old, new)
    rest = _common(old[start:][::-1], new[start:][::-1])
    before, after = old[:start], old[len(old) - rest :]
    old_part, new_part = old[start : len(old) - rest], new[start : len(new) - rest]
    if before[-1:].isalnum() and (old_part[:1].isalnum() or new_part[:1].isalnum()):
        start = len(before.rstrip(ALPHANUMERIC))
    if after[:1].isalnum() and (old_part[-1:].isalnum() or new_part[-1:].isalnum()):
        rest = len(after.lstrip(ALPHANUMERIC))
    old_part, new_part = old[start : len(old) - rest], new[start : len(new) - rest]
    if not old_part or not new_part:
        return f"added {new_part}" if new_part else f"removed {old_part}"
    if new_part in old_part:
        left_part, _, right = old_part.partition(new_part)
        if left_part and right:
            return f"removed {left_part} and {right} around {new_part}"
    return f"replaced {old_part} with {new_part}"


def _common(first: str, second: str) -> int:
    """Return how many characters two texts have in common at their start."""
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _restore(shown_uri: str, secrets: list[str]) -> str | None:
    """Return the string with its secrets put back, or None if they do not fit."""
    parts = shown_uri.split(HIDDEN)
    if len(parts) != len(secrets) + 1:
        return None
    uri = parts[0] + "".join(secret + part for secret, part in zip(secrets, parts[1:], strict=True))
    again = parse(uri)
    return uri if again.problem is None and again.shown == shown_uri else None
