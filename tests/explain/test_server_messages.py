"""The benchmark over the server's sources, on sources written for this test."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.server_messages import judge, messages

SOURCE = """
#define MONGO_LOGV2_DEFAULT_COMPONENT ::mongo::logv2::LogComponent::kControl
void start() {
    LOGV2_ERROR(1, "Cannot start here: {error}", "Cannot start here", "error"_attr = status);
    LOGV2_FATAL(2, "The data "
                   "is unreadable");
    LOGV2(3, "All is well");
    uasserted(ErrorCodes::BadValue, str::stream() << "cannot use port " << port << " here");
}
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a work tree with one commit, in the layout of the server."""
    path = tmp_path / "src/mongo/db/mongod_main.cpp"
    path.parent.mkdir(parents=True)
    path.write_text(SOURCE)
    codes = tmp_path / "src/mongo/base/error_codes.yml"
    codes.parent.mkdir()
    codes.write_text("error_codes:\n    - {code: 2,name: BadValue}\n")
    git = shutil.which("git") or pytest.skip("git is not installed")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Add sources"]):
        author = ["-c", "user.name=Ada", "-c", "user.email=ada@shop.example"]
        subprocess.run([git, "-C", str(tmp_path), *author, *arguments], check=True)
    return tmp_path


def test_messages_are_printed_as_the_server_prints_them(clone: Path) -> None:
    rows = [(message.severity, message.text) for message in messages(clone)]

    assert rows == [
        (
            "E",
            '{"t":{"$date":"2026-01-02T03:04:05.678+00:00"},"s":"E","c":"CONTROL","id":1,"ctx":"'
            'initandlisten","msg":"Cannot start here","attr":{"error":"something else went '
            'wrong"}}',
        ),
        (
            "E",
            "2026-01-02T03:04:05.678+0000 E CONTROL  [initandlisten] Cannot start here: "
            "something else went wrong",
        ),
        (
            "F",
            '{"t":{"$date":"2026-01-02T03:04:05.678+00:00"},"s":"F","c":"CONTROL","id":2,"ctx":"'
            'initandlisten","msg":"The data is unreadable"}',
        ),
        (
            "I",
            '{"t":{"$date":"2026-01-02T03:04:05.678+00:00"},"s":"I","c":"CONTROL","id":3,"ctx":"'
            'initandlisten","msg":"All is well"}',
        ),
        ("", "BadValue: cannot use port 27018 here\ntry 'mongod --help' for more information"),
    ]


def test_only_failures_have_to_be_named(clone: Path) -> None:
    columns = [judge(message)[0] for message in messages(clone)]

    assert columns == ["named", "named", "named", "silent", "named"]
