"""The options behind the '?': cut, known by name, read, and warned about.

Source: ``split_options`` and ``_parse_options`` in PyMongo's ``uri_parser_shared``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_plus

from mongoping.record import Record
from mongoping.uri import values
from mongoping.uri.options import Option, advice, find
from mongoping.uri.text import Refusal, Span, Text, UriWarning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_SUGGESTIONS = 20  # comparing names takes time; nobody reads more
INVALID = "uri.invalid-option"
IGNORED = "PyMongo leaves it out with a warning and goes on; other tools refuse it"


class Given(Record):
    """One option as it stands in the string. ``text`` is decoded where the driver decodes."""

    key: str
    text: str
    span: Span


class Query:
    """All options of a string: as given, by lower-case key, and as read, by documented name."""

    def __init__(self) -> None:
        self.given: dict[str, Given] = {}
        self.values: dict[str, Any] = {}
        self.warnings: list[UriWarning] = []

    def span(self, *names: str) -> Span:
        """Return the position of the last of some options."""
        found = [self.given[name.lower()].span for name in names if name.lower() in self.given]
        return max(found, default=Span(0, 0))

    def warn(self, option: str | None, detail: str, cause: str = INVALID) -> None:
        """Add a warning."""
        self.warnings.append(UriWarning(cause, option, detail))


def parse(text: Text, span: Span) -> Query:
    """Read all options. Raises `Refusal` where the driver's constructor would raise."""
    query = Query()
    if span.end == span.start:
        return query
    tag_texts: list[str] = []
    for chunk in _chunks(text, span):
        one = _given(text, chunk)
        lower = one.key.lower()
        if lower == "readpreferencetags":
            tag_texts.append(one.text)
        elif lower in query.given:
            query.warn(_name(text, one), "it stands twice; the last one counts")
        query.given[lower] = one
    unknown = 0
    for lower, one in query.given.items():
        option = find(lower)
        if option is None:
            unknown += 1
            _warn_unknown(text, query, one, suggest=unknown <= _MOST_SUGGESTIONS)
        else:
            _read(text, query, option, one, tag_texts)
    _prefer_tls(query)
    return query


def _chunks(text: Text, span: Span) -> Iterator[Span]:
    """Yield each key=value: parted by '&' or by ';', and a single one by white space."""
    part = span.of(text.raw)
    mark = re.search("[&;]", part)
    if mark and ("&" in part and ";" in part):
        other = "&" if mark.group() == ";" else ";"
        at = span.start + part.index(other)
        words = "options are parted by '&' or by ';', not by both"
        raise Refusal("uri.malformed", words, at, at + 1)
    if mark is None and "=" not in part:
        words = f"options are key=value pairs: {text.quote(*span)}"
        raise Refusal("uri.malformed", words, *span)
    pattern = f"[^{mark.group()}]*" if mark else r"\S+"
    position = span.start
    while position <= span.end:
        found = re.compile(pattern).search(text.raw, position, span.end)
        if found is None:
            return
        yield Span(*found.span())
        position = found.end() + 1


def _given(text: Text, chunk: Span) -> Given:
    part = chunk.of(text.raw)
    if part.count("=") != 1:
        if not part:
            words = "an empty option: one '&' or ';' too many"
        elif "=" in part:
            words = f"a second '=' in a value must be written as %3D: {text.quote(*chunk)}"
        elif text.raw[chunk.start - 1].isspace():
            words = f"a blank in a value must be written as %20, before {text.quote(*chunk)}"
        else:
            words = f"options are key=value pairs: {text.quote(*chunk)}"
        raise Refusal("uri.malformed", words, *chunk)
    key, _, value = part.partition("=")
    if key.lower() not in ("readpreferencetags", "authmechanismproperties"):
        value = unquote_plus(value)
    return Given(key, value, chunk)


def _name(text: Text, one: Given) -> str:
    option = find(one.key)
    if option is not None:
        return option.name
    return text.quote(one.span.start, one.span.start + len(one.key))


def _warn_unknown(text: Text, query: Query, one: Given, *, suggest: bool) -> None:
    hint = advice(one.key) if suggest else ""
    words = f"PyMongo does not know it and leaves it out{'; ' + hint if hint else ''}"
    query.warn(_name(text, one), words)


def _read(text: Text, query: Query, option: Option, one: Given, tag_texts: list[str]) -> None:
    shown = text.quote(one.span.start + len(one.key) + 1, one.span.end) or "nothing"
    try:
        if option.kind == "tags":
            query.values[option.name] = values.tags(tag_texts)
            return
        value = values.read(option, one.text)
    except values.Dropped as dropped:
        query.warn(option.name, f"{dropped}, not {shown}: {IGNORED}")
        return
    except values.Fatal as fatal:
        raise Refusal(fatal.cause, str(fatal), *one.span) from None
    query.values["ssl" if one.key.lower() == "ssl" else option.name] = value
    _warn_value(query, option, one, value)
    if option.kind == "list" and len(value) != len(one.text.split(",")):
        words = f"PyMongo knows {', '.join(value) or 'none'} of {shown}; it leaves out the rest"
        query.warn(option.name, words)


def _warn_value(query: Query, option: Option, one: Given, value: Any) -> None:
    """Say what is odd about a value that the driver takes."""
    if option.kind in ("text", "concern") and value == "" and not option.secret:
        words = "it is empty"
        if option.name == "replicaSet":
            words = "it is empty, which PyMongo takes for a set with an empty name"
        query.warn(option.name, words)
    if option.kind in ("text", "path") and not option.secret and one.text != one.text.strip():
        words = "white space at its beginning or end is part of the value"
        query.warn(option.name, words, "uri.malformed")
    if option.name == "maxStalenessSeconds" and 0 < value < 90:
        query.warn(option.name, "it is 90 or more; reads fail with less")
    if option.since:
        words = f"PyMongo knows it since {option.since}; older ones leave it out"
        query.warn(option.name, words)


def _prefer_tls(query: Query) -> None:
    """Return ``ssl`` is an older name of ``tls``, and wins in the driver where both stand."""
    if "ssl" in query.values:
        query.values["tls"] = query.values.pop("ssl")


def merged(query: str, overrides: Mapping[str, str]) -> str:
    """Return the text after the '?' with some options replaced or added."""
    mark = re.search("[&;]", query)
    separator = mark.group() if mark else "&"
    wanted = {_canonical(name): (name, value) for name, value in overrides.items()}
    kept = [
        chunk
        for chunk in (query.split(separator) if query else [])
        if _canonical(chunk.partition("=")[0]) not in wanted
    ]
    new = [f"{name}={_quoted(name, value)}" for name, value in wanted.values()]
    return separator.join(kept + new)


def _canonical(name: str) -> str:
    option = find(name)
    return option.name if option else name.lower()


def _quoted(name: str, value: str) -> str:
    return quote(
        value, safe=":,-_./~" if _canonical(name) != "tlsCertificateKeyFilePassword" else ""
    )
