"""Test the handling of signals within one process; tests/cli/test_signals.py runs the command."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from mongoping import signals

if TYPE_CHECKING:
    from pathlib import Path


class InterruptedFolder(os.PathLike[str]):
    """A path at whose use a signal arrives."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __fspath__(self) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        return str(self._path)


def test_a_signal_while_a_temporary_folder_is_made_leaves_none(tmp_path: Path) -> None:
    parent: Path = InterruptedFolder(tmp_path)  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt), signals.raising(), signals.temporary_folder(parent):
        pytest.fail("the signal was lost")
    assert list(tmp_path.iterdir()) == []
