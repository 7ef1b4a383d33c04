"""Replace the names of a report in all its texts, whatever they are part of. Pure.

Known names are replaced first; then everything that looks like an address, a host with a port,
a host in a common domain, or a home folder, because error texts of peers may hold names that no
field has.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote

from mongoping.anonymous.names import (
    DATABASE,
    FIELDS,
    HOST,
    OTHER,
    PATH,
    PATH_OPTIONS,
    PLACE,
    RDN,
    SET,
    TARGET,
    USER,
    without_port,
)
from mongoping.anonymous.pseudonyms import KEPT_LABELS, KEPT_NAMES, Pseudonyms, words
from mongoping.lazy_re import lazy_compile
from mongoping.record import Record

MAX_DEPTH = 16
MIN_INSIDE = 3  # shorter names are replaced only where a sentence marks them as names
WORDS = frozenset(
    words(
        "status severity kind errno role type layer cause family state flavour deployment preset "
        "scheme mechanism mechanisms server_mechanisms version cipher started_at python platform "
        "openssl implementation today meaning default option usages key signature links schema "
        "language check label_status detail_only state until code_language process self_signed "
        "pymongo mongoping dnspython motor anonymized"
    )
)
"""Fields with words of mongoping's own, dates and versions, which hold no names."""

OWN_DOMAINS = (
    "mongodb.com", "mongodb.org", "github.com", "python.org", "readthedocs.io",
    "letsencrypt.org", "mozilla.org", "ietf.org", "rfc-editor.org", "w3.org", "openssl.org",
)  # fmt: skip
"""Domains of the links in the catalog."""

TOP_DOMAINS = (
    "com|net|org|io|dev|app|cloud|local|lan|home|internal|intranet|corp|test|example|invalid|"
    "svc|co|eu|de|fr|uk|nl|ch|at|es|pt|it|pl|cz|se|no|fi|dk|ie|be|us|ca|br|mx|in|cn|jp|kr|au|nz|"
    "za|gov|edu|mil|biz|info|xyz|tech|online|systems|services|group|bank|ai"
)
SYSTEM_PATHS = (
    "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/resolv.conf", "/etc/hosts", "/usr/",
    "/path/to", "/proc/", "/dev/", "/run/secrets", "/var/run/secrets", "/tmp/mongodb-",  # noqa: S108
)  # fmt: skip
"""Paths that every system has, and those in the catalog."""

FOLDERS = frozenset(
    words("home Users users root opt srv var etc mnt tmp run data app lib log ssl tls certs")
)
"""Components of paths that identify no user."""

_URI = r"mongodb(?:\+srv)?://[^\s\"'<>`]+"
_HOME = r"(?:/home/|/Users/|[A-Za-z]:\\+Users\\+)[^/\\\s\"'<>:,;]+"
_IPV6 = (
    r"(?<![\w:.])(?=[0-9A-Fa-f]*:[0-9A-Fa-f:]*:)[0-9A-Fa-f:]{2,39}(?:(?:\.\d{1,3}){3})?(?![\w:])"
)
_IPV4 = r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)"
_DOMAIN = rf"(?<![\w.@/-])(?:[\w-]+\.)+(?:{TOP_DOMAINS})(?![\w-]|\.\w)"
_MAIL = rf"(?<![\w.+-])[\w.+-]{{1,64}}@(?:[\w-]+\.)+(?:{TOP_DOMAINS})(?![\w-])"
_WITH_PORT = r"(?<![\w.:/@-])[A-Za-z_][\w-]*(?:\.[\w-]+)*(?=:\d{2,5}(?!\d|\.\d))"
_GENERAL = (
    f"(?P<mail>{_MAIL})|(?P<ipv6>{_IPV6})|(?P<ipv4>{_IPV4})|(?P<domain>{_DOMAIN})"
    f"|(?P<ported>{_WITH_PORT})|(?P<home>{_HOME})"
)
_CLIPPED_TEXT = lazy_compile(r"(?<!\S)\S*… \((\d+) more characters\)")
_PAIRS = lazy_compile(r"([&;])")
MASKS = ("***", "")
_COMPONENT = lazy_compile(r"[^/\\]+")


