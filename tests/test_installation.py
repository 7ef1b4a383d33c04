"""The command that adds an extra fits the tool that installed mongoping."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mongoping import __version__
from mongoping.installation import (
    Installation,
    checkout_at,
    environment_at,
    import_problem,
    install_command,
    is_bundled,
    origin_of,
    package_command,
)
from tests.conftest import ROOT

WHEEL = "file:///srv/mongoping-0.1.0-py3-none-any.whl"


@pytest.mark.parametrize(
    ("installation", "command"),
    [
        (Installation("pip", "python"), "python -m pip install 'mongoping[fleet]'"),
        (Installation("pip", "/a/bin/python"), "/a/bin/python -m pip install 'mongoping[fleet]'"),
        (
            Installation("pip", "python", checkout="/srv/my source"),
            "python -m pip install -e '/srv/my source[fleet]'",
        ),
        (Installation("uv"), "uv pip install 'mongoping[fleet]'"),
        (
            Installation("uv", "/a b/.venv", checkout="/srv/source"),
            "uv pip install --python '/a b/.venv' -e '/srv/source[fleet]'",
        ),
        (
            Installation("pipx", "mongoping@1", origin=WHEEL),
            f"pipx inject --force mongoping@1 'mongoping[fleet] @ {WHEEL}'",
        ),
        (
            Installation("pipx run", origin=WHEEL),
            f"pipx run --spec 'mongoping[fleet] @ {WHEEL}' mongoping",
        ),
        (Installation("uvx"), "uvx --from 'mongoping[fleet]' mongoping"),
        (Installation("uv tool"), "uv tool install 'mongoping[fleet]'"),
        (
            Installation("uv tool", origin=WHEEL, extras=("migrate",), others=("pymongo[aws]>=4",)),
            f"uv tool install --with 'pymongo[aws]>=4' 'mongoping[migrate,fleet] @ {WHEEL}'",
        ),
        (
            Installation("uv tool", checkout="/srv/source", extras=("fleet",)),
            "uv tool install -e '/srv/source[fleet]'",
        ),
        (
            Installation("image", extras=("atlas", "exporter")),
            f"docker build -t mongoping:{__version__} --build-arg EXTRAS=atlas,exporter,fleet "
            "/path/to/mongoping",
        ),
        (
            Installation("pipx", "mongoping", origin=None),
            "pipx inject --force mongoping '/path/to/mongoping[fleet]'",
        ),
        (
            Installation("uv tool", origin=None, extras=("migrate",)),
            "uv tool install '/path/to/mongoping[migrate,fleet]'",
        ),
        (
            Installation("uvx", origin=None),
            "uvx --from '/path/to/mongoping[fleet]' mongoping",
        ),
        (Installation("pip", "python", origin=None), "python -m pip install 'mongoping[fleet]'"),
        (
            Installation("uv tool", checkout="/srv/source", origin=None),
            "uv tool install -e '/srv/source[fleet]'",
        ),
        (
            Installation("bundle"),
            "python -m pip install '/path/to/mongoping[fleet]'  "
            "# no extra can be added to this file",
        ),
    ],
)
def test_the_command_is_that_of_the_tool(installation: Installation, command: str) -> None:
    assert install_command("fleet", installation) == command


@pytest.mark.parametrize(
    ("installation", "command"),
    [
        (Installation("pip", "python"), "python -m pip install 'pymongo[aws]'"),
        (Installation("uv"), "uv pip install 'pymongo[aws]'"),
        (Installation("uv", "/a/.venv"), "uv pip install --python /a/.venv 'pymongo[aws]'"),
        (Installation("pipx", "mongoping@1"), "pipx inject mongoping@1 'pymongo[aws]'"),
        (Installation("uvx"), "uvx --with 'pymongo[aws]' --from mongoping mongoping"),
        (
            Installation("uv tool", origin=WHEEL, extras=("fleet",), others=("libcst>=1.5",)),
            "uv tool install --with 'libcst>=1.5' --with 'pymongo[aws]' "
            f"'mongoping[fleet] @ {WHEEL}'",
        ),
        (
            Installation("uv tool", checkout="/srv/source"),
            "uv tool install --with 'pymongo[aws]' -e /srv/source",
        ),
        (
            Installation("uv tool", origin=None),
            "uv tool install --with 'pymongo[aws]' /path/to/mongoping",
        ),
        (Installation("pipx run"), None),
        (Installation("image"), None),
        (Installation("bundle"), None),
    ],
)
def test_another_package_is_installed_where_mongoping_runs(
    installation: Installation, command: str | None
) -> None:
    assert package_command("pymongo[aws]", installation) == command


def test_environments_are_recognized_by_the_file_of_their_tool(tmp_path: Path) -> None:
    """Folders can have other names: PIPX_HOME and UV_TOOL_DIR choose them."""
    pipx, once, tool = tmp_path / "venvs" / "mongoping", tmp_path / "0a1b", tmp_path / "tool"
    for folder in (pipx, once, tool):
        folder.mkdir(parents=True)
    for folder in (pipx, once):
        (folder / "pipx_metadata.json").write_text("{}")
    (tool / "uv-receipt.toml").write_text(
        '[tool]\nrequirements = [{ name = "mongoping", extras = ["atlas"], path = "/a.whl" }, '
        '{ name = "libcst", specifier = ">=1.5" }, { name = "shop", editable = "/srv/my shop" }, '
        '{ name = "bill", extras = ["a"], git = "https://git.example.com/bill?rev=1" }]\n'
    )
    installations = [
        environment_at(folder, "uv")
        for folder in (pipx, once, tool, tmp_path / "archive-v0" / "0a1b", tmp_path / "uv" / "env")
    ]
    assert [installation.tool for installation in installations] == [
        "pipx",
        "pipx run",
        "uv tool",
        "uvx",
        "uv",
    ]
    assert installations[2].extras == ("atlas",)
    assert installations[2].others == (
        "libcst>=1.5",
        "shop @ file:///srv/my%20shop",
        "bill[a] @ git+https://git.example.com/bill?rev=1",
    )
    assert environment_at(tmp_path / "pipx" / "env", "pip").tool == "pip"


@pytest.mark.parametrize("text", ["", "no TOML [", "[tool]\nrequirements = 3\n", "[tool]\n"])
def test_a_receipt_that_cannot_be_read_has_no_extras(tmp_path: Path, text: str) -> None:
    (tmp_path / "uv-receipt.toml").write_text(text)
    assert environment_at(tmp_path, "uv") == Installation("uv tool")


def test_the_origin_is_named_only_if_it_exists(tmp_path: Path) -> None:
    wheel = tmp_path / "mongoping 1.whl"
    record = json.dumps({"url": wheel.as_uri(), "archive_info": {}})
    assert origin_of(record) is None
    wheel.touch()
    assert origin_of(record) == wheel.as_uri()
    commit = {"vcs": "git", "commit_id": "0a1b"}
    record = json.dumps({"url": "https://git.example.com/mongoping", "vcs_info": commit})
    assert origin_of(record) == "git+https://git.example.com/mongoping@0a1b"
    assert [origin_of(text) for text in ("", "{", "[]", '{"url": ""}')] == [""] * 4


def test_a_file_of_the_archive_is_bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mongoping_0123" / "site-packages" / "mongoping" / "installation.py"
    monkeypatch.setenv("SHIV_ROOT", str(tmp_path))

    assert is_bundled(str(file))
    assert not is_bundled()  # installed, on a machine where SHIV_ROOT is set for other programs
    monkeypatch.delenv("SHIV_ROOT")
    assert not is_bundled(str(file))


def test_a_bundle_names_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)

    assert install_command("sandbox") == install_command("sandbox", Installation("bundle"))


def test_only_a_source_tree_of_mongoping_is_a_checkout(tmp_path: Path) -> None:
    """Some packages put their pyproject.toml into site-packages."""
    assert checkout_at(tmp_path) == ""
    for text in ('[project]\nname = "shop"\n', "[tool.poetry]\n", "no TOML [", "project = 1\n"):
        (tmp_path / "pyproject.toml").write_text(text)
        assert checkout_at(tmp_path) == ""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mongoping"\n')
    assert checkout_at(tmp_path) == str(tmp_path)
    assert checkout_at(ROOT) == str(ROOT)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            ModuleNotFoundError("No module named 'yaml'", name="yaml"),
            "yaml is not installed; install it with: INSTALL",
        ),
        (
            ModuleNotFoundError("No module named '_ctypes'", name="_ctypes"),
            "This Python was built without its module _ctypes: use another Python.",
        ),
        (
            ImportError(
                "libffi.so.8: cannot open shared object file: No such file or directory",
                name="_cffi_backend",
            ),
            "_cffi_backend is installed, but this system lacks the library libffi.so.8 that it "
            "needs.",
        ),
        (
            ImportError(
                "Error loading shared library libgcc_s.so.1: No such file or directory (needed by "
                "/lib/bcrypt/_bcrypt.abi3.so)",
                name="bcrypt._bcrypt",
            ),
            "bcrypt is installed, but this system lacks the library libgcc_s.so.1 that it needs.",
        ),
        (
            ImportError(
                "dlopen(/x/_rust.abi3.so, 0x0002): Library not loaded: @rpath/libssl.3.dylib\n"
                "  Referenced from: /x",
                name="cryptography.hazmat.bindings._rust",
            ),
            "cryptography is installed, but this system lacks the library libssl.3.dylib that it "
            "needs.",
        ),
        (
            ModuleNotFoundError("No module named 'bcrypt._bcrypt'", name="bcrypt._bcrypt"),
            "bcrypt is installed, but cannot be loaded (No module named 'bcrypt._bcrypt'): install "
            "it again.",
        ),
        (
            ImportError("cannot import name 'web' from 'aiohttp' (/x)", name="aiohttp"),
            "aiohttp is installed, but cannot be loaded (cannot import name 'web' from 'aiohttp' "
            "(/x)): install it again.",
        ),
    ],
)
def test_a_missing_package_is_told_from_one_that_is_broken(error: ImportError, words: str) -> None:
    """The texts are those of glibc, musl and macOS."""
    assert import_problem(error, "INSTALL") == words
