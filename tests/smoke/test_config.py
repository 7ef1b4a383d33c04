"""The configuration file: what is taken from it, and where and how it is refused. No server."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mongoping.smoke
from mongoping.smoke.config import ConfigError, parse
from mongoping.smoke.config_keys import KEYS
from mongoping.smoke.expectations import KINDS, kinds
from mongoping.smoke.locate import line_of
from mongoping.smoke.schema import schema
from mongoping.smoke.template import template
from tests.examples import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Run


SCHEMA_FILE = Path(mongoping.smoke.__file__).with_name("config.schema.json")
SCHEMA = jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text()))
GOOD = """\
wait = 60
until = "auth"
stable-for = 2.5
parallel = 2

[expect]
server = ">=6.0,<9"
primary = true

[targets.orders]
uri-env = "ORDERS_URI"
wait = 5
write-check = "smoke"

[targets.orders.expect]
primary = false
members = 3
roles = ["readWrite@orders"]

[targets."the sessions"]
uri = "mongodb://localhost:27017"
"""


def test_a_target_takes_what_it_does_not_say_itself_from_the_top() -> None:
    config = parse(GOOD, "mongoping.toml")
    assert config is not None
    assert config.values["parallel"] == 2
    orders, sessions = config.targets
    assert (orders.values["wait"], sessions.values["wait"]) == (5, 60)
    assert orders.values["until"] == sessions.values["until"] == "auth"
    assert "parallel" not in orders.values
    assert [expectation.kind.name for expectation in sessions.wanted] == ["server", "primary"]
    assert [expectation.kind.name for expectation in orders.wanted] == [
        "server",
        "members",
        "roles",
    ]


def test_pyproject_has_the_same_tables_below_its_own() -> None:
    text = '[project]\nname = "x"\n[tool.mongoping]\nwait = 3\n[tool.mongoping.targets.a]\n'
    config = parse(text + 'uri-env = "A"\n', "some/pyproject.toml")
    assert config is not None
    assert config.targets[0].values == {"wait": 3, "uri-env": "A"}
    assert parse('[project]\nname = "x"\n', "pyproject.toml") is None


BAD = (
    # text, line, key, and words of the way out
    ("wiat = 3\n[targets.a]\nuri-env='A'", 1, "wiat", "did you mean wait?"),
    ("[targets.a]\nuri_env='A'", 2, "targets.a.uri_env", "did you mean uri-env?"),
    ("[targets.a]\nuri-env='A'\n[targets.a.expect]\nmenbers=3", 4, "targets.a.expect.menbers",
     "did you mean members?"),
    ("[expct]\nx=1\n[targets.a]\nuri-env='A'", 1, "expct", "did you mean expect?"),
    ("wait = -1\n[targets.a]\nuri-env='A'", 1, "wait", "must be a duration"),
    ("wait = [3]\n[targets.a]\nuri-env='A'", 1, "wait", "must be a duration"),
    ("wait = true\n[targets.a]\nuri-env='A'", 1, "wait", "must be a duration"),
    ("\nuntil = 'ready'\n[targets.a]\nuri-env='A'", 2, "until", "tcp, hello, primary, auth, write"),
    ("uri-env = 'A'\n[targets.a]\nuri-env='A'", 1, "uri-env", "belongs in [targets.NAME]"),
    ("[targets.a]\nuri-env='A'\nparallel=3", 3, "targets.a.parallel", "belongs at the top"),
    ("wait = 3", None, "", "add [targets.NAME]"),
    ("[targets.a]\nwait=3", 1, "targets.a", "add uri-env"),
    ("[targets.a]\nuri-env='A'\nuri-file='f'", 3, "targets.a.uri-file", "one of"),
    ("[targets]\na = 3", 2, "targets.a", "[targets.NAME]"),
    ("targets = 3", 1, "targets", "[targets.NAME]"),
    ("[targets.a]\nuri='mongodb://ada:canary@h/'", 2, "targets.a.uri", "uri-env"),
    ("[targets.a]\nuri='mongodb://ada:can@ary@h/'", 2, "targets.a.uri", "uri-env"),
    ("[targets.a]\nuri-env='mongodb://ada:canary@h/'", 2, "targets.a.uri-env", "the name of"),
    ("[targets.a]\nuri-env='A'\nexpect={members='x'}", 3, "targets.a.expect.members", ">=3"),
    ("[targets.a]\nuri-env='A'\nexpect.primary='yes'", 3, "targets.a.expect.primary", "true"),
    ("[targets.a]\nuri-env='A'\nexpect=3", 3, "targets.a.expect", "a table"),
    ("[targets.a]\nuri-env='A'\nwrite-check='admin'", 3, "targets.a.write-check", "another"),
    ("[targets.a]\nuri-env='A'\nwrite-check='a b'", 3, "targets.a.write-check", "DB.COLLECTION"),
    ("[targets.a]\nuri-env='A'\npassword-env='B'\npassword-file='c'", 4,
     "targets.a.password-file", "password-env and password-file"),
    ("[targets.a\nuri-env='A'", 1, "", "not valid TOML"),
    ("[targets.a]\nuri-env='A'\nuri-env='B'", 3, "", "not valid TOML"),
    ('note = """\nwait = 1\n"""\n[targets.a]\nuri-env="A"', 1, "note", "not a known key"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "line", "key", "way"), BAD)
def test_what_is_wrong_is_told_with_file_line_key_and_the_way_out(
    text: str, line: int | None, key: str, way: str
) -> None:
    with pytest.raises(ConfigError) as error:
        parse(text, "some/mongoping.toml")
    words = str(error.value)
    where = f"some/mongoping.toml:{line}: " if line else "some/mongoping.toml: "
    assert words.startswith(where), words
    assert key in words
    assert words.endswith((".", "?"))
    assert ": " not in words.removeprefix(where)
    assert way in words
    assert "canary" not in words
    assert "can@ary" not in words


def plain(text: str) -> Any:
    return json.loads(json.dumps(tomllib.loads(text), default=str))


def test_the_schema_that_ships_is_made_from_the_keys() -> None:
    """Write it with mongoping.smoke.schema where this fails."""
    assert json.loads(SCHEMA_FILE.read_text()) == schema()
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_schema_takes_what_the_reader_takes() -> None:
    SCHEMA.validate(plain(GOOD))
    SCHEMA.validate(plain(template()))


READERS_OWN = ("canary", "can@ary", "write-check", "expect={members")


"""What no schema can tell: a secret, the names that MongoDB allows, a range in a text."""


SCHEMATIC = [
    row[0]
    for row in BAD
    if "not valid TOML" not in row[3] and not any(text in row[0] for text in READERS_OWN)
]


@pytest.mark.parametrize("text", SCHEMATIC)
def test_the_schema_refuses_what_the_reader_refuses(text: str) -> None:
    assert not SCHEMA.is_valid(plain(text))


def uncomment() -> str:
    """The template with every key in force, but for those that exclude each other."""
    lines = []
    for line in template().splitlines():
        bare = line.removeprefix("# ")
        name = bare.partition(" = ")[0]
        names = {key.name for key in KEYS} | set(kinds())
        if name in ("uri", "uri-file", "password-file", "password-command"):
            continue
        header = bare == "[targets.main.expect]"
        lines.append(bare if header or (name in names and " = " in bare) else line)
    return "\n".join(lines)


def test_every_key_of_the_template_works_when_its_mark_is_taken_away() -> None:
    config = parse(uncomment(), "mongoping.toml")
    assert config is not None
    assert {expectation.kind.name for expectation in config.targets[0].wanted} == {
        kind.name for kind in KINDS
    }
    SCHEMA.validate(plain(uncomment()))


def test_the_template_as_it_is_has_one_target() -> None:
    config = parse(template(), "mongoping.toml")
    assert config is not None
    assert [target.name for target in config.targets] == ["main"]
    assert config.targets[0].values == {"uri-env": "MONGODB_URI"}


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("wait",), 1),
        (("expect", "primary"), 8),
        (("targets", "orders"), 10),
        (("targets", "orders", "expect", "roles"), 18),
        (("targets", "the sessions", "uri"), 21),
        (("targets", "the sessions", "nothing"), 20),
        (("nothing",), None),
    ],
)
def test_a_key_is_found_on_its_line(keys: tuple[str, ...], line: int | None) -> None:
    assert line_of(GOOD, keys) == line


@given(
    st.text(max_size=200)
    | st.from_regex(r"(\[[a-z.\"]{1,9}\]\n|[a-z]{1,6} = [0-9\"{}\[\]]{1,4}\n){1,6}")
)
@examples(150)
def test_no_file_can_make_it_fail_in_another_way(text: str) -> None:
    words = None
    try:
        parse(text, "mongoping.toml")
    except ConfigError as error:
        words = str(error)
    assert words is None or words.startswith("mongoping.toml")


def test_init_writes_a_file_and_never_over_one(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    first = run_mongoping("smoke", "--init")
    assert first.code == 0
    assert (tmp_path / "mongoping.toml").read_text() == template()
    assert "MONGODB_URI=mongodb://localhost:27017 mongoping smoke --dry-run" in first.err
    other = run_mongoping("smoke", "--init", "--config", "a b.toml", env={"MONGODB_URI": "h"})
    assert other.err.endswith(": mongoping smoke --config 'a b.toml' --dry-run\n")
    second = run_mongoping("smoke", "--init")
    assert second.code == 2
    assert "already exists" in second.err


def test_a_dry_run_shows_what_would_be_checked_and_no_password(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "mongoping.toml").write_text(GOOD)
    run = run_mongoping("smoke", "--dry-run", env={"ORDERS_URI": "mongodb://ada:canary@h:1/"})
    assert run.code == 0
    assert "orders: mongodb://ada:***@h:1/" in run.out
    assert "wait for up to 5 s, until auth" in run.out
    assert "expect members: 3" in run.out
    assert "the sessions: mongodb://localhost:27017" in run.out
    assert "canary" not in run.out + run.err


def test_a_dry_run_does_not_pass_over_a_malformed_string(run_mongoping: Callable[..., Run]) -> None:
    run = run_mongoping("smoke", "--dry-run", "mongodb://", "mongodb://localhost/")
    assert run.code == 10
    assert "[uri." in run.out


def test_a_dry_run_lists_every_target_and_what_one_of_them_lacks(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "mongoping.toml").write_text(GOOD)
    run = run_mongoping("smoke", "--dry-run")
    assert run.code == 2
    assert "orders: cannot be checked\n  mongoping.toml:10: the environment" in run.out
    assert "ORDERS_URI is not set" in run.out
    assert "the sessions: mongodb://localhost:27017" in run.out
    assert run.err == ""


def test_an_unset_variable_is_named(run_mongoping: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "mongoping.toml").write_text(GOOD)
    for env, words in (({}, "is not set"), ({"ORDERS_URI": " "}, "is empty")):
        run = run_mongoping("smoke", env=env)
        assert run.code == 2
        assert "mongoping.toml:10: the environment variable ORDERS_URI" in run.err
        assert "(targets.orders.uri-env)." in run.err
        assert f"ORDERS_URI {words}" in run.err


def test_a_wrong_key_exits_with_2_before_any_traffic(
    run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    """There is no report: nothing was asked."""
    (tmp_path / "pyproject.toml").write_text("[tool.mongoping]\nwiat = 3\n")
    run = run_mongoping("smoke", "--format", "json")
    assert run.code == 2
    assert run.out == ""
    assert "pyproject.toml:2: wiat is not a known key; did you mean wait?" in run.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--target", "ordes"), "Did you mean @orders?"),
        (("--config", "nowhere.toml"), "nowhere.toml cannot be read"),
        (("--target", "orders", "mongodb://h/"), "not both"),
        (("--expect", "menbers=3"), "did you mean members?"),
        (("--expect", "members"), "members=NUMBER"),
        (("--expect", "members=many"), "must be an integer"),
        (("--report", "junti=x.xml"), "Did you mean junit?"),
        (("--report", "junit"), "needs a file"),
        (("--report", "junit=-"), "--format junit"),
        (("--report", "junit=a.xml", "--report", "json=./a.xml"), "the same file"),
        (("--report", "junit=no/such/folder/a.xml"), "cannot be written"),
        (("--write-check", "local"), "use another database"),
        (("--wait", "nan"), "is not a duration"),
        (("--stable-for", "-1"), "is not a duration"),
        (("--listen", "8080"), "add it"),
        (("--probe", "--expect", "primary"), "needs the driver"),
        (("--probe", "--until", "write"), "needs a login"),
    ],
)
def test_a_wrong_option_exits_with_2_and_says_the_way_out(
    args: tuple[str, ...], words: str, run_mongoping: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "mongoping.toml").write_text(GOOD)
    run = run_mongoping("smoke", *args, env={"ORDERS_URI": "mongodb://127.0.0.1:1/"})
    assert run.code == 2, run.err
    assert run.out == ""
    assert words in " ".join(run.err.split())
