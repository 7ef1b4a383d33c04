"""The remedy of a failed write is chosen by its error. By tables: no server is needed."""

from __future__ import annotations

import pytest

from mongoping.smoke.write_problems import Around, Problem, explain, problem_of

DOWN = ("b:27017 ((not reachable/healthy))",)
SHOP = Around("shop", user="ada")


@pytest.mark.parametrize(
    ("problem", "around", "fragment", "remedy"),
    [
        (Problem("server", "waiting for replication timed out", 64), SHOP, "majority", "rs.status"),
        (Problem("server", "x", 64), SHOP.replace(down=DOWN), "down: b:27017", "b:27017"),
        (
            Problem("server", "x", 64),
            SHOP.replace(down=DOWN, arbiters=1),
            "down: b:27017",
            "replace the arbiter",
        ),
        (Problem("server", "too late", 50, written=True), SHOP, "majority", "rs.status"),
        (Problem("server", "too late", 50), SHOP.replace(locked=True), "fsyncLock", "fsyncUnlock"),
        (Problem("server", "too late", 50), SHOP.replace(locked=False), "not locked", "disk"),
        (Problem("unanswered", "timed out"), SHOP, "timed out", "may be locked"),
        (Problem("server", "not authorized on shop", 13), SHOP, "(code 13)", 'role: "readWrite"'),
        (Problem("server", "user is not allowed to do", 8000), SHOP, "", "grantRolesToUser"),
        (
            Problem("server", "not authorized on shop", 13),
            SHOP.replace(atlas=True),
            "",
            "Database Access",
        ),
        (Problem("server", "no space left on device", 14031), SHOP, "", "df -h"),
        (Problem("server", "over your space quota", 8000), SHOP, "", "larger tier"),
        (Problem("server", "not primary", 10107), SHOP, "", "directConnection"),
        (Problem("selection", "no primary"), SHOP, "", "writable member"),
        (Problem("server", "Document failed validation", 121), SHOP, "", "validator"),
        (Problem("server", "whatever", 1), SHOP, "whatever (code 1)", "server log"),
    ],
)
def test_the_error_chooses_the_remedy(
    problem: Problem, around: Around, fragment: str, remedy: str
) -> None:
    words, record = explain(problem, around)
    advice = str(record)
    assert fragment in words
    assert remedy in advice
    rights = problem.code == 13 or "not allowed" in problem.message
    assert ("readWrite" in advice) is rights


def test_errors_inside_a_reply_that_is_ok() -> None:
    assert problem_of({"ok": 1, "n": 1}) is None
    problem = problem_of({"ok": 1, "writeErrors": [{"index": 0, "code": 121, "errmsg": "no"}]})
    assert problem == Problem("server", "no", 121, written=False)
    late = problem_of({"ok": 1, "n": 1, "writeConcernError": {"code": 64, "errmsg": "late"}})
    assert late == Problem("server", "late", 64, written=True)
    assert problem_of({"writeErrors": "x", "writeConcernError": 3}) is None
