"""Read an inventory: a list of targets, or Prometheus' file_sd in JSON or YAML. Pure.

Errors name the file, the line and the key, and are raised before any traffic.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mongoping.fleet.entry import Entry, Kind, Reference
from mongoping.record import NOTHING
from mongoping.smoke.config import ConfigError
from mongoping.smoke.config_keys import MAX_LABEL, MAX_LABELS

if TYPE_CHECKING:
    from mongoping.smoke.references import ConfiguredTarget

MAX_TARGETS = 200_000
MAX_BYTES = 64 * 1024 * 1024  # a list of that many targets, with room for labels
MAX_LINE = 64 * 1024  # no connection string is longer
MAX_NAME = 300  # characters of a name that is shown
NO_TARGET = (
    "the file lists no target; add a connection string, an address, or the name of a configured "
    "target as @NAME"
)

Find = Callable[[str], "ConfiguredTarget"]
"""Returns the configured target of a name. Raises `ConfigError` or a usage error."""


class _Group(NamedTuple):
    """A group of file_sd, checked: targets with their lines, and labels for all of them."""

    targets: list[tuple[str, int | None]]
    labels: Mapping[str, str]


def of_list(text: str, path: str, find: Find) -> list[Entry]:
    """Return the targets of a list: one connection string, address or ``@name`` per line.

    ``env:NAME`` and ``file:PATH`` refer to the connection string. ``#`` starts a comment at the
    beginning of a line, or after a blank.
    """
    entries: list[Entry] = []
    for number, line in enumerate(text.splitlines(), 1):
        line_text = _without_comment(line)
        if line_text:
            entries.append(_entry(line_text, path, number, "", NOTHING, find))
    return _check(entries, path)


def _without_comment(line: str) -> str:
    bare = line.strip()
    if bare.startswith("#"):
        return ""
    cut = min((at for at in (bare.find(" #"), bare.find("\t#")) if at >= 0), default=len(bare))
    return bare[:cut].rstrip()


def of_json(text: str, path: str, find: Find) -> list[Entry]:
    """Return the targets of a file_sd in JSON. Raises `ConfigError`."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(path, error.lineno, "", f"not valid JSON ({error.msg})") from None
    except RecursionError:
        raise ConfigError(
            path, None, "", "not valid JSON, because it is nested too deeply"
        ) from None
    return _of_groups(_json_groups(document, path, _JsonLines(text)), path, find)


