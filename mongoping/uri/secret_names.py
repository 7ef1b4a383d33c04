"""Recognize names of secrets, including misspelled ones, and find their values.

A name that no driver knows is usually misspelled. If it is close to the name of a secret, its
value is treated as one. Users also paste command lines: the text after ``--password`` or
``-p`` is a secret, up to the end of the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mongoping.lazy_re import lazy_compile
from mongoping.uri.options import REPLACEMENTS, find

if TYPE_CHECKING:
    from collections.abc import Iterator

PROPERTIES = "authmechanismproperties"
_SECRETS = (
    "accesskey",
    "apikey",
    "credentials",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "proxypassword",
    "pswd",
    "secret",
    "secretaccesskey",
    "sessiontoken",
    "sslpemkeypassword",
    "tlscertificatekeyfilepassword",
    "token",
)
_OPEN = ("tlscertificatekeyfile", "authmechanism")  # closer to these, a name is no secret's
_CLOSE = 0.75  # of difflib's ratio, as for the suggestion of an option's name
_LONGEST = 40  # longer names are compared word by word, not letter by letter
_READ = 200  # characters at the end of a name
_MOST = 50  # unknown names looked at; behind them all are taken for secrets


# names of secrets, including misspelled ones
_PLAIN = lazy_compile(
    r"pass|pwd|secre?t|secert|sekret|scret|tok[ae]?n|cred[ei]?nt|(?:api|access|private)[_.-]?key"
    r"|p[ao]?s*w[o0]?r?d|p[ao]?s+w|s+word|phrase",
    re.IGNORECASE,
)


# a name and its separator: '=', or for an option also ':' or a blank
_SECRET_NAME = lazy_compile(
    r"""(?<![\w.%-])([\w.%-]{2,}+)["']?\s?(?:=|:(?=\s))"""
    r"""|(?<![\w.%-])([\w.%-]{2,}?)\s?%3d"""
    r"""|(?:(?<=[?&;\s])|(?<=[^/:]/)|(?<=///))([\w.-]{2,}+)(?:\s?(?::|%3a)|\s)""",
    re.IGNORECASE,
)


# a command line option with the blank or '=' after it
_SWITCH = lazy_compile(r"""(?<![^\s"'])(?:-p\s*=?\s*|--?([A-Za-z][\w-]{1,80})(?:\s+|=))""")


_TOKEN = lazy_compile(r"(?:session_?token|secret_?(?:access_?)?key)\s?(?::|%3a)", re.IGNORECASE)


def values(raw: str, behind: int) -> Iterator[int]:
    """Yield the start of each value whose name is that of a secret."""
    unknown_count = 0
    for match in _SECRET_NAME.finditer(raw, behind):
        name = (match.group(1) or match.group(2) or match.group(3))[-_READ:]
        unknown_count += match.group(3) is None and not is_known(name)
        if unknown_count > _MOST or is_secret(name):
            yield match.end()


def properties(raw: str, behind: int) -> Iterator[int]:
    """Yield the start of each value whose name resembles authMechanismProperties."""
    for number, match in enumerate(_SECRET_NAME.finditer(raw, behind)):
        name = (match.group(1) or match.group(2) or match.group(3))[-_READ:]
        if number < _MOST and not is_known(name) and is_properties(name):
            yield match.end()


def tokens(raw: str, behind: int) -> Iterator[int]:
    """Return the start of each AWS secret, in any option."""
    return (match.end() for match in _TOKEN.finditer(raw, behind))


def switch(raw: str) -> int | None:
    """Return the start of the first secret on a command line, or None."""
    for match in _SWITCH.finditer(raw):
        secret = match.group(1) is None or is_secret(match.group(1))
        if secret and match.end() < len(raw):
            return match.end()
    return None


def is_known(name: str) -> bool:
    """Return whether a driver has, or once had, an option of that name."""
    return find(name) is not None or name.lower() in REPLACEMENTS


def is_properties(name: str) -> bool:
    """Return whether a name is close to authMechanismProperties."""
    lower = name.lower()
    return "propert" in lower or lower.startswith("authmechp") or _close(lower, (PROPERTIES,))


def is_secret(name: str) -> bool:
    """Return whether a name, or one of its words, is that of a secret or close to one."""
    if _PLAIN.search(name):
        return True
    if is_known(name):
        return False
    words = re.findall(r"[A-Z]?[a-z]{3,40}|[A-Z]{4,40}", name)
    lower = name.lower()
    whole = (lower,) if len(lower) <= _LONGEST else ()
    if lower in ("pw", "pass", "pin") or (words and words[-1].lower() in ("pwd", "psw")):
        return True
    return any(_close(word.lower(), _SECRETS) for word in (*whole, *words))


def _close(name: str, others: tuple[str, ...]) -> bool:
    from difflib import get_close_matches

    near_names = (
        get_close_matches(name, (*others, *_OPEN), n=1, cutoff=_CLOSE) if len(name) > 3 else []
    )
    return bool(near_names) and near_names[0] in others
