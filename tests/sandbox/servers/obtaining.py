"""What is said while a server is obtained, and the files that are left."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mongoping.sandbox.mongods import NoMongod
from mongoping.sandbox.obtain import obtain

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


DIGEST = "0123456789abcdef" * 4


class Messages:
    """Keeps what is shown."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.waiting = threading.Event()

    def say(self, text: str) -> None:
        self.sentences.append(text)
        if text.startswith("Waiting"):
            self.waiting.set()

    def downloading(
        self, name: str, size: int | None
    ) -> AbstractContextManager[Callable[[int], object]]:
        self.sentences.append(f"{name} {size}")
        return nullcontext(lambda count: None)


def failure(version: str) -> str:
    """The sentence that says why a server cannot be obtained."""
    with pytest.raises(NoMongod) as error:
        obtain(version, Messages())
    text = str(error.value)
    assert text.endswith(".")
    assert "\n" not in text
    return text


def leftovers(folder: Path) -> list[str]:
    """Return the files in the cache without locks."""
    return [path.name for path in folder.glob("*") if path.suffix != ".lock"]