class _JsonLines:
    """Finds the lines of groups and targets, which the standard parser does not report."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._at = max(text.find("["), 0) + 1
        self._number, self._counted = 1, 0

    def group(self) -> int:
        """Return the line of the next group, and move behind its start."""
        self._at = max(self.text.find("{", self._at), self._at)
        return self._line(self._at)

    def value(self, value: str) -> int:
        """Return the line of the next occurrence of a string, or the current one."""
        for literal in (json.dumps(value, ensure_ascii=False), json.dumps(value)):
            position = self.text.find(literal, self._at)
            if position >= 0:
                self._at = position + len(literal)
                return self._line(position)
        return self._line(self._at)

    def end(self) -> None:
        """Move behind the group that has been read."""
        self._at = max(self.text.find("}", self._at), self._at)

    def _line(self, offset: int) -> int:
        if offset >= self._counted:  # count each newline once
            self._number += self.text.count("\n", self._counted, offset)
            self._counted = offset
            return self._number
        return self.text.count("\n", 0, offset) + 1


def _json_groups(document: Any, path: str, lines: _JsonLines) -> Iterable[_Group]:
    if not isinstance(document, list):
        raise ConfigError(path, 1, "", SHAPE)
    for at, group in enumerate(document):
        key, line = f"[{at}]", lines.group()
        if not isinstance(group, dict):
            raise ConfigError(path, line, key, GROUP)
        for name in group:
            if name not in ("targets", "labels"):
                raise ConfigError(path, line, f"{key}.{_short(name)}", UNKNOWN_KEY)
        targets = group.get("targets")
        if not isinstance(targets, list):
            raise ConfigError(path, line, f"{key}.targets", "must be a list of targets")
        labels = _labels(group.get("labels", {}), path, line, f"{key}.labels")
        first = list(group) == ["labels", "targets"]
        if first:  # a target may repeat the value of a label
            for value in labels.values():
                lines.value(value)
        groups: list[tuple[str, int | None]] = []
        for index, target in enumerate(targets):
            if not isinstance(target, str):
                raise ConfigError(path, line, f"{key}.targets[{index}]", STRING)
            line = lines.value(target)
            groups.append((target, line))
        if not first:
            for value in labels.values():
                lines.value(value)
        lines.end()
        yield _Group(groups, labels)


SHAPE = 'must be a list of groups, such as [{"targets": ["db1:27017"], "labels": {"env": "prod"}}]'
GROUP = "must be a group with targets and labels"
UNKNOWN_KEY = "is not a known key; use targets and labels"
STRING = "must be a string: a connection string, an address or @name"


def _labels(value: Any, path: str, line: int | None, key: str) -> Mapping[str, str]:
    if not isinstance(value, dict) or len(value) > MAX_LABELS:
        raise ConfigError(path, line, key, f"must be a table of at most {MAX_LABELS} labels")
    for name, text in value.items():
        if not isinstance(text, str) or len(name) > MAX_LABEL or len(text) > MAX_LABEL:
            words = f"must be a string of at most {MAX_LABEL} characters"
            raise ConfigError(path, line, f"{key}.{_short(name)}", words)
    return dict(value)


def of_yaml(text: str, path: str, find: Find) -> list[Entry]:
    """Return the targets of a file_sd in YAML. Raises `ConfigError`, or ImportError without PyYAML.

    Only the nodes are read, so that no tag of the file creates an object.
    """
    import yaml

    try:
        document = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark is not None else None
        raise ConfigError(path, line, "", f"not valid YAML ({error.problem})") from None
    except (yaml.YAMLError, RecursionError) as error:
        reason = str(error).partition("\n")[0] or "it is nested too deeply"
        raise ConfigError(path, None, "", f"not valid YAML ({reason})") from None
    if document is None:
        return []
    return _of_groups(_yaml_groups(document, path), path, find)


def _yaml_groups(document: Any, path: str) -> Iterable[_Group]:
    if document.id != "sequence":
        raise ConfigError(path, _line(document), "", SHAPE)
    for at, node in enumerate(document.value):
        key = f"[{at}]"
        if node.id != "mapping":
            raise ConfigError(path, _line(node), key, GROUP)
        group: dict[str, Any] = {}
        for name, value in node.value:
            if name.value not in ("targets", "labels"):
                words = f"{key}.{_short(str(name.value))}"
                raise ConfigError(path, _line(name), words, UNKNOWN_KEY)
            group[name.value] = value
        targets = group.get("targets")
        if targets is None or targets.id != "sequence":
            line = _line(targets if targets is not None else node)
            raise ConfigError(path, line, f"{key}.targets", "must be a list of targets")
        groups: list[tuple[str, int | None]] = []
        for index, target in enumerate(targets.value):
            if not _is_text(target):
                raise ConfigError(path, _line(target), f"{key}.targets[{index}]", STRING)
            groups.append((target.value, _line(target)))
        yield _Group(groups, _yaml_labels(group.get("labels"), path, f"{key}.labels"))


def _yaml_labels(node: Any, path: str, key: str) -> Mapping[str, str]:
    if node is None:
        return {}
    if node.id != "mapping":
        return _labels(None, path, _line(node), key)
    pairs: dict[str, str] = {}
    for name, value in node.value:
        if value.id != "scalar" or name.id != "scalar":
            words = f"{key}.{_short(str(name.value))}"
            raise ConfigError(path, _line(value), words, "must be a string")
        pairs[str(name.value)] = str(value.value)
    return _labels(pairs, path, _line(node), key)


def _is_text(node: Any) -> bool:
    # an address such as 10.0.0.1:27017 is a sexagesimal number in YAML 1.1: the text counts
    return node.id == "scalar" and bool(node.value) and not node.tag.endswith((":null", ":bool"))


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _of_groups(groups: Iterable[_Group], path: str, find: Find) -> list[Entry]:
    entries: list[Entry] = []
    for at, group in enumerate(groups):
        for index, (target, line) in enumerate(group.targets):
            key = f"[{at}].targets[{index}]"
            entries.append(_entry(target.strip(), path, line, key, group.labels, find))
            if len(entries) > MAX_TARGETS:
                raise ConfigError(path, line, key, f"more than {MAX_TARGETS:,} targets")
    return _check(entries, path)


def _entry(
    text: str, path: str, line: int | None, key: str, labels: Mapping[str, str], find: Find
) -> Entry:
    """Return the target that a line of a list, or a string of file_sd, states."""
    if not text or len(text) > MAX_LINE or "\0" in text:
        words = "must be a connection string, an address or @name"
        raise ConfigError(path, line, key, words if key else f"the line {words}")
    if text.startswith("@") and "://" not in text:
        target = find(text[1:])
        return _of_target(target, labels, path=path, line=line)
    for kind in ("env", "file"):
        if text.startswith(f"{kind}:") and not text.startswith("file://"):
            name = text.partition(":")[2].strip()
            return Entry(name, Reference(_kind(kind), name), labels, path, line)
    return Entry(_shown_name(text, line), Reference("text", text), labels, path, line)


def _kind(word: str) -> Kind:
    return "env" if word == "env" else "file"


def _shown_name(text: str, line: int | None) -> str:
    """Return a connection string without its secrets, as the name of a target."""
    from mongoping.escape import printable
    from mongoping.uri.shorthand import expand
    from mongoping.uri.target import parse

    whole = expand(text)
    if "://" not in whole:  # it may be a secret that is in this file by mistake
        return f"line {line}" if line else "***"
    if whole != text and "@" not in text:
        return printable(text[:MAX_NAME])
    return printable(parse(whole).shown[:MAX_NAME])


def of_targets(targets: Iterable[ConfiguredTarget]) -> list[Entry]:
    """Return the targets of the configuration; the first of each name counts."""
    entries: dict[str, Entry] = {}
    for target in targets:
        entry = _of_target(target, NOTHING, path=target.config.path, line=target.section.line)
        entries.setdefault(entry.name, entry)
    return list(entries.values())


def _of_target(
    target: ConfiguredTarget, labels: Mapping[str, str], *, path: str, line: int | None
) -> Entry:
    section = target.section
    own: Mapping[str, str] = section.values.get("labels", NOTHING)
    reference = Reference("target", target.config.path, section.values, is_trusted=target.trusted)
    return Entry(section.name, reference, {**own, **labels}, path, line, section.error)


def _check(entries: list[Entry], path: str) -> list[Entry]:
    """Return the targets. Raises `ConfigError` for none, too many, or two of one name."""
    if not entries:
        raise ConfigError(path, None, "", NO_TARGET)
    if len(entries) > MAX_TARGETS:
        raise ConfigError(path, None, "", f"more than {MAX_TARGETS:,} targets")
    entries_by_name: dict[str, Entry] = {}
    for entry in entries:
        former = entries_by_name.setdefault(entry.name, entry)
        if former is not entry:
            where = f"line {former.line}" if former.line else "an earlier line"
            words = f"{entry.name} is a duplicate of the target in {where}; remove one"
            raise ConfigError(path, entry.line, "", words)
    return entries


def select(entries: Sequence[Entry], patterns: Sequence[str]) -> list[Entry]:
    """Return the targets whose labels match; values of the same label are alternatives.

    ``patterns`` are texts such as ``env=prod``. Raises ValueError, with a sentence for the user,
    for a text without a label, or if no target matches.
    """
    values: dict[str, set[str]] = {}
    for text in patterns:
        label, sign, value = text.partition("=")
        if not sign or not label.strip():
            raise ValueError(f"--select {text[:MAX_LABEL]} must be LABEL=VALUE, such as env=prod")
        values.setdefault(label.strip(), set()).add(value.strip())
    selection = [
        entry
        for entry in entries
        if all(
            entry.labels.get(label) in values_allowed for label, values_allowed in values.items()
        )
    ]
    if selection or not values:
        return selection
    raise ValueError(
        f"No target matches --select {' '.join(patterns)[:MAX_LABEL]}: {_labels_text(entries)}"
    )


def _labels_text(entries: Sequence[Entry]) -> str:
    """Return the labels of an inventory, with some of their values."""
    labels: dict[str, dict[str, None]] = {}
    for entry in entries:
        for label, value in entry.labels.items():
            labels.setdefault(label, {})[value] = None
    if not labels:
        return "no target has labels"
    label_texts = [f"{label} ({', '.join(list(values)[:5])})" for label, values in labels.items()]
    return f"the labels are {', '.join(label_texts[:10])}"


def _short(name: str) -> str:
    from mongoping.escape import printable

    return printable(name[:60])
