"""Events that happen to a deployment some time after it was started.

An event is written ``5s:kill-primary``, ``5s:stepdown``, ``5s:pause:HOST`` or
``5s:delay:HOST=200ms``. HOST is ``primary``, ``secondary``, or the number of a member from 1 on:
ports are chosen when the deployment starts, so they are not known in advance.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from mongoping.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.forwarder import Forwarder

ACTIONS = ("kill-primary", "stepdown", "pause", "delay")
ROLES = ("primary", "secondary")
FORMS = "write kill-primary, stepdown, pause:HOST or delay:HOST=200ms"
STEPPED_DOWN_S = 60  # how long the former primary stays ineligible
JOIN_S = 1.0  # a call that still runs then fails once the servers are gone


class Event(NamedTuple):
    """An event and its time. ``delay`` is in seconds."""

    after: float
    action: str
    host: str = ""
    delay: float = 0.0

    def __str__(self) -> str:
        host = f" {self.host}" if self.host else ""
        return f"{self.action}{host}{f' by {self.delay * 1000:g} ms' if self.delay else ''}"


def parse(text: str) -> Event:
    """Return the event that a specification describes.

    Raises ValueError, whose message is a sentence for the user.
    """
    after, _, rest = text.partition(":")
    seconds = parse_duration(after)
    action, _, host = rest.partition(":")
    if action not in ACTIONS:
        raise ValueError(f"There is no action {action!r}: {FORMS}.")
    if action in ("kill-primary", "stepdown"):
        if host:
            raise ValueError(f"{action} takes no HOST: it always means the primary.")
        return Event(seconds, action)
    host, sign, value = host.partition("=")
    if not host:
        raise ValueError(f"{action} needs a HOST, such as {action}:secondary.")
    if action == "pause":
        if sign:
            raise ValueError("pause takes no value: remove everything from '=' on.")
        return Event(seconds, action, host)
    if not sign:
        raise ValueError(f"delay needs a duration: delay:{host}=200ms.")
    return Event(seconds, action, host, parse_duration(value))


def problem(event: Event, members: int, *, replicas: bool) -> str | None:
    """Return why an event cannot happen to a deployment, as a sentence, or None."""
    if event.action == "pause" and not hasattr(signal, "SIGSTOP"):
        return "pause does not work on Windows, which has no signal for it."
    if not replicas and event.action in ("kill-primary", "stepdown"):
        return f"{event.action} needs a replica set: add --kind replica-set."
    if not event.host or (replicas and event.host in ROLES):
        return None
    number = event.host
    if number.isascii() and number.isdigit() and 1 <= int(number) <= members:
        return None
    roles = " primary, secondary, or" if replicas else ""
    last = f" to {members}" if members > 1 else ""
    return f"There is no HOST {event.host!r}: use{roles} the number of a member, 1{last}."


class Schedule:
    """Makes events happen to a deployment, in a thread, and announces each of them.

    ``forwarders`` are those in front of the deployment's servers, in the same order; they are
    only needed for delays.
    """

    def __init__(
        self,
        deployment: Deployment,
        events: Sequence[Event],
        forwarders: Sequence[Forwarder],
        announce: Callable[[str], object],
    ) -> None:
        self._deployment = deployment
        self._events = sorted(events, key=lambda event: event.after)
        self._forwarders = tuple(forwarders)
        self._announce = announce
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mongoping-events", daemon=True)
        self._paused: list[int] = []

    def __enter__(self) -> Schedule:
        if self._events:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        if self._events:
            self._thread.join(JOIN_S)
        if sys.platform != "win32":
            for pid in self._paused:
                with suppress(OSError):
                    os.kill(pid, signal.SIGCONT)

    def _run(self) -> None:
        start = time.monotonic()
        for event in self._events:
            if self._stopping.wait(max(start + event.after - time.monotonic(), 0.0)):
                return
            try:
                description = self._happen(event)
            except Exception as error:  # of the driver or the system; the others still happen
                description = f"failed: {str(error).partition(', Timeout:')[0][:200]}"
            if not self._stopping.is_set():
                self._announce(f"{event}: {description}")

    def _happen(self, event: Event) -> str:
        """Make an event happen and return what was done."""
        number = self._member(event.host or "primary")
        server = self._deployment.servers[number]
        name = self._deployment.hosts[number]
        if event.action == "kill-primary":
            pid = server.pid
            server.stop()
            return f"killed {name} (PID {pid})"
        if event.action == "stepdown":
            with self._deployment.admin(number) as client:
                client.admin.command({"replSetStepDown": STEPPED_DOWN_S, "force": True})
            return f"{name} stepped down for {STEPPED_DOWN_S} s"
        if event.action == "pause":
            if not server.runs or server.pid is None:
                raise RuntimeError(f"{name} does not run")
            _stop(server.pid)
            self._paused.append(server.pid)
            return f"paused {name} (PID {server.pid}); resume it with kill -CONT {server.pid}"
        self._forwarders[number].delay = event.delay
        return f"requests to {name} now take {event.delay * 1000:g} ms longer"

    def _member(self, host: str) -> int:
        """Return the index of a member. Raises RuntimeError if none has that role now."""
        if host not in ROLES:
            return int(host) - 1
        if self._deployment.set_name is None:
            return 0
        for number, server in enumerate(self._deployment.servers):
            if server.runs and server.pid not in self._paused and self._role(number) == host:
                return number
        raise RuntimeError(f"no member is {host} at the moment")

    def _role(self, number: int) -> str:
        with self._deployment.admin(number) as client:
            hello = client.admin.command("hello")
        if hello.get("isWritablePrimary"):
            return "primary"
        return "secondary" if hello.get("secondary") else ""


def _stop(pid: int) -> None:
    """Stop a process until it gets SIGCONT; `problem` rejects this where it is impossible."""
    if sys.platform != "win32":
        os.kill(pid, signal.SIGSTOP)
