"""``mongoping compat`` as people and scripts run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from mongoping.columns import MAX_COLUMNS
from mongoping.compat.facts import facts

PASTED = ("  mongoping ", "  python -m pip ")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a process, without the colors that a developer may have forced."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")
    }
    return subprocess.run(
        [sys.executable, "-m", "mongoping", "compat", *arguments],
        capture_output=True,
        text=True,
        env=kept | environment,
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--server", "8.0"), 0),
        (("--server", "4.4"), 0),
        (("--server", "4.2", "--pymongo", "4.17"), 0),
        (("--server", "4.2", "--pymongo", "4.20"), 19),
        (("--python", "3.8", "--pymongo", "4.20"), 19),
        (("--python", "3.13", "--pymongo", "4.20"), 0),
        (("--motor", "3.6.1", "--pymongo", "4.20"), 19),
        (("--motor", "3.7.1", "--pymongo", "4.20"), 0),
        (("--motor", "3.3", "--pymongo", "4.9"), 19),
        (("--server", "1000"), 0),
        (("--server", "latest"), 2),
        (("--server", ""), 2),
        (("--pymongo", "4."), 2),
        (("--python", "three"), 2),
        (("--motor", "3.7;"), 2),
        (("--format", "xml"), 2),
        (("8.0",), 2),
    ],
)
def test_the_exit_code_says_whether_the_combination_can_work(
    arguments: tuple[str, ...], code: int
) -> None:
    """0 with warnings or without, 19 where it cannot work, 2 for what is no version."""
    done = run(*arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_text_gives_a_row_its_remedy_and_its_cause() -> None:
    done = run("--server", "4.2", "--pymongo", "4.20")
    assert 'python -m pip install "pymongo<4.18"' in done.stdout
    assert "Try first  Install a version that works:\n  python -m pip" in done.stdout
    assert "Cause      compat.server-too-old" in done.stdout
    assert "\n  mongoping causes CODE\n" in done.stdout
    assert done.stderr == ""


def test_without_options_it_shows_this_machine_and_the_general_table() -> None:
    import pymongo

    done = run()
    assert pymongo.version in done.stdout
    assert "{}.{}.{}".format(*sys.version_info[:3]) in done.stdout
    assert facts().pymongo[-1].series in done.stdout
    assert "async API" in done.stdout
    assert "async API" not in run("--server", "8.0").stdout


def test_json_is_one_object_and_nothing_else() -> None:
    done = run("--server", "v4.2", "--pymongo", "4.20", "--format", "json")
    found = json.loads(done.stdout)
    assert done.returncode == 19
    assert found["schema"] == 2
    assert found["status"] == "fail"
    assert found["versions"]["server"] == "4.2"
    (row,) = [row for row in found["rows"] if row["status"] == "fail"]
    assert row["subject"] == "MongoDB"
    assert row["cause"] == "compat.server-too-old"
    assert row["source"]
    assert row["remedies"] == [
        {
            "text": "Install a version that works:",
            "command": 'python -m pip install "pymongo<4.18"',
            "uri": None,
        }
    ]
    assert all("remedy" not in row for row in found["rows"])
    assert {"first", "last", "servers", "python", "async_api"} == set(found["pymongo"][0])


def test_status_is_a_word_that_no_other_holds() -> None:
    found = json.loads(run("--server", "8.0", "--format", "json").stdout)
    assert {row["status"] for row in found["rows"]} <= {"ok", "warn", "fail"}


def test_colors_follow_the_environment() -> None:
    """NO_COLOR wins over FORCE_COLOR; a pipe has none by itself; JSON never has any."""
    stated = ("--server", "4.2", "--pymongo", "4.20")
    assert "\x1b[" not in run(*stated).stdout
    assert "\x1b[31m" in run(*stated, FORCE_COLOR="1").stdout
    assert "\x1b[" not in run(*stated, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[" not in run(*stated, "--format", "json", FORCE_COLOR="1").stdout


def test_columns_line_up_and_fit_the_terminal() -> None:
    lines = run("--server", "4.2", "--pymongo", "4.20", COLUMNS="200").stdout.splitlines()
    rows = [line for line in lines if line.startswith(("✓ ", "! ", "✗ "))]
    assert len(rows) > 4
    assert len({line.index("4.2") for line in rows if line[2:].startswith("MongoDB")}) == 1
    for columns in (40, 80, 300):
        done = run("--server", "4.2", COLUMNS=str(columns))
        for line in done.stdout.splitlines():
            assert len(line) <= min(columns, MAX_COLUMNS) or line.startswith(PASTED)


def test_it_starts_without_the_driver_and_without_rich() -> None:
    code = (
        "import sys; from mongoping.cli import main;"
        "main(['compat', '--server', '8.0'], standalone_mode=False);"
        "print([name for name in ('pymongo', 'rich', 'asyncio', 'ssl') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
