"""Run a blocking call in a separate thread, and stop waiting for it after a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class BlockingCall(Generic[Result]):
    """A call that goes on in a thread. The thread is left behind if it takes too long.

    Raises RuntimeError if this machine has no thread left.
    """

    def __init__(self, function: Callable[[], Result]) -> None:
        self._function = function
        self._results: list[Result] = []
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="mongoping-lookup", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._results.append(self._function())
        except Exception as error:
            self._error = error

    def result(self, seconds: float | None = None) -> Result:
        """Return what the call returns, or raise what it raises; wait for ``seconds`` at most.

        Raises TimeoutError if it takes longer. It can then be asked again.
        """
        self._thread.join(seconds)
        if self._error is not None:
            raise self._error
        if not self._results:
            raise TimeoutError
        return self._results[0]
