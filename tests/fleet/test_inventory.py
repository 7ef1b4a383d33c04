"""Inventories: what each format states, and the errors that name file, line and key."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mongoping.fleet.entry import Entry, Reference
from mongoping.fleet.inventory import of_json, of_list, of_targets, of_yaml, select
from mongoping.smoke.config import ConfigError, Section, parse
from mongoping.smoke.references import ConfiguredTarget

CANARY = "c4nary"


def no_target(name: str) -> ConfiguredTarget:
    raise ConfigError("inventory", None, "", f"there is no target @{name}")


def orders(name: str) -> ConfiguredTarget:
    config = parse(f"[targets.{name}]\nuri-env = 'URI'\nlabels = {{ env = 'dev' }}", "m.toml")
    assert config is not None
    return ConfiguredTarget(config, config.targets[0], trusted=True)


def describe(entries: list[Entry]) -> list[tuple[str, str, int | None]]:
    return [(entry.name, entry.reference.kind, entry.line) for entry in entries]


def test_a_list_has_one_target_per_line() -> None:
    text = f"""\
# the shop
db1:27017
mongodb://ada:{CANARY}@db2/shop   # orders

env:REPORTS_URI
file:/run/secrets/uri
mongodb://db3/?appName=a#b
@orders
"""
    entries = of_list(text, "targets.txt", orders)
    assert describe(entries) == [
        ("db1:27017", "text", 2),
        ("mongodb://ada:***@db2/shop", "text", 3),
        ("REPORTS_URI", "env", 5),
        ("/run/secrets/uri", "file", 6),
        ("mongodb://db3/?appName=a#b", "text", 7),
        ("orders", "target", 8),
    ]
    assert [entry.reference.holds_secret for entry in entries] == [
        False, True, False, False, False, False,
    ]  # fmt: skip
    assert CANARY not in repr(entries)
    assert entries[-1].labels == {"env": "dev"}


def test_a_text_that_is_no_address_is_not_shown() -> None:
    entries = of_list(f"h1\n{CANARY}!token\n", "targets.txt", no_target)
    assert CANARY not in repr([entry.name for entry in entries])


GROUPS = [
    {"targets": ["10.0.0.1:27017", "@orders"], "labels": {"env": "prod"}},
    {"labels": {"env": "test"}, "targets": ["env:URI"]},
]
YAML = """\
- targets:
    - 10.0.0.1:27017
    - "@orders"
  labels: {env: prod}
- labels:
    env: test
  targets: [env:URI]
"""


@pytest.mark.parametrize(
    ("read", "text", "lines"),
    [
        (of_json, json.dumps(GROUPS, indent=1), [4, 5, 16]),
        (of_json, json.dumps(GROUPS), [1, 1, 1]),
        (of_yaml, YAML, [2, 3, 7]),
    ],
)
def test_file_sd_has_groups_with_labels(read: Any, text: str, lines: list[int]) -> None:
    entries = read(text, "sd", orders)
    assert describe(entries) == [
        ("10.0.0.1:27017", "text", lines[0]),
        ("orders", "target", lines[1]),
        ("URI", "env", lines[2]),
    ]
    assert [dict(entry.labels) for entry in entries] == [
        {"env": "prod"}, {"env": "prod"}, {"env": "test"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (of_list, "", "sd: the file lists no target; add a connection string"),
        (of_list, "# a\n", "sd: the file lists no target;"),
        (of_list, "h1\n\nh1\n", "sd:3: h1 is a duplicate of the target in line 1; remove one."),
        (of_list, "h1\n@x\n", "inventory: there is no target @x."),
        (of_json, "[\n{,}]", "sd:2: not valid JSON ("),
        (of_json, "[" * 100_000, "not valid JSON"),
        (of_json, "{}", "sd:1: must be a list of groups"),
        (of_json, '[\n"h1"]', "sd:1: [0] must be a group"),
        (of_json, '[\n{"targets": ["h"]},\n{"target": []}]', "sd:3: [1].target is not a known key"),
        (of_json, '[\n{"targets": ["a",\n 5]}]', "sd:2: [0].targets[1] must be a string"),
        (of_json, '[{"targets": ["h"],\n"labels": {"a": 1}}]', "[0].labels.a must be a string"),
        (of_json, '[{"targets": ["h",\n"h"]}]', "sd:2: h is a duplicate of the target in line 1"),
        (of_json, "[]", "sd: the file lists no target;"),
        (of_yaml, "- targets: [\n", "sd:2: not valid YAML"),
        (of_yaml, "a: b", "sd:1: must be a list of groups"),
        (of_yaml, "- h1", "sd:1: [0] must be a group"),
        (of_yaml, "- targets: [a]\n- target: [b]", "sd:2: [1].target is not a known key"),
        (of_yaml, "- targets: h1", "sd:1: [0].targets must be a list"),
        (of_yaml, "- targets:\n  - a\n  - [b]", "sd:3: [0].targets[1] must be a string"),
        (of_yaml, "- targets:\n  - a\n  - a", "sd:3: a is a duplicate of the target in line 2"),
        (of_yaml, "- targets: [a]\n  labels:\n    b: [c]", "sd:3: [0].labels.b must be a string"),
        (of_yaml, "- targets: ['']", "sd:1: [0].targets[0] must be a string"),
        (of_yaml, "\x00", "not valid YAML"),
    ],
)
def test_an_error_names_the_line_and_the_key(read: Any, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(text, "sd", no_target)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_yaml_creates_no_objects_and_aliases_do_not_multiply() -> None:
    bomb = "- &a {targets: [h]}\n" + "".join(f"- &b{n} [{'*a, ' * 9}]\n" for n in range(50))
    with pytest.raises(ConfigError, match="must be a group"):
        of_yaml(bomb, "sd", no_target)
    with pytest.raises(ConfigError, match="must be a group"):
        of_yaml("- !!python/object/apply:os.system ['true']", "sd", no_target)


def test_the_configuration_is_an_inventory_and_the_first_of_a_name_counts() -> None:
    mine, users = orders("orders"), orders("orders")
    other = ConfiguredTarget(mine.config, Section("b", {}, error="m.toml:1: wrong."), trusted=True)
    entries = of_targets([mine, users, other])
    assert describe(entries) == [("orders", "target", 1), ("b", "target", None)]
    assert entries[0].reference.values["uri-env"] == "URI"
    assert entries[1].error == "m.toml:1: wrong."


ENTRIES = [
    Entry("a", Reference("text", "a"), {"env": "prod", "region": "eu"}),
    Entry("b", Reference("text", "b"), {"env": "prod", "region": "us"}),
    Entry("c", Reference("text", "c"), {"env": "test", "region": "eu"}),
]


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        ([], "abc"),
        (["env=prod"], "ab"),
        (["env=prod", "region=eu"], "a"),
        (["env=prod", "env=test"], "abc"),
    ],
)
def test_labels_select_targets(selection: list[str], names: str) -> None:
    assert "".join(entry.name for entry in select(ENTRIES, selection)) == names


@pytest.mark.parametrize(
    ("selection", "words"),
    [("prod", "must be LABEL=VALUE"), ("env=dev", "the labels are env (prod, test), region")],
)
def test_a_selection_of_nothing_is_an_error(selection: str, words: str) -> None:
    with pytest.raises(ValueError, match="--select") as error:
        select(ENTRIES, [selection])
    assert words in str(error.value)
