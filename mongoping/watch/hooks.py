"""Run the user's command when the primary changes, or when a member or deployment goes or returns.

The command gets the event in environment variables. It never delays the watch: it runs beside it,
`MAX_RUNNING` at a time, for at most `TIME_S` seconds each.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mongoping.environment import PASSWORD_VARIABLE, URI_VARIABLES
from mongoping.escape import printable
from mongoping.watch.lines import moment
from mongoping.watch.model import Event

if TYPE_CHECKING:
    from mongoping.watch.lines import Line

NAMES = {
    "election": "primary",
    "member-lost": "down",
    "silent": "down",
    "member-back": "up",
    "reached": "up",
}
"""The kinds of events for which the command runs, and what it calls them."""
MAX_RUNNING = 4
MAX_WAITING = 100  # more events than that at once say nothing new
TIME_S = 30.0
END_S = 5.0  # at the end of the watch, for commands that still run
MAX_TEXT = 500


def variables(event: Event, target: str) -> dict[str, str]:
    """Return the environment variables for an event; ``target`` is redacted."""
    facts = {name: event.facts.get(name) for name in ("old", "new", "role")}
    values = {
        "EVENT": NAMES[event.kind],
        "EVENT_KIND": event.kind,
        "EVENT_HOST": event.host or "",
        "EVENT_TEXT": event.text,
        "EVENT_AT": moment(event.at),
        "EVENT_TARGET": target,
        **{f"EVENT_{name.upper()}": text for name, text in facts.items() if isinstance(text, str)},
    }
    return {f"MONGOPING_{name}": printable(text, most=MAX_TEXT) for name, text in values.items()}


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment without connection strings and passwords."""
    secret = {*URI_VARIABLES, PASSWORD_VARIABLE}
    return {name: text for name, text in own.items() if name not in secret}


class Hooks:
    """A sink that runs the command for the events of one target."""

    def __init__(self, command: str, target: str) -> None:
        self._command = command
        self._target = target
        self._waiting: deque[Event] = deque(maxlen=MAX_WAITING)
        self._running: set[asyncio.Task[None]] = set()

    def tell(self, line: Line) -> None:
        """Run the command if the line is an event that it is for; never blocks."""
        if isinstance(line, Event) and line.kind in NAMES:
            self._waiting.append(line)
            self._start()

    def _start(self) -> None:
        while self._waiting and len(self._running) < MAX_RUNNING:
            task = asyncio.ensure_future(self._run(self._waiting.popleft()))
            self._running.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # a command that cannot be started is no reason to end the watch
            self._start()

    async def _run(self, event: Event) -> None:
        process = await asyncio.create_subprocess_shell(
            self._command,
            env=environment(os.environ) | variables(event, self._target),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C ends the watch, not a notification
        )
        try:
            async with asyncio.timeout(TIME_S):
                await process.wait()
        finally:
            if process.returncode is None:
                with contextlib.suppress(OSError):
                    if sys.platform == "win32":
                        process.kill()
                    else:
                        os.killpg(process.pid, signal.SIGKILL)

    async def close(self) -> None:
        """Wait for running and waiting commands for up to `END_S` seconds, then kill them."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                while self._running:
                    await asyncio.wait(self._running)
                    await asyncio.sleep(0)
        self._waiting.clear()
        for task in tuple(self._running):
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=1.0)
