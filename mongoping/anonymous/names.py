"""Collect the names in a report: hosts, users, databases, sets, certificates, paths. Pure.

A name is known from the field that holds it, and is then replaced wherever it occurs, also in
sentences and in error texts of the driver.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from mongoping.anonymous.pseudonyms import words
from mongoping.lazy_re import lazy_compile
from mongoping.uri.option_table import OPTIONS

MAX_DEPTH = 14  # of a report in JSON
MAX_NAMES = 5_000  # of one report
HOST, USER, DATABASE, SET, PATH, RDN, TARGET, PLACE, OTHER = (
    "host",
    "user",
    "database",
    "set",
    "path",
    "rdn",
    "target",
    "place",
    "name",
)
"""The kinds of names."""

FIELDS: Mapping[str, str] = {
    **dict.fromkeys(
        words(
            "hosts host me primary seeds advertised passives arbiters address target query parent "
            "outside completed search hosts_file answers failures again servers names resolvers "
            "common_name srv_name proxies canonical chain_host alias_of in_dns dns_server"
        ),
        HOST,
    ),
    **dict.fromkeys(words("username user as_user asked_user"), USER),
    **dict.fromkeys(words("database user_found_in auth_source authSource"), DATABASE),
    **dict.fromkeys(words("set_name replicaSet"), SET),
    **dict.fromkeys(
        words(
            "path authorities client_file store_file store_folder shadowed_by "
            "ca_file ca_folder certifi_file pymongo_file lock_folder library file shadows"
        ),
        PATH,
    ),
    **dict.fromkeys(words("subject issuer client_subject trusted"), RDN),
    **dict.fromkeys(
        words("appName authMechanismProperties clusters nearest readPreferenceTags tags vantage"),
        OTHER,
    ),
}
"""The kind of the names in a field, by its name; a mapping has them as its keys."""

FIELDS_WITH_KEYS = frozenset(
    words("hosts hosts_file me answers failures again servers user_found_in")
)
"""Fields whose keys are names; in a list, each record has keys of mongoping's own."""

INHERITING_FIELDS = frozenset(
    words("authMechanismProperties hosts_file me proxies readPreferenceTags tags")
)
"""Fields whose values are names, under keys that are not."""

SHAPES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "project_id": (("name", OTHER), ("project", OTHER), ("project_id", OTHER)),
    "clusters": (("name", USER),),
}
"""Fields of general names that hold a name in what the Atlas API said, by a field beside them."""

PATH_OPTIONS = frozenset(option.name for option in OPTIONS if option.kind == "path")
PLACES = ("ssh", "docker", "kubectl")
"""What the name of a place begins with, before the colon."""

HERE = "here"  # this machine, next to other places

_USERINFO = lazy_compile(r"mongodb(?:\+srv)?://([^/?#@\s]*)@", re.IGNORECASE)
_WORD = lazy_compile(r"[^\s:/@,?&=#;\[\]%\"'<>]+")
_RDN = lazy_compile(r"[A-Za-z][\w.-]*=((?:\\.|[^,+\\])+)")
_PAIRS = lazy_compile("[&;]")
_OPTION_NAMES = frozenset(option.name.lower() for option in OPTIONS)
_MASK = "***"
Names = Iterator[tuple[str, str]]


