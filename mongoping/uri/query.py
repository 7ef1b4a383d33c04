"""Parse the options after the '?', and warn about unknown and invalid ones.

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

_MAX_SUGGESTIONS = 20  # comparing names takes time
INVALID = "uri.invalid-option"
IGNORED_OPTION = "PyMongo ignores it with a warning; other tools refuse it"


class RawOption(Record):
    """One option as written in the string. ``text`` is decoded where the driver decodes it."""

    key: str
    text: str
    span: Span


class Query:
    """All options of a string: ``raw_options`` by lower-case key, ``values`` by documented name."""

    def __init__(self) -> None:
        self.raw_options: dict[str, RawOption] = {}
        self.values: dict[str, Any] = {}
        self.warnings: list[UriWarning] = []

    def span(self, *names: str) -> Span:
        """Return the position of the last of some options."""
        spans = [
            self.raw_options[name.lower()].span
            for name in names
            if name.lower() in self.raw_options
        ]
        return max(spans, default=Span(0, 0))

    def warn(self, option: str | None, detail: str, cause: str = INVALID) -> None:
        """Add a warning."""
        self.warnings.append(UriWarning(cause, option, detail))


def parse(text: Text, span: Span) -> Query:
    """Parse all options. Raises `Refusal` where the driver's constructor would raise."""
    query = Query()
    if span.end == span.start:
        return query
    tag_texts: list[str] = []
    for chunk in _chunks(text, span):
        raw = _raw_option(text, chunk)
        lower = raw.key.lower()
        if lower == "readpreferencetags":
            tag_texts.append(raw.text)
        elif lower in query.raw_options:
            query.warn(_name(text, raw), "it occurs twice; the last value applies")
        query.raw_options[lower] = raw
    unknown_options = 0
    for lower, raw in query.raw_options.items():
        option = find(lower)
        if option is None:
            unknown_options += 1
            _warn_unknown(text, query, raw, suggest=unknown_options <= _MAX_SUGGESTIONS)
        else:
            _read(text, query, option, raw, tag_texts)
    _prefer_tls(query)
    return query


def _chunks(text: Text, span: Span) -> Iterator[Span]:
    """Yield each key=value, separated by '&' or ';'; without these, by white space."""
    part = span.of(text.raw)
    mark = re.search("[&;]", part)
    if mark and ("&" in part and ";" in part):
        other = "&" if mark.group() == ";" else ";"
        at = span.start + part.index(other)
        words = "options are separated by '&' or by ';', not by both"
        raise Refusal("uri.malformed", words, at, at + 1)
    if mark is None and "=" not in part:
        words = f"options are key=value pairs: {text.quote(*span)}"
        raise Refusal("uri.malformed", words, *span)
    pattern = f"[^{mark.group()}]*" if mark else r"\S+"
    position = span.start
    while position <= span.end:
        match = re.compile(pattern).search(text.raw, position, span.end)
        if match is None:
            return
        yield Span(*match.span())
        position = match.end() + 1


def _raw_option(text: Text, chunk: Span) -> RawOption:
    part = chunk.of(text.raw)
    if part.count("=") != 1:
        if not part:
            words = "there is an empty option (an extra '&' or ';')"
        elif "=" in part:
            words = f"a second '=' in a value must be written as %3D: {text.quote(*chunk)}"
        elif text.raw[chunk.start - 1].isspace():
            words = f"a blank in a value must be written as %20: before {text.quote(*chunk)}"
        else:
            words = f"options are key=value pairs: {text.quote(*chunk)}"
        raise Refusal("uri.malformed", words, *chunk)
    key, _, value = part.partition("=")
    if key.lower() not in ("readpreferencetags", "authmechanismproperties"):
        value = unquote_plus(value)
    return RawOption(key, value, chunk)


def _name(text: Text, raw: RawOption) -> str:
    option = find(raw.key)
    if option is not None:
        return option.name
    return text.quote(raw.span.start, raw.span.start + len(raw.key))


def _warn_unknown(text: Text, query: Query, raw: RawOption, *, suggest: bool) -> None:
    hint = advice(raw.key) if suggest else ""
    words = f"PyMongo does not know this option and ignores it{'; ' + hint if hint else ''}"
    query.warn(_name(text, raw), words)


def _read(text: Text, query: Query, option: Option, raw: RawOption, tag_texts: list[str]) -> None:
    value_text = text.quote(raw.span.start + len(raw.key) + 1, raw.span.end) or "nothing"
    try:
        if option.kind == "tags":
            query.values[option.name] = values.tags(tag_texts)
            return
        value = values.read(option, raw.text)
    except values.IgnoredValue as error:
        query.warn(option.name, f"{error}, not {value_text}: {IGNORED_OPTION}")
        return
    except values.Fatal as fatal:
        raise Refusal(fatal.cause, str(fatal), *raw.span) from None
    query.values["ssl" if raw.key.lower() == "ssl" else option.name] = value
    _warn_value(query, option, raw, value)
    if option.kind == "list" and len(value) != len(raw.text.split(",")):
        words = f"of {value_text}, PyMongo knows {', '.join(value) or 'none'} and ignores the rest"
        query.warn(option.name, words)


def _warn_value(query: Query, option: Option, raw: RawOption, value: Any) -> None:
    """Warn about a suspicious value that the driver accepts."""
    if option.kind in ("text", "concern") and value == "" and not option.secret:
        words = "it is empty"
        if option.name == "replicaSet":
            words = "it is empty, so PyMongo looks for a replica set with an empty name"
        query.warn(option.name, words)
    if option.kind in ("text", "path") and not option.secret and raw.text != raw.text.strip():
        words = "white space at the beginning or end becomes part of the value"
        query.warn(option.name, words, "uri.malformed")
    if option.name == "maxStalenessSeconds" and 0 < value < 90:
        query.warn(option.name, "it must be 90 or more; otherwise reads fail")
    if option.since:
        words = f"PyMongo supports it since {option.since}; older versions ignore it"
        query.warn(option.name, words)


def _prefer_tls(query: Query) -> None:
    """Replace ``ssl``, the older name of ``tls``, which wins in the driver if both are set."""
    if "ssl" in query.values:
        query.values["tls"] = query.values.pop("ssl")


def merge(query: str, overrides: Mapping[str, str]) -> str:
    """Return the text after the '?' with some options replaced or added."""
    mark = re.search("[&;]", query)
    separator = mark.group() if mark else "&"
    values_by_name = {_canonical(name): (name, value) for name, value in overrides.items()}
    unchanged_chunks = [
        chunk
        for chunk in (query.split(separator) if query else [])
        if _canonical(chunk.partition("=")[0]) not in values_by_name
    ]
    new = [f"{name}={_quote_value(name, value)}" for name, value in values_by_name.values()]
    return separator.join(unchanged_chunks + new)


def _canonical(name: str) -> str:
    option = find(name)
    return option.name if option else name.lower()


def _quote_value(name: str, value: str) -> str:
    return quote(
        value, safe=":,-_./~" if _canonical(name) != "tlsCertificateKeyFilePassword" else ""
    )
