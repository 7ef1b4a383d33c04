"""A machine without any server, and a mirror to download one from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox import mongods
from mongoping.sandbox.mongods import SERVERS
from mongoping.sandbox.obtain import MIRROR
from tests.sandbox.servers.mirror import Mirror

if TYPE_CHECKING:
    from collections.abc import Iterator

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No wheel, nothing on PATH, no folder of old servers, an empty cache, no proxy.

    The result is the folder of the cache.
    """
    monkeypatch.setattr(mongods, "_wheel", lambda: None)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in (SERVERS, MIRROR, *PROXIES, *(name.upper() for name in PROXIES)):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache" / "mongoping" / "servers"


@pytest.fixture
def mirror(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A mirror that mongoping uses."""
    with Mirror().running() as running:
        monkeypatch.setenv(MIRROR, running.url + "/")
        yield running