def collect(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the names in a report in JSON, each with its kind, without repetitions."""
    kinds_and_names: dict[tuple[str, str], None] = {}
    places = document.get("places")
    for report in (document, *(places if isinstance(places, list) else ())):
        for name in _of_report(report) if isinstance(report, Mapping) else ():
            if name[1] and name[1] != _MASK:
                kinds_and_names.setdefault(name)
            if len(kinds_and_names) >= MAX_NAMES:
                return list(kinds_and_names)
    return list(kinds_and_names)


def _of_report(document: Mapping[str, Any]) -> Names:
    """Yield the names in a report, without those in the reports from other places."""
    yield from _of_target(document)
    vantage = document.get("vantage")
    if isinstance(vantage, Mapping):
        yield from names_of_place(str(vantage.get("name") or ""))
    yield from _walk({key: value for key, value in document.items() if key != "places"}, "", 0)


def _of_target(document: Mapping[str, Any]) -> Names:
    target = document.get("target")
    if not isinstance(target, Mapping):
        return
    if isinstance(target.get("name"), str):
        yield TARGET, target["name"]
    uri = target.get("uri")
    if isinstance(uri, str):
        yield from names_of_uri(uri)


def names_of_place(place: str) -> Names:
    """Yield the names in a place of ``--from``, and the place itself."""
    kind, mark, address = place.partition(":")
    if not mark or kind not in PLACES:
        yield OTHER, "" if place == HERE else place
        return
    if kind == "ssh":
        user, _, host = address.removeprefix("//").rstrip("/").rpartition("@")
        yield USER, user
        yield HOST, without_port(host)
    else:
        yield from ((OTHER, part) for part in address.split("/"))
    yield PLACE, place


def names_of_uri(uri: str) -> Iterator[tuple[str, str]]:
    """Yield the names in a connection string, also in one that cannot be parsed."""
    if (match := _USERINFO.match(uri)) is not None:
        yield USER, match[1].partition(":")[0]
    front, _, query = uri.partition("?")
    rest = front.partition("://")[2] or front
    rest = rest.rpartition("@")[2]
    hosts, _, path = rest.partition("/")
    for host in _WORD.findall(hosts):
        if not host.isdigit():
            yield HOST, host
    for word in _WORD.findall(path):
        yield DATABASE, word
    for pair in _PAIRS.split(query):
        name, _, value = pair.partition("=")
        kind = PATH if name in PATH_OPTIONS else FIELDS.get(name)
        if kind is None and name.lower() not in _OPTION_NAMES:
            kind = OTHER
        if kind is not None:
            yield kind, unquote(value)
    if "@" in query:  # a password with an unescaped question mark: the hosts come after it
        for word in _WORD.findall(query.rpartition("@")[2]):
            if not word.isdigit():
                yield HOST, word


def _walk(value: Any, field: str, depth: int) -> Names:
    """Yield the names below a value of JSON, which belongs to the field ``field``."""
    if depth > MAX_DEPTH:
        return
    kind = PATH if field in PATH_OPTIONS else FIELDS.get(field)
    if isinstance(value, str):
        if kind is not None:
            yield from _of_text(kind, value)
        elif field == "roles":
            yield DATABASE, value.rpartition("@")[2] if "@" in value else ""
        return
    if isinstance(value, Mapping):
        if "answers" in value and "type" in value:
            yield from _of_answers(value)
        for shape, fields in SHAPES.items():
            if shape in value:
                yield from ((kind, str(value[name])) for name, kind in fields if value.get(name))
        for key, inner in value.items():
            below = str(key)
            if field in FIELDS_WITH_KEYS and kind is not None:
                yield from _of_text(kind, str(key))
                below = ""  # a host may have the name of a field
            yield from _walk(inner, field if field in INHERITING_FIELDS else below, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            is_record = isinstance(inner, Mapping) and field in FIELDS_WITH_KEYS
            yield from _walk(inner, "" if is_record else field, depth + 1)


def _of_answers(row: Mapping[str, Any]) -> Names:
    """Yield the names in what several resolvers answered, as `NameAnswers` holds it."""
    if isinstance(row.get("name"), str):
        yield HOST, row["name"]
    answers = row["answers"]
    for records in answers.values() if isinstance(answers, Mapping) else ():
        for record in records if isinstance(records, list) else ():
            for word in str(record).strip('"').split():
                if "." in word and "=" not in word:
                    yield HOST, word.rstrip(".")
                for pair in _PAIRS.split(word) if "=" in word else ():
                    name, _, value = pair.partition("=")
                    yield FIELDS.get(name, OTHER), value


def _of_text(kind: str, text: str) -> Names:
    if kind == RDN:
        yield from ((RDN, value.strip()) for value in _RDN.findall(text))
    elif kind == HOST:
        if text.endswith(".sock"):
            yield PATH, text
        else:
            yield HOST, without_port(text)
    elif kind == USER:
        yield USER, text
        name, mark, database = text.rpartition("@")
        if mark:
            yield USER, name
            yield DATABASE, database
    elif kind == PATH and "/" not in text and "\\" not in text:
        return  # such as "system store"
    else:
        yield kind, text


def without_port(host: str) -> str:
    """Return a host of a report without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, mark, port = host.rpartition(":")
    return name if mark and port.isdigit() and ":" not in name else host