class Rewriter:
    """Replaces the names of reports, always by the same pseudonyms.

    Args:
        names: The names of one report, from `mongoping.anonymous.names.collect`.
        static: Texts of the catalog, which hold no names and stay as they are.
    """

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        names: Iterable[tuple[str, str]],
        static: frozenset[str] = frozenset(),
    ) -> None:
        self._pseudonyms = pseudonyms
        self._static = static
        self._known: dict[str, str] = {}
        self._spelled: set[str] = set()  # the names in their own spelling
        for kind, name in names:
            self._learn(kind, name)
        longest = sorted(self._known.keys() | self._spelled, key=len, reverse=True)
        inside = [_pattern(name) for name in longest]
        alternative = f"(?P<known>{'|'.join(inside)})|" if inside else ""
        self._words = re.compile(alternative + _GENERAL, re.IGNORECASE)
        self._every = re.compile(f"(?P<uri>{_URI})|{alternative}{_GENERAL}", re.IGNORECASE)

    def _learn(self, kind: str, name: str) -> None:
        if not name.strip() or name.lower() in KEPT_NAMES or name.lower() in self._known:
            return
        if kind in (TARGET, OTHER) and _is_host(without_port(name)):
            kind, name = HOST, without_port(name)
        new = self._new(kind, name)
        if new == name:
            return
        self._known[name.lower()] = new
        self._spelled.add(name)
        spellings = {quote(name, safe=safe, errors="surrogatepass") for safe in ("", "/")}
        for spelling in spellings - {name}:
            self._known[spelling.lower()] = new
        if kind == HOST:  # reports shorten db1.example.com to db1…
            first, mark, _ = name.partition(".")
            if mark and first and first not in KEPT_LABELS and not first.isdigit():
                self._known.setdefault(first.lower(), new.partition(".")[0])

    def _new(self, kind: str, name: str) -> str:
        of = self._pseudonyms.of
        if kind == HOST or (kind == RDN and _is_host(name)):
            return self._pseudonyms.host(without_port(name))
        if kind == PATH:
            return self._path(name)
        if kind == PLACE:
            return self._place(name)
        if kind == USER and "@" in name:
            user, _, rest = name.rpartition("@")
            return f"{of(USER, user)}@{of(DATABASE, rest)}" if "." not in rest else of(USER, name)
        return of(
            {RDN: "subject", SET: "set", USER: "user", DATABASE: "database"}.get(kind, kind), name
        )

    def _place(self, name: str) -> str:
        """Return a place of ``--from`` with pseudonyms in each of its parts."""
        kind, _, address = name.partition(":")
        if kind != "ssh":
            return f"{kind}:" + "/".join(self._part(OTHER, part) for part in address.split("/"))
        slashes = "//" if address.startswith("//") else ""
        user, at, host = address.removeprefix("//").rpartition("@")
        return f"{kind}:{slashes}{self._part(USER, user)}{at}{self._uri_host(host)}"

    def _path(self, path: str) -> str:
        if path.startswith(SYSTEM_PATHS):
            return path

        def component(match: re.Match[str]) -> str:
            name = match[0]
            if name in FOLDERS or name in (".", "..", "~") or name.endswith(":"):
                return name
            stem, dot, suffix = name.rpartition(".")
            if dot and stem and len(suffix) <= 5:
                return f"{self._pseudonyms.of('path', stem)}.{suffix}"
            return self._pseudonyms.of("path", name)

        return _COMPONENT.sub(component, path)

    def text(self, text: str) -> str:
        """Return a text with pseudonyms in place of names."""
        if not text or text in self._static:
            return text
        pseudonym = self._known.get(text.lower())
        if pseudonym is not None:
            return pseudonym
        return self._every.sub(
            self._replace_name, _CLIPPED_TEXT.sub(r"… (\1 more characters)", text)
        )

    def _replace_name(self, match: re.Match[str]) -> str:
        old = match[0]
        match match.lastgroup:
            case "uri":
                return self._uri(old)
            case "known":
                # the expression also takes letters that only look alike, such as the long s
                return self._known.get(old.lower()) or self._pseudonyms.of(OTHER, old)
            case "mail":
                user, _, domain = old.rpartition("@")
                return f"{self._pseudonyms.of(USER, user)}@{self._pseudonyms.host(domain)}"
            case "ipv4" | "ipv6":
                return self._address(old)
            case "domain":
                own = old.lower().endswith(OWN_DOMAINS)
                return old if own else self._pseudonyms.host(old)
            case "home":
                return self._path(old)
        return self._replace_host(old)

    def _uri(self, old: str) -> str:
        """Return a connection string with pseudonyms in each of its parts, however short."""
        scheme, _, rest = old.partition("://")
        front, mark, query = rest.partition("?")
        login, at, place = front.rpartition("@")
        hosts, slash, path = place.partition("/")
        user, colon, password = login.partition(":")
        hosts_text = ",".join(map(self._uri_host, hosts.split(",")))
        user_part = self._part(USER, user) + colon + self._words.sub(self._replace_name, password)
        pairs = [self._uri_option(pair) for pair in _PAIRS.split(query)]
        return (
            f"{scheme}://{user_part}{at}{hosts_text}{slash}{self._part(DATABASE, path)}{mark}"
            + "".join(pairs)
        )

    def _part(self, kind: str, old: str) -> str:
        if not old or old in MASKS:
            return old
        name = unquote(old)
        return self._known.get(name.lower()) or self._new(kind, name)

    def _uri_host(self, old: str) -> str:
        name = without_port(old)
        if not name or name.isdigit():
            return old
        if "%2f" in name.lower():
            return quote(self._path(unquote(name)), safe="")
        return old.replace(name, self._known.get(name.lower()) or self._pseudonyms.host(name), 1)

    def _uri_option(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        kind = PATH if name in PATH_OPTIONS else FIELDS.get(name)
        if kind is not None and equals:
            return f"{name}={self._part(kind, value)}"
        return self._words.sub(self._replace_name, pair)

    def _address(self, old: str) -> str:
        try:
            return self._pseudonyms.address(ipaddress.ip_address(old))
        except ValueError:
            return old

    def _replace_host(self, old: str) -> str:
        lower = old.lower()
        return old if lower in KEPT_NAMES or lower in _NO_HOSTS else self._pseudonyms.host(old)

    def value(self, value: Any, field: str = "", depth: int = 0) -> Any:
        """Return a record, a mapping, a sequence or a text of a report with pseudonyms."""
        if isinstance(value, str):
            return value if field in WORDS else self.text(value)
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if depth > MAX_DEPTH:
            return None  # no report of mongoping is so deep, and what is not read is not shown
        if isinstance(value, Record):
            skip = _OWN_NAMES.get(type(value).__name__, "")
            changes = {
                name: inner if name == skip else self.value(inner, name, depth + 1)
                for name, inner in vars(value).items()
                if name in value._fields
            }
            return value.replace(**changes)
        if isinstance(value, Mapping):
            skip = "name" if _NAMED_BY_MONGOPING & value.keys() else ""
            is_keyed = field in KEYED_BY_NAMES  # then a key may be spelled like a field
            return {
                self._key(key, field): inner
                if key == skip
                else self.value(inner, "" if is_keyed else key, depth + 1)
                for key, inner in value.items()
            }
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            parts = zip(value._fields, value, strict=True)
            return type(value)(*(self.value(inner, name, depth + 1) for name, inner in parts))
        if isinstance(value, (list, tuple, set, frozenset)):
            return type(value)(
                self.value(inner, "" if isinstance(inner, Mapping) else field, depth + 1)
                for inner in value
            )
        return value

    def _key(self, key: Any, field: str) -> Any:
        if not isinstance(key, str):
            return key
        return self.text(key) if field in KEYED_BY_NAMES or ":" in key or "." in key else key


_BEFORE_NAME = "|".join(
    (
        r"(?<=[=@'\"`])",
        r"(?<= -n )",  # of kubectl
        *(
            rf"(?<=\b{word} )"
            for word in words("user database set as hostname container container: pod ssh")
        ),
    )
)
"""What marks the word after it as a name."""


def _pattern(name: str) -> str:
    """Return the pattern of a name in a sentence; a short one must look like a name there."""
    before = r"(?<![A-Za-z0-9_])" if name[0].isalnum() else ""
    after = r"(?![A-Za-z0-9_])" if name[-1].isalnum() else ""
    expression = f"{before}{re.escape(name)}{after}"
    if len(name) >= MIN_INSIDE:
        return expression
    return f"(?:{_BEFORE_NAME}){expression}|{expression}(?=@)"


KEYED_BY_NAMES = frozenset(
    words("hosts hosts_file me answers failures again servers user_found_in tags")
)
_OWN_NAMES = {
    "LayerReport": "name",
    "Phase": "name",
    "Expectation": "name",
    "ExplainedOption": "name",
}
"""Fields that hold names of mongoping's own, by record."""

_NAMED_BY_MONGOPING = frozenset({"findings", "p50_ms", "meaning", "expected"})
"""Keys beside which ``name`` is a layer, a phase, an option or an expectation."""

_NO_HOSTS = frozenset(
    words(
        "line column port code http https mongodb localhost errno error python pymongo openssl tls "
        "rfc at"
    )
)
"""Words before a colon and a number that are not hosts."""


def _is_host(name: str) -> bool:
    return "." in name and " " not in name and name.replace(".", "").replace("-", "").isalnum()
