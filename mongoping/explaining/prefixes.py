"""Recognize the prefixes that logs and emails put before each line: writer, time, quotes. Pure."""

from __future__ import annotations

import json

from mongoping.lazy_re import lazy_compile

MOST = 0.8  # of all lines have to begin alike before it is taken for a prefix
MAX_PREFIXES = 2  # prefixes before each other
_LEVEL = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|SEVERE|FATAL)"  # no host
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S{0,24}+"


# the prefix that names the writer of a line: group 1, or else the complete match
_LOG_PREFIX = lazy_compile(
    # docker compose, docker-compose, foreman, pm2: the service and a bar
    r"(?:\d\d:\d\d:\d\d )?(?:\d{1,3}\|)?(?!MONGODB \|)([\w./@-]{1,100}+)[ \t]{0,24}+\| ?"
    # journald and syslog
    rf"|(?:[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d|{_TIME}) (?!{_LEVEL}\b)[\w.-]{{1,80}}+"
    r" ([\w./@()-]{1,80}+(?:\[\d{1,9}+\])?): "
    # Heroku
    rf"|{_TIME} (\w{{1,20}}+\[[\w.-]{{1,40}}+\]): "
    # Kubernetes: the runtime's own files, and kubectl logs --prefix
    rf"|{_TIME} (stdout|stderr) [FP] "
    r"|\[pod/([\w./-]{1,200}+)\] ?"
)


# an email's quoting, the bar of a diff or table, or a log viewer's time
_QUOTE_PREFIX = lazy_compile(
    r"[ \t]{0,4}(?:[>|] ?){1,4}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.]{0,10}+Z "
    r"(?![DIWEF]\d? {1,4}[A-Z-])"
)


_DOCKER_END = lazy_compile(r"(?:\\n)?\", ?\"(?:stream|time|attrs)\":[^\n]{0,400}\}$")
_COLOR = lazy_compile(r"\x1b\[[0-9;]{0,20}m")
# the time that Docker, Kubernetes and CI services put before each line of a program
_STAMP = lazy_compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6,9}Z (?!std(?:out|err) [FP] )")
# fields in which collectors name the container of a line, and those that have the line
_CONTAINER = ('"kubernetes":', '"container_name":', '"docker":')
_CONTENT = ("log", "message")
_INDENT = " \t"  # no prefix begins with it


def bare(line: str) -> tuple[str, str]:
    """Return a log line without its prefix, and the writer; empty if there is none."""
    line = _without_stamp(line)
    if line[:1] in _INDENT:  # or empty
        return line, ""
    if line.startswith("{"):
        return _unwrap(line)
    match = _LOG_PREFIX.match(line)
    if not match:
        return line, ""
    stamp = _STAMP.match(line, match.end())
    rest = line[stamp.end() if stamp else match.end() :]
    return rest, next(filter(None, match.groups()), "")


def _without_stamp(line: str) -> str:
    """Return a line without colors, and without the time that a service put before it."""
    if "\x1b" in line:
        line = _COLOR.sub("", line)
    stamp = _STAMP.match(line) if line[:1].isdigit() else None
    return line[stamp.end() :] if stamp else line


def container(line: str, writer: str) -> str:
    """Return the container or pod whose loopback address the writer of a line uses.

    Empty if the prefix does not show one: programs in the journal run on one machine, and so do
    those of foreman and pm2. The containers of a pod share their loopback address.

    Args:
        line: The first line of a record, with its prefix; its end may be missing.
        writer: The writer of the line, as `bare` returns it.
    """
    line = _without_stamp(line) if writer else ""
    if line.startswith("[pod/"):
        return writer.partition("/")[0]
    if line.startswith("{"):
        return "" if _CONTAINER[0] in line and '"pod_name"' not in line else writer
    return writer if line.startswith(writer) and _BAR.match(line, len(writer)) else ""


_BAR = lazy_compile(r"[ \t]{0,24}+\|")


def _unwrap(line: str) -> tuple[str, str]:
    """Return the line of a program in a line of JSON by Docker or a collector, and the program."""
    docker = line.startswith(('{"log":"', '{"log": "')) and _DOCKER_END.search(line)
    if not docker and not any(field in line for field in _CONTAINER):
        return line, ""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return line, ""
    places = (fields, *(fields.get(name) for name in ("kubernetes", "docker", "attrs")))
    values = (place.get(name) for place in places if isinstance(place, dict) for name in _NAMES)
    text = next((text for name in _CONTENT if isinstance(text := fields.get(name), str)), None)
    if text is None:
        return line, ""
    return text.rstrip("\n"), next((name for name in values if isinstance(name, str)), "")


_NAMES = ("pod_name", "container_name", "container", "tag")


def without_prefixes(text: str) -> str:
    """Return a text without the prefixes of its lines, if most lines have one."""
    lines = text.split("\n")
    for _ in range(MAX_PREFIXES):
        for candidate in (_without_prefix(lines), _without_quotes(lines)):
            if candidate is not None:
                lines = candidate
                break
        else:
            break
    return "\n".join(lines)


def _without_prefix(lines: list[str]) -> list[str] | None:
    """Return the lines without their prefixes; None if too few have one."""
    texts = [bare(line)[0] for line in lines]
    return _if_most(lines, texts)


def _without_quotes(lines: list[str]) -> list[str] | None:
    count = sum(1 for line in lines if line.strip())
    if count < 2:
        return None
    prefix = _QUOTE_PREFIX
    after = [prefix.sub("", line, count=1) if prefix.match(line) else line for line in lines]
    return _if_most(lines, after)


def _if_most(before: list[str], after: list[str]) -> list[str] | None:
    """Return ``after`` if most non-empty lines became shorter, else None."""
    pairs = [(line, other) for line, other in zip(before, after, strict=True) if line.strip()]
    changes = sum(1 for line, other in pairs if line != other)
    return after if pairs and changes >= MOST * len(pairs) else None
